//! What PostgreSQL says of itself.

use std::str::FromStr;

use super::Finding;
use crate::{
    Error,
    postgres::{Connection, OLDEST, show},
};

/// By how much two clocks may differ, in milliseconds.
const CLOCK_TOLERANCE_MS: i64 = 1_000;

/// How many connections the user may have to the database, of which so many are taken by others.
const CONNECTIONS: &str = "SELECT LEAST(
        CAST(current_setting('max_connections') AS INT)
            - CAST(current_setting('superuser_reserved_connections') AS INT)
            - COALESCE(CAST(current_setting('reserved_connections', TRUE) AS INT), 0),
        COALESCE(NULLIF(rolconnlimit, -1), 1000000), COALESCE(NULLIF(datconnlimit, -1), 1000000))
    FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()";

const CLOCK: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

pub(super) fn examine(
    connection: &mut Connection,
    connections: usize,
    now: &dyn Fn() -> i64,
) -> Result<Vec<Finding>, Error> {
    let version: i64 = number(&show(connection, "server_version_num")?)?;
    let mut findings = vec![
        version_is(version, &show(connection, "server_version")?),
        encoding_is(&show(connection, "server_encoding")?),
    ];
    for (setting, danger) in [
        ("fsync", "a power cut damages the database"),
        (
            "full_page_writes",
            "a power cut damages the database, unless the storage writes whole pages",
        ),
    ] {
        findings.push(is_on(setting, &show(connection, setting)?, danger));
    }
    findings.push(commit_is(&show(connection, "synchronous_commit")?));
    let most = number(&one(connection, CONNECTIONS)?)?;
    findings.push(connections_are(connections, most));
    let before = now();
    let theirs = number(&one(connection, CLOCK)?)?;
    findings.push(clocks_are(before, theirs, now()));
    Ok(findings)
}

fn one(connection: &mut Connection, query: &str) -> Result<String, Error> {
    let rows = connection.ask(query)?;
    Ok(rows
        .into_iter()
        .flatten()
        .flatten()
        .next()
        .unwrap_or_default())
}

fn number<T: FromStr>(text: &str) -> Result<T, Error> {
    text.parse()
        .map_err(|_| Error::Statement(format!("`{text}` is no number")))
}

fn version_is(number: i64, version: &str) -> Finding {
    let check = "PostgreSQL";
    if number < OLDEST {
        return Finding::problem(
            check,
            format!("version {version}: upgrade it to 13 or newer"),
        );
    }
    Finding::ok(check, format!("version {version}"))
}

fn encoding_is(encoding: &str) -> Finding {
    let check = "encoding";
    match encoding {
        "UTF8" => Finding::ok(check, encoding),
        _ => Finding::problem(
            check,
            format!("{encoding}: make a database in UTF8, and `timetracks copy` everything there"),
        ),
    }
}

fn is_on(check: &'static str, value: &str, danger: &str) -> Finding {
    match value {
        "on" => Finding::ok(check, value),
        _ => Finding::problem(
            check,
            format!("{value}, so {danger}: set it to on in postgresql.conf and reload"),
        ),
    }
}

/// Each writing connection of a server turns `off` into `on` for itself.
fn commit_is(value: &str) -> Finding {
    let check = "synchronous_commit";
    match value {
        "off" => Finding::warning(
            check,
            "off, so others lose what was acknowledged; TimeTracks does not, as it sets it on for itself",
        ),
        _ => Finding::ok(check, value),
    }
}

fn connections_are(wanted: usize, most: usize) -> Finding {
    let check = "connections";
    if wanted > most {
        return Finding::problem(
            check,
            format!(
                "{wanted} by the setting `database-connections`, and PostgreSQL allows {most}: lower the one or raise \
                max_connections or the limit of the user or the database"
            ),
        );
    }
    Finding::ok(
        check,
        format!("{wanted} for each instance, of {most} that PostgreSQL allows for all"),
    )
}

/// The question took a while, during which the other clock was read.
fn clocks_are(before: i64, theirs: i64, after: i64) -> Finding {
    let check = "clock";
    let ahead = (theirs - after).max(before - theirs).max(0);
    if ahead > CLOCK_TOLERANCE_MS {
        let word = if theirs > after { "ahead of" } else { "behind" };
        return Finding::warning(
            check,
            format!("PostgreSQL's is {ahead} ms {word} this machine's: have both set by NTP"),
        );
    }
    Finding::ok(check, "as this machine's")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    #[test]
    fn what_no_server_of_a_test_can_be_is_found() {
        for (finding, level) in [
            (version_is(120_009, "12.9"), Level::Problem),
            (version_is(130_000, "13.0"), Level::Ok),
            (encoding_is("LATIN1"), Level::Problem),
            (connections_are(20, 20), Level::Ok),
            (connections_are(21, 20), Level::Problem),
            (clocks_are(10_000, 8_999, 10_500), Level::Warning),
            (clocks_are(10_000, 9_000, 10_500), Level::Ok),
            (clocks_are(10_000, 11_500, 10_500), Level::Ok),
            (clocks_are(10_000, 11_501, 10_500), Level::Warning),
            (commit_is("off"), Level::Warning),
            (commit_is("remote_apply"), Level::Ok),
        ] {
            assert_eq!(finding.level, level, "{finding:?}");
        }
    }
}

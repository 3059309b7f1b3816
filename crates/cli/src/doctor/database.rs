//! The database, its schema, its data, and the signing key that goes with it.

use timetracks_app::{
    Clock, MIGRATIONS,
    internal::{examine_data, examine_signing_key},
};
use timetracks_db::{Error, Examination, Finding, Location, OpenError, Schema};
use timetracks_server::{Settings, load_key};

const DATABASE: &str = "database";
/// How often a database is looked at again because a server was started on it.
const TRIES: usize = 3;

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = key(settings);
    if let Location::Sqlite(path) = &settings.database
        && !path.is_file()
    {
        let says = format!(
            "there is none at {}: name it with --database or --data-dir, or start the server once, which makes it",
            path.display()
        );
        findings.push(Finding::problem(DATABASE, says));
        return findings;
    }
    for _ in 0..TRIES {
        let (found, counts) = look(settings);
        if counts {
            findings.extend(found);
            return findings;
        }
    }
    let says = "servers start and stop on it all the time: look at their logs, and try again";
    findings.push(Finding::problem(DATABASE, says));
    findings
}

/// The signing key by itself.
fn key(settings: &Settings) -> Vec<Finding> {
    let (check, path) = ("signing key", settings.signing_key.display());
    vec![match load_key(&settings.signing_key) {
        Ok(Some(_)) => Finding::ok(check, path.to_string()),
        Ok(None) => Finding::problem(
            check,
            format!(
                "{path} is not there: put the one back that the database was used with. A server on a new database \
                makes one when it starts"
            ),
        ),
        Err(error) => Finding::problem(
            check,
            format!("{error}: put back the one that the database was used with"),
        ),
    }]
}

/// What was found, and whether it counts.
fn look(settings: &Settings) -> (Vec<Finding>, bool) {
    let mut examination = match Examination::open(&settings.database) {
        Ok(examination) => examination,
        Err(error) => return (vec![cannot_open(&error)], true),
    };
    let mut findings = vec![Finding::ok(DATABASE, "can be read")];
    if let Err(error) = look_into(settings, &mut examination, &mut findings) {
        let says = format!("{error}: the checks that were to follow were not made");
        findings.push(Finding::problem(DATABASE, says));
    }
    (findings, !examination.is_disturbed())
}

fn cannot_open(error: &OpenError) -> Finding {
    let what = match error {
        OpenError::Foreign => "name the one of TimeTracks with --database",
        OpenError::Postgres(_) => {
            "see that PostgreSQL runs, takes writes and can be reached, and that the URL is right"
        }
        _ => {
            "use the user of the server; if the file is damaged, start the server on the last good backup"
        }
    };
    Finding::problem(DATABASE, format!("{error}: {what}"))
}

fn look_into(
    settings: &Settings,
    examination: &mut Examination,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let clock = Clock::system();
    let connections = settings.database_connections;
    findings.extend(examination.engine(connections, &|| clock.now().ms())?);
    let schema = examination.schema(MIGRATIONS)?;
    findings.push(told(&schema));
    if !matches!(schema, Schema::Current(_)) {
        return Ok(());
    }
    let key = load_key(&settings.signing_key).ok().flatten();
    findings.extend(examination.snapshot(|tx| {
        let mut found = Vec::new();
        if let Some(key) = &key {
            found.push(examine_signing_key(tx, key)?);
        }
        found.extend(examine_data(tx, clock.now())?);
        Ok::<_, Error>(found)
    })?);
    Ok(())
}

fn told(schema: &Schema) -> Finding {
    let check = "schema";
    match schema {
        Schema::Current(version) => Finding::ok(check, format!("version {version}")),
        Schema::Missing => Finding::problem(
            check,
            "there is none: name another database, or start the server once, which makes it",
        ),
        Schema::Older(version) => Finding::warning(
            check,
            format!(
                "version {version}: the next start of this version of TimeTracks brings it up to date. The data was not \
                looked at"
            ),
        ),
        Schema::Newer(version) => Finding::problem(
            check,
            format!("version {version} is of a newer TimeTracks: use that one"),
        ),
        Schema::Changed(step) => Finding::problem(
            check,
            format!(
                "the step {step} is another than this program knows: use the program that made it, or a backup"
            ),
        ),
    }
}

//! Every statement of the use cases, found in the sources: each can be prepared against the schema, and none reads more
//! than it needs, unless a reason is given here.

mod collect;
mod foreign_keys;
mod narrow;
mod postgres;

use std::path::Path;

use rusqlite::Connection;
use timetracks_app::MIGRATIONS;

use collect::{Statement, collect};

/// A statement, by how its text begins, and why it may read so much.
type Allowed = (&'static str, &'static str);

const DOCTOR: &str = "`timetracks doctor` looks at everything, while servers go on";

/// Statements that may read a whole table.
const SCANS: &[Allowed] = &[
    (
        "SELECT (SELECT COUNT(*) FROM users), ",
        "the operator's statistics count everything, and nobody waits for them",
    ),
    (
        "SELECT COUNT(*) FROM organisations ",
        "the operator's statistics; there are far fewer organisations than anything else",
    ),
    ("SELECT fingerprint FROM signing_key", "it has one row"),
    (
        "SELECT org_id, task_id, user_id, tracks, ended_ms, ci_tracks, ci_ms, agent_tracks, agent_ms FROM task_totals UNION ALL ",
        DOCTOR,
    ),
    ("SELECT t.user_id FROM tracks t CROSS JOIN users u ", DOCTOR),
    (
        "SELECT o.org_id FROM organisations o WHERE o.org_id <> $1 AND NOT EXISTS ",
        DOCTOR,
    ),
    ("SELECT id FROM tracks WHERE ended_at < started_at", DOCTOR),
    (
        "SELECT org_id FROM organisations WHERE created_at > $1 ",
        DOCTOR,
    ),
    (
        "SELECT r.id FROM tracks r CROSS JOIN organisations o ",
        DOCTOR,
    ),
    (
        "SELECT COUNT(*) FROM tracks WHERE ended_at IS NULL AND ",
        "reads what the index of what runs leads to, and what runs is little",
    ),
];

/// Statements that need not name an organisation.
const OF_NO_ORGANISATION: &[Allowed] = &[
    (
        "SELECT u.role, u.super_user, u.active, o.suspended_at, u.org_id, ",
        "who logs in gives an address alone",
    ),
    (
        "SELECT u.role, u.super_user, u.active, o.suspended_at, k.org_id, ",
        "who shows a key gives the key alone",
    ),
    (
        "SELECT org_id, user_id FROM logins ",
        "for the server's command line",
    ),
    (
        "SELECT 1 FROM logins ",
        "addresses are unique on the server",
    ),
    (
        "SELECT id, org_id, email, role, expires_at, created_at, updated_at FROM invitations WHERE id = $1 ",
        "who follows a link gives the link alone",
    ),
    ("SELECT org_id FROM tasks WHERE id = $1", "for super users"),
    (
        "SELECT org_id FROM projects WHERE id = $1",
        "for super users",
    ),
    ("SELECT org_id FROM users WHERE id = $1", "for super users"),
    ("SELECT (SELECT COUNT(*) FROM users), ", "for super users"),
    (
        "SELECT org_id, name, description, email, max_running_hours, suspended_at, created_at, updated_at FROM organisations WHERE org_id > ",
        "for super users",
    ),
    ("SELECT COUNT(*) FROM organisations ", "for super users"),
    (
        "SELECT forgiven_at FROM login_attempts ",
        "before anybody is known",
    ),
    ("DELETE FROM login_attempts ", "before anybody is known"),
    ("UPDATE login_attempts ", "before anybody is known"),
    ("SELECT fingerprint FROM signing_key", "of the whole server"),
    ("DELETE FROM signing_key", "of the whole server"),
    (
        "SELECT org_id, task_id, user_id, tracks, ended_ms, ci_tracks, ci_ms, agent_tracks, agent_ms FROM task_totals UNION ALL ",
        DOCTOR,
    ),
    ("SELECT t.user_id FROM tracks t CROSS JOIN users u ", DOCTOR),
    (
        "SELECT o.org_id FROM organisations o WHERE o.org_id <> $1 AND NOT EXISTS ",
        DOCTOR,
    ),
    ("SELECT id FROM tracks WHERE ended_at < started_at", DOCTOR),
    (
        "SELECT org_id FROM organisations WHERE created_at > $1 ",
        DOCTOR,
    ),
    (
        "SELECT r.id FROM tracks r CROSS JOIN organisations o ",
        DOCTOR,
    ),
    (
        "SELECT COUNT(*) FROM tracks WHERE ended_at IS NULL AND ",
        "the server's metrics are of all organisations",
    ),
];

/// Fewer, and the search has missed some.
const PLAUSIBLE: usize = 80;

fn statements() -> Vec<Statement> {
    let statements = collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(statements.len() > PLAUSIBLE, "{}", statements.len());
    statements
}

fn schema() -> Connection {
    let connection = Connection::open_in_memory().expect("memory");
    for migration in MIGRATIONS {
        connection
            .execute_batch(&for_sqlite(migration.sql))
            .expect("the schema is one");
    }
    // A connection that is opened later reads the statistics that the schema brings.
    let read = connection.execute_batch("ANALYZE sqlite_schema");
    read.expect("the statistics are some");
    connection
}

/// Takes the comment signs off what is meant for SQLite alone.
fn for_sqlite(text: &str) -> String {
    let mut parts = text.split("/*sqlite:");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        result.push_str(&part.replacen("*/", "", 1));
    }
    result
}

/// The lines of a statement's plan.
fn plan(connection: &Connection, statement: &Statement) -> Vec<String> {
    let text = format!("EXPLAIN QUERY PLAN {}", statement.for_sqlite());
    let mut prepared = connection.prepare(&text).expect("a statement");
    let mut rows = prepared.raw_query();
    let mut lines = Vec::new();
    while let Some(row) = rows.next().expect("a plan") {
        lines.push(row.get(3).expect("a line"));
    }
    lines
}

/// Fails unless the statements that are suspect, with a reason to be so, are exactly those that are allowed to be.
fn only_allowed(allowed: &[Allowed], suspect: impl Fn(&Statement) -> Option<String>) {
    let (mut surprises, mut needed) = (Vec::new(), vec![false; allowed.len()]);
    for statement in statements() {
        let Some(reason) = suspect(&statement) else {
            continue;
        };
        let text = &statement.text;
        match allowed
            .iter()
            .position(|(start, _)| text.starts_with(start))
        {
            Some(place) => needed[place] = true,
            None => surprises.push(format!("{}: {text}\n    {reason}", statement.file)),
        }
    }
    assert!(surprises.is_empty(), "\n{}", surprises.join("\n"));
    for ((start, _), needed) in allowed.iter().zip(needed) {
        assert!(needed, "nothing needs this any more: {start}");
    }
}

/// As [`only_allowed`], by SQLite's plan.
fn only_allowed_by_plan(allowed: &[Allowed], suspect: impl Fn(&Statement, &[String]) -> bool) {
    let connection = schema();
    only_allowed(allowed, |statement| {
        let plan = plan(&connection, statement);
        suspect(statement, &plan).then(|| plan.join("\n    "))
    });
}

#[test]
fn every_statement_can_be_prepared() {
    let connection = schema();
    for statement in statements() {
        if let Err(error) = connection.prepare(&statement.for_sqlite()) {
            panic!("{}: {error}\n{}", statement.file, statement.text);
        }
    }
}

#[test]
fn every_statement_names_the_organisation_unless_there_is_none() {
    only_allowed(OF_NO_ORGANISATION, |statement| {
        let text = &statement.text;
        let is_suspect = !text.contains("org_id = $1") && !text.starts_with("INSERT");
        is_suspect.then(|| "names no organisation".to_owned())
    });
}

#[test]
fn no_statement_reads_a_whole_table_without_a_reason() {
    only_allowed_by_plan(SCANS, |_, plan| {
        let mut lines = plan.iter();
        lines.any(|line| line.starts_with("SCAN ") && !line.ends_with("CONSTANT ROW"))
    });
}

//! What SQLite promises us.

use rusqlite::StatementStatus;

use super::*;

#[test]
fn a_statement_is_planned_once_whatever_values_are_bound_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("planned.db");
    let connection = open_writer(&path).unwrap();
    let schema = "CREATE TABLE numbers (number INTEGER, word TEXT);
        CREATE INDEX words ON numbers (word);
        INSERT INTO numbers VALUES (1, 'one'), (2, 'two');
        ANALYZE";
    connection.execute_batch(schema).unwrap();
    let select = "SELECT number FROM numbers WHERE word > $1 AND (number = $2 OR $2 IS NULL)";
    let mut statement = connection.prepare(select).unwrap();
    for (word, number) in [("a", Some(1)), ("z", None), ("o", Some(2))] {
        let mut rows = statement.query((word, number)).unwrap();
        while rows.next().unwrap().is_some() {}
    }
    assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
}

#[test]
fn a_library_that_can_damage_its_log_is_refused() {
    for (number, name) in [(3_051_002, "3.51.2"), (3_050_004, "3.50.4"), (0, "none")] {
        let refused = refuse_old(number, name).unwrap_err().to_string();
        assert!(refused.contains(name), "{refused}");
        assert!(refused.contains("3.51.3"), "{refused}");
    }
    for number in [3_051_003, 3_052_000, 4_000_000] {
        refuse_old(number, "new").unwrap();
    }
    refuse_old(rusqlite::version_number(), rusqlite::version()).unwrap();
}

#[test]
fn what_is_compared_is_what_is_said() {
    let numbers: Vec<i32> = OLDEST_NAME
        .split('.')
        .map(|number| number.parse().unwrap())
        .collect();
    let &[major, minor, patch] = numbers.as_slice() else {
        panic!("{OLDEST_NAME}");
    };
    assert_eq!(OLDEST, major * 1_000_000 + minor * 1_000 + patch);
}

#[test]
fn a_connection_that_writes_syncs_every_commit_and_minds_foreign_keys() {
    let directory = tempfile::tempdir().unwrap();
    let connection = open_writer(&directory.path().join("new.db")).unwrap();
    let ask = |pragma: &str| {
        let row = |row: &rusqlite::Row| row.get::<_, rusqlite::types::Value>(0);
        connection.pragma_query_value(None, pragma, row).unwrap()
    };
    assert_eq!(ask("journal_mode"), "wal".to_owned().into());
    assert_eq!(ask("synchronous"), 2.into());
    assert_eq!(ask("foreign_keys"), 1.into());

    let orphan = connection.execute_batch(
        "CREATE TABLE parents (id INTEGER PRIMARY KEY);
        CREATE TABLE children (parent INTEGER NOT NULL REFERENCES parents (id));
        INSERT INTO children VALUES (1)",
    );
    let orphan = orphan.unwrap_err().to_string();
    assert!(orphan.contains("FOREIGN KEY"), "{orphan}");
}

#[test]
fn a_connection_that_does_not_keep_to_what_it_was_told_is_refused() {
    // In memory there is no log.
    let connection = Connection::open_in_memory().unwrap();
    let refused = |pragma, needed| expect(&connection, pragma, needed).unwrap_err().to_string();
    let says = refused("journal_mode", "wal");
    assert!(
        says.contains("journal_mode") && says.contains("memory"),
        "{says}"
    );
    connection
        .pragma_update(None, "synchronous", "NORMAL")
        .unwrap();
    let says = refused("synchronous", "2");
    assert!(says.contains("synchronous"), "{says}");
    connection
        .pragma_update(None, "foreign_keys", false)
        .unwrap();
    let says = refused("foreign_keys", "1");
    assert!(says.contains("foreign_keys"), "{says}");
}

#[test]
fn a_connection_that_reads_cannot_write() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new.db");
    drop(open_writer(&path).unwrap());
    let reader = open_reader(&path).unwrap();
    let written = reader.execute_batch("CREATE TABLE numbers (number INTEGER)");
    let written = written.unwrap_err().to_string();
    assert!(written.contains("readonly"), "{written}");
}

//! Backups of PostgreSQL into a file, while two instances write.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    path::Path,
    process::{Command, Stdio},
};
use timetracks_app::MIGRATIONS;
use timetracks_db::{Db, Location};

use timetracks_testkit::postgres::{Database, Server};
use tokio::task::block_in_place;

use crate::{
    faults::{rounds, servers},
    load::Load,
    support::{Process, timetracks},
};

fn backup(url: &str, file: &Path) -> Command {
    let mut command = timetracks();
    command.args(["backup", "--database", url]).arg(file);
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_postgresql_under_load_holds_every_write_acknowledged_before_it() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::create(Server::shared()).await;
    let url = database.url();
    let load = Load::new(servers(directory.path(), &url)).await;
    load.during(async || {
        for round in 0..rounds(10) {
            load.until_acknowledged(20).await;
            let before = load.acknowledged_starts();
            let file = directory.path().join(format!("{round}.db"));
            let output = block_in_place(|| backup(&url, &file).output().unwrap());
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
            assert_eq!(
                fs::metadata(&file).unwrap().permissions().mode() & 0o777,
                0o600
            );
            let server = block_in_place(|| restored(directory.path(), &file));
            load.audit_server(&server, &before).await;
        }
    })
    .await;
}

/// A server on a backup, with the key of the instances.
fn restored(directory: &Path, file: &Path) -> Process {
    Process::start_with(&directory.join("restored"), |command| {
        let url = format!("sqlite:{}", file.display());
        command.args(["--database", &url, "--signing-key"]);
        command.arg(directory.join("shared.key"));
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_postgresql_that_is_killed_half_way_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::create(Server::shared()).await;
    let url = database.url();
    drop(servers(directory.path(), &url));
    let target = directory.path().join("target");
    fs::create_dir(&target).unwrap();
    let file = target.join("backup.db");
    // Everything before this table is read, and then somebody holds on to it.
    let holder = database.connect().await;
    let hold = "BEGIN; LOCK TABLE task_totals IN ACCESS EXCLUSIVE MODE";
    holder.batch_execute(hold).await.unwrap();
    let mut command = backup(&url, &file);
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let waiting = "SELECT COUNT(*) > 0 FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()";
    while database.query_one(waiting).await != "t" {
        tokio::task::yield_now().await;
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    assert!(target.join("backup.db.partial").exists());
    assert!(!file.exists());
    holder.batch_execute("COMMIT").await.unwrap();

    // What the operator allows other sessions is too little for this one.
    let (name, limit) = (database.name(), "idle_in_transaction_session_timeout");
    database
        .sql(&format!("ALTER DATABASE {name} SET {limit} = 1"))
        .await;
    assert!(backup(&url, &file).output().unwrap().status.success());
    let names: Vec<_> = fs::read_dir(&target).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
    let again = backup(&url, &file).output().unwrap();
    assert!(String::from_utf8_lossy(&again.stderr).contains("nothing is overwritten"));

    // And back, into a database that is empty.
    let other = Database::create(Server::shared()).await;
    let mut back = timetracks();
    back.args(["copy", "--from", &format!("sqlite:{}", file.display())]);
    let copied = back.args(["--to", &other.url()]).output().unwrap();
    assert!(copied.status.success(), "{copied:?}");
}

/// A program that is newer than the database backs it up as it is, before it changes anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_schema_is_backed_up_as_it_is_and_a_newer_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::create(Server::shared()).await;
    let url = database.url();
    let location = Location::Postgres(url.parse().unwrap());
    Db::migrate(&location, &MIGRATIONS[..1]).unwrap();
    let file = directory.path().join("older.db");
    let output = backup(&url, &file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    assert!(
        said.contains("task_totals ") && !said.contains("signing_key "),
        "{said}"
    );
    drop(restored(directory.path(), &file));

    let newer = "ALTER TABLE tasks ADD COLUMN colour TEXT;
        INSERT INTO refinery_schema_history VALUES (99, 'colours', '2030-01-01T00:00:00Z', '1')";
    database.sql(newer).await;
    let file = directory.path().join("newer.db");
    let output = backup(&url, &file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("newer version"), "{said}");
    assert!(!file.exists() && !directory.path().join("newer.db.partial").exists());
}

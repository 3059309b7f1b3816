//! What `timetracks doctor` finds about PostgreSQL.

use std::path::Path;

use timetracks_testkit::postgres::{Cluster, Database, Options};
use tokio::task::block_in_place;

use crate::{
    faults::servers,
    load::Load,
    support::{Diagnosis, timetracks},
};

fn doctor(directory: &Path, url: &str, more: &[&str]) -> Diagnosis {
    let mut command = timetracks();
    command.args(["doctor", "--database", url]).args(more);
    command.arg("--data-dir").arg(directory.join("instance-0"));
    command
        .arg("--signing-key")
        .arg(directory.join("shared.key"));
    Diagnosis::of(&mut command)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_postgresql_and_its_data_is_found_while_servers_run() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let cluster = Cluster::start(Options::durable());
    let database = Database::create(&cluster).await;
    let url = database.url();
    let diagnose = |more: &[&str]| block_in_place(|| doctor(directory, &url, more));

    let missing = diagnose(&[]);
    assert_eq!(missing.level("schema"), "problem");
    let tables = "SELECT COUNT(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(database.query_one(tables).await, "0");

    let load = Load::new(servers(directory, &url)).await;
    load.during(async || {
        let sound = diagnose(&[]);
        assert_eq!(sound.complaints(), [""; 0]);
        assert_eq!(sound.status, Some(0));
        assert_eq!(sound.lines.len(), 20, "{:?}", sound.lines.keys());
    })
    .await;

    let many = diagnose(&["--database-connections", "1000"]);
    assert_eq!(many.level("connections"), "problem");
    for (setting, level) in [
        ("fsync", "problem"),
        ("full_page_writes", "problem"),
        ("synchronous_commit", "warning"),
    ] {
        cluster.set(setting, "off").await;
        let is_off = format!("SELECT current_setting('{setting}') = 'off'");
        cluster.until(&is_off).await;
        assert_eq!(diagnose(&[]).level(setting), level, "{setting}");
        cluster.set(setting, "on").await;
    }
    for (check, level, change) in [
        (
            "kept totals",
            "problem",
            "UPDATE task_totals SET ended_ms = ended_ms + 1",
        ),
        (
            "longest tracks",
            "problem",
            "UPDATE users SET longest_track_ms = 0",
        ),
        ("admins", "warning", "UPDATE users SET active = FALSE"),
        (
            "the future",
            "warning",
            "UPDATE tasks SET updated_at = updated_at + 86460000",
        ),
        (
            "known key",
            "problem",
            "UPDATE signing_key SET fingerprint = sha256(fingerprint)",
        ),
        (
            "schema",
            "problem",
            "UPDATE refinery_schema_history SET checksum = '1' WHERE version = 2",
        ),
    ] {
        database.sql(change).await;
        assert_eq!(diagnose(&[]).level(check), level, "{check}");
    }
    block_in_place(|| cluster.kill());
    let gone = diagnose(&[]);
    assert_eq!((gone.status, gone.level("database")), (Some(1), "problem"));
}

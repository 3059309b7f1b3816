//! A list of everything in bounded memory. `TIMETRACKS_TEST_TRACKS=1000000 cargo test --release -p timetracks memory --
//! --nocapture` measures it with a million tracks.

use std::{path::Path, time::Instant};

use rusqlite::{Connection, params};
use serde_json::json;
use uuid::Uuid;

use crate::support::{Process, json_of};

/// By how much memory may rise while a list of any length is streamed.
const RISE_KIB: u64 = 16 * 1024;

#[tokio::test]
async fn a_long_list_is_streamed_in_bounded_memory() {
    let tracks =
        std::env::var("TIMETRACKS_TEST_TRACKS").map_or(100_000, |text| text.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let process = Process::start(&data);
    let token = process.sign_up().await;
    let task = json_of(
        process.post("/tasks", &token, &json!({ "name": "Docs" })),
        201,
    )
    .await;
    let task = task["id"].as_str().unwrap().to_owned();
    drop(process);
    book(&data.join("timetracks.db"), tracks);

    let process = Process::start(&data);
    for path in [
        format!("/tasks/{task}/tracks"),
        "/tracks".to_owned(),
        format!("/reports/tasks/{task}"),
    ] {
        // Once before, so that caches are as full as they get.
        json_of(
            process.get(&format!("/tasks/{task}/tracks?limit=1000"), &token),
            200,
        )
        .await;
        let before = process.memory_kib("VmRSS");
        let started = Instant::now();
        let mut response = process.get(&path, &token).send().await.unwrap();
        let (mut bytes, mut found, mut tail) = (0, 0, Vec::new());
        let mut first = None;
        while let Some(chunk) = response.chunk().await.unwrap() {
            first.get_or_insert_with(|| started.elapsed());
            bytes += chunk.len();
            tail.extend_from_slice(&chunk);
            found += count(&mut tail, b"\"startTime\"");
        }
        let rise = process.memory_kib("VmHWM").saturating_sub(before);
        println!(
            "{path}: {found} tracks, {bytes} bytes, first after {first:?}, all after {:?}, memory {before} KiB + {rise} KiB",
            started.elapsed()
        );
        assert_eq!(found, tracks);
        assert!(rise < RISE_KIB, "{path}: memory rose by {rise} KiB");
    }
}

/// Counts the word, and forgets what cannot hold the beginning of another.
fn count(text: &mut Vec<u8>, word: &[u8]) -> usize {
    let found = text
        .windows(word.len())
        .filter(|window| *window == word)
        .count();
    let keep = word.len() - 1;
    let cut = text.len().saturating_sub(keep);
    text.drain(..cut);
    found
}

/// Books that many ended tracks on the only task, without going through the server.
pub(crate) fn book(path: &Path, tracks: usize) {
    let mut database = Connection::open(path).unwrap();
    let (org, task, user): (Vec<u8>, Vec<u8>, Vec<u8>) = database
        .query_row("SELECT org_id, id, user_id FROM tasks", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    let transaction = database.transaction().unwrap();
    {
        let sql = "INSERT INTO tracks (org_id, task_id, id, user_id, started_at, ended_at, created_at, updated_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5, ?6)";
        let mut insert = transaction.prepare(sql).unwrap();
        for number in 0..tracks {
            let start = 1_700_000_000_000_i64 + i64::try_from(number).unwrap() * 1000;
            let id = Uuid::from_u128((0x018b_cfe5_6800_7000_8000 << 48) + number as u128);
            insert
                .execute(params![org, task, id.as_bytes(), user, start, start + 1000])
                .unwrap();
        }
        let total = i64::try_from(tracks).unwrap();
        transaction
            .execute(
                "INSERT INTO task_totals (org_id, task_id, user_id, tracks, ended_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![org, task, user, total, total * 1000],
            )
            .unwrap();
    }
    transaction.commit().unwrap();
}

//! Limit (b): the rows that clocking in and out writes, by the same SQLite with the same durability, in groups of as many
//! as there are clients, without looking first and without a savepoint for each.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{Count, Place, TASKS, groups};
use crate::{Outcome, fill::Ids, statistics::Sample};

/// As the server: the most that share a commit.
pub(super) const LARGEST_GROUP: usize = 256;
/// As the server: from how many pages on the log is moved into the file.
const CHECKPOINT_PAGES: i64 = 4_000;

const INSERT: &str = "INSERT INTO tracks (org_id, task_id, id, user_id, started_at, ended_at, created_at, updated_at)
    VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?5, ?5)";
const END: &str = "UPDATE tracks SET ended_at = ?4, updated_at = ?4 WHERE org_id = ?1 AND task_id = ?2 AND id = ?3";
const ADD: &str = "INSERT INTO task_totals (org_id, task_id, user_id, tracks, ended_ms) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (org_id, task_id, user_id) DO UPDATE
    SET tracks = task_totals.tracks + excluded.tracks, ended_ms = task_totals.ended_ms + excluded.ended_ms";
const LONGEST: &str = "UPDATE users SET longest_track_ms = ?3 WHERE org_id = ?1 AND id = ?2 AND longest_track_ms < ?3";

/// Clocks `clients` in and out again for so long.
pub(crate) fn run(database: &Path, clients: usize, limit: Duration) -> Outcome<Sample> {
    let connection = open(database)?;
    let group = groups(places(&connection)?, 1, clients)
        .pop()
        .unwrap_or_default();
    if group.len() != clients {
        return Err(format!("{clients} clients need as many tasks to clock in on").into());
    }
    let (mut ids, mut count) = (Ids::from_now(), Count::begin());
    while !count.is_over(limit) {
        let mut running: Vec<(Place, Uuid, i64)> = Vec::new();
        for part in group.chunks(LARGEST_GROUP) {
            in_transaction(&connection, &mut count, part.len(), || {
                for place in part {
                    let id = ids.next();
                    clock_in(&connection, *place, id, ids.ms())?;
                    running.push((*place, id, ids.ms()));
                }
                Ok(())
            })?;
        }
        for part in running.chunks(LARGEST_GROUP) {
            in_transaction(&connection, &mut count, part.len(), || {
                let now = ids.refresh();
                part.iter().try_for_each(|(place, id, start)| {
                    clock_out(&connection, *place, *id, *start, now)
                })
            })?;
        }
    }
    Ok(count.sample())
}

/// Every task that may be clocked in on.
pub(super) fn places(connection: &Connection) -> Outcome<Vec<Place>> {
    let mut statement = connection.prepare(TASKS)?;
    let rows = statement.query_map([], |row| {
        let id = |column| Ok::<_, rusqlite::Error>(Uuid::from_bytes(row.get(column)?));
        Ok(Place {
            org: id(0)?,
            user: id(1)?,
            task: id(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn open(database: &Path) -> Outcome<Connection> {
    let connection = Connection::open(database)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    Ok(connection)
}

fn in_transaction(
    connection: &Connection,
    count: &mut Count,
    answers: usize,
    work: impl FnOnce() -> Outcome<()>,
) -> Outcome<()> {
    let began = Instant::now();
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    work()?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    count.add(answers, began.elapsed());
    Ok(())
}

pub(super) fn clock_in(connection: &Connection, place: Place, id: Uuid, now: i64) -> Outcome<()> {
    let (org, task, user) = (
        place.org.into_bytes(),
        place.task.into_bytes(),
        place.user.into_bytes(),
    );
    connection
        .prepare_cached(INSERT)?
        .execute(params![org, task, id.into_bytes(), user, now])?;
    connection
        .prepare_cached(ADD)?
        .execute(params![org, task, user, 1, 0])?;
    Ok(())
}

pub(super) fn clock_out(
    connection: &Connection,
    place: Place,
    id: Uuid,
    start: i64,
    now: i64,
) -> Outcome<()> {
    let (org, task, user) = (
        place.org.into_bytes(),
        place.task.into_bytes(),
        place.user.into_bytes(),
    );
    let ended =
        connection
            .prepare_cached(END)?
            .execute(params![org, task, id.into_bytes(), now])?;
    if ended != 1 {
        return Err("a track that was begun is not there".into());
    }
    if now > start {
        connection
            .prepare_cached(ADD)?
            .execute(params![org, task, user, 0, now - start])?;
        connection
            .prepare_cached(LONGEST)?
            .execute(params![org, user, now - start])?;
    }
    Ok(())
}

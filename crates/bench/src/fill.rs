//! Fills a database with a history, and keeps its sums as the server would.
//!
//! Whatever the number of tracks, the reports are on the same tasks and people, each person has the same week behind them,
//! and the lists are of tasks with 100 tracks each. All of it was written in the order of time, so that the tracks of a task
//! lie scattered among those of others.

use std::{collections::BTreeMap, path::Path, time::UNIX_EPOCH};

use rusqlite::{Connection, Transaction, params};
use timetracks_domain::BASE32;
use uuid::Uuid;

use crate::Outcome;

/// Tasks of the one project that is reported on.
const TASKS: usize = 20;
/// People who worked on each of them.
const PEOPLE: usize = 10;
/// Tracks of a task whose tracks are listed.
pub(crate) const LISTED: usize = 100;
/// For each task whose tracks are listed, so many tracks there are.
const TRACKS_PER_LISTED_TASK: usize = 1000;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
const HISTORY_DAYS: i64 = 1000;

/// Ids that grow, as the server's do (UUIDv7).
pub(crate) struct Ids {
    ms: i64,
    lane: u16,
    count: u64,
}

impl Ids {
    pub(crate) fn from_now() -> Self {
        Self::of_lane(0)
    }

    /// Ids that no other lane makes.
    pub(crate) fn of_lane(lane: usize) -> Self {
        Self {
            ms: now_ms(),
            lane: lane as u16,
            count: 0,
        }
    }

    fn at(ms: i64) -> Self {
        Self {
            ms,
            lane: u16::MAX,
            count: 0,
        }
    }

    /// Later ids are of now.
    pub(crate) fn refresh(&mut self) -> i64 {
        self.ms = now_ms().max(self.ms);
        self.ms
    }

    pub(crate) fn ms(&self) -> i64 {
        self.ms
    }

    pub(crate) fn next(&mut self) -> Uuid {
        self.count += 1;
        let mut tail = [0; 10];
        tail[..8].copy_from_slice(&self.count.to_be_bytes());
        tail[8..].copy_from_slice(&self.lane.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(self.ms.unsigned_abs(), &tail).into_uuid()
    }
}

pub(crate) fn now_ms() -> i64 {
    i64::try_from(UNIX_EPOCH.elapsed().unwrap_or_default().as_millis()).unwrap_or_default()
}

/// What can be asked for in a filled database, as clients call it.
#[derive(Clone, Default)]
pub(crate) struct Filled {
    pub(crate) project: String,
    pub(crate) reported_task: String,
    pub(crate) person: String,
    pub(crate) listed_tasks: Vec<String>,
}

struct Filler<'c> {
    tx: Transaction<'c>,
    org: Uuid,
    admin: Uuid,
    ids: Ids,
    totals: BTreeMap<(Uuid, Uuid), (i64, i64)>,
    longest: BTreeMap<Uuid, i64>,
}

/// Adds so many tracks to the first organisation of a database that no server uses.
pub(crate) fn fill(database: &Path, tracks: usize) -> Outcome<Filled> {
    let mut connection = Connection::open(database)?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    let tx = connection.transaction()?;
    let (org, admin) = tx.query_row(
        "SELECT org_id, id FROM users ORDER BY org_id, id LIMIT 1",
        [],
        |row| Ok((Uuid::from_bytes(row.get(0)?), Uuid::from_bytes(row.get(1)?))),
    )?;
    let now = now_ms();
    let filler = Filler {
        tx,
        org,
        admin,
        ids: Ids::at(now - (HISTORY_DAYS + 10) * DAY_MS),
        totals: BTreeMap::new(),
        longest: BTreeMap::new(),
    };
    let filled = filler.fill(tracks, now)?;
    connection.pragma_update(None, "wal_checkpoint", "TRUNCATE")?;
    Ok(filled)
}

impl Filler<'_> {
    fn fill(mut self, tracks: usize, now: i64) -> Outcome<Filled> {
        let project = self.ids.next();
        self.tx.execute(
            "INSERT INTO projects (org_id, id, user_id, name, created_at, updated_at) VALUES (?1, ?2, ?3, 'Filled', ?4, ?4)",
            params![self.org.into_bytes(), project.into_bytes(), self.admin.into_bytes(), self.ids.ms],
        )?;
        let people = (0..PEOPLE)
            .map(|number| self.person(number))
            .collect::<Outcome<Vec<_>>>()?;
        let tasks = (0..TASKS)
            .map(|number| self.task(Some(project), &format!("Reported {number}")))
            .collect::<Outcome<Vec<_>>>()?;
        let listed = (0..tracks.div_ceil(TRACKS_PER_LISTED_TASK))
            .map(|number| self.task(None, &format!("Listed {number}")))
            .collect::<Outcome<Vec<_>>>()?;
        let pairs: Vec<_> = tasks
            .iter()
            .flat_map(|task| people.iter().map(move |person| (*task, *person)))
            .collect();
        self.history(tracks - pairs.len(), now, &pairs, &listed)?;
        for (number, (task, person)) in pairs.iter().enumerate() {
            let start = now - 6 * DAY_MS + number as i64 * 6 * DAY_MS / pairs.len() as i64;
            self.track(*task, *person, start, 20 * MINUTE_MS)?;
        }
        self.sums()?;
        self.tx.commit()?;
        let text = |id: &Uuid| BASE32.encode(id.as_bytes());
        Ok(Filled {
            project: text(&project),
            reported_task: text(&tasks[0]),
            person: text(&people[0]),
            listed_tasks: listed.iter().map(text).collect(),
        })
    }

    /// What is older than a week: the listed tasks' tracks among those that are reported on.
    fn history(
        &mut self,
        tracks: usize,
        now: i64,
        pairs: &[(Uuid, Uuid)],
        listed: &[Uuid],
    ) -> Outcome<()> {
        let in_lists = listed.len() * LISTED;
        let (mut reported, mut done) = (0, 0);
        for number in 0..tracks {
            let start = now - (HISTORY_DAYS + 8) * DAY_MS
                + number as i64 * HISTORY_DAYS * DAY_MS / tracks as i64;
            let took = (30 + number as i64 % 60) * MINUTE_MS;
            if (number + 1) * in_lists / tracks > done {
                self.track(listed[done % listed.len()], self.admin, start, took)?;
                done += 1;
            } else {
                let (task, person) = pairs[reported % pairs.len()];
                self.track(task, person, start, took)?;
                reported += 1;
            }
        }
        Ok(())
    }

    fn person(&mut self, number: usize) -> Outcome<Uuid> {
        let (id, email) = (self.ids.next(), format!("person{number}@filled.example"));
        let (org, key) = (self.org.into_bytes(), id.into_bytes());
        self.tx.execute(
            "INSERT INTO users (org_id, id, first_name, last_name, email, role, super_user, active, longest_track_ms, created_at, updated_at)
            VALUES (?1, ?2, 'Person', ?3, ?4, 'member', FALSE, TRUE, 0, ?5, ?5)",
            params![org, key, number.to_string(), email, self.ids.ms],
        )?;
        self.tx.execute(
            "INSERT INTO logins (email_key, org_id, user_id) VALUES (?1, ?2, ?3)",
            params![email, org, key],
        )?;
        Ok(id)
    }

    fn task(&mut self, project: Option<Uuid>, name: &str) -> Outcome<Uuid> {
        let id = self.ids.next();
        let project = project.map(Uuid::into_bytes);
        self.tx.prepare_cached(
            "INSERT INTO tasks (org_id, id, user_id, project_id, name, status, created_at, updated_at)
            VALUES (?1, ?2, ?3, ?4, ?5, 'open', ?6, ?6)",
        )?
        .execute(params![self.org.into_bytes(), id.into_bytes(), self.admin.into_bytes(), project, name, self.ids.ms])?;
        Ok(id)
    }

    fn track(&mut self, task: Uuid, person: Uuid, start: i64, took: i64) -> Outcome<()> {
        self.ids.ms = start + took;
        let id = self.ids.next();
        self.tx.prepare_cached(
            "INSERT INTO tracks (org_id, task_id, id, user_id, started_at, ended_at, created_at, updated_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?6)",
        )?
        .execute(params![
            self.org.into_bytes(), task.into_bytes(), id.into_bytes(), person.into_bytes(), start, start + took
        ])?;
        let total = self.totals.entry((task, person)).or_default();
        *total = (total.0 + 1, total.1 + took);
        let longest = self.longest.entry(person).or_default();
        *longest = took.max(*longest);
        Ok(())
    }

    fn sums(&mut self) -> Outcome<()> {
        let org = self.org.into_bytes();
        for ((task, person), (tracks, ended_ms)) in &self.totals {
            self.tx.execute(
                "INSERT INTO task_totals (org_id, task_id, user_id, tracks, ended_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![org, task.into_bytes(), person.into_bytes(), tracks, ended_ms],
            )?;
        }
        for (person, longest) in &self.longest {
            self.tx.execute(
                "UPDATE users SET longest_track_ms = ?3 WHERE org_id = ?1 AND id = ?2",
                params![org, person.into_bytes(), longest],
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_lane_grow_and_no_two_lanes_make_the_same() {
        let (mut one, mut other) = (Ids::of_lane(1), Ids::of_lane(2));
        let (first, second) = (one.next(), one.next());
        assert!(first < second);
        assert_eq!(first.get_version_num(), 7);
        other.ms = one.ms;
        assert_ne!(other.next(), first);
    }
}

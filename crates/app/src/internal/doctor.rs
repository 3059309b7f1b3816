//! What is true of the data as long as nothing is wrong. From the command line only; nothing is changed.

use std::collections::BTreeMap;

use timetracks_db::{Error, Finding, Param, Sql, Tx, sql};
use timetracks_domain::Instant;
use uuid::Uuid;

use super::{SERVER_ORG, signing_key};
use crate::{SigningKey, work::Columns};

/// By how much what the server wrote may lie in the future.
const CLOCK_TOLERANCE_MS: i64 = 24 * 60 * 60 * 1000;
/// How many are named of what is wrong.
const NAMED: usize = 3;
const REPORT: &str = "make a backup, and report it as a bug with this line";

/// Looks whether this signing key is the one that the database knows.
///
/// # Errors
/// When the database cannot be read.
pub fn examine_signing_key(tx: &mut Tx<'_>, key: &SigningKey) -> Result<Finding, Error> {
    let check = "known key";
    Ok(match signing_key::find(tx)? {
        None => Finding::ok(check, "the database knows none yet"),
        Some(known) if known == key.fingerprint() => {
            Finding::ok(check, "it is the one that the database knows")
        }
        Some(_) => Finding::problem(
            check,
            "the database was used with another key: put that one back or, if it is lost, end every access token and \
            invitation link with `timetracks signing-key accept`",
        ),
    })
}

/// Looks at all data, on the snapshot of the transaction, in bounded memory.
///
/// # Errors
/// When the database cannot be read.
pub fn examine_data(tx: &mut Tx<'_>, now: Instant) -> Result<Vec<Finding>, Error> {
    Ok(vec![
        kept_totals(tx)?,
        longest_tracks(tx)?,
        admins(tx, now)?,
        ends(tx)?,
        own_ends(tx)?,
        future(tx, now)?,
    ])
}

/// Counts what is wrong, and names the first few.
#[derive(Default)]
struct Faults {
    count: usize,
    named: Vec<Uuid>,
}

impl Faults {
    /// Whatever a statement answers with the ids of.
    fn found(tx: &mut Tx<'_>, sql: &'static Sql, parameters: &[&dyn Param]) -> Result<Self, Error> {
        let mut faults = Self::default();
        tx.each(sql, parameters, |row| {
            faults.add(row.get()?);
            Ok::<(), Error>(())
        })?;
        Ok(faults)
    }

    fn add(&mut self, id: Uuid) {
        self.count += 1;
        if self.named.len() < NAMED && !self.named.contains(&id) {
            self.named.push(id);
        }
    }

    /// How many, and which; `None` when there are none.
    fn told(&self) -> Option<(usize, String)> {
        let names: Vec<_> = self.named.iter().map(Uuid::to_string).collect();
        (self.count > 0).then(|| (self.count, names.join(", ")))
    }
}

/// How many tracks, and how many milliseconds of the ended ones: in all, of pipelines, of agents.
type Sums = [i64; 6];

/// What is left of each person's kept totals of one task, once the tracks are taken off.
#[derive(Default)]
struct Remainders {
    task: Option<(Uuid, Uuid)>,
    people: BTreeMap<Uuid, Sums>,
    faults: Faults,
}

impl Remainders {
    fn add(&mut self, task: (Uuid, Uuid), person: Uuid, sums: Sums) {
        if self.task != Some(task) {
            self.close();
            self.task = Some(task);
        }
        let remainder = self.people.entry(person).or_default();
        for (place, sum) in remainder.iter_mut().zip(sums) {
            *place += sum;
        }
    }

    fn close(&mut self) {
        for remainder in std::mem::take(&mut self.people).into_values() {
            if let (Some((_, task)), true) = (self.task, remainder != Sums::default()) {
                self.faults.add(task);
            }
        }
    }
}

/// Reports read kept sums: they must be the sums of what is there. Both sides come in the order of their keys.
fn kept_totals(tx: &mut Tx<'_>) -> Result<Finding, Error> {
    let check = "kept totals";
    let mut remainders = Remainders::default();
    tx.each(
        sql!(
            "SELECT org_id, task_id, user_id, tracks, ended_ms, ci_tracks, ci_ms, agent_tracks, agent_ms FROM task_totals
            UNION ALL SELECT org_id, task_id, user_id, CAST(-1 AS BIGINT), COALESCE(started_at - ended_at, 0),
                CAST(CASE WHEN kind = 'ci' THEN -1 ELSE 0 END AS BIGINT),
                CASE WHEN kind = 'ci' THEN COALESCE(started_at - ended_at, 0) ELSE 0 END,
                CAST(CASE WHEN kind = 'agent' THEN -1 ELSE 0 END AS BIGINT),
                CASE WHEN kind = 'agent' THEN COALESCE(started_at - ended_at, 0) ELSE 0 END FROM tracks
            ORDER BY org_id, task_id"
        ),
        &[],
        |row| {
            let task = (row.get()?, row.get()?);
            let person = row.get()?;
            let mut sums = Sums::default();
            for place in &mut sums {
                *place = row.get()?;
            }
            remainders.add(task, person, sums);
            Ok::<(), Error>(())
        },
    )?;
    remainders.close();
    Ok(match remainders.faults.told() {
        None => Finding::ok(check, "they are the sums of the tracks"),
        Some((count, tasks)) => Finding::problem(
            check,
            format!(
                "{count} differ from the sums of the tracks, so reports on these tasks are wrong: {tasks}; {REPORT}"
            ),
        ),
    })
}

/// A report looks as far before its window as the longest track of a person reaches. SQLite keeps the order of a cross join:
/// it reads the tracks as they lie, and looks up the users, who are few.
fn longest_tracks(tx: &mut Tx<'_>) -> Result<Finding, Error> {
    let check = "longest tracks";
    let faults = Faults::found(
        tx,
        sql!(
            "SELECT t.user_id FROM tracks t CROSS JOIN users u
            WHERE u.org_id = t.org_id AND u.id = t.user_id AND t.ended_at - t.started_at > u.longest_track_ms"
        ),
        &[],
    )?;
    Ok(match faults.told() {
        None => Finding::ok(check, "none is longer than its user's record says"),
        Some((count, users)) => Finding::problem(
            check,
            format!(
                "{count} are longer than their users' records say, so reports on these users may miss some: {users}; \
                {REPORT}"
            ),
        ),
    })
}

/// Somebody must be able to manage each organisation.
fn admins(tx: &mut Tx<'_>, now: Instant) -> Result<Finding, Error> {
    let check = "admins";
    let faults = Faults::found(
        tx,
        sql!(
            "SELECT o.org_id FROM organisations o WHERE o.org_id <> $1 AND NOT EXISTS (
                SELECT 1 FROM users u WHERE u.org_id = o.org_id AND u.role = 'admin' AND u.active
                AND ((u.password_hash IS NOT NULL AND (u.password_expires_at IS NULL OR u.password_expires_at > $2))
                    OR EXISTS (SELECT 1 FROM password_tokens p
                        WHERE p.org_id = u.org_id AND p.user_id = u.id AND p.expires_at > $2)))"
        ),
        &[&SERVER_ORG.uuid(), &now.ms()],
    )?;
    Ok(match faults.told() {
        None => Finding::ok(check, "every organisation has one who can log in"),
        Some((count, organisations)) => Finding::warning(
            check,
            format!(
                "{count} organisations have none who can log in: {organisations}; for an admin who never set a password, \
                `timetracks superuser add EMAIL` makes a token that does, and makes them a super user"
            ),
        ),
    })
}

/// A track lasts.
fn ends(tx: &mut Tx<'_>) -> Result<Finding, Error> {
    let check = "ends of tracks";
    let faults = Faults::found(
        tx,
        sql!("SELECT id FROM tracks WHERE ended_at < started_at"),
        &[],
    )?;
    Ok(match faults.told() {
        None => Finding::ok(check, "none is before its start"),
        Some((count, tracks)) => Finding::problem(
            check,
            format!(
                "{count} tracks end before they start: {tracks}; change or delete them, and {REPORT}"
            ),
        ),
    })
}

/// Readers believe the instant from which on a running track has ended by itself: it must be what its lease and the limit
/// of its organisation make it. SQLite keeps the order of a cross join.
fn own_ends(tx: &mut Tx<'_>) -> Result<Finding, Error> {
    let check = "running tracks";
    let faults = Faults::found(
        tx,
        sql!(
            "SELECT r.id FROM tracks r CROSS JOIN organisations o WHERE r.ended_at IS NULL AND o.org_id = r.org_id
            AND r.ends_at IS DISTINCT FROM CASE
                WHEN r.heartbeat_at + 1000 * r.lease_s <= r.started_at + 3600000 * o.max_running_hours
                    THEN r.heartbeat_at + 1000 * r.lease_s
                ELSE COALESCE(r.started_at + 3600000 * o.max_running_hours, r.heartbeat_at + 1000 * r.lease_s) END"
        ),
        &[],
    )?;
    Ok(match faults.told() {
        None => Finding::ok(check, "they are what leases and limits make them"),
        Some((count, tracks)) => Finding::warning(
            check,
            format!(
                "{count} tracks do not end when their lease or their organisation's limit says: {tracks}; they were begun \
                by an instance of an earlier version, so end them by hand or change the limit"
            ),
        ),
    })
}

/// A clock that was far ahead left records of the future. What people book may lie there.
fn future(tx: &mut Tx<'_>, now: Instant) -> Result<Finding, Error> {
    let check = "the future";
    let limit = now.ms().saturating_add(CLOCK_TOLERANCE_MS);
    let faults = Faults::found(
        tx,
        sql!(
            "SELECT org_id FROM organisations WHERE created_at > $1 OR updated_at > $1
            UNION ALL SELECT id FROM users WHERE created_at > $1 OR updated_at > $1
            UNION ALL SELECT id FROM projects WHERE created_at > $1 OR updated_at > $1
            UNION ALL SELECT id FROM tasks WHERE created_at > $1 OR updated_at > $1
            UNION ALL SELECT id FROM tracks WHERE created_at > $1 OR updated_at > $1
                OR (ended_at IS NULL AND started_at > $1)"
        ),
        &[&limit],
    )?;
    Ok(match faults.told() {
        None => Finding::ok(check, "nothing was written there"),
        Some((count, ids)) => Finding::warning(
            check,
            format!(
                "{count} records were made or run more than a day after now: {ids}; a clock is or was wrong, so have the \
                clocks of all servers set by NTP, and end such tracks by hand"
            ),
        ),
    })
}

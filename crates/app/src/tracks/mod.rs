//! Time tracks: clocking in and out, and booking by hand.

mod clock_in;
mod clock_out;
mod create;
mod delete;
mod details;
mod heartbeat;
mod limit;
mod list;
mod read;
mod record;
mod totals;
mod update;

use timetracks_db::{Row, sql};
use timetracks_domain::{
    Caller, End, EndedBy, Instant, Kind, Lease, LeaseLength, MaxRunning, Meta, OrgId, Permission,
    ProjectId, Realm, TaskId, TimesError, Track, TrackId, UserId, check_times,
};

pub use clock_in::{ClockIn, ClockedIn, clock_in, clock_in_by_handle};
pub use clock_out::{ClockOut, clock_out, clock_out_by_handle};
pub use create::{CreateTrack, create};
pub use delete::delete;
pub use details::Details;
pub use heartbeat::heartbeat;
pub(crate) use limit::change_limit;
pub use list::{TrackFilter, list};
pub use read::read;
pub use update::{UpdateTrack, update};

use crate::{
    Error, Refusal, Work,
    organisations::max_running,
    tasks::{self, Handle},
    work::Columns,
};

/// A track `r`.
pub(crate) const COLUMNS: &str = "r.id, r.task_id, r.user_id, r.kind, r.started_at, r.ended_at, r.ended_by, r.lease_s, r.heartbeat_at, r.ends_at, r.note, r.meta, r.created_at, r.updated_at";

/// The end that a running track `r` has once it has ended by itself: the SQL of the domain's rule.
pub(crate) const OWN_END: &str =
    "CASE WHEN r.lease_s IS NULL OR r.heartbeat_at + 1000 * r.lease_s > r.ends_at THEN r.ends_at
    WHEN r.heartbeat_at > r.started_at THEN r.heartbeat_at ELSE r.started_at END";

/// A track as it is written down: one that runs may have ended by itself. For who changes it.
fn stored(row: &mut Row) -> Result<Track, timetracks_db::Error> {
    Ok(Track {
        id: row.id()?,
        task: row.id()?,
        user: row.id()?,
        kind: row.word(Kind::from_word)?,
        start: row.instant()?,
        end: end(row.optional_instant()?, row.get()?),
        lease: lease(row.get()?, row.optional_instant()?),
        ends_at: row.optional_instant()?,
        note: row.get()?,
        meta: meta(row.get()?)?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
    })
}

/// A track as it is now. For who reads it.
pub(crate) fn from_row(row: &mut Row, now: Instant) -> Result<Track, timetracks_db::Error> {
    Ok(stored(row)?.as_of(now))
}

/// A track as it is now, to be compared with the version that a client has seen. Whether they may is asked by what changes it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn current(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    track: TrackId,
) -> Result<Track, Error> {
    let (stored, _) = find(work, caller.realm(), task, track)?;
    Ok(stored.as_of(work.now))
}

/// As [`current`], of the track that the caller runs on a task.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::NotRunning`], for one that has ended by itself too.
pub fn current_running(work: &mut Work, caller: &Caller, task: TaskId) -> Result<Track, Error> {
    let standing = standing_with(work, caller.realm(), task, caller.user)?;
    let stored = standing.running;
    let stored = stored.ok_or(Refusal::NotRunning { ended: None })?;
    Ok(require_running(work, stored)?)
}

/// As [`current_running`], on the task of that name or external id.
///
/// # Errors
/// As [`current_running`]; [`Refusal::AmbiguousTask`].
pub fn current_running_by_handle(
    work: &mut Work,
    caller: &Caller,
    handle: &Handle,
) -> Result<Track, Error> {
    let task = tasks::find_running(work, caller, handle)?.id;
    current_running(work, caller, task)
}

fn end(at: Option<Instant>, by: Option<String>) -> Option<End> {
    let by = by.as_deref().and_then(EndedBy::from_word);
    let by = by.unwrap_or(EndedBy::User);
    at.map(|at| End { at, by })
}

fn meta(text: Option<String>) -> Result<Option<Meta>, timetracks_db::Error> {
    let read = |text: String| {
        let meta = Meta::from_text(&text);
        meta.ok_or_else(|| timetracks_db::Error::Statement("no JSON object".to_owned()))
    };
    text.map(read).transpose()
}

fn lease(seconds: Option<i64>, heartbeat_at: Option<Instant>) -> Option<Lease> {
    Some(Lease {
        length: LeaseLength::from_seconds(seconds?).ok()?,
        heartbeat_at: heartbeat_at?,
    })
}

/// A track of that task to be changed, as it is written down, and for how long one may run.
fn find(
    work: &mut Work,
    realm: Realm,
    task: TaskId,
    track: TrackId,
) -> Result<(Track, Option<MaxRunning>), Error> {
    if realm.project.is_some() {
        tasks::find(work, realm, task)?;
    }
    let found = work.tx.row(
        sql!(
            "SELECT o.max_running_hours, ",
            COLUMNS,
            " FROM tracks r JOIN organisations o ON o.org_id = r.org_id
            WHERE r.org_id = $1 AND r.task_id = $2 AND r.id = $3"
        ),
        &[&realm.org.uuid(), &task.uuid(), &track.uuid()],
        |row| {
            let limit = max_running(row.get()?);
            Ok((stored(row)?, limit))
        },
    )?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// As [`find`], for a caller who may change it.
fn find_writable(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    track: TrackId,
) -> Result<(Track, Option<MaxRunning>), Error> {
    let (track, limit) = find(work, caller.realm(), task, track)?;
    caller.require_own_or_any(
        track.user,
        Permission::WriteOwnTime,
        Permission::WriteAnyTime,
    )?;
    Ok((track, limit))
}

/// How somebody stands who is about to clock in or out.
struct Standing {
    /// For how long a track may run.
    limit: Option<MaxRunning>,
    /// The track that they run on the task, as it is written down.
    running: Option<Track>,
}

impl Standing {
    fn read(row: &mut Row) -> Result<Self, timetracks_db::Error> {
        Ok(Self {
            limit: max_running(row.get()?),
            running: row.get::<bool>()?.then(|| stored(row)).transpose()?,
        })
    }
}

/// How a person stands with a task that is there.
fn standing(work: &mut Work, org: OrgId, task: TaskId, user: UserId) -> Result<Standing, Error> {
    let found = work.tx.row(
        sql!(
            "SELECT o.max_running_hours, r.id IS NOT NULL, ",
            COLUMNS,
            " FROM organisations o LEFT JOIN tracks r
            ON r.org_id = o.org_id AND r.task_id = $2 AND r.user_id = $3 AND r.ended_at IS NULL
            WHERE o.org_id = $1"
        ),
        &[&org.uuid(), &task.uuid(), &user.uuid()],
        Standing::read,
    )?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// As [`standing`], with a task that may not be there: what clocking needs to know, in one statement.
fn standing_with(
    work: &mut Work,
    realm: Realm,
    task: TaskId,
    user: UserId,
) -> Result<Standing, Error> {
    let found = work.tx.row(
        sql!(
            "SELECT o.max_running_hours, r.id IS NOT NULL, ",
            COLUMNS,
            " FROM tasks t JOIN organisations o ON o.org_id = t.org_id LEFT JOIN tracks r
            ON r.org_id = t.org_id AND r.task_id = t.id AND r.user_id = $3 AND r.ended_at IS NULL
            WHERE t.org_id = $1 AND t.id = $2 AND (t.project_id = $4 OR $4 IS NULL)"
        ),
        &[
            &realm.org.uuid(),
            &task.uuid(),
            &user.uuid(),
            &realm.project.map(ProjectId::uuid),
        ],
        Standing::read,
    )?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// The refusal to start a track beside the one that runs.
fn already_running(work: &Work, running: Track) -> Refusal {
    Refusal::AlreadyRunning {
        track: Box::new(running),
        now: work.now,
    }
}

/// Refuses to go on with a track that runs no more, though it may be written down as running.
fn require_running(work: &Work, stored: Track) -> Result<Track, Refusal> {
    let track = stored.as_of(work.now);
    match track.end {
        None => Ok(track),
        Some(_) => Err(Refusal::NotRunning {
            ended: Some(Box::new(track)),
        }),
    }
}

/// Refuses times that no track can have.
fn require_times(start: Instant, end: Option<Instant>, now: Instant) -> Result<(), Refusal> {
    check_times(start, end, now).map_err(|error| Refusal::Invalid {
        field: match error {
            TimesError::EndBeforeStart => "end",
            TimesError::StartInFuture => "start",
        },
        rule: error.to_string(),
    })
}

//! Time tracks: clocking in and out, and booking by hand.

mod clock_in;
mod clock_out;
mod create;
mod delete;
mod list;
mod read;
mod totals;
mod update;

use timetracks_db::{Row, sql};
use timetracks_domain::{
    Caller, Instant, OrgId, ProjectId, Realm, TaskId, TimesError, Track, TrackId, UserId,
    check_times,
};

pub use clock_in::{ClockedIn, clock_in, clock_in_by_handle};
pub use clock_out::{clock_out, clock_out_by_handle};
pub use create::{CreateTrack, create};
pub use delete::delete;
pub use list::{TrackFilter, list, list_of_task};
pub use read::read;
pub use update::{UpdateTrack, update};

use crate::{
    Error, Refusal, Work,
    tasks::{self, Handle},
    work::Columns,
};

pub(crate) const COLUMNS: &str =
    "id, task_id, user_id, started_at, ended_at, created_at, updated_at";

pub(crate) fn from_row(row: &mut Row) -> Result<Track, timetracks_db::Error> {
    Ok(Track {
        id: row.id()?,
        task: row.id()?,
        user: row.id()?,
        start: row.instant()?,
        end: row.optional_instant()?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
    })
}

/// A track as it is, to be compared with the version that a client has seen. Whether they may is asked by what changes it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn current(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    track: TrackId,
) -> Result<Track, Error> {
    find(work, caller.realm(), task, track)
}

/// As [`current`], of the track that the caller runs on a task.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::NotRunning`].
pub fn current_running(work: &mut Work, caller: &Caller, task: TaskId) -> Result<Track, Error> {
    let running = find_running_on(work, caller.realm(), task, caller.user)?;
    running.ok_or_else(|| Refusal::NotRunning.into())
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

/// The track of that task with this id.
fn find(work: &mut Work, realm: Realm, task: TaskId, track: TrackId) -> Result<Track, Error> {
    if realm.project.is_some() {
        tasks::find(work, realm, task)?;
    }
    let found = work.tx.row(
        sql!(
            "SELECT ",
            COLUMNS,
            " FROM tracks WHERE org_id = $1 AND task_id = $2 AND id = $3"
        ),
        &[&realm.org.uuid(), &task.uuid(), &track.uuid()],
        from_row,
    )?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// The track that a person runs on a task.
fn find_running(
    work: &mut Work,
    org: OrgId,
    task: TaskId,
    user: UserId,
) -> Result<Option<Track>, Error> {
    Ok(work.tx.row(
        sql!(
            "SELECT ",
            COLUMNS,
            " FROM tracks WHERE org_id = $1 AND task_id = $2 AND user_id = $3 AND ended_at IS NULL"
        ),
        &[&org.uuid(), &task.uuid(), &user.uuid()],
        from_row,
    )?)
}

/// As [`find_running`], on a task that may not be there: what clocking needs to know, in one statement.
fn find_running_on(
    work: &mut Work,
    realm: Realm,
    task: TaskId,
    user: UserId,
) -> Result<Option<Track>, Error> {
    let found = work.tx.row(
        sql!(
            "SELECT r.id IS NOT NULL,
            r.id, r.task_id, r.user_id, r.started_at, r.ended_at, r.created_at, r.updated_at
            FROM tasks t LEFT JOIN tracks r
            ON r.org_id = t.org_id AND r.task_id = t.id AND r.user_id = $3 AND r.ended_at IS NULL
            WHERE t.org_id = $1 AND t.id = $2 AND (t.project_id = $4 OR $4 IS NULL)"
        ),
        &[
            &realm.org.uuid(),
            &task.uuid(),
            &user.uuid(),
            &realm.project.map(ProjectId::uuid),
        ],
        |row| row.get::<bool>()?.then(|| from_row(row)).transpose(),
    )?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// Books a new track, which nothing forbids.
fn insert(
    work: &mut Work,
    org: OrgId,
    task: TaskId,
    user: UserId,
    start: Instant,
    end: Option<Instant>,
) -> Result<Track, Error> {
    let track = Track {
        id: work.id(),
        task,
        user,
        start,
        end,
        created_at: work.now,
        updated_at: work.now,
    };
    work.tx.execute(
        sql!(
            "INSERT INTO tracks (org_id, task_id, id, user_id, started_at, ended_at, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $7)"
        ),
        &[
            &org.uuid(),
            &task.uuid(),
            &track.id.uuid(),
            &user.uuid(),
            &track.start.ms(),
            &track.end.map(Instant::ms),
            &track.created_at.ms(),
        ],
    )?;
    totals::change(work, org, None, Some(&track))?;
    Ok(track)
}

/// Writes the changed times of a track.
fn store(work: &mut Work, org: OrgId, before: &Track, after: &Track) -> Result<(), Error> {
    work.tx.execute(
        sql!(
            "UPDATE tracks SET started_at = $4, ended_at = $5, updated_at = $6
            WHERE org_id = $1 AND task_id = $2 AND id = $3"
        ),
        &[
            &org.uuid(),
            &after.task.uuid(),
            &after.id.uuid(),
            &after.start.ms(),
            &after.end.map(Instant::ms),
            &after.updated_at.ms(),
        ],
    )?;
    totals::change(work, org, Some(before), Some(after))
}

/// The refusal to start a track beside the one that runs.
fn already_running(work: &Work, running: Track) -> Refusal {
    Refusal::AlreadyRunning {
        track: Box::new(running),
        now: work.now,
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

//! Clocking in (contract rows 34, 36 and 37).

use timetracks_domain::{Caller, Instant, LeaseLength, MaxRunning, Permission, TaskId, Track};

use super::{
    Details, Standing,
    record::{NewTrack, insert, settle_running, store},
};
use crate::{
    Error, Work,
    tasks::{self, Handle},
};

/// What may be said when clocking in.
#[derive(Debug, Clone, Default)]
pub struct ClockIn {
    /// Since when; `None` for now.
    pub start: Option<Instant>,
    /// For how long a sign of life is good; `None` for none that is needed.
    pub lease: Option<LeaseLength>,
    /// What is said of the track.
    pub details: Details,
}

/// The caller is clocked in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClockedIn {
    /// Since now: a new track.
    Now(Track),
    /// Since before: the track that runs. A retry is harmless.
    Already(Track),
}

/// Clocks the caller in on a task.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound); [`Refusal::AlreadyRunning`](crate::Refusal::AlreadyRunning) when the start contradicts the running track; [`Refusal::Invalid`](crate::Refusal::Invalid)
/// for a start too far in the future.
pub fn clock_in(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    request: ClockIn,
) -> Result<ClockedIn, Error> {
    caller.require(Permission::WriteOwnTime)?;
    let standing = super::standing_with(work, caller.realm(), task, caller.user)?;
    start_on(work, caller, task, standing, request)
}

/// As [`clock_in`], on the task of that name or external id, which is made when there is none.
///
/// # Errors
/// As [`clock_in`]; [`Refusal::AmbiguousTask`](crate::Refusal::AmbiguousTask) when several tasks have that name and not exactly one is the caller's.
pub fn clock_in_by_handle(
    work: &mut Work,
    caller: &Caller,
    handle: Handle,
    request: ClockIn,
) -> Result<ClockedIn, Error> {
    caller.require(Permission::WriteOwnTime)?;
    let task = tasks::find_or_create(work, caller, handle)?.id;
    let standing = super::standing(work, caller.org, task, caller.user)?;
    start_on(work, caller, task, standing, request)
}

fn start_on(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    standing: Standing,
    request: ClockIn,
) -> Result<ClockedIn, Error> {
    let limit = standing.limit;
    if let Some(running) = settle_running(work, caller.org, standing.running)? {
        if request.start.is_some_and(|start| start != running.start) {
            return Err(super::already_running(work, running).into());
        }
        return go_on(work, caller, running, limit, request).map(ClockedIn::Already);
    }
    let start = request.start.unwrap_or(work.now);
    super::require_times(start, None, work.now)?;
    let new = NewTrack {
        task,
        user: caller.user,
        kind: caller.kind,
        start,
        end: None,
        lease: request.lease,
        details: request.details,
    };
    insert(work, caller.org, new, limit).map(ClockedIn::Now)
}

/// What is asked for is the running track's from now on, and a lease a sign of life. A retry changes nothing else.
fn go_on(
    work: &mut Work,
    caller: &Caller,
    running: Track,
    limit: Option<MaxRunning>,
    request: ClockIn,
) -> Result<Track, Error> {
    let mut track = running.clone();
    request.details.apply(&mut track)?;
    if track != running {
        track.updated_at = work.now;
    }
    if let Some(lease) = request.lease {
        track = track.with_lease(lease, work.now, limit);
    }
    if track != running {
        store(work, caller.org, &running, &track)?;
    }
    Ok(track)
}

//! Clocking in (contract rows 34, 36 and 37).

use timetracks_domain::{Caller, Instant, Permission, TaskId, Track};

use crate::{
    Error, Work,
    tasks::{self, Handle},
};

/// The caller is clocked in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClockedIn {
    /// Since now: a new track.
    Now(Track),
    /// Since before: the track that runs, unchanged. A retry is harmless.
    Already(Track),
}

/// Clocks the caller in on a task, now or at `start`.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound); [`Refusal::AlreadyRunning`](crate::Refusal::AlreadyRunning) when `start` contradicts the running track; [`Refusal::Invalid`](crate::Refusal::Invalid)
/// for a start too far in the future.
pub fn clock_in(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    start: Option<Instant>,
) -> Result<ClockedIn, Error> {
    caller.require(Permission::WriteOwnTime)?;
    let running = super::find_running_on(work, caller.realm(), task, caller.user)?;
    start_on(work, caller, task, running, start)
}

/// As [`clock_in`], on the task of that name or external id, which is made when there is none.
///
/// # Errors
/// As [`clock_in`]; [`Refusal::AmbiguousTask`](crate::Refusal::AmbiguousTask) when several tasks have that name and not exactly one is the caller's.
pub fn clock_in_by_handle(
    work: &mut Work,
    caller: &Caller,
    handle: Handle,
    start: Option<Instant>,
) -> Result<ClockedIn, Error> {
    caller.require(Permission::WriteOwnTime)?;
    let task = tasks::find_or_create(work, caller, handle)?.id;
    let running = super::find_running(work, caller.org, task, caller.user)?;
    start_on(work, caller, task, running, start)
}

fn start_on(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    running: Option<Track>,
    start: Option<Instant>,
) -> Result<ClockedIn, Error> {
    if let Some(track) = running {
        return if start.is_none_or(|start| start == track.start) {
            Ok(ClockedIn::Already(track))
        } else {
            Err(super::already_running(work, track).into())
        };
    }
    let start = start.unwrap_or(work.now);
    super::require_times(start, None, work.now)?;
    super::insert(work, caller.org, task, caller.user, start, None).map(ClockedIn::Now)
}

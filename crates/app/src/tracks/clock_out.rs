//! Clocking out (contract rows 35 and 58).

use timetracks_domain::{Caller, End, EndedBy, Instant, Permission, TaskId, Track};

use super::{Details, record::store};
use crate::{
    Error, Refusal, Work,
    tasks::{self, Handle},
};

/// What may be said when clocking out.
#[derive(Debug, Clone, Default)]
pub struct ClockOut {
    /// Until when; `None` for now.
    pub end: Option<Instant>,
    /// What is said of the track.
    pub details: Details,
}

/// Ends the caller's running track on a task.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::NotRunning`]; [`Refusal::Invalid`] for an end before the start, or too much `meta`.
pub fn clock_out(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    request: ClockOut,
) -> Result<Track, Error> {
    caller.require(Permission::WriteOwnTime)?;
    let standing = super::standing_with(work, caller.realm(), task, caller.user)?;
    end(work, caller, standing.running, request)
}

/// As [`clock_out`], on the task of that name or external id; among several of a name, the one the caller is clocked in on.
///
/// # Errors
/// As [`clock_out`]; [`Refusal::AmbiguousTask`] when the caller is clocked in on several of that name.
pub fn clock_out_by_handle(
    work: &mut Work,
    caller: &Caller,
    handle: &Handle,
    request: ClockOut,
) -> Result<Track, Error> {
    caller.require(Permission::WriteOwnTime)?;
    let task = tasks::find_running(work, caller, handle)?.id;
    let standing = super::standing(work, caller.org, task, caller.user)?;
    end(work, caller, standing.running, request)
}

fn end(
    work: &mut Work,
    caller: &Caller,
    stored: Option<Track>,
    request: ClockOut,
) -> Result<Track, Error> {
    let stored = stored.ok_or(Refusal::NotRunning { ended: None })?;
    let running = super::require_running(work, stored)?;
    // A start up to a minute ahead, or a clock that jumped back, makes no negative time.
    let end = request.end.unwrap_or_else(|| work.now.max(running.start));
    super::require_times(running.start, Some(end), work.now)?;
    let by = EndedBy::User;
    let mut ended = Track {
        end: Some(End { at: end, by }),
        updated_at: work.now,
        ..running.clone()
    };
    request.details.apply(&mut ended)?;
    store(work, caller.org, &running, &ended)?;
    Ok(ended)
}

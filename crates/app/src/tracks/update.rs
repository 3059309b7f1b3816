//! Correcting a track (contract row 41).

use timetracks_domain::{Caller, Change, Instant, Permission, TaskId, Track, TrackId};

use crate::{Error, Work};

/// What is to be different.
#[derive(Debug, Clone, Copy, Default)]
pub struct UpdateTrack {
    /// From when.
    pub start: Change<Instant>,
    /// Until when; `None` makes it run again.
    pub end: Change<Option<Instant>>,
}

/// Changes the times of a track.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound); [`Refusal::Denied`](crate::Refusal::Denied) for another's time unless the caller is an admin; [`Refusal::Invalid`](crate::Refusal::Invalid) for
/// times that no track can have; [`Refusal::AlreadyRunning`](crate::Refusal::AlreadyRunning) when it would be the person's second one on the task.
pub fn update(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    track: TrackId,
    change: UpdateTrack,
) -> Result<Track, Error> {
    caller.require(Permission::WriteOwnTime)?;
    let before = super::find(work, caller.realm(), task, track)?;
    caller.require_own_or_any(
        before.user,
        Permission::WriteOwnTime,
        Permission::WriteAnyTime,
    )?;
    let mut after = before.clone();
    change.start.apply(&mut after.start);
    change.end.apply(&mut after.end);
    after.updated_at = work.now;
    super::require_times(after.start, after.end, work.now)?;
    if before.end.is_some()
        && after.end.is_none()
        && let Some(running) = super::find_running(work, caller.org, task, before.user)?
    {
        return Err(super::already_running(work, running).into());
    }
    super::store(work, caller.org, &before, &after)?;
    Ok(after)
}

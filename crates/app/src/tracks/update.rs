//! Correcting a track (contract row 41).

use timetracks_domain::{
    Caller, Change, Description, End, EndedBy, Instant, Meta, Permission, TaskId, Track, TrackId,
};

use super::record::{settle, settle_running, store};
use crate::{Error, Work};

/// What is to be different.
#[derive(Debug, Clone, Default)]
pub struct UpdateTrack {
    /// From when.
    pub start: Change<Instant>,
    /// Until when; `None` makes it run again.
    pub end: Change<Option<Instant>>,
    /// What people say of it.
    pub note: Change<Option<Description>>,
    /// What programs say of it, all of it.
    pub meta: Change<Option<Meta>>,
}

/// Changes a track.
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
    let (stored, limit) = super::find_writable(work, caller, task, track)?;
    let before = settle(work, caller.org, stored)?;
    let mut after = before.clone();
    change.start.apply(&mut after.start);
    if let Change::Set(end) = change.end
        && end != before.end.map(|end| end.at)
    {
        let by = EndedBy::User;
        after.end = end.map(|at| End { at, by });
    }
    let note = change.note.map(|note| note.map(String::from));
    note.apply(&mut after.note);
    change.meta.apply(&mut after.meta);
    after.updated_at = work.now;
    super::require_times(after.start, after.end.map(|end| end.at), work.now)?;
    if after.end.is_none() {
        after = match before.end {
            None => after.with_ends_at(limit),
            Some(_) => {
                require_no_other(work, caller, &before)?;
                // Else its lease would end it again at once.
                after.with_heartbeat(work.now, limit)
            }
        };
    }
    let after = after.as_of(work.now);
    store(work, caller.org, &before, &after)?;
    Ok(after)
}

/// Refuses to let a track run again beside the one that runs.
fn require_no_other(work: &mut Work, caller: &Caller, track: &Track) -> Result<(), Error> {
    let standing = super::standing(work, caller.org, track.task, track.user)?;
    match settle_running(work, caller.org, standing.running)? {
        Some(running) => Err(super::already_running(work, running).into()),
        None => Ok(()),
    }
}

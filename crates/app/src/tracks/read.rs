//! Reading a track (contract row 40).

use timetracks_domain::{Caller, Permission, TaskId, Track, TrackId};

use crate::{Error, Work};

/// A track of that task.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound), for a track of another task too;
/// [`Refusal::Denied`](crate::Refusal::Denied) for another's time unless the caller is an admin.
pub fn read(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    track: TrackId,
) -> Result<Track, Error> {
    caller.require(Permission::ReadOwnTime)?;
    let (stored, _) = super::find(work, caller.realm(), task, track)?;
    let track = stored.as_of(work.now);
    caller.require_own_or_any(track.user, Permission::ReadOwnTime, Permission::ReadAnyTime)?;
    Ok(track)
}

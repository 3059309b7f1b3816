//! Deleting a track (contract row 42).

use timetracks_db::sql;
use timetracks_domain::{Caller, Permission, TaskId, TrackId};

use super::totals;
use crate::{Error, Work};

/// Deletes a track, for good.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound); [`Refusal::Denied`](crate::Refusal::Denied) for another's time unless
/// the caller is an admin.
pub fn delete(work: &mut Work, caller: &Caller, task: TaskId, track: TrackId) -> Result<(), Error> {
    caller.require(Permission::WriteOwnTime)?;
    let (track, _) = super::find_writable(work, caller, task, track)?;
    work.tx.execute(
        sql!("DELETE FROM tracks WHERE org_id = $1 AND task_id = $2 AND id = $3"),
        &[&caller.org.uuid(), &track.task.uuid(), &track.id.uuid()],
    )?;
    totals::change(work, caller.org, Some(&track), None)
}

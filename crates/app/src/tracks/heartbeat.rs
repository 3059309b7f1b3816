//! Signs of life of a track with a lease (contract row 63).

use timetracks_db::sql;
use timetracks_domain::{Caller, Instant, Permission, TaskId, Track, TrackId};

use crate::{Error, Work};

/// Extends the lease of a running track from now. One without a lease needs none, and stays as it is.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound); [`Refusal::Denied`](crate::Refusal::Denied) for another's time unless
/// the caller is an admin; [`Refusal::NotRunning`](crate::Refusal::NotRunning) when it has ended, by its lease too.
pub fn heartbeat(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    track: TrackId,
) -> Result<Track, Error> {
    caller.require(Permission::WriteOwnTime)?;
    let (stored, limit) = super::find_writable(work, caller, task, track)?;
    let running = super::require_running(work, stored)?;
    let track = running.clone().with_heartbeat(work.now, limit);
    if track != running {
        work.tx.execute(
            sql!(
                "UPDATE tracks SET heartbeat_at = $4, ends_at = $5
                WHERE org_id = $1 AND task_id = $2 AND id = $3"
            ),
            &[
                &caller.org.uuid(),
                &track.task.uuid(),
                &track.id.uuid(),
                &track.lease.map(|lease| lease.heartbeat_at.ms()),
                &track.ends_at.map(Instant::ms),
            ],
        )?;
    }
    Ok(track)
}

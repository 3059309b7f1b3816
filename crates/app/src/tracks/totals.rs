//! The sums that reports read, kept in the transaction that changes a track.

use timetracks_db::sql;
use timetracks_domain::{OrgId, Track};

use crate::{Error, Work};

/// Takes `before` off the totals and adds `after`: `None` is a track that was not there, or is no more.
/// Both are of the same task and person.
pub(super) fn change(
    work: &mut Work,
    org: OrgId,
    before: Option<&Track>,
    after: Option<&Track>,
) -> Result<(), Error> {
    let Some(track) = after.or(before) else {
        return Ok(());
    };
    let tracks = i64::from(after.is_some()) - i64::from(before.is_some());
    let ended_ms = ended(after) - ended(before);
    let (org, task, user) = (org.uuid(), track.task.uuid(), track.user.uuid());
    if tracks != 0 || ended_ms != 0 {
        let known = work.tx.execute(
            sql!(
                "UPDATE task_totals SET tracks = tracks + $4, ended_ms = ended_ms + $5
                WHERE org_id = $1 AND task_id = $2 AND user_id = $3"
            ),
            &[&org, &task, &user, &tracks, &ended_ms],
        )?;
        if known == 0 {
            work.tx.execute(
                sql!(
                    "INSERT INTO task_totals (org_id, task_id, user_id, tracks, ended_ms)
                    VALUES ($1, $2, $3, $4, $5)"
                ),
                &[&org, &task, &user, &tracks, &ended_ms],
            )?;
        }
    }
    if ended(after) > 0 {
        work.tx.execute(
            sql!(
                "UPDATE users SET longest_track_ms = $3
                WHERE org_id = $1 AND id = $2 AND longest_track_ms < $3"
            ),
            &[&org, &user, &ended(after)],
        )?;
    }
    Ok(())
}

/// How long an ended track lasted, in milliseconds.
fn ended(track: Option<&Track>) -> i64 {
    track.map_or(0, |track| track.end.map_or(0, |end| track.amount(end).ms()))
}

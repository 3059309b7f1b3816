//! The sums that reports read, kept in the transaction that changes a track.

use timetracks_db::{Param, sql};
use timetracks_domain::{Kind, OrgId, Track};

use crate::{Error, Refusal, Work};

/// For a first track too, so what is added must not be negative: the engines check a row before they see that it is there.
const ADD: &str = "INSERT INTO task_totals (org_id, task_id, user_id, tracks, ended_ms, ci_tracks, ci_ms, agent_tracks, agent_ms)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (org_id, task_id, user_id) DO UPDATE
    SET tracks = task_totals.tracks + excluded.tracks, ended_ms = task_totals.ended_ms + excluded.ended_ms,
        ci_tracks = task_totals.ci_tracks + excluded.ci_tracks, ci_ms = task_totals.ci_ms + excluded.ci_ms,
        agent_tracks = task_totals.agent_tracks + excluded.agent_tracks,
        agent_ms = task_totals.agent_ms + excluded.agent_ms";
/// The largest sum is 2^53: what every JSON reader takes for an exact integer, and 285,000 years. One track alone is shorter.
const IF_NOT_TOO_LARGE: &str =
    " WHERE task_totals.ended_ms + excluded.ended_ms <= 9007199254740992";

/// Takes `before` off the totals and adds `after`: `None` is a track that was not there, or is no more.
/// Both are of the same task, person and kind.
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
    let of = |kind| {
        if track.kind == kind {
            (tracks, ended_ms)
        } else {
            (0, 0)
        }
    };
    let (ci, agent) = (of(Kind::Ci), of(Kind::Agent));
    let delta: &[&dyn Param] = &[
        &org, &task, &user, &tracks, &ended_ms, &ci.0, &ci.1, &agent.0, &agent.1,
    ];
    if ended_ms > 0 {
        let added = work.tx.count(sql!(ADD, IF_NOT_TOO_LARGE), delta)?;
        if added == 0 {
            return Err(Refusal::Invalid {
                field: "end",
                rule: "would make this person's time on the task more than 2^53 milliseconds"
                    .to_owned(),
            }
            .into());
        }
    } else if ended_ms < 0 || tracks < 0 {
        work.tx.execute(
            sql!(
                "UPDATE task_totals SET tracks = tracks + $4, ended_ms = ended_ms + $5,
                    ci_tracks = ci_tracks + $6, ci_ms = ci_ms + $7,
                    agent_tracks = agent_tracks + $8, agent_ms = agent_ms + $9
                WHERE org_id = $1 AND task_id = $2 AND user_id = $3"
            ),
            delta,
        )?;
    } else if tracks > 0 {
        work.tx.execute(sql!(ADD), delta)?;
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
    track.map_or(0, |track| {
        track.end.map_or(0, |end| track.amount(end.at).ms())
    })
}

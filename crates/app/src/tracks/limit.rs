//! For how long the tracks of an organisation may run.

use timetracks_db::sql;
use timetracks_domain::{MaxRunning, OrgId};

use super::{COLUMNS, record::settle, stored};
use crate::{Error, Work};

/// Has the running tracks of an organisation end at another limit. Those that have ended under the one before, or by their
/// leases, are written down first, so that no end which somebody has seen is another one afterwards.
pub(crate) fn change_limit(
    work: &mut Work,
    org: OrgId,
    limit: Option<MaxRunning>,
) -> Result<(), Error> {
    let ended = work.tx.rows(
        sql!(
            "SELECT ",
            COLUMNS,
            " FROM tracks r WHERE r.org_id = $1 AND r.ended_at IS NULL AND r.ends_at <= $2"
        ),
        &[&org.uuid(), &work.now.ms()],
        stored,
    )?;
    for track in ended {
        settle(work, org, track)?;
    }
    // The domain's rule in SQL: the earlier of lease and limit, of those that there are.
    work.tx.execute(
        sql!(
            "UPDATE tracks SET ends_at = CASE
                WHEN heartbeat_at + 1000 * lease_s <= started_at + 3600000 * CAST($2 AS BIGINT)
                    THEN heartbeat_at + 1000 * lease_s
                ELSE COALESCE(started_at + 3600000 * $2, heartbeat_at + 1000 * lease_s) END
            WHERE org_id = $1 AND ended_at IS NULL"
        ),
        &[&org.uuid(), &limit.map(MaxRunning::hours)],
    )?;
    Ok(())
}

//! What the operator of the server sees and does. For super users alone.

mod add_super_user;
mod doctor;
mod list_organisations;
mod read_organisation;
mod running_tracks;
mod signing_key;
mod stats;
mod suspension;

use timetracks_db::{Row, sql};
use timetracks_domain::OrgId;
use uuid::Uuid;

pub use add_super_user::{AddedSuperUser, add_super_user};
pub use doctor::{examine_data, examine_signing_key};
pub use list_organisations::list_organisations;
pub use read_organisation::read_organisation;
pub use running_tracks::running_tracks;
pub use signing_key::{accept_signing_key, knows_signing_key};
pub use stats::{Stats, stats};
pub use suspension::{resume, suspend};

use crate::{Error, Work, work::Columns};

/// Where super users live who have no part in an organisation. It is nobody's, so it is never listed.
pub(crate) const SERVER_ORG: OrgId = OrgId::new(Uuid::nil());

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Users, inactive ones too.
    pub users: i64,
    /// Tasks.
    pub tasks: i64,
    /// Time tracks.
    pub tracks: i64,
    /// Sessions that are still good.
    pub live_sessions: i64,
}

fn counts_from_row(row: &mut Row) -> Result<Counts, timetracks_db::Error> {
    Ok(Counts {
        users: row.get()?,
        tasks: row.get()?,
        tracks: row.get()?,
        live_sessions: row.get()?,
    })
}

/// Counts what one organisation has, or with `None` what all have.
fn count(work: &mut Work, org: Option<OrgId>) -> Result<Counts, Error> {
    let now = work.now.ms();
    let counted = match org {
        Some(org) => work.tx.row(
            sql!(
                "SELECT (SELECT COUNT(*) FROM users WHERE org_id = $1),
                (SELECT COUNT(*) FROM tasks WHERE org_id = $1),
                (SELECT CAST(COALESCE(SUM(tracks), 0) AS BIGINT) FROM task_totals WHERE org_id = $1),
                (SELECT COUNT(*) FROM sessions WHERE org_id = $1 AND expires_at > $2)"
            ),
            &[&org.uuid(), &now],
            counts_from_row,
        )?,
        None => work.tx.row(
            sql!(
                "SELECT (SELECT COUNT(*) FROM users),
                (SELECT COUNT(*) FROM tasks),
                (SELECT CAST(COALESCE(SUM(tracks), 0) AS BIGINT) FROM task_totals),
                (SELECT COUNT(*) FROM sessions WHERE expires_at > $1)"
            ),
            &[&now],
            counts_from_row,
        )?,
    };
    counted.ok_or_else(|| Error::Internal("a count answers with a row".to_owned()))
}

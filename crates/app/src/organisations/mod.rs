//! Organisations.

mod read;
mod update;

use timetracks_db::{Row, sql};
use timetracks_domain::{Caller, MaxRunning, OrgId, Organisation};

pub use read::read;
pub use update::{UpdateOrganisation, update};

use crate::{Error, Refusal, Work, work::Columns};

pub(crate) const COLUMNS: &str =
    "org_id, name, description, email, max_running_hours, suspended_at, created_at, updated_at";

pub(crate) fn from_row(row: &mut Row) -> Result<Organisation, timetracks_db::Error> {
    Ok(Organisation {
        id: row.id()?,
        name: row.get()?,
        description: row.get()?,
        email: row.get()?,
        max_running: max_running(row.get()?),
        suspended_at: row.optional_instant()?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
    })
}

/// The organisation as it is, to be compared with the version that a client has seen. Whether they may is asked by what changes it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn current(work: &mut Work, caller: &Caller, org: OrgId) -> Result<Organisation, Error> {
    match org == caller.org {
        true => find(work, org)?.ok_or_else(|| Refusal::NotFound.into()),
        false => Err(Refusal::NotFound.into()),
    }
}

/// The limit of so many hours, as it is stored.
pub(crate) fn max_running(hours: Option<i64>) -> Option<MaxRunning> {
    MaxRunning::from_hours(hours?).ok()
}

pub(crate) fn find(work: &mut Work, org: OrgId) -> Result<Option<Organisation>, Error> {
    Ok(work.tx.row(
        sql!("SELECT ", COLUMNS, " FROM organisations WHERE org_id = $1"),
        &[&org.uuid()],
        from_row,
    )?)
}

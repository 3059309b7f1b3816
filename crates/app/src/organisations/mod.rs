//! Organisations.

mod read;
mod update;

use timetracks_db::{Row, sql};
use timetracks_domain::{OrgId, Organisation};

pub use read::read;
pub use update::{UpdateOrganisation, update};

use crate::{Error, Work, work::Columns};

pub(crate) const COLUMNS: &str =
    "org_id, name, description, email, suspended_at, created_at, updated_at";

pub(crate) fn from_row(row: &mut Row) -> Result<Organisation, timetracks_db::Error> {
    Ok(Organisation {
        id: row.id()?,
        name: row.get()?,
        description: row.get()?,
        email: row.get()?,
        suspended_at: row.optional_instant()?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
    })
}

pub(crate) fn find(work: &mut Work, org: OrgId) -> Result<Option<Organisation>, Error> {
    Ok(work.tx.row(
        sql!("SELECT ", COLUMNS, " FROM organisations WHERE org_id = $1"),
        &[&org.uuid()],
        from_row,
    )?)
}

//! How much the server holds (contract row 61).

use timetracks_db::sql;
use timetracks_domain::{Caller, Permission};

use super::{Counts, SERVER_ORG, count};
use crate::{Error, Work, work::Columns};

/// How much the server holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Organisations.
    pub organisations: i64,
    /// What they have together.
    pub counts: Counts,
    /// The size of the database on disk, in bytes.
    pub storage_bytes: i64,
}

/// Counts everything.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied) unless the caller is a super user.
pub fn stats(work: &mut Work, caller: &Caller) -> Result<Stats, Error> {
    caller.require(Permission::Operate)?;
    let organisations = work.tx.row(
        sql!("SELECT COUNT(*) FROM organisations WHERE org_id <> $1"),
        &[&SERVER_ORG.uuid()],
        |row| row.get(),
    )?;
    Ok(Stats {
        organisations: organisations.unwrap_or_default(),
        counts: count(work, None)?,
        storage_bytes: work.tx.storage_bytes()?,
    })
}

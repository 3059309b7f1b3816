//! The caller's API keys (contract row 56).

use timetracks_db::sql;
use timetracks_domain::{ApiKey, Caller, Permission};

use super::{COLUMNS, from_row};
use crate::{Error, Page, Visit, Work};

/// Visits every key of the caller, oldest first.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied).
pub fn list(
    work: &mut Work,
    caller: &Caller,
    page: Page,
    visit: Visit<ApiKey>,
) -> Result<(), Error> {
    caller.require(Permission::ReadOwnAccount)?;
    work.tx.each(
        sql!(
            "SELECT ",
            COLUMNS,
            " WHERE k.org_id = $1 AND k.user_id = $2 AND k.id > $3 ORDER BY k.id LIMIT $4"
        ),
        &[
            &caller.org.uuid(),
            &caller.user.uuid(),
            &page.start(),
            &page.limit,
        ],
        |row| visit(from_row(row)?),
    )
}

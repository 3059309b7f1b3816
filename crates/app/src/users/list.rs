//! The users of an organisation (contract row 10).

use timetracks_db::sql;
use timetracks_domain::{Caller, Permission, User};

use super::{COLUMNS, from_row};
use crate::{Error, Page, Visit, Work};

/// Visits every user, oldest first.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied).
pub fn list(work: &mut Work, caller: &Caller, page: Page, visit: Visit<User>) -> Result<(), Error> {
    caller.require(Permission::ReadUsers)?;
    work.tx.each(
        sql!(
            "SELECT ",
            COLUMNS,
            " FROM users u WHERE u.org_id = $1 AND u.id > $2 ORDER BY u.id LIMIT $3"
        ),
        &[&caller.org.uuid(), &page.start(), &page.limit],
        |row| visit(from_row(row)?),
    )
}

//! Every organisation on the server (contract row 61).

use timetracks_db::sql;
use timetracks_domain::{Caller, Organisation, Permission};

use super::SERVER_ORG;
use crate::{
    Error, Page, Visit, Work,
    organisations::{COLUMNS, from_row},
};

/// Visits every organisation, oldest first.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied) unless the caller is a super user.
pub fn list_organisations(
    work: &mut Work,
    caller: &Caller,
    page: Page,
    visit: Visit<Organisation>,
) -> Result<(), Error> {
    caller.require(Permission::Operate)?;
    work.tx.each(
        sql!(
            "SELECT ",
            COLUMNS,
            " FROM organisations WHERE org_id > $1 AND org_id <> $2 ORDER BY org_id LIMIT $3"
        ),
        &[&page.start(), &SERVER_ORG.uuid(), &page.limit],
        |row| visit(from_row(row)?),
    )
}

//! The projects of an organisation (contract row 20).

use timetracks_db::sql;
use timetracks_domain::{Caller, Permission, Project, ProjectId};

use super::{COLUMNS, from_row};
use crate::{Error, Page, Visit, Work};

/// Visits every project, oldest first.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied).
pub fn list(
    work: &mut Work,
    caller: &Caller,
    page: Page,
    visit: Visit<Project>,
) -> Result<(), Error> {
    caller.require(Permission::ReadWork)?;
    work.tx.each(
        sql!(
            "SELECT ",
            COLUMNS,
            " FROM projects WHERE org_id = $1 AND id > $2 AND (id = $4 OR $4 IS NULL) ORDER BY id LIMIT $3"
        ),
        &[
            &caller.org.uuid(),
            &page.start(),
            &page.limit,
            &caller.project.map(ProjectId::uuid),
        ],
        |row| visit(from_row(row)?),
    )
}

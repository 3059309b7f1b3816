//! Deleting a project (contract row 57).

use timetracks_db::sql;
use timetracks_domain::{Caller, Permission, ProjectId};

use crate::{Error, Work};

/// Deletes a project. Its tasks become standalone and keep their time.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound); [`Refusal::Denied`](crate::Refusal::Denied) for another's project
/// unless the caller is an admin.
pub fn delete(work: &mut Work, caller: &Caller, project: ProjectId) -> Result<(), Error> {
    caller.require(Permission::DeleteOwnWork)?;
    let project = super::find(work, caller.org, project)?;
    caller.require_own_or_any(
        project.user,
        Permission::DeleteOwnWork,
        Permission::DeleteAnyWork,
    )?;
    work.tx.execute(
        sql!(
            "UPDATE tasks SET project_id = NULL, updated_at = $3 WHERE org_id = $1 AND project_id = $2"
        ),
        &[&caller.org.uuid(), &project.id.uuid(), &work.now.ms()],
    )?;
    work.tx.execute(
        sql!("DELETE FROM projects WHERE org_id = $1 AND id = $2"),
        &[&caller.org.uuid(), &project.id.uuid()],
    )?;
    Ok(())
}

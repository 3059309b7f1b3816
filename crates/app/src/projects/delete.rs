//! Deleting a project (contract row 57).

use timetracks_db::sql;
use timetracks_domain::{Action, Caller, Permission, ProjectId, Subject};

use crate::{Error, Work, audit, work::Columns};

/// Deletes a project, and the API keys that are bound to it. Its tasks become standalone and keep their time.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound); [`Refusal::Denied`](crate::Refusal::Denied) for another's project
/// unless the caller is an admin.
pub fn delete(work: &mut Work, caller: &Caller, project: ProjectId) -> Result<(), Error> {
    caller.require(Permission::DeleteOwnWork)?;
    caller.require_unbound()?;
    let project = super::find(work, caller.realm(), project)?;
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
    delete_keys(work, caller, project.id)?;
    work.tx.announce(caller.org.uuid());
    work.tx.execute(
        sql!("DELETE FROM projects WHERE org_id = $1 AND id = $2"),
        &[&caller.org.uuid(), &project.id.uuid()],
    )?;
    let subject = Subject::Project(project.id);
    audit::record(
        work,
        caller,
        Action::ProjectDeleted,
        Some(subject),
        Some(&project.name),
    )
}

/// Deletes the API keys that are bound to a project.
fn delete_keys(work: &mut Work, caller: &Caller, project: ProjectId) -> Result<(), Error> {
    let bound = work.tx.rows(
        sql!(
            "SELECT k.id, k.name FROM api_key_projects b
            JOIN api_keys k ON k.org_id = b.org_id AND k.id = b.api_key_id
            WHERE b.org_id = $1 AND b.project_id = $2 ORDER BY k.id"
        ),
        &[&caller.org.uuid(), &project.uuid()],
        |row| Ok((row.id()?, row.get::<String>()?)),
    )?;
    work.tx.execute(
        sql!(
            "DELETE FROM api_keys WHERE org_id = $1
            AND id IN (SELECT api_key_id FROM api_key_projects WHERE org_id = $1 AND project_id = $2)"
        ),
        &[&caller.org.uuid(), &project.uuid()],
    )?;
    for (key, name) in bound {
        let subject = Subject::ApiKey(key);
        audit::record(
            work,
            caller,
            Action::ApiKeyDeleted,
            Some(subject),
            Some(&name),
        )?;
    }
    Ok(())
}

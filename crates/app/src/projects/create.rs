//! Making a project (contract row 21).

use timetracks_db::sql;
use timetracks_domain::{Caller, Description, ExternalId, Name, Permission, Project};

use crate::{Error, Work};

/// A project to be.
#[derive(Debug, Clone)]
pub struct CreateProject {
    /// Its name.
    pub name: Name,
    /// What it is about.
    pub description: Option<Description>,
    /// Its id in another system.
    pub external_id: Option<ExternalId>,
}

/// Makes a project, owned by the caller.
///
/// # Errors
/// [`Refusal::ExternalIdTaken`](crate::Refusal::ExternalIdTaken).
pub fn create(work: &mut Work, caller: &Caller, request: CreateProject) -> Result<Project, Error> {
    caller.require(Permission::ChangeWork)?;
    caller.require_unbound()?;
    if let Some(external_id) = &request.external_id {
        super::require_free_external_id(work, caller.org, external_id, None)?;
    }
    let project = Project {
        id: work.id(),
        user: caller.user,
        name: request.name.into(),
        description: request.description.map(String::from),
        external_id: request.external_id.map(String::from),
        created_at: work.now,
        updated_at: work.now,
    };
    work.tx.execute(
        sql!(
            "INSERT INTO projects (org_id, id, user_id, name, description, external_id, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $7)"
        ),
        &[
            &caller.org.uuid(),
            &project.id.uuid(),
            &project.user.uuid(),
            &project.name,
            &project.description,
            &project.external_id,
            &project.created_at.ms(),
        ],
    )?;
    Ok(project)
}

//! Changing a project (contract row 23).

use timetracks_db::sql;
use timetracks_domain::{
    Caller, Change, Description, ExternalId, Name, Permission, Project, ProjectId,
};

use crate::{Error, Work};

/// What is to be different.
#[derive(Debug, Clone, Default)]
pub struct UpdateProject {
    /// The name.
    pub name: Change<Name>,
    /// What it is about.
    pub description: Change<Option<Description>>,
    /// The id in another system.
    pub external_id: Change<Option<ExternalId>>,
}

/// Changes a project.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound); [`Refusal::ExternalIdTaken`](crate::Refusal::ExternalIdTaken).
pub fn update(
    work: &mut Work,
    caller: &Caller,
    project: ProjectId,
    change: UpdateProject,
) -> Result<Project, Error> {
    caller.require(Permission::ChangeWork)?;
    let mut project = super::find(work, caller.realm(), project)?;
    if let Change::Set(Some(external_id)) = &change.external_id {
        super::require_free_external_id(work, caller.org, external_id, Some(project.id))?;
    }
    change.name.map(String::from).apply(&mut project.name);
    change
        .description
        .map(|text| text.map(String::from))
        .apply(&mut project.description);
    change
        .external_id
        .map(|id| id.map(String::from))
        .apply(&mut project.external_id);
    project.updated_at = work.now;
    work.tx.execute(
        sql!(
            "UPDATE projects SET name = $3, description = $4, external_id = $5, updated_at = $6
            WHERE org_id = $1 AND id = $2"
        ),
        &[
            &caller.org.uuid(),
            &project.id.uuid(),
            &project.name,
            &project.description,
            &project.external_id,
            &project.updated_at.ms(),
        ],
    )?;
    Ok(project)
}

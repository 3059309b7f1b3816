//! Making a task (contract rows 25 and 31).

use timetracks_db::sql;
use timetracks_domain::{
    Caller, Description, ExternalId, Name, Permission, ProjectId, Task, TaskStatus,
};

use crate::{Error, Work, projects};

/// A task to be.
#[derive(Debug, Clone)]
pub struct CreateTask {
    /// Its project, `None` for a standalone task.
    pub project: Option<ProjectId>,
    /// Its name.
    pub name: Name,
    /// What it is about.
    pub description: Option<Description>,
    /// Its id in another system.
    pub external_id: Option<ExternalId>,
}

/// Makes a task, owned by the caller.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound) for the project;
/// [`Refusal::ExternalIdTaken`](crate::Refusal::ExternalIdTaken).
pub fn create(work: &mut Work, caller: &Caller, request: CreateTask) -> Result<Task, Error> {
    caller.require(Permission::ChangeWork)?;
    match request.project {
        Some(project) => drop(projects::find(work, caller.realm(), project)?),
        None => caller.require_unbound()?,
    }
    if let Some(external_id) = &request.external_id {
        super::require_free_external_id(work, caller.org, external_id, None)?;
    }
    insert(work, caller, request)
}

/// Makes the task, which nothing forbids.
pub(super) fn insert(work: &mut Work, caller: &Caller, request: CreateTask) -> Result<Task, Error> {
    let task = Task {
        id: work.id(),
        user: caller.user,
        project: request.project,
        name: request.name.into(),
        description: request.description.map(String::from),
        status: TaskStatus::Open,
        external_id: request.external_id.map(String::from),
        created_at: work.now,
        updated_at: work.now,
    };
    work.tx.execute(
        sql!(
            "INSERT INTO tasks (org_id, id, user_id, project_id, name, description, status, external_id, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)"
        ),
        &[
            &caller.org.uuid(),
            &task.id.uuid(),
            &task.user.uuid(),
            &task.project.map(ProjectId::uuid),
            &task.name,
            &task.description,
            &task.status.as_str(),
            &task.external_id,
            &task.created_at.ms(),
        ],
    )?;
    Ok(task)
}

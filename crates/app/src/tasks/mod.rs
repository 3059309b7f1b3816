//! Tasks: what time is spent on.

mod attach;
mod create;
mod delete;
mod detach;
mod handle;
mod list;
mod move_to_project;
mod read;
mod update;

use timetracks_db::{Row, sql};
use timetracks_domain::{Caller, ExternalId, OrgId, ProjectId, Realm, Task, TaskId, TaskStatus};

pub use attach::attach;
pub use create::{CreateTask, create};
pub use delete::{delete, delete_in_project};
pub use detach::detach;
pub use handle::Handle;
pub use list::{TaskFilter, list, list_of_project};
pub use move_to_project::move_to_project;
pub use read::read;
pub use update::{UpdateTask, update};

pub(crate) use handle::{find_or_create, find_running};

use crate::{Error, Refusal, Work, work::Columns};

pub(crate) const COLUMNS: &str = "t.id, t.user_id, t.project_id, t.name, t.description, t.status, t.external_id, t.created_at, t.updated_at";

pub(crate) fn from_row(row: &mut Row) -> Result<Task, timetracks_db::Error> {
    Ok(Task {
        id: row.id()?,
        user: row.id()?,
        project: row.optional_id()?,
        name: row.get()?,
        description: row.get()?,
        status: row.word(TaskStatus::from_word)?,
        external_id: row.get()?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
    })
}

/// A task as it is, to be compared with the version that a client has seen. Whether they may is asked by what changes it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn current(work: &mut Work, caller: &Caller, task: TaskId) -> Result<Task, Error> {
    find(work, caller.realm(), task)
}

/// The task of the realm with this id.
pub(crate) fn find(work: &mut Work, realm: Realm, task: TaskId) -> Result<Task, Error> {
    let found = work.tx.row(
        sql!(
            "SELECT ",
            COLUMNS,
            " FROM tasks t WHERE t.org_id = $1 AND t.id = $2"
        ),
        &[&realm.org.uuid(), &task.uuid()],
        from_row,
    )?;
    let found = found.filter(|task: &Task| realm.holds(task.project));
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// The task with this id, if it is in that project.
fn find_in_project(
    work: &mut Work,
    realm: Realm,
    project: ProjectId,
    task: TaskId,
) -> Result<Task, Error> {
    let task = find(work, realm, task)?;
    if task.project == Some(project) {
        Ok(task)
    } else {
        Err(Refusal::NotFound.into())
    }
}

/// Refuses an external id that another task of the organisation has.
fn require_free_external_id(
    work: &mut Work,
    org: OrgId,
    external_id: &ExternalId,
    own: Option<TaskId>,
) -> Result<(), Error> {
    let holder: Option<TaskId> = work.tx.row(
        sql!("SELECT id FROM tasks WHERE org_id = $1 AND external_id = $2"),
        &[&org.uuid(), &external_id.as_str()],
        |row| row.id(),
    )?;
    match holder {
        Some(holder) if Some(holder) != own => Err(Refusal::ExternalIdTaken.into()),
        _ => Ok(()),
    }
}

/// Puts a task into a project, or takes it out.
fn set_project(
    work: &mut Work,
    org: OrgId,
    mut task: Task,
    project: Option<ProjectId>,
) -> Result<Task, Error> {
    if task.project == project {
        return Ok(task);
    }
    task.project = project;
    task.updated_at = work.now;
    work.tx.execute(
        sql!("UPDATE tasks SET project_id = $3, updated_at = $4 WHERE org_id = $1 AND id = $2"),
        &[
            &org.uuid(),
            &task.id.uuid(),
            &task.project.map(ProjectId::uuid),
            &task.updated_at.ms(),
        ],
    )?;
    Ok(task)
}

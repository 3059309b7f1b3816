//! Deleting a task and all its time (contract rows 27 and 59).

use timetracks_db::sql;
use timetracks_domain::{Action, Caller, Permission, ProjectId, Subject, Task, TaskId};

use crate::{Error, Work, audit};

/// Deletes a task and all its time, for good.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound); [`Refusal::Denied`](crate::Refusal::Denied) for another's task
/// unless the caller is an admin.
pub fn delete(work: &mut Work, caller: &Caller, task: TaskId) -> Result<(), Error> {
    caller.require(Permission::DeleteOwnWork)?;
    let task = super::find(work, caller.realm(), task)?;
    remove(work, caller, &task)
}

/// As [`delete`], for a task of that project.
///
/// # Errors
/// As [`delete`].
pub fn delete_in_project(
    work: &mut Work,
    caller: &Caller,
    project: ProjectId,
    task: TaskId,
) -> Result<(), Error> {
    caller.require(Permission::DeleteOwnWork)?;
    let task = super::find_in_project(work, caller.realm(), project, task)?;
    remove(work, caller, &task)
}

/// Its tracks and totals go with it, by their foreign keys.
fn remove(work: &mut Work, caller: &Caller, task: &Task) -> Result<(), Error> {
    caller.require_own_or_any(
        task.user,
        Permission::DeleteOwnWork,
        Permission::DeleteAnyWork,
    )?;
    work.tx.execute(
        sql!("DELETE FROM tasks WHERE org_id = $1 AND id = $2"),
        &[&caller.org.uuid(), &task.id.uuid()],
    )?;
    let subject = Subject::Task(task.id);
    audit::record(
        work,
        caller,
        Action::TaskDeleted,
        Some(subject),
        Some(&task.name),
    )
}

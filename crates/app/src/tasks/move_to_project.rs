//! Moving a task from one project to another (contract row 26).

use timetracks_domain::{Caller, Permission, ProjectId, Task, TaskId};

use crate::{Error, Work, projects};

/// Moves a task of `project` to the project `target`.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound) for a task that is not in `project`, and for either project.
pub fn move_to_project(
    work: &mut Work,
    caller: &Caller,
    project: ProjectId,
    task: TaskId,
    target: ProjectId,
) -> Result<Task, Error> {
    caller.require(Permission::ChangeWork)?;
    let task = super::find_in_project(work, caller.realm(), project, task)?;
    let target = projects::find(work, caller.realm(), target)?;
    super::set_project(work, caller.org, task, Some(target.id))
}

//! Putting a standalone task into a project (contract row 29).

use timetracks_domain::{Caller, Permission, ProjectId, Task, TaskId};

use crate::{Error, Refusal, Work, projects};

/// Puts a standalone task into `project`; one that is there already stays.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::TaskInProject`] for a task of another project.
pub fn attach(
    work: &mut Work,
    caller: &Caller,
    project: ProjectId,
    task: TaskId,
) -> Result<Task, Error> {
    caller.require(Permission::ChangeWork)?;
    let project = projects::find(work, caller.realm(), project)?;
    let task = super::find(work, caller.realm(), task)?;
    match task.project {
        Some(other) if other != project.id => Err(Refusal::TaskInProject.into()),
        _ => super::set_project(work, caller.org, task, Some(project.id)),
    }
}

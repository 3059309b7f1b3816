//! Taking a task out of its project (contract row 28).

use timetracks_domain::{Caller, Permission, ProjectId, Task, TaskId};

use crate::{Error, Work};

/// Makes a task of `project` standalone. It keeps its time.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound) for a task that is not in `project`.
pub fn detach(
    work: &mut Work,
    caller: &Caller,
    project: ProjectId,
    task: TaskId,
) -> Result<Task, Error> {
    caller.require(Permission::ChangeWork)?;
    caller.require_unbound()?;
    let task = super::find_in_project(work, caller.realm(), project, task)?;
    super::set_project(work, caller.org, task, None)
}

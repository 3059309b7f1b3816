//! Reading a task (contract row 32).

use timetracks_domain::{Caller, Permission, Task, TaskId};

use crate::{Error, Work};

/// A task of the caller's organisation.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn read(work: &mut Work, caller: &Caller, task: TaskId) -> Result<Task, Error> {
    caller.require(Permission::ReadWork)?;
    super::find(work, caller.realm(), task)
}

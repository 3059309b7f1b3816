//! Changing a task (contract row 33).

use timetracks_db::sql;
use timetracks_domain::{
    Caller, Change, Description, ExternalId, Name, Permission, Task, TaskId, TaskStatus,
};

use crate::{Error, Work};

/// What is to be different.
#[derive(Debug, Clone, Default)]
pub struct UpdateTask {
    /// The name.
    pub name: Change<Name>,
    /// What it is about.
    pub description: Change<Option<Description>>,
    /// How far it is.
    pub status: Change<TaskStatus>,
    /// The id in another system.
    pub external_id: Change<Option<ExternalId>>,
}

/// Changes a task.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound); [`Refusal::ExternalIdTaken`](crate::Refusal::ExternalIdTaken).
pub fn update(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    change: UpdateTask,
) -> Result<Task, Error> {
    caller.require(Permission::ChangeWork)?;
    let mut task = super::find(work, caller.realm(), task)?;
    if let Change::Set(Some(external_id)) = &change.external_id {
        super::require_free_external_id(work, caller.org, external_id, Some(task.id))?;
    }
    change.name.map(String::from).apply(&mut task.name);
    change
        .description
        .map(|text| text.map(String::from))
        .apply(&mut task.description);
    change.status.apply(&mut task.status);
    change
        .external_id
        .map(|id| id.map(String::from))
        .apply(&mut task.external_id);
    task.updated_at = work.now;
    work.tx.execute(
        sql!(
            "UPDATE tasks SET name = $3, description = $4, status = $5, external_id = $6, updated_at = $7
            WHERE org_id = $1 AND id = $2"
        ),
        &[
            &caller.org.uuid(),
            &task.id.uuid(),
            &task.name,
            &task.description,
            &task.status.as_str(),
            &task.external_id,
            &task.updated_at.ms(),
        ],
    )?;
    Ok(task)
}

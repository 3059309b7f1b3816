//! Lists of tasks (contract rows 24 and 30).

use timetracks_db::sql;
use timetracks_domain::{Caller, ExternalId, Name, Permission, ProjectId, Task, TaskStatus};

use super::{COLUMNS, from_row};
use crate::{Error, Page, Visit, Work, projects};

/// Which tasks; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    /// Those in this project.
    pub project: Option<ProjectId>,
    /// Those this far.
    pub status: Option<TaskStatus>,
    /// The one with this external id.
    pub external_id: Option<ExternalId>,
    /// Those of exactly this name.
    pub name: Option<Name>,
}

/// Visits the tasks of the organisation that match, oldest first.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound) for a project that is not there.
pub fn list(
    work: &mut Work,
    caller: &Caller,
    filter: &TaskFilter,
    page: Page,
    visit: Visit<Task>,
) -> Result<(), Error> {
    const FROM: &str = " FROM tasks t WHERE t.org_id = $1 AND t.id > $2";
    const REST: &str = " AND (t.project_id = $4 OR $4 IS NULL) AND (t.status = $5 OR $5 IS NULL)
        AND (t.external_id = $6 OR $6 IS NULL) AND (t.name = $7 OR $7 IS NULL) ORDER BY t.id LIMIT $3";
    caller.require(Permission::ReadWork)?;
    let project = filter.project.or(caller.project);
    if let Some(project) = project {
        projects::find(work, caller.realm(), project)?;
    }
    // What an index can find stands in the statement once more, as a plain equality.
    let statement = match filter {
        TaskFilter {
            external_id: Some(_),
            ..
        } => sql!("SELECT ", COLUMNS, FROM, " AND t.external_id = $6", REST),
        TaskFilter { name: Some(_), .. } => {
            sql!("SELECT ", COLUMNS, FROM, " AND t.name = $7", REST)
        }
        _ if project.is_some() => sql!("SELECT ", COLUMNS, FROM, " AND t.project_id = $4", REST),
        _ => sql!("SELECT ", COLUMNS, FROM, REST),
    };
    work.tx.each(
        statement,
        &[
            &caller.org.uuid(),
            &page.start(),
            &page.limit,
            &project.map(ProjectId::uuid),
            &filter.status.map(TaskStatus::as_str),
            &filter.external_id.as_ref().map(ExternalId::as_str),
            &filter.name.as_ref().map(Name::as_str),
        ],
        |row| visit(from_row(row)?),
    )
}

/// Visits the tasks of a project, oldest first.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn list_of_project(
    work: &mut Work,
    caller: &Caller,
    project: ProjectId,
    page: Page,
    visit: Visit<Task>,
) -> Result<(), Error> {
    let filter = TaskFilter {
        project: Some(project),
        ..TaskFilter::default()
    };
    list(work, caller, &filter, page, visit)
}

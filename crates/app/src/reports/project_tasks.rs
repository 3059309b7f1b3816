//! The report of a project by task (contract row 50).

use timetracks_db::sql;
use timetracks_domain::{ByKind, Caller, Kind, Project, ProjectId, ReportScope, TaskTime, total};

use super::{AGENT, CI, HUMAN, SPAN, Subject, TIME, amount, only, reach};
use crate::{Error, Work, projects, tasks, tracks::OWN_END};

/// What was spent on each task of a project.
#[derive(Debug, Clone)]
pub struct ProjectTasksReport {
    /// Whose time it covers.
    pub scope: ReportScope,
    /// The project.
    pub project: Project,
    /// Its tasks that time was spent on.
    pub tasks: Vec<TaskTime>,
    /// The sum of them.
    pub total: ByKind,
}

/// What was spent on each task of a project, by one kind alone if one is given.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn project_tasks(
    work: &mut Work,
    caller: &Caller,
    project: ProjectId,
    kind: Option<Kind>,
) -> Result<ProjectTasksReport, Error> {
    let reach = reach(work, caller, &Subject::Project(project))?;
    let project = projects::find(work, reach.realm, project)?;
    let tasks = work.tx.rows(
        sql!(
            "SELECT ",
            tasks::COLUMNS,
            HUMAN,
            OWN_END,
            SPAN,
            CI,
            OWN_END,
            SPAN,
            AGENT,
            OWN_END,
            SPAN,
            TIME,
            " AND t.project_id = $2 GROUP BY t.org_id, t.id ORDER BY t.id"
        ),
        &[
            &reach.realm.org.uuid(),
            &project.id.uuid(),
            &reach.only(),
            &work.now.ms(),
        ],
        |row| {
            Ok(TaskTime {
                task: tasks::from_row(row)?,
                amount: amount(row)?,
            })
        },
    )?;
    let tasks = only(tasks, kind, |row| &mut row.amount);
    Ok(ProjectTasksReport {
        scope: reach.scope(),
        project,
        total: total(tasks.iter().map(|row| row.amount)),
        tasks,
    })
}

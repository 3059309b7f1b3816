//! The report of a task with its tracks (contract row 47).

use timetracks_db::sql;
use timetracks_domain::{ByKind, Caller, Kind, ReportScope, Task, TaskId, total};

use super::{Reach, Subject, reach, task_users::rows};
use crate::{Error, Visit, Work, tasks, tracks};

/// The head of the report. Its tracks are visited with [`tracks_of_task`], because there may be very many.
#[derive(Debug, Clone)]
pub struct TaskReport {
    /// Whose time it covers.
    pub scope: ReportScope,
    /// The task.
    pub task: Task,
    /// The sum of all its tracks in that scope.
    pub total: ByKind,
    reach: Reach,
    kind: Option<Kind>,
}

/// What was spent on a task, by one kind alone if one is given.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn task(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    kind: Option<Kind>,
) -> Result<TaskReport, Error> {
    let reach = reach(work, caller, &Subject::Task(task))?;
    let task = tasks::find(work, reach.realm, task)?;
    let users = rows(work, reach, task.id, kind)?;
    Ok(TaskReport {
        scope: reach.scope(),
        task,
        total: total(users.iter().map(|row| row.amount)),
        reach,
        kind,
    })
}

/// Visits the tracks that the report sums, oldest first. In the same transaction and at the same instant as [`task`],
/// they add up to its total.
///
/// # Errors
/// What `visit` answers with.
pub fn tracks_of_task(
    work: &mut Work,
    report: &TaskReport,
    visit: Visit<timetracks_domain::Track>,
) -> Result<(), Error> {
    let now = work.now;
    work.tx.each(
        sql!(
            "SELECT ",
            tracks::COLUMNS,
            " FROM tracks r WHERE r.org_id = $1 AND r.task_id = $2 AND (r.user_id = $3 OR $3 IS NULL)
            AND (r.kind = $4 OR $4 IS NULL) ORDER BY r.id"
        ),
        &[
            &report.reach.realm.org.uuid(),
            &report.task.id.uuid(),
            &report.reach.only(),
            &report.kind.map(Kind::as_str),
        ],
        |row| visit(tracks::from_row(row, now)?),
    )
}

//! The report of a task by person (contract row 48).

use timetracks_db::sql;
use timetracks_domain::{
    ByKind, Caller, Kind, Project, ReportScope, Task, TaskId, UserTime, total,
};

use super::{AGENT, CI, HUMAN, Reach, SPAN, Subject, TIME, amount, only, reach};
use crate::{Error, Work, projects, tasks, tracks::OWN_END, users};

/// What each person spent on a task.
#[derive(Debug, Clone)]
pub struct TaskUsersReport {
    /// Whose time it covers.
    pub scope: ReportScope,
    /// The task.
    pub task: Task,
    /// Its project, if it is in one.
    pub project: Option<Project>,
    /// Who spent time on it.
    pub users: Vec<UserTime>,
    /// The sum of them.
    pub total: ByKind,
}

/// What each person spent on a task, by one kind alone if one is given.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn task_users(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    kind: Option<Kind>,
) -> Result<TaskUsersReport, Error> {
    let reach = reach(work, caller, &Subject::Task(task))?;
    let task = tasks::find(work, reach.realm, task)?;
    let project = match task.project {
        Some(project) => Some(projects::find(work, reach.realm, project)?),
        None => None,
    };
    let users = rows(work, reach, task.id, kind)?;
    Ok(TaskUsersReport {
        scope: reach.scope(),
        task,
        project,
        total: total(users.iter().map(|row| row.amount)),
        users,
    })
}

pub(super) fn rows(
    work: &mut Work,
    reach: Reach,
    task: TaskId,
    kind: Option<Kind>,
) -> Result<Vec<UserTime>, Error> {
    let rows = work.tx.rows(
        sql!(
            "SELECT ",
            users::COLUMNS,
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
            " AND x.task_id = $2 GROUP BY u.org_id, u.id ORDER BY u.id"
        ),
        &[
            &reach.realm.org.uuid(),
            &task.uuid(),
            &reach.only(),
            &work.now.ms(),
        ],
        |row| {
            Ok(UserTime {
                user: users::from_row(row)?,
                amount: amount(row)?,
            })
        },
    )?;
    Ok(only(rows, kind, |row| &mut row.amount))
}

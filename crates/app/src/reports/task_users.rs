//! The report of a task by person (contract row 48).

use timetracks_db::sql;
use timetracks_domain::{Caller, Duration, Project, ReportScope, Task, TaskId, UserTime, total};

use super::{AMOUNT, AMOUNT_END, Reach, Subject, TIME, amount, reach};
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
    pub total: Duration,
}

/// What each person spent on a task.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn task_users(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
) -> Result<TaskUsersReport, Error> {
    let reach = reach(work, caller, &Subject::Task(task))?;
    let task = tasks::find(work, reach.realm, task)?;
    let project = match task.project {
        Some(project) => Some(projects::find(work, reach.realm, project)?),
        None => None,
    };
    let users = rows(work, reach, task.id)?;
    Ok(TaskUsersReport {
        scope: reach.scope(),
        task,
        project,
        total: total(users.iter().map(|row| row.amount)),
        users,
    })
}

pub(super) fn rows(work: &mut Work, reach: Reach, task: TaskId) -> Result<Vec<UserTime>, Error> {
    Ok(work.tx.rows(
        sql!(
            "SELECT ",
            users::COLUMNS,
            AMOUNT,
            OWN_END,
            AMOUNT_END,
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
    )?)
}

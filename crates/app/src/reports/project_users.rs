//! The report of a project by person (contract row 49).

use timetracks_db::sql;
use timetracks_domain::{Caller, Duration, Project, ProjectId, ReportScope, UserTime, total};

use super::{AMOUNT, AMOUNT_END, Subject, TIME, amount, reach};
use crate::{Error, Work, projects, tracks::OWN_END, users};

/// What each person spent on a project.
#[derive(Debug, Clone)]
pub struct ProjectUsersReport {
    /// Whose time it covers.
    pub scope: ReportScope,
    /// The project.
    pub project: Project,
    /// Who spent time on its tasks.
    pub users: Vec<UserTime>,
    /// The sum of them.
    pub total: Duration,
}

/// What each person spent on the tasks of a project.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn project_users(
    work: &mut Work,
    caller: &Caller,
    project: ProjectId,
) -> Result<ProjectUsersReport, Error> {
    let reach = reach(work, caller, &Subject::Project(project))?;
    let project = projects::find(work, reach.realm, project)?;
    let users = work.tx.rows(
        sql!(
            "SELECT ",
            users::COLUMNS,
            AMOUNT,
            OWN_END,
            AMOUNT_END,
            TIME,
            " AND t.project_id = $2 GROUP BY u.org_id, u.id ORDER BY u.id"
        ),
        &[
            &reach.realm.org.uuid(),
            &project.id.uuid(),
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
    Ok(ProjectUsersReport {
        scope: reach.scope(),
        project,
        total: total(users.iter().map(|row| row.amount)),
        users,
    })
}

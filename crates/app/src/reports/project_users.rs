//! The report of a project by person (contract row 49).

use timetracks_db::sql;
use timetracks_domain::{ByKind, Caller, Kind, Project, ProjectId, ReportScope, UserTime, total};

use super::{AGENT, CI, HUMAN, SPAN, Subject, TIME, amount, only, reach};
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
    pub total: ByKind,
}

/// What each person spent on the tasks of a project, by one kind alone if one is given.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn project_users(
    work: &mut Work,
    caller: &Caller,
    project: ProjectId,
    kind: Option<Kind>,
) -> Result<ProjectUsersReport, Error> {
    let reach = reach(work, caller, &Subject::Project(project))?;
    let project = projects::find(work, reach.realm, project)?;
    let users = work.tx.rows(
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
    let users = only(users, kind, |row| &mut row.amount);
    Ok(ProjectUsersReport {
        scope: reach.scope(),
        project,
        total: total(users.iter().map(|row| row.amount)),
        users,
    })
}

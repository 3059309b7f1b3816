//! Lists of tracks (contract rows 38 and 60). A member's list holds that member's own time.

use timetracks_db::sql;
use timetracks_domain::{
    Access, Caller, Denied, Instant, Permission, ProjectId, TaskId, Track, UserId,
};

use super::{COLUMNS, from_row};
use crate::{Error, Page, Visit, Work, projects, tasks, users};

/// Which tracks; what is `None` does not matter. A track counts as between two instants when any of it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrackFilter {
    /// This person's.
    pub user: Option<UserId>,
    /// On tasks of this project.
    pub project: Option<ProjectId>,
    /// On this task.
    pub task: Option<TaskId>,
    /// Not over before this.
    pub from: Option<Instant>,
    /// Begun by then.
    pub to: Option<Instant>,
    /// Only those that run, or only those that do not.
    pub running: Option<bool>,
}

/// Visits the tracks of a task, oldest first; of those that are not over before the first instant and have begun by the
/// second.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn list_of_task(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    (from, to): (Option<Instant>, Option<Instant>),
    page: Page,
    visit: Visit<Track>,
) -> Result<(), Error> {
    caller.require(Permission::ReadOwnTime)?;
    let task = tasks::find(work, caller.realm(), task)?;
    let user = match caller.readable_time() {
        Access::Own(user) => Some(user),
        Access::Anyone => None,
    };
    work.tx.each(
        sql!(
            "SELECT ",
            COLUMNS,
            " FROM tracks WHERE org_id = $1 AND task_id = $2 AND id > $3
            AND (user_id = $5 OR $5 IS NULL)
            AND (ended_at >= $6 OR ended_at IS NULL OR $6 IS NULL) AND (started_at <= $7 OR $7 IS NULL)
            ORDER BY id LIMIT $4"
        ),
        &[
            &caller.org.uuid(),
            &task.id.uuid(),
            &page.start(),
            &page.limit,
            &user.map(UserId::uuid),
            &from.map(Instant::ms),
            &to.map(Instant::ms),
        ],
        |row| visit(from_row(row)?),
    )
}

/// Visits the tracks of the organisation that match, oldest first.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound) for a user, project or task that is not there;
/// [`Refusal::Denied`](crate::Refusal::Denied) for another's time unless the caller is an admin.
pub fn list(
    work: &mut Work,
    caller: &Caller,
    filter: TrackFilter,
    page: Page,
    visit: Visit<Track>,
) -> Result<(), Error> {
    const FROM: &str = " FROM tracks WHERE org_id = $1 AND id > $2";
    // COALESCE hides the id, which would else choose the index of everything that ever ran.
    const FROM_RUNNING: &str =
        " FROM tracks WHERE org_id = $1 AND ended_at IS NULL AND COALESCE(id, id) > $2";
    const REST: &str = " AND (user_id = $4 OR $4 IS NULL) AND (task_id = $5 OR $5 IS NULL)
        AND (CAST($6 AS UUID) IS NULL OR EXISTS (
            SELECT 1 FROM tasks t WHERE t.org_id = $1 AND t.id = task_id AND t.project_id = $6))
        AND (ended_at >= $7 OR ended_at IS NULL OR $7 IS NULL) AND (started_at <= $8 OR $8 IS NULL)
        AND ((ended_at IS NULL) = $9 OR $9 IS NULL) ORDER BY id LIMIT $3";
    caller.require(Permission::ReadOwnTime)?;
    if let Some(user) = filter.user {
        users::find(work, caller.org, user)?;
    }
    let project = filter.project.or(caller.project);
    if let Some(project) = project {
        projects::find(work, caller.realm(), project)?;
    }
    if let Some(task) = filter.task {
        tasks::find(work, caller.realm(), task)?;
    }
    let user = match (caller.readable_time(), filter.user) {
        (Access::Anyone, user) => user,
        (Access::Own(own), Some(user)) if user != own => return Err(Denied::Role.into()),
        (Access::Own(own), _) => Some(own),
    };
    // What an index can find stands in the statement once more, as a plain condition.
    let statement = match filter {
        TrackFilter { task: Some(_), .. } => {
            sql!("SELECT ", COLUMNS, FROM, " AND task_id = $5", REST)
        }
        TrackFilter {
            running: Some(true),
            ..
        } => sql!("SELECT ", COLUMNS, FROM_RUNNING, REST),
        _ if user.is_some() => sql!("SELECT ", COLUMNS, FROM, " AND user_id = $4", REST),
        _ => sql!("SELECT ", COLUMNS, FROM, REST),
    };
    work.tx.each(
        statement,
        &[
            &caller.org.uuid(),
            &page.start(),
            &page.limit,
            &user.map(UserId::uuid),
            &filter.task.map(TaskId::uuid),
            &project.map(ProjectId::uuid),
            &filter.from.map(Instant::ms),
            &filter.to.map(Instant::ms),
            &filter.running,
        ],
        |row| visit(from_row(row)?),
    )
}

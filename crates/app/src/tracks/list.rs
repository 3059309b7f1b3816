//! Lists of tracks (contract rows 38 and 60). A member's list holds that member's own time.

use timetracks_db::{Sql, sql};
use timetracks_domain::{
    Access, Caller, Denied, Instant, Kind, Permission, ProjectId, TaskId, Track, UserId,
};

use super::{COLUMNS, OWN_END, from_row};
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
    /// Only those of this kind.
    pub kind: Option<Kind>,
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
    let now = work.now;
    work.tx.each(
        statement(&filter, user.is_some()),
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
            &now.ms(),
            &filter.kind.map(Kind::as_str),
        ],
        |row| visit(from_row(row, now)?),
    )
}

/// What an index can find stands in the statement once more, as a plain condition.
fn statement(filter: &TrackFilter, of_one: bool) -> &'static Sql {
    const FROM: &str = " FROM tracks r WHERE r.org_id = $1 AND r.id > $2";
    // COALESCE hides the id, which would else choose the index of everything that ever ran.
    const FROM_RUNNING: &str =
        " FROM tracks r WHERE r.org_id = $1 AND r.ended_at IS NULL AND COALESCE(r.id, r.id) > $2";
    // What was not asked for costs a look at a parameter, and not at a column of each row. PostgreSQL wants to know a
    // parameter's type where it stands first.
    const REST: &str = " AND (CAST($4 AS UUID) IS NULL OR r.user_id = $4)
        AND (CAST($5 AS UUID) IS NULL OR r.task_id = $5)
        AND (CAST($6 AS UUID) IS NULL OR EXISTS (
            SELECT 1 FROM tasks t WHERE t.org_id = $1 AND t.id = r.task_id AND t.project_id = $6))
        AND (CAST($8 AS BIGINT) IS NULL OR r.started_at <= $8) AND (CAST($11 AS TEXT) IS NULL OR r.kind = $11)
        AND (CAST($9 AS BOOLEAN) IS NULL
            OR (r.ended_at IS NULL AND COALESCE(r.ends_at > $10, TRUE)) = $9)
        AND (CAST($7 AS BIGINT) IS NULL OR r.ended_at >= $7
            OR (r.ended_at IS NULL AND (COALESCE(r.ends_at > $10, TRUE) OR ";
    const LAST: &str = " >= $7))) ORDER BY r.id LIMIT $3";
    match filter {
        TrackFilter { task: Some(_), .. } => {
            sql!(
                "SELECT ",
                COLUMNS,
                FROM,
                " AND r.task_id = $5",
                REST,
                OWN_END,
                LAST
            )
        }
        TrackFilter {
            running: Some(true),
            ..
        } => sql!("SELECT ", COLUMNS, FROM_RUNNING, REST, OWN_END, LAST),
        _ if of_one => sql!(
            "SELECT ",
            COLUMNS,
            FROM,
            " AND r.user_id = $4",
            REST,
            OWN_END,
            LAST
        ),
        _ => sql!("SELECT ", COLUMNS, FROM, REST, OWN_END, LAST),
    }
}

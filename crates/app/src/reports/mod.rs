//! Reports: what was spent, by whom, on what. They read totals, so they cost what they show. Running tracks count up to
//! the instant of the answer, and every total is the sum of its rows.

mod project_tasks;
mod project_users;
mod task;
mod task_users;
mod user;

use timetracks_db::{Row, sql};
use timetracks_domain::{
    Access, ByKind, Caller, Duration, Kind, OrgId, Permission, ProjectId, Realm, ReportScope,
    TaskId, UserId,
};

pub use project_tasks::{ProjectTasksReport, project_tasks};
pub use project_users::{ProjectUsersReport, project_users};
pub use task::{TaskReport, task, tracks_of_task};
pub use task_users::{TaskUsersReport, task_users};
pub use user::{UserReport, user};

use crate::{Error, Refusal, Work, work::Columns};

/// What the rows of a report are summed over: `$1` the organisation, `$2` what the report is on, `$3` whose time or
/// NULL for everyone's, `$4` now.
const TIME: &str = " FROM task_totals x
    JOIN tasks t ON t.org_id = x.org_id AND t.id = x.task_id
    JOIN users u ON u.org_id = x.org_id AND u.id = x.user_id
    LEFT JOIN tracks r ON r.org_id = x.org_id AND r.user_id = x.user_id AND r.task_id = x.task_id
        AND r.ended_at IS NULL
    WHERE x.org_id = $1 AND x.tracks > 0 AND (x.user_id = $3 OR $3 IS NULL)";

/// The sums of a row, kind by kind: how many tracks, and how many milliseconds. Behind each stands
/// [`OWN_END`](crate::tracks::OWN_END) and then [`SPAN`].
const HUMAN: &str = ", CAST(SUM(x.tracks - x.ci_tracks - x.agent_tracks) AS BIGINT),
    CAST(SUM(x.ended_ms - x.ci_ms - x.agent_ms + CASE WHEN r.kind <> 'human' THEN 0 WHEN r.ends_at <= $4 THEN ";
const CI: &str = ", CAST(SUM(x.ci_tracks) AS BIGINT),
    CAST(SUM(x.ci_ms + CASE WHEN r.kind <> 'ci' THEN 0 WHEN r.ends_at <= $4 THEN ";
const AGENT: &str = ", CAST(SUM(x.agent_tracks) AS BIGINT),
    CAST(SUM(x.agent_ms + CASE WHEN r.kind <> 'agent' THEN 0 WHEN r.ends_at <= $4 THEN ";
/// How long the running track lasts: to where it has ended by itself, or up to now.
const SPAN: &str =
    " - r.started_at WHEN r.started_at < $4 THEN $4 - r.started_at ELSE 0 END) AS BIGINT)";

/// Which organisation's time a report reads, and whose in it.
#[derive(Debug, Clone, Copy)]
struct Reach {
    realm: Realm,
    access: Access,
}

impl Reach {
    /// The person whose time alone is read, if it is one's.
    fn only(&self) -> Option<uuid::Uuid> {
        match self.access {
            Access::Own(user) => Some(UserId::uuid(user)),
            Access::Anyone => None,
        }
    }

    fn scope(&self) -> ReportScope {
        self.access.into()
    }
}

/// What a report is on.
enum Subject {
    Task(TaskId),
    Project(ProjectId),
    User(UserId),
}

/// Members and admins reach into their organisation; super users into the one that the subject belongs to.
fn reach(work: &mut Work, caller: &Caller, subject: &Subject) -> Result<Reach, Error> {
    caller.require(Permission::ReadReports)?;
    if !caller.super_user || caller.project.is_some() {
        return Ok(Reach {
            realm: caller.realm(),
            access: caller.readable_time(),
        });
    }
    let org = match subject {
        Subject::Task(id) => work.tx.row(
            sql!("SELECT org_id FROM tasks WHERE id = $1"),
            &[&id.uuid()],
            |row| row.id(),
        ),
        Subject::Project(id) => work.tx.row(
            sql!("SELECT org_id FROM projects WHERE id = $1"),
            &[&id.uuid()],
            |row| row.id(),
        ),
        Subject::User(id) => work.tx.row(
            sql!("SELECT org_id FROM users WHERE id = $1"),
            &[&id.uuid()],
            |row| row.id(),
        ),
    }?;
    Ok(Reach {
        realm: OrgId::into(org.ok_or(Refusal::NotFound)?),
        access: Access::Anyone,
    })
}

/// The next columns, [`HUMAN`], [`CI`] and [`AGENT`].
fn amount(row: &mut Row) -> Result<ByKind, timetracks_db::Error> {
    let mut amount = ByKind::default();
    for kind in Kind::ALL {
        let (tracks, ms): (i64, i64) = (row.get()?, row.get()?);
        if tracks > 0 {
            amount += ByKind::of(kind, Duration::from_ms(ms));
        }
    }
    Ok(amount)
}

/// What of a report's rows is of the kind that was asked for.
fn only<T>(rows: Vec<T>, kind: Option<Kind>, amount: impl Fn(&mut T) -> &mut ByKind) -> Vec<T> {
    let keep = |mut row: T| {
        let place = amount(&mut row);
        *place = place.only(kind)?;
        Some(row)
    };
    rows.into_iter().filter_map(keep).collect()
}

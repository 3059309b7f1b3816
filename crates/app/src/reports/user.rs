//! The report of a person over at most 7 days (contract row 51).

use std::collections::BTreeMap;

use timetracks_db::sql;
use timetracks_domain::{
    Access, ByKind, Caller, Denied, Instant, Kind, OrgId, ProjectId, ProjectTime, ReportScope,
    TaskId, TaskTime, User, UserId, Window, WindowError, total,
};

use super::{Subject, reach};
use crate::{Error, Refusal, Work, projects, tasks, tracks, users, work::Columns};

/// What a person spent, by project and task.
#[derive(Debug, Clone)]
pub struct UserReport {
    /// Whose time the caller may read.
    pub scope: ReportScope,
    /// The person.
    pub user: User,
    /// The projects, oldest first, and last the standalone tasks together.
    pub projects: Vec<ProjectTime>,
    /// The sum of them.
    pub total: ByKind,
}

/// What a person spent between two instants, both inclusive; without them in the last 7 days. Of a track that reaches
/// over an end only the part inside counts; with a kind, only what is of it.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Denied`] for a member who asks for someone else; [`Refusal::Invalid`] for one end
/// alone, ends the wrong way round, or over 7 days.
pub fn user(
    work: &mut Work,
    caller: &Caller,
    user: UserId,
    start: Option<Instant>,
    end: Option<Instant>,
    kind: Option<Kind>,
) -> Result<UserReport, Error> {
    caller.require_unbound()?;
    let reach = reach(work, caller, &Subject::User(user))?;
    let user = users::find(work, reach.realm.org, user)?;
    if let Access::Own(own) = reach.access
        && own != user.id
    {
        return Err(Denied::Role.into());
    }
    let window = Window::of_report(start, end, work.now).map_err(|error| Refusal::Invalid {
        field: match error {
            WindowError::StartMissing => "startDate",
            _ => "endDate",
        },
        rule: error.to_string(),
    })?;
    let by_task = time_by_task(work, &user, window, kind)?;
    let projects = group(work, user.org, by_task)?;
    Ok(UserReport {
        scope: reach.scope(),
        user,
        total: total(projects.iter().map(ProjectTime::amount)),
        projects,
    })
}

/// Adds up what lies inside the window, task by task. No ended track is longer than the person's longest one, so an
/// index finds every track that can reach into the window without reading their whole history.
fn time_by_task(
    work: &mut Work,
    user: &User,
    window: Window,
    kind: Option<Kind>,
) -> Result<BTreeMap<TaskId, ByKind>, Error> {
    let now = work.now;
    let mut by_task = BTreeMap::<TaskId, ByKind>::new();
    let mut add = |task: TaskId, of: Kind, start: Instant, end: Instant| {
        let is_wanted = kind.is_none_or(|kind| kind == of);
        if is_wanted && start <= window.end && end >= window.start {
            *by_task.entry(task).or_default() += ByKind::of(of, window.clip(start, end));
        }
    };
    let (org, user_id) = (user.org.uuid(), user.id.uuid());
    let (from, to) = (window.start.ms(), window.end.ms());
    work.tx.each(
        sql!(
            "SELECT task_id, kind, started_at, ended_at FROM tracks WHERE org_id = $1 AND user_id = $2
            AND started_at >= $3 - (SELECT longest_track_ms FROM users WHERE org_id = $1 AND id = $2)
            AND started_at <= $4 AND ended_at >= $3"
        ),
        &[&org, &user_id, &from, &to],
        |row| {
            let (task, kind) = (row.id()?, row.word(Kind::from_word)?);
            add(task, kind, row.instant()?, row.instant()?);
            Ok::<(), timetracks_db::Error>(())
        },
    )?;
    work.tx.each(
        sql!(
            "SELECT ",
            tracks::COLUMNS,
            " FROM tracks r WHERE r.org_id = $1 AND r.user_id = $2 AND r.ended_at IS NULL"
        ),
        &[&org, &user_id],
        |row| {
            let track = tracks::from_row(row, now)?;
            let end = track.end.map_or(now, |end| end.at);
            add(track.task, track.kind, track.start, end);
            Ok::<(), timetracks_db::Error>(())
        },
    )?;
    Ok(by_task)
}

/// Puts tasks under their projects.
fn group(
    work: &mut Work,
    org: OrgId,
    by_task: BTreeMap<TaskId, ByKind>,
) -> Result<Vec<ProjectTime>, Error> {
    let mut in_projects = BTreeMap::<ProjectId, Vec<TaskTime>>::new();
    let mut standalone = Vec::new();
    for (task, amount) in by_task {
        let task = tasks::find(work, org.into(), task)?;
        match task.project {
            Some(project) => in_projects.entry(project).or_default(),
            None => &mut standalone,
        }
        .push(TaskTime { task, amount });
    }
    let mut groups = Vec::new();
    for (project, tasks) in in_projects {
        groups.push(ProjectTime {
            project: Some(projects::find(work, org.into(), project)?),
            tasks,
        });
    }
    if !standalone.is_empty() {
        groups.push(ProjectTime {
            project: None,
            tasks: standalone,
        });
    }
    Ok(groups)
}

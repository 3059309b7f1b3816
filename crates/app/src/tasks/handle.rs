//! Names and external ids as handles of tasks (contract rows 36, 37 and 58).

use timetracks_db::{Row, sql};
use timetracks_domain::{Caller, ExternalId, Name, ProjectId, Task};

use super::{COLUMNS, CreateTask, create::insert, from_row};
use crate::{Error, Refusal, Work, work::Columns};

/// How many tasks of one name are looked at, and shown when the name is not enough.
const MOST_CANDIDATES: i64 = 10;

/// What people call a task by.
#[derive(Debug, Clone)]
pub enum Handle {
    /// Its exact name.
    Name(Name),
    /// Its id in another system.
    ExternalId(ExternalId),
}

/// The task of this handle, made when there is none. The caller is alone in the organisation, so two that come first
/// make one task.
pub(crate) fn find_or_create(
    work: &mut Work,
    caller: &Caller,
    handle: Handle,
) -> Result<Task, Error> {
    if let Some(task) = find(work, caller, &handle)? {
        return Ok(task);
    }
    if let (Handle::ExternalId(id), Some(_)) = (&handle, caller.project) {
        // A bound key does not see the one that another project has.
        super::require_free_external_id(work, caller.org, id, None)?;
    }
    let (name, external_id) = match handle {
        Handle::Name(name) => (name, None),
        Handle::ExternalId(id) => (name_of(&id)?, Some(id)),
    };
    let request = CreateTask {
        project: caller.project,
        name,
        description: None,
        external_id,
    };
    insert(work, caller, request)
}

/// The task of this handle on which the caller is clocked in or, when there is none, was until the track ended by itself.
pub(crate) fn find_running(
    work: &mut Work,
    caller: &Caller,
    handle: &Handle,
) -> Result<Task, Error> {
    let (mut running, mut ended) = running(work, caller, handle)?;
    match (running.pop(), running.is_empty()) {
        (Some(task), true) => Ok(task),
        (Some(task), false) => {
            running.push(task);
            Err(Refusal::AmbiguousTask(running).into())
        }
        (None, _) => match ended.pop() {
            Some(task) => Ok(task),
            None if named(work, caller, handle)?.is_empty() => Err(Refusal::NotFound.into()),
            None => Err(Refusal::NotRunning { ended: None }.into()),
        },
    }
}

/// The tasks of this handle on which the caller is clocked in, and those on which the track has ended by itself.
fn running(
    work: &mut Work,
    caller: &Caller,
    handle: &Handle,
) -> Result<(Vec<Task>, Vec<Task>), Error> {
    const RUNNING: &str =
        ", r.ends_at FROM tracks r JOIN tasks t ON t.org_id = r.org_id AND t.id = r.task_id
        WHERE r.org_id = $1 AND r.user_id = $2 AND r.ended_at IS NULL";
    let (org, user) = (caller.org.uuid(), caller.user.uuid());
    let project = caller.project.map(ProjectId::uuid);
    let read = |row: &mut Row| Ok((from_row(row)?, row.optional_instant()?));
    let found = match handle {
        Handle::Name(name) => work.tx.rows(
            sql!(
                "SELECT ",
                COLUMNS,
                RUNNING,
                " AND t.name = $3 AND (t.project_id = $4 OR $4 IS NULL)
                ORDER BY CASE WHEN r.ends_at <= $5 THEN 1 ELSE 0 END, t.id LIMIT $6"
            ),
            &[
                &org,
                &user,
                &name.as_str(),
                &project,
                &work.now.ms(),
                &MOST_CANDIDATES,
            ],
            read,
        )?,
        Handle::ExternalId(id) => work.tx.rows(
            sql!(
                "SELECT ",
                COLUMNS,
                RUNNING,
                " AND t.external_id = $3 AND (t.project_id = $4 OR $4 IS NULL) ORDER BY t.id"
            ),
            &[&org, &user, &id.as_str(), &project],
            read,
        )?,
    };
    let (mut running, mut ended) = (Vec::new(), Vec::new());
    for (task, ends_at) in found {
        match ends_at {
            Some(ends_at) if ends_at <= work.now => ended.push(task),
            _ => running.push(task),
        }
    }
    Ok((running, ended))
}

/// The one task that the handle means: among several of a name the caller's own, else the one on which the caller is
/// clocked in already, so that a retry stays harmless.
fn find(work: &mut Work, caller: &Caller, handle: &Handle) -> Result<Option<Task>, Error> {
    let mut candidates = named(work, caller, handle)?;
    if candidates.len() < 2 {
        return Ok(candidates.pop());
    }
    let mut own = candidates.iter().filter(|task| task.user == caller.user);
    if let (Some(task), None) = (own.next(), own.next()) {
        return Ok(Some(task.clone()));
    }
    let (mut running, _) = running(work, caller, handle)?;
    match (running.pop(), running.is_empty()) {
        (Some(task), true) => Ok(Some(task)),
        _ => Err(Refusal::AmbiguousTask(candidates).into()),
    }
}

/// The tasks of this handle, the caller's own first.
fn named(work: &mut Work, caller: &Caller, handle: &Handle) -> Result<Vec<Task>, Error> {
    let org = caller.org.uuid();
    let project = caller.project.map(ProjectId::uuid);
    Ok(match handle {
        Handle::Name(name) => work.tx.rows(
            sql!(
                "SELECT ",
                COLUMNS,
                " FROM tasks t WHERE t.org_id = $1 AND t.name = $2 AND (t.project_id = $5 OR $5 IS NULL)
                ORDER BY CASE WHEN t.user_id = $3 THEN 0 ELSE 1 END, t.id LIMIT $4"
            ),
            &[
                &org,
                &name.as_str(),
                &caller.user.uuid(),
                &MOST_CANDIDATES,
                &project,
            ],
            from_row,
        )?,
        Handle::ExternalId(id) => work.tx.rows(
            sql!(
                "SELECT ",
                COLUMNS,
                " FROM tasks t WHERE t.org_id = $1 AND t.external_id = $2 AND (t.project_id = $3 OR $3 IS NULL)"
            ),
            &[&org, &id.as_str(), &project],
            from_row,
        )?,
    })
}

/// A task made by its external id is named after it, as far as names go.
fn name_of(id: &ExternalId) -> Result<Name, Error> {
    let start: String = id.as_str().trim().chars().take(200).collect();
    Name::parse(&start).map_err(|rule| {
        Refusal::Invalid {
            field: "externalId",
            rule: format!("{rule} to become the name of a new task"),
        }
        .into()
    })
}

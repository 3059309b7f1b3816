//! Booking time by hand (contract row 39).

use timetracks_domain::{Caller, Instant, LeaseLength, Permission, TaskId, Track, UserId};

use super::{
    Details,
    record::{NewTrack, insert, settle_running},
};
use crate::{Error, Work, tasks, users};

/// A track to be.
#[derive(Debug, Clone)]
pub struct CreateTrack {
    /// Whose; `None` for the caller's.
    pub user: Option<UserId>,
    /// From when.
    pub start: Instant,
    /// Until when; `None` for a running track.
    pub end: Option<Instant>,
    /// For how long a sign of life is good; of a running track only.
    pub lease: Option<LeaseLength>,
    /// What is said of it.
    pub details: Details,
}

/// Books a track on a task.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound) for the task or the user; [`Refusal::Denied`](crate::Refusal::Denied) for another's time unless the caller is an admin;
/// [`Refusal::Invalid`](crate::Refusal::Invalid) for times that no track can have; [`Refusal::AlreadyRunning`](crate::Refusal::AlreadyRunning).
pub fn create(
    work: &mut Work,
    caller: &Caller,
    task: TaskId,
    request: CreateTrack,
) -> Result<Track, Error> {
    let user = request.user.unwrap_or(caller.user);
    caller.require_own_or_any(user, Permission::WriteOwnTime, Permission::WriteAnyTime)?;
    let task = tasks::find(work, caller.realm(), task)?;
    let user = users::find(work, caller.org, user)?;
    super::require_times(request.start, request.end, work.now)?;
    let mut limit = None;
    if request.end.is_none() {
        let standing = super::standing(work, caller.org, task.id, user.id)?;
        limit = standing.limit;
        if let Some(running) = settle_running(work, caller.org, standing.running)? {
            return Err(super::already_running(work, running).into());
        }
    }
    let new = NewTrack {
        task: task.id,
        user: user.id,
        kind: caller.kind,
        start: request.start,
        end: request.end,
        lease: request.lease,
        details: request.details,
    };
    insert(work, caller.org, new, limit)
}

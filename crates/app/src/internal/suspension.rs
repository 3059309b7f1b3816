//! Locking an organisation out, and letting it in again (contract row 62).

use timetracks_db::sql;
use timetracks_domain::{Action, Caller, Instant, OrgId, Organisation, Permission, Subject};

use super::read_organisation::find;
use crate::{Error, Work, audit};

/// From now on the organisation's tokens and keys are refused. One that is suspended already stays so.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied) unless the caller is a super user;
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn suspend(work: &mut Work, caller: &Caller, org: OrgId) -> Result<Organisation, Error> {
    caller.require(Permission::Operate)?;
    let since = find(work, org)?.suspended_at.unwrap_or(work.now);
    record(work, caller, org, Action::OrganisationSuspended)?;
    set(work, org, Some(since))
}

/// The organisation's tokens and keys are good again.
///
/// # Errors
/// As [`suspend`].
pub fn resume(work: &mut Work, caller: &Caller, org: OrgId) -> Result<Organisation, Error> {
    caller.require(Permission::Operate)?;
    find(work, org)?;
    record(work, caller, org, Action::OrganisationResumed)?;
    set(work, org, None)
}

/// In the trail of the organisation, which it concerns.
fn record(work: &mut Work, caller: &Caller, org: OrgId, action: Action) -> Result<(), Error> {
    let subject = Subject::Organisation(org);
    audit::record_in(work, org, caller.into(), action, Some(subject), None)
}

fn set(work: &mut Work, org: OrgId, since: Option<Instant>) -> Result<Organisation, Error> {
    work.tx.execute(
        sql!("UPDATE organisations SET suspended_at = $2 WHERE org_id = $1"),
        &[&org.uuid(), &since.map(Instant::ms)],
    )?;
    work.tx.announce(org.uuid());
    find(work, org)
}

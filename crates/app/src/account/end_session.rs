//! Ending sessions (contract rows 52 and 53).

use timetracks_db::sql;
use timetracks_domain::{Action, Caller, OrgId, Permission, SessionId, Subject, UserId};

use crate::{Error, Refusal, Work, audit, work::Columns};

/// Ends the caller's own session.
///
/// # Errors
/// [`Refusal::NoSession`] when the caller came with a bare API key.
pub fn log_out(work: &mut Work, caller: &Caller) -> Result<(), Error> {
    let session = caller.credential.session().ok_or(Refusal::NoSession)?;
    record(work, caller, session)?;
    delete(work, caller.org, session)
}

/// Ends one of the caller's sessions or, for an admin, anyone's in the organisation.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Denied`] for another's session.
pub fn end_session(work: &mut Work, caller: &Caller, session: SessionId) -> Result<(), Error> {
    let owner: Option<UserId> = work.tx.row(
        sql!("SELECT user_id FROM sessions WHERE org_id = $1 AND id = $2 AND expires_at > $3"),
        &[&caller.org.uuid(), &session.uuid(), &work.now.ms()],
        |row| row.id(),
    )?;
    let owner = owner.ok_or(Refusal::NotFound)?;
    caller.require_own_or_any(owner, Permission::ChangeOwnAccount, Permission::ManageUsers)?;
    record(work, caller, session)?;
    delete(work, caller.org, session)
}

fn record(work: &mut Work, caller: &Caller, session: SessionId) -> Result<(), Error> {
    let subject = Subject::Session(session);
    audit::record(work, caller, Action::SessionEnded, Some(subject), None)
}

/// Ends a session: its tokens go with it.
pub(super) fn delete(work: &mut Work, org: OrgId, session: SessionId) -> Result<(), Error> {
    work.tx.execute(
        sql!("DELETE FROM sessions WHERE org_id = $1 AND id = $2"),
        &[&org.uuid(), &session.uuid()],
    )?;
    work.tx.announce(org.uuid());
    Ok(())
}

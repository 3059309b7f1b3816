//! Taking an invitation back (contract row 46).

use timetracks_db::sql;
use timetracks_domain::{Action, Caller, Permission, Subject};

use crate::{Error, Refusal, Work, audit};

/// Deletes an invitation of the caller's organisation that is still good.
///
/// # Errors
/// [`Refusal::Denied`] unless the caller is an admin; [`Refusal::NotFound`].
pub fn delete(work: &mut Work, caller: &Caller, link_id: &str) -> Result<(), Error> {
    caller.require(Permission::ManageUsers)?;
    let invitation = super::find_by_link(work, link_id)?;
    if invitation.org != caller.org {
        return Err(Refusal::NotFound.into());
    }
    work.tx.execute(
        sql!("DELETE FROM invitations WHERE org_id = $1 AND id = $2"),
        &[&invitation.org.uuid(), &invitation.id.uuid()],
    )?;
    let subject = Subject::Invitation(invitation.id);
    let detail = Some(invitation.email.as_str());
    audit::record(
        work,
        caller,
        Action::InvitationDeleted,
        Some(subject),
        detail,
    )
}

//! Taking an invitation back (contract row 46).

use timetracks_db::sql;
use timetracks_domain::{Caller, Permission};

use crate::{Error, Refusal, Work};

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
    Ok(())
}

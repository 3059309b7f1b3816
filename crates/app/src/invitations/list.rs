//! The invitations that are still good (contract row 43).

use timetracks_db::sql;
use timetracks_domain::{Caller, Permission};

use super::{COLUMNS, LinkedInvitation, from_row};
use crate::{Error, Page, Visit, Work};

/// Visits every invitation that can still be used, oldest first.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied) unless the caller is an admin.
pub fn list(
    work: &mut Work,
    caller: &Caller,
    page: Page,
    visit: Visit<LinkedInvitation>,
) -> Result<(), Error> {
    caller.require(Permission::ManageUsers)?;
    let secrets = work.secrets;
    work.tx.each(
        sql!(
            "SELECT ",
            COLUMNS,
            " FROM invitations WHERE org_id = $1 AND id > $2 AND expires_at > $3 ORDER BY id LIMIT $4"
        ),
        &[
            &caller.org.uuid(),
            &page.start(),
            &work.now.ms(),
            &page.limit,
        ],
        |row| {
            let invitation = from_row(row)?;
            visit(LinkedInvitation {
                link_id: secrets.invitation_link_id(invitation.id),
                invitation,
            })
        },
    )
}

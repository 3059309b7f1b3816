//! Invitations to join an organisation.

mod create;
mod delete;
mod list;
mod read;

use timetracks_db::{Row, sql};
use timetracks_domain::{Invitation, Role};

pub use create::{CreateInvitation, create};
pub use delete::delete;
pub use list::list;
pub use read::read;

use crate::{Error, Refusal, Work, work::Columns};

const COLUMNS: &str = "id, org_id, email, role, expires_at, created_at, updated_at";

/// An invitation with the public id that its link carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedInvitation {
    /// The secret part of the link.
    pub link_id: String,
    /// The invitation.
    pub invitation: Invitation,
}

fn from_row(row: &mut Row) -> Result<Invitation, timetracks_db::Error> {
    Ok(Invitation {
        id: row.id()?,
        org: row.id()?,
        email: row.get()?,
        role: row.word(Role::from_word)?,
        expires_at: row.instant()?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
    })
}

/// The invitation with this public id, if it is still good.
pub(crate) fn find_by_link(work: &mut Work, link_id: &str) -> Result<Invitation, Error> {
    let id = work
        .secrets
        .read_invitation_link_id(link_id)
        .ok_or(Refusal::NotFound)?;
    let found = work.tx.row(
        sql!(
            "SELECT ",
            COLUMNS,
            " FROM invitations WHERE id = $1 AND expires_at > $2"
        ),
        &[&id.uuid(), &work.now.ms()],
        from_row,
    )?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

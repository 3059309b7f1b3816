//! Inviting someone (contract row 44).

use timetracks_db::sql;
use timetracks_domain::{Action, Caller, Email, Invitation, Permission, Role, Subject};

use super::LinkedInvitation;
use crate::{Error, Refusal, Work, audit, users};

/// How long an invitation is good: one day.
const VALID_MS: i64 = 24 * 60 * 60 * 1000;

/// An invitation to be.
#[derive(Debug, Clone)]
pub struct CreateInvitation {
    /// Who is invited.
    pub email: Email,
    /// The most that they may become.
    pub role: Role,
}

/// Invites someone to the caller's organisation.
///
/// # Errors
/// [`Refusal::Denied`] unless the caller is an admin; [`Refusal::EmailTaken`] for the email of a user.
pub fn create(
    work: &mut Work,
    caller: &Caller,
    request: CreateInvitation,
) -> Result<LinkedInvitation, Error> {
    caller.require(Permission::ManageUsers)?;
    if users::is_email_taken(work, &request.email)? {
        return Err(Refusal::EmailTaken.into());
    }
    work.tx.execute(
        sql!("DELETE FROM invitations WHERE org_id = $1 AND expires_at <= $2"),
        &[&caller.org.uuid(), &work.now.ms()],
    )?;
    let invitation = Invitation {
        id: work.id(),
        org: caller.org,
        email: request.email.as_str().to_owned(),
        role: request.role,
        expires_at: work.now.plus_ms(VALID_MS),
        created_at: work.now,
        updated_at: work.now,
    };
    work.tx.execute(
        sql!(
            "INSERT INTO invitations (org_id, id, email, role, expires_at, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $6)"
        ),
        &[
            &invitation.org.uuid(),
            &invitation.id.uuid(),
            &invitation.email,
            &invitation.role.as_str(),
            &invitation.expires_at.ms(),
            &invitation.created_at.ms(),
        ],
    )?;
    let subject = Subject::Invitation(invitation.id);
    let detail = format!("{} as {}", invitation.email, invitation.role.as_str());
    audit::record(
        work,
        caller,
        Action::InvitationCreated,
        Some(subject),
        Some(&detail),
    )?;
    let link_id = work.secrets.invitation_link_id(invitation.id);
    Ok(LinkedInvitation {
        link_id,
        invitation,
    })
}

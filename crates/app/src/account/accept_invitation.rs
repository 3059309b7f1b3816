//! Joining an organisation by invitation, once (contract row 7).

use timetracks_db::sql;
use timetracks_domain::{Action, Email, Invitation, Kind, Name, OrgId, Role, Subject, User};

use super::password_tokens;
use crate::{
    App, Error, PasswordHash, Refusal, Work,
    audit::{self, Actor},
    invitations, organisations,
    users::{self, NewUser},
};

/// What the invited person says of themselves.
#[derive(Debug, Clone)]
pub struct AcceptInvitation {
    /// First name.
    pub first_name: Option<Name>,
    /// Last name.
    pub last_name: Option<Name>,
    /// Must be the invited address.
    pub email: Email,
    /// At most the invited role.
    pub role: Role,
    /// Hashed; without one, a password token is answered.
    pub password_hash: Option<PasswordHash>,
}

/// The organisation that an invitation invites to, if it is good for this address and role. Asked before a password is
/// hashed, so that a made-up link costs no hashing.
///
/// # Errors
/// As [`accept_invitation`].
pub async fn check_invitation(
    app: &App,
    link_id: String,
    email: Email,
    role: Role,
) -> Result<OrgId, Error> {
    app.look(move |work| {
        let invitation = invitations::find_by_link(work, &link_id)?;
        check(work, &invitation, &email, role)?;
        Ok(invitation.org)
    })
    .await
}

/// Makes the invited person a user, and the invitation worthless. With no password given, the second part is the token
/// that sets one. For the lane of the organisation.
///
/// # Errors
/// [`Refusal::NotFound`] for an invitation that is unknown, used, deleted or expired; [`Refusal::InvitationEmail`],
/// [`Refusal::InvitationRole`]; [`Refusal::EmailTaken`]; [`Refusal::OrgSuspended`].
pub fn accept_invitation(
    work: &mut Work,
    link_id: &str,
    request: AcceptInvitation,
) -> Result<(User, Option<String>), Error> {
    let invitation = invitations::find_by_link(work, link_id)?;
    check(work, &invitation, &request.email, request.role)?;
    work.tx.execute(
        sql!("DELETE FROM invitations WHERE org_id = $1 AND id = $2"),
        &[&invitation.org.uuid(), &invitation.id.uuid()],
    )?;
    let without_password = request.password_hash.is_none();
    let new = NewUser {
        org: invitation.org,
        first_name: request.first_name,
        last_name: request.last_name,
        email: request.email,
        role: Some(request.role),
        super_user: false,
        kind: Kind::Human,
        password_hash: request.password_hash,
    };
    let user = users::add(work, new)?;
    audit::record(
        work,
        Actor::user(user.org, user.id),
        Action::InvitationAccepted,
        Some(Subject::Invitation(invitation.id)),
        None,
    )?;
    let token = match without_password {
        true => Some(password_tokens::issue(work, user.org, user.id)?),
        false => None,
    };
    Ok((user, token))
}

fn check(work: &mut Work, invitation: &Invitation, email: &Email, role: Role) -> Result<(), Error> {
    let org = organisations::find(work, invitation.org)?;
    if org.is_some_and(|org| org.suspended_at.is_some()) {
        Err(Refusal::OrgSuspended.into())
    } else if Email::parse(&invitation.email).as_ref() != Ok(email) {
        Err(Refusal::InvitationEmail.into())
    } else if role > invitation.role {
        Err(Refusal::InvitationRole.into())
    } else {
        Ok(())
    }
}

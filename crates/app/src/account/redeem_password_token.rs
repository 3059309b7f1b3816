//! Setting a password with a one-time token (contract row 54).

use timetracks_domain::{Action, OrgId, Subject, UserId};

use super::{password_tokens, session};
use crate::{
    App, Error, PasswordHash, Refusal, Work,
    audit::{self, Actor},
    secrets::{self, OpaqueToken},
};

/// A password token that was good when it was looked at.
#[derive(Debug, Clone, Copy)]
pub struct PasswordToken(OpaqueToken);

impl PasswordToken {
    /// The organisation of its user.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.0.org
    }

    /// Its user.
    #[must_use]
    pub fn user(&self) -> UserId {
        UserId::new(self.0.owner)
    }
}

/// Looks at a token before a password is hashed, so that a made-up one costs no hashing.
///
/// # Errors
/// As [`redeem_password_token`].
pub async fn check_password_token(app: &App, token: &str) -> Result<PasswordToken, Error> {
    let token = secrets::read_password_token(token).ok_or(Refusal::InvalidCredentials)?;
    app.look(move |work| require_good(work, &token)).await?;
    Ok(PasswordToken(token))
}

/// Sets the password of the token's user, ends their sessions, and makes the token worthless. For the lane of its
/// organisation.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] for whatever is no live token.
pub fn redeem_password_token(
    work: &mut Work,
    PasswordToken(token): PasswordToken,
    password_hash: &PasswordHash,
) -> Result<(), Error> {
    require_good(work, &token)?;
    let user = UserId::new(token.owner);
    password_tokens::set_password(work, token.org, user, password_hash)?;
    let (actor, subject) = (Actor::user(token.org, user), Subject::User(user));
    let detail = Some("with a password token");
    audit::record(work, actor, Action::PasswordChanged, Some(subject), detail)?;
    session::end_all(work, token.org, user, None)
}

fn require_good(work: &mut Work, token: &OpaqueToken) -> Result<(), Error> {
    match password_tokens::is_good(work, token)? {
        true => Ok(()),
        false => Err(Refusal::InvalidCredentials.into()),
    }
}

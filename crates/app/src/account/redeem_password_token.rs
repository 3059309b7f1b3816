//! Setting a password with a one-time token (contract row 54).

use timetracks_domain::{Password, UserId};

use super::{password_tokens, session};
use crate::{App, Error, Refusal, lane, secrets};

/// Sets the password of the token's user, ends their sessions, and makes the token worthless.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] for whatever is no live token.
pub async fn redeem_password_token(
    app: &App,
    token: &str,
    password: Password,
) -> Result<(), Error> {
    let token = secrets::read_password_token(token).ok_or(Refusal::InvalidCredentials)?;
    // Looked at first, so that a made-up token costs no hashing.
    if !app
        .read(move |work| password_tokens::is_good(work, &token))
        .await?
    {
        return Err(Refusal::InvalidCredentials.into());
    }
    let password_hash = app.passwords.hash(password).await?;
    app.write(lane(token.org), move |work| {
        if !password_tokens::is_good(work, &token)? {
            return Err(Refusal::InvalidCredentials.into());
        }
        password_tokens::set_password(work, token.org, token.owner, &password_hash)?;
        session::end_all(work, token.org, UserId::new(token.owner), None)
    })
    .await
}

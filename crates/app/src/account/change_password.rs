//! Changing the own password (contract row 14).

use timetracks_db::sql;
use timetracks_domain::{Caller, Denied, Password, Permission, UserId};

use super::{password_tokens, session};
use crate::{App, Error, Refusal, lane_of, work::Columns};

/// A new password.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    /// The new one.
    pub password: Password,
    /// The one it replaces, as it was typed.
    pub current_password: Option<String>,
}

/// Sets the caller's password and ends their other sessions.
///
/// # Errors
/// [`Refusal::Denied`] for another user's password or with an API key; [`Refusal::WrongPassword`];
/// [`Refusal::Invalid`] when the server demands `currentPassword` and it is missing.
pub async fn change_password(
    app: &App,
    caller: &Caller,
    user: UserId,
    request: ChangePassword,
) -> Result<(), Error> {
    caller.require(Permission::ChangeOwnCredentials)?;
    if user != caller.user {
        let (org, sought) = (caller.org, user);
        app.read(move |work| crate::users::find(work, org, sought))
            .await?;
        return Err(Denied::Role.into());
    }
    match request.current_password {
        Some(current) => {
            let org = caller.org;
            let stored: Option<Option<String>> = app
                .read(move |work| {
                    Ok(work.tx.row(
                        sql!("SELECT password_hash FROM users WHERE org_id = $1 AND id = $2"),
                        &[&org.uuid(), &user.uuid()],
                        |row| row.get(),
                    )?)
                })
                .await?;
            if !app.passwords.verify(stored.flatten(), current).await? {
                return Err(Refusal::WrongPassword.into());
            }
        }
        None if app.policy.require_current_password => {
            return Err(Refusal::Invalid {
                field: "currentPassword",
                rule: "is required on this server".to_owned(),
            }
            .into());
        }
        None => {}
    }
    let password_hash = app.passwords.hash(request.password).await?;
    let (org, stays) = (caller.org, caller.credential.session());
    app.write(lane_of(caller), move |work| {
        password_tokens::set_password(work, org, user.uuid(), &password_hash)?;
        session::end_all(work, org, user, stays)
    })
    .await
}

//! Changing the own password (contract row 14).

use timetracks_db::sql;
use timetracks_domain::{Action, Caller, Denied, Permission, Subject, UserId};

use super::{password_tokens, session};
use crate::{App, Error, PasswordHash, Refusal, Work, audit, work::Columns};

/// Checks that the caller may set the password of that user, before the new one is hashed: it is their own, and
/// `current`, when it is given, is the one that it replaces, as it was typed.
///
/// # Errors
/// [`Refusal::Denied`] for another user's password or with an API key; [`Refusal::WrongPassword`];
/// [`Refusal::Invalid`] when the server demands `currentPassword` and it is missing.
pub async fn check_current_password(
    app: &App,
    caller: &Caller,
    user: UserId,
    current: Option<String>,
) -> Result<(), Error> {
    caller.require(Permission::ChangeOwnCredentials)?;
    let org = caller.org;
    if user != caller.user {
        app.look(move |work| crate::users::find(work, org, user))
            .await?;
        return Err(Denied::Role.into());
    }
    match current {
        Some(current) => {
            let stored: Option<Option<String>> = app
                .read(move |work| {
                    Ok(work.tx.row(
                        sql!("SELECT password_hash FROM users WHERE org_id = $1 AND id = $2"),
                        &[&org.uuid(), &user.uuid()],
                        |row| row.get(),
                    )?)
                })
                .await?;
            match app.passwords.verify(stored.flatten(), current).await? {
                true => Ok(()),
                false => Err(Refusal::WrongPassword.into()),
            }
        }
        None if app.policy.require_current_password => Err(Refusal::Invalid {
            field: "currentPassword",
            rule: "is required on this server".to_owned(),
        }
        .into()),
        None => Ok(()),
    }
}

/// Sets the caller's password and ends their other sessions.
///
/// # Errors
/// [`Refusal::Denied`] with an API key.
pub fn change_password(
    work: &mut Work,
    caller: &Caller,
    password_hash: &PasswordHash,
) -> Result<(), Error> {
    caller.require(Permission::ChangeOwnCredentials)?;
    password_tokens::set_password(work, caller.org, caller.user, password_hash)?;
    let subject = Subject::User(caller.user);
    audit::record(work, caller, Action::PasswordChanged, Some(subject), None)?;
    let stays = caller.credential.session();
    session::end_all(work, caller.org, caller.user, stays)
}

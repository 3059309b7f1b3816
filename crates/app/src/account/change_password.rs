//! Changing the own password (contract row 14).

use timetracks_db::sql;
use timetracks_domain::{Action, Caller, Denied, Email, OrgId, Permission, Subject, UserId};

use super::{password_tokens, session};
use crate::{
    App, Error, Origin, PasswordHash, Refusal, Work,
    audit::{self, Actor},
    lane,
    throttle::{self, Account},
    work::Columns,
};

/// Checks that the caller may set the password of that user, before the new one is hashed: it is their own, and
/// `current`, when it is given, is the one that it replaces, as it was typed.
///
/// # Errors
/// [`Refusal::Denied`] for another user's password or with an API key; [`Refusal::WrongPassword`], and
/// [`Refusal::TooManyAttempts`] as at a login, so that who has a session cannot guess any faster;
/// [`Refusal::Invalid`] when the server demands `currentPassword` and it is missing.
pub async fn check_current_password(
    app: &App,
    origin: &Origin,
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
    let Some(current) = current else {
        return match app.policy.require_current_password {
            true => Err(Refusal::Invalid {
                field: "currentPassword",
                rule: "is required on this server".to_owned(),
            }
            .into()),
            false => Ok(()),
        };
    };
    let (email, stored) = app.read(move |work| find(work, org, user)).await?;
    let email = Email::parse(&email).map_err(|error| Error::Internal(error.to_string()))?;
    let account = Account::new(app, &email);
    if throttle::is_right(app, origin, account, stored, current, true).await? {
        return Ok(());
    }
    let actor = Actor::from(caller);
    app.write_for(origin, lane(org), move |work| {
        let (subject, detail) = (Subject::User(user), "the current password");
        audit::record(
            work,
            actor,
            Action::LoginFailed,
            Some(subject),
            Some(detail),
        )
    })
    .await?;
    Err(Refusal::WrongPassword.into())
}

/// The address that a user logs in with, and the hash of their password.
fn find(work: &mut Work, org: OrgId, user: UserId) -> Result<(String, Option<String>), Error> {
    let found = work.tx.row(
        sql!("SELECT email, password_hash FROM users WHERE org_id = $1 AND id = $2"),
        &[&org.uuid(), &user.uuid()],
        |row| Ok((row.get()?, row.get()?)),
    )?;
    found.ok_or_else(|| Refusal::NotFound.into())
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

//! Adding a user (contract row 11).

use timetracks_domain::{Caller, Email, Name, Password, Permission, Role, User};

use super::NewUser;
use crate::{App, Error, account, lane_of};

/// A user to be.
#[derive(Debug, Clone)]
pub struct CreateUser {
    /// First name.
    pub first_name: Option<Name>,
    /// Last name.
    pub last_name: Option<Name>,
    /// The address they will log in with.
    pub email: Email,
    /// Their part in the organisation.
    pub role: Role,
    /// Without one, a password token is answered.
    pub password: Option<Password>,
}

/// Adds a user to the caller's organisation. With no password given, the second part is the token that sets one.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied) unless the caller is an admin;
/// [`Refusal::EmailTaken`](crate::Refusal::EmailTaken).
pub async fn create(
    app: &App,
    caller: &Caller,
    request: CreateUser,
) -> Result<(User, Option<String>), Error> {
    caller.require(Permission::ManageUsers)?;
    let password_hash = match request.password {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let org = caller.org;
    app.write(lane_of(caller), move |work| {
        let without_password = password_hash.is_none();
        let new = NewUser {
            org,
            first_name: request.first_name,
            last_name: request.last_name,
            email: request.email,
            role: Some(request.role),
            super_user: false,
            password_hash,
        };
        let user = super::add(work, new)?;
        let token = match without_password {
            true => Some(account::issue_password_token(work, org, user.id)?),
            false => None,
        };
        Ok((user, token))
    })
    .await
}

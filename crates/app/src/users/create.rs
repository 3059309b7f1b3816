//! Adding a user (contract row 11).

use timetracks_domain::{Action, Caller, Email, Kind, Name, Permission, Role, Subject, User};

use super::NewUser;
use crate::{Error, PasswordHash, Work, account, audit};

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
    /// Who or what they are.
    pub kind: Kind,
    /// Hashed; without one, a password token is answered.
    pub password_hash: Option<PasswordHash>,
}

/// Adds a user to the caller's organisation. With no password given, the second part is the token that sets one.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied) unless the caller is an admin;
/// [`Refusal::EmailTaken`](crate::Refusal::EmailTaken).
pub fn create(
    work: &mut Work,
    caller: &Caller,
    request: CreateUser,
) -> Result<(User, Option<String>), Error> {
    caller.require(Permission::ManageUsers)?;
    let without_password = request.password_hash.is_none();
    let new = NewUser {
        org: caller.org,
        first_name: request.first_name,
        last_name: request.last_name,
        email: request.email,
        role: Some(request.role),
        super_user: false,
        kind: request.kind,
        password_hash: request.password_hash,
    };
    let user = super::add(work, new)?;
    let (subject, role) = (Subject::User(user.id), request.role.as_str());
    let detail = format!("as {role}");
    audit::record(
        work,
        caller,
        Action::UserCreated,
        Some(subject),
        Some(&detail),
    )?;
    let token = match without_password {
        true => Some(account::issue_password_token(work, caller.org, user.id)?),
        false => None,
    };
    Ok((user, token))
}

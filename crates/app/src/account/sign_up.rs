//! Signing up: a user and an organisation, or neither (contract row 1).

use timetracks_db::sql;
use timetracks_domain::{Action, Email, Kind, Name, OrgId, Organisation, Role, Subject, User};

use crate::{
    Error, PasswordHash, Work,
    audit::{self, Actor},
    users::{self, NewUser},
};

/// Who signs up, for what.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// The address to log in with.
    pub email: Email,
    /// First name.
    pub first_name: Name,
    /// Last name.
    pub last_name: Name,
    /// The password, hashed.
    pub password_hash: PasswordHash,
    /// The name of the new organisation.
    pub org_name: Name,
}

/// Makes an organisation and its first user, an admin. For `Lane::Server`, where organisations are made.
///
/// # Errors
/// [`Refusal::EmailTaken`](crate::Refusal::EmailTaken).
pub fn sign_up(work: &mut Work, request: SignUp) -> Result<(User, Organisation), Error> {
    let org = add_organisation(work, work.id(), &request.org_name, Some(&request.email))?;
    let new = NewUser {
        org: org.id,
        first_name: Some(request.first_name),
        last_name: Some(request.last_name),
        email: request.email,
        role: Some(Role::Admin),
        super_user: false,
        kind: Kind::Human,
        password_hash: Some(request.password_hash),
    };
    let user = users::add(work, new)?;
    let subject = Subject::Organisation(org.id);
    let actor = Actor::user(org.id, user.id);
    audit::record(work, actor, Action::SignedUp, Some(subject), None)?;
    Ok((user, org))
}

/// Makes an organisation.
pub(crate) fn add_organisation(
    work: &mut Work,
    id: OrgId,
    name: &Name,
    email: Option<&Email>,
) -> Result<Organisation, Error> {
    let org = Organisation {
        id,
        name: name.as_str().to_owned(),
        description: None,
        email: email.map(|email| email.as_str().to_owned()),
        max_running: None,
        suspended_at: None,
        created_at: work.now,
        updated_at: work.now,
    };
    work.tx.execute(
        sql!(
            "INSERT INTO organisations (org_id, name, description, email, suspended_at, created_at, updated_at)
            VALUES ($1, $2, $3, $4, NULL, $5, $5)"
        ),
        &[
            &org.id.uuid(),
            &org.name,
            &org.description,
            &org.email,
            &org.created_at.ms(),
        ],
    )?;
    Ok(org)
}

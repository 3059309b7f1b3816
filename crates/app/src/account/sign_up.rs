//! Signing up: a user and an organisation, or neither (contract row 1).

use timetracks_db::{Lane, sql};
use timetracks_domain::{Email, Name, OrgId, Organisation, Password, Role, User};

use crate::{
    App, Error, Work,
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
    /// The password.
    pub password: Password,
    /// The name of the new organisation.
    pub org_name: Name,
}

/// Makes an organisation and its first user, an admin.
///
/// # Errors
/// [`Refusal::EmailTaken`](crate::Refusal::EmailTaken).
pub async fn sign_up(app: &App, request: SignUp) -> Result<(User, Organisation), Error> {
    let password_hash = app.passwords.hash(request.password.clone()).await?;
    app.write(Lane::Server, move |work| {
        let org = add_organisation(work, work.id(), &request.org_name, Some(&request.email))?;
        let new = NewUser {
            org: org.id,
            first_name: Some(request.first_name),
            last_name: Some(request.last_name),
            email: request.email,
            role: Some(Role::Admin),
            super_user: false,
            password_hash: Some(password_hash),
        };
        Ok((users::add(work, new)?, org))
    })
    .await
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

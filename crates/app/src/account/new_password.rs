//! What a new password must not be (trust: "Password").

use timetracks_domain::{Email, OrgId, Password, UserId};

use crate::{App, Error, PasswordHash, Refusal, organisations, users};

/// Whose password it is to be.
#[derive(Debug, Clone)]
pub enum Owner {
    /// Somebody new, with this address.
    New(Email),
    /// A user.
    User(UserId),
}

/// Hashes the new password of somebody in that organisation.
///
/// # Errors
/// [`Refusal::Invalid`] when it is their email address or the name of the organisation; [`Error::HashingBusy`].
pub async fn hash_new_password(
    app: &App,
    org: OrgId,
    owner: Owner,
    password: Password,
) -> Result<PasswordHash, Error> {
    let known = app.look(move |work| {
        let name = organisations::find(work, org)?.map(|org| org.name);
        let email = match owner {
            Owner::New(email) => email.as_str().to_owned(),
            Owner::User(user) => users::find(work, org, user)?.email,
        };
        Ok((email, name.unwrap_or_default()))
    });
    let (email, name) = known.await?;
    require_unlike(&password, &email, &name)?;
    app.hash(password).await
}

/// Refuses a password that says who its owner is.
///
/// # Errors
/// [`Refusal::Invalid`].
pub fn require_unlike(password: &Password, email: &str, organisation: &str) -> Result<(), Refusal> {
    let checked = password.require_unlike(email, organisation);
    checked.map_err(|rule| Refusal::Invalid {
        field: "password",
        rule: rule.to_string(),
    })
}

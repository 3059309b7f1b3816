//! What a new password must not be (trust: "Password").

use timetracks_db::sql;
use timetracks_domain::{Email, OrgId, Password, UserId};

use crate::{App, Error, PasswordHash, Refusal, Work, organisations, users, work::Columns};

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
/// [`Refusal::Invalid`] when it is their email address or the name of the organisation, or the one that an admin has let
/// expire; [`Error::HashingBusy`].
pub async fn hash_new_password(
    app: &App,
    org: OrgId,
    owner: Owner,
    password: Password,
) -> Result<PasswordHash, Error> {
    let known = app.look(move |work| {
        let name = organisations::find(work, org)?.map(|org| org.name);
        let (email, expiring) = match owner {
            Owner::New(email) => (email.as_str().to_owned(), None),
            Owner::User(user) => {
                let email = users::find(work, org, user)?.email;
                (email, find_expiring(work, org, user)?)
            }
        };
        Ok((email, name.unwrap_or_default(), expiring))
    });
    let (email, name, expiring) = known.await?;
    require_unlike(&password, &email, &name)?;
    if expiring.is_some() {
        let same = app.passwords.verify(expiring, password.expose().to_owned());
        if same.await? {
            return Err(Refusal::Invalid {
                field: "password",
                rule: "must not be the one that expires".to_owned(),
            }
            .into());
        }
    }
    app.hash(password).await
}

/// What is stored of a password that an admin lets expire, or has let.
fn find_expiring(work: &mut Work, org: OrgId, user: UserId) -> Result<Option<String>, Error> {
    let found: Option<Option<String>> = work.tx.row(
        sql!(
            "SELECT password_hash FROM users
            WHERE org_id = $1 AND id = $2 AND password_expires_at IS NOT NULL"
        ),
        &[&org.uuid(), &user.uuid()],
        |row| row.get(),
    )?;
    Ok(found.flatten())
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

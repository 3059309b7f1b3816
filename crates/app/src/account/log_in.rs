//! Logging in with email and password (contract row 2).

use timetracks_db::sql;
use timetracks_domain::{Email, Instant, OrgId, UserId};

use super::{
    password_tokens,
    session::{self, Owner, Tokens},
};
use crate::{App, Error, Refusal, Work, credentials::Standing, lane, work::Columns};

/// An attempt to log in.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// The address.
    pub email: Email,
    /// The password, as it was typed.
    pub password: String,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}

struct Known {
    org: OrgId,
    user: UserId,
    standing: Standing,
    password_hash: Option<String>,
    password_expires_at: Option<Instant>,
}

/// Begins a session.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] for an unknown email, a wrong password and an inactive user alike, after the same
/// time; once the password was right, [`Refusal::PasswordExpired`] or [`Refusal::OrgSuspended`].
pub async fn log_in(app: &App, attempt: LogIn) -> Result<Tokens, Error> {
    let LogIn {
        email,
        password,
        user_agent,
    } = attempt;
    let known = app.read(move |work| find(work, &email)).await?;
    let stored = known.as_ref().and_then(|known| known.password_hash.clone());
    let right = app.passwords.verify(stored.clone(), password).await?;
    let Some(known) = known.filter(|_| right) else {
        return Err(Refusal::InvalidCredentials.into());
    };
    known
        .standing
        .check(app.clock.now(), None)
        .map_err(|refusal| match refusal {
            Refusal::Unauthenticated => Refusal::InvalidCredentials,
            other => other,
        })?;
    let (org, user) = (known.org, known.user);
    app.write(lane(org), move |work| {
        // The password may have been changed, or its owner deactivated, while it was being checked.
        if !still_has_password(work, org, user, stored.as_deref())? {
            return Err(Refusal::InvalidCredentials.into());
        }
        if known.password_expires_at.is_some_and(|end| end <= work.now) {
            let token = password_tokens::issue(work, org, user)?;
            return Ok(Err(token));
        }
        let owner = Owner {
            org,
            user,
            api_key: None,
        };
        session::begin(work, owner, user_agent, None).map(Ok)
    })
    .await?
    .map_err(|password_token| Refusal::PasswordExpired { password_token }.into())
}

fn find(work: &mut Work, email: &Email) -> Result<Option<Known>, Error> {
    let known = work.tx.row(
        sql!(
            "SELECT u.role, u.super_user, u.active, o.suspended_at, u.org_id, u.id, u.password_hash, u.password_expires_at
            FROM logins l
            JOIN users u ON u.org_id = l.org_id AND u.id = l.user_id
            JOIN organisations o ON o.org_id = l.org_id
            WHERE l.email_key = $1"
        ),
        &[&email.key()],
        |row| {
            Ok(Known {
                standing: Standing::read(row)?,
                org: row.id()?,
                user: row.id()?,
                password_hash: row.get()?,
                password_expires_at: row.optional_instant()?,
            })
        },
    )?;
    Ok(known)
}

fn still_has_password(
    work: &mut Work,
    org: OrgId,
    user: UserId,
    stored: Option<&str>,
) -> Result<bool, Error> {
    let found = work.tx.row(
        sql!("SELECT 1 FROM users WHERE org_id = $1 AND id = $2 AND password_hash = $3 AND active"),
        &[&org.uuid(), &user.uuid(), &stored],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

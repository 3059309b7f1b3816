//! Logging in with email and password (contract row 2).

use timetracks_db::sql;
use timetracks_domain::{Action, Email, Instant, OrgId, Subject, UserId};

use super::{
    password_tokens,
    session::{self, Owner, Tokens},
};
use crate::{
    App, Error, Origin, Refusal, Work,
    audit::{self, Actor},
    credentials::Standing,
    internal::SERVER_ORG,
    lane,
    throttle::{self, Account},
    work::Columns,
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Somebody who has just given the right password.
#[derive(Debug, Clone)]
pub struct Recognised {
    org: OrgId,
    user: UserId,
    password_hash: Option<String>,
    password_expires_at: Option<Instant>,
}

impl Recognised {
    /// Their organisation.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.org
    }
}

struct Known {
    org: OrgId,
    user: UserId,
    standing: Standing,
    password_hash: Option<String>,
    password_expires_at: Option<Instant>,
}

/// Who has this address and password.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] for an unknown email, a wrong password and an inactive user alike, after the same
/// time; once the password was right, [`Refusal::OrgSuspended`]; [`Refusal::TooManyAttempts`] before it is looked at;
/// [`Error::HashingBusy`].
pub async fn recognise(
    app: &App,
    origin: &Origin,
    email: Email,
    password: String,
) -> Result<Recognised, Error> {
    app.passwords.require_room()?;
    let account = Account::new(app, &email);
    let known = app.look(move |work| find(work, &email)).await?;
    let stored = known.as_ref().and_then(|known| known.password_hash.clone());
    let standing = known
        .as_ref()
        .map(|known| known.standing.check(app.clock.now(), None));
    let is_welcome = matches!(standing, Some(Ok(())));
    let right =
        throttle::is_right(app, origin, account, stored.clone(), password, is_welcome).await?;
    let refusal = match (&known, standing) {
        (Some(known), Some(Ok(()))) if right => {
            return Ok(Recognised {
                org: known.org,
                user: known.user,
                password_hash: stored,
                password_expires_at: known.password_expires_at,
            });
        }
        (Some(_), Some(Err(Refusal::OrgSuspended))) if right => Refusal::OrgSuspended,
        _ => Refusal::InvalidCredentials,
    };
    record_failure(app, origin, known).await?;
    Err(refusal.into())
}

/// Written for an unknown address too, so that the answer takes the same time, but only as a number: strangers must not
/// fill the disk.
async fn record_failure(app: &App, origin: &Origin, known: Option<Known>) -> Result<(), Error> {
    match known {
        Some(Known { org, user, .. }) => {
            app.write_for(origin, lane(org), move |work| {
                let actor = Actor::user(org, user);
                audit::record(work, actor, Action::LoginFailed, None, None)
            })
            .await
        }
        None => app.write_for(origin, lane(SERVER_ORG), count_unknown).await,
    }
}

fn count_unknown(work: &mut Work) -> Result<(), Error> {
    work.tx.execute(
        sql!(
            "INSERT INTO unknown_logins (day, failures) VALUES ($1, 1)
            ON CONFLICT (day) DO UPDATE SET failures = unknown_logins.failures + 1"
        ),
        &[&(work.now.ms() / DAY_MS)],
    )?;
    Ok(())
}

/// Begins a session or, when the password has expired, answers with a token that sets a new one. For the lane of the
/// organisation.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] when the password was changed, or its owner deactivated, in the meantime.
pub fn log_in(work: &mut Work, who: &Recognised) -> Result<Result<Tokens, String>, Error> {
    let (org, user) = (who.org, who.user);
    if !still_has_password(work, org, user, who.password_hash.as_deref())? {
        return Err(Refusal::InvalidCredentials.into());
    }
    if who.password_expires_at.is_some_and(|end| end <= work.now) {
        let (actor, subject) = (Actor::user(org, user), Subject::User(user));
        let (action, detail) = (Action::PasswordTokenIssued, "for an expired password");
        audit::record(work, actor, action, Some(subject), Some(detail))?;
        return password_tokens::issue(work, org, user).map(Err);
    }
    let owner = Owner {
        org,
        user,
        api_key: None,
    };
    session::begin(work, owner, None).map(Ok)
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

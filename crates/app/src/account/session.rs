//! Sessions: how long they last, the tokens that belong to them, and their end.

use timetracks_db::sql;
use timetracks_domain::{Action, ApiKeyId, Credential, Instant, OrgId, SessionId, Subject, UserId};

use crate::{
    Error, Work,
    audit::{self, Actor},
    secrets::AccessToken,
};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// User agents are kept up to this many characters.
const USER_AGENT_CHARACTERS: usize = 256;

/// With what a session began, which decides how long it lasts (contract rows 2 to 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// Email and password: access for a day, refresh for 7 days from the start.
    Password,
    /// An API key: access for 15 minutes, refresh for a day from the start.
    ApiKey,
}

impl SessionKind {
    const fn access_ms(self) -> i64 {
        match self {
            Self::Password => DAY_MS,
            Self::ApiKey => 15 * MINUTE_MS,
        }
    }

    const fn session_ms(self) -> i64 {
        match self {
            Self::Password => 7 * DAY_MS,
            Self::ApiKey => DAY_MS,
        }
    }
}

/// What a client works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// A JWT, for `Authorization: Bearer`.
    pub access_token: String,
    /// Good for one refresh.
    pub refresh_token: String,
    /// When the access token stops working.
    pub expires_at: Instant,
}

/// Whose session it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) org: OrgId,
    pub(crate) user: UserId,
    pub(crate) api_key: Option<ApiKeyId>,
}

impl Owner {
    pub(crate) fn kind(&self) -> SessionKind {
        match self.api_key {
            None => SessionKind::Password,
            Some(_) => SessionKind::ApiKey,
        }
    }
}

/// Begins a session, and clears away those of the same user that are over. No token of it outlives `key_expires_at`.
pub(crate) fn begin(
    work: &mut Work,
    owner: Owner,
    key_expires_at: Option<Instant>,
) -> Result<Tokens, Error> {
    work.tx.execute(
        sql!("DELETE FROM sessions WHERE org_id = $1 AND user_id = $2 AND expires_at <= $3"),
        &[&owner.org.uuid(), &owner.user.uuid(), &work.now.ms()],
    )?;
    let session: SessionId = work.id();
    let full = work.now.plus_ms(owner.kind().session_ms());
    let expires_at = key_expires_at.map_or(full, |end| end.min(full));
    let user_agent = work.origin.user_agent.as_ref();
    let user_agent: Option<String> =
        user_agent.map(|agent| agent.chars().take(USER_AGENT_CHARACTERS).collect());
    work.tx.execute(
        sql!(
            "INSERT INTO sessions (org_id, id, user_id, api_key_id, started_at, expires_at, user_agent)
            VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        &[
            &owner.org.uuid(),
            &session.uuid(),
            &owner.user.uuid(),
            &owner.api_key.map(ApiKeyId::uuid),
            &work.now.ms(),
            &expires_at.ms(),
            &user_agent,
        ],
    )?;
    let credential = match owner.api_key {
        Some(key) => Credential::ApiKeySession(session, key),
        None => Credential::Session(session),
    };
    let actor = Actor {
        org: owner.org,
        user: Some(owner.user),
        credential: Some(credential),
    };
    let subject = Subject::Session(session);
    audit::record(work, actor, Action::LoggedIn, Some(subject), None)?;
    issue(work, owner, session, expires_at, false)
}

/// A new pair of tokens for a session.
pub(crate) fn issue(
    work: &mut Work,
    owner: Owner,
    session: SessionId,
    session_expires_at: Instant,
    by_refresh: bool,
) -> Result<Tokens, Error> {
    let (refresh_token, hash) = work.secrets.refresh_token(owner.org, session);
    work.tx.execute(
        sql!(
            "INSERT INTO refresh_tokens (org_id, session_id, hash, replaced)
            VALUES ($1, $2, $3, FALSE)"
        ),
        &[&owner.org.uuid(), &session.uuid(), &hash],
    )?;
    let latest = work.now.plus_ms(owner.kind().access_ms());
    let expires_at = whole_second(latest.min(session_expires_at));
    let access = AccessToken {
        org: owner.org,
        user: owner.user,
        session,
        issued_at: work.now,
        expires_at,
        refreshed: by_refresh.then_some(hash),
    };
    Ok(Tokens {
        access_token: work.secrets.access_token(access),
        refresh_token,
        expires_at,
    })
}

/// JWTs count in seconds; the earlier one, so that no access token outlives its session.
fn whole_second(instant: Instant) -> Instant {
    instant.plus_ms(-(instant.ms() % 1000))
}

/// Ends every session of a user, but for one that may stay.
pub(crate) fn end_all(
    work: &mut Work,
    org: OrgId,
    user: UserId,
    stays: Option<SessionId>,
) -> Result<(), Error> {
    work.tx.execute(
        sql!("DELETE FROM sessions WHERE org_id = $1 AND user_id = $2 AND id IS DISTINCT FROM $3"),
        &[&org.uuid(), &user.uuid(), &stays.map(SessionId::uuid)],
    )?;
    work.tx.announce(org.uuid());
    Ok(())
}

//! From a credential to a caller. What was found is kept for a few seconds and forgotten the moment that a
//! transaction announces a change in the organisation, so that a revoked credential is dead on the next request.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use timetracks_db::sql;
use timetracks_domain::{
    ApiKeyId, Caller, Credential, Instant, Kind, OrgId, Role, Scope, SessionId,
};

use crate::{
    App, Error, Refusal, Work, account, api_keys, lane, secrets, secrets::AccessToken,
    work::Columns,
};

/// How long what was found is believed, for changes that another process makes to the same database.
const BELIEVED_MS: i64 = 5_000;
/// How many callers are kept at most.
const CAPACITY: usize = 100_000;
/// How exactly the last use of a key is recorded.
const LAST_USE_PRECISION_MS: i64 = 60_000;

/// The callers that were found lately.
#[derive(Default)]
pub(crate) struct Credentials {
    /// By session and by the refreshed pair that the token belongs to, which may have been lost.
    sessions: Found<(SessionId, Option<secrets::Hash>)>,
    keys: Found<secrets::Hash>,
    /// The refreshed pairs whose arrival is noted already.
    arrived: Mutex<HashSet<secrets::Hash>>,
    /// Counts the announcements, so that what was read before one is not kept after it.
    generation: AtomicU64,
}

struct Found<K>(Mutex<HashMap<K, (Arc<Caller>, Instant)>>);

impl<K> Default for Found<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl Credentials {
    /// Forgets every caller of an organisation.
    pub(crate) fn forget(&self, org: OrgId) {
        self.forget_where(|caller| caller.org == org);
    }

    /// Forgets every caller.
    pub(crate) fn forget_all(&self) {
        self.forget_where(|_| true);
    }

    fn forget_where(&self, is_doubtful: impl Fn(&Caller) -> bool) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.sessions.forget_where(&is_doubtful);
        self.keys.forget_where(&is_doubtful);
    }
}

impl<K: Eq + Hash> Found<K> {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<K, (Arc<Caller>, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, key: &K, now: Instant) -> Option<Arc<Caller>> {
        let found = self.lock();
        let (caller, since) = found.get(key)?;
        let fresh = (0..BELIEVED_MS).contains(&(now.ms() - since.ms()));
        (fresh && caller.expires_at.is_none_or(|end| now < end)).then(|| Arc::clone(caller))
    }

    fn keep(&self, key: K, caller: &Arc<Caller>, now: Instant, generation: (&AtomicU64, u64)) {
        let mut found = self.lock();
        if found.len() >= CAPACITY {
            found.clear();
        }
        // Under the lock: an announcement either came before this look or will find what is kept here.
        if generation.0.load(Ordering::SeqCst) == generation.1 {
            found.insert(key, (Arc::clone(caller), now));
        }
    }

    fn forget_where(&self, is_doubtful: impl Fn(&Caller) -> bool) {
        self.lock().retain(|_, (caller, _)| !is_doubtful(caller));
    }
}

/// When somebody was recognised.
#[derive(Debug, Clone, Copy)]
pub struct Recognised {
    at: Instant,
    generation: u64,
}

impl App {
    /// For whoever is recognised from now on.
    #[must_use]
    pub fn recognised_now(&self) -> Recognised {
        Recognised {
            at: self.clock.now(),
            generation: self.credentials.generation.load(Ordering::SeqCst),
        }
    }

    /// Whether a caller who was recognised then is believed still, without another look. A request may take long to
    /// arrive.
    #[must_use]
    pub fn still_believes(&self, caller: &Caller, then: Recognised) -> bool {
        let now = self.clock.now();
        (0..BELIEVED_MS).contains(&(now.ms() - then.at.ms()))
            && caller.expires_at.is_none_or(|end| now < end)
            && then.generation == self.credentials.generation.load(Ordering::SeqCst)
    }
}

/// Who comes with this access token or, when there is none, this API key.
///
/// # Errors
/// [`Refusal::Unauthenticated`] unless that is a live credential; [`Refusal::OrgSuspended`].
pub async fn authenticate(
    app: &App,
    access_token: Option<&str>,
    api_key: Option<&str>,
) -> Result<Arc<Caller>, Error> {
    let now = app.clock.now();
    match (access_token, api_key) {
        (Some(token), _) => {
            let token = app
                .secrets
                .read_access_token(token, now)
                .ok_or(Refusal::Unauthenticated)?;
            with_session(app, token, now).await
        }
        (None, Some(key)) => {
            let hash = secrets::read_api_key(key).ok_or(Refusal::Unauthenticated)?;
            with_key(app, hash, now).await
        }
        (None, None) => Err(Refusal::Unauthenticated.into()),
    }
}

async fn with_session(app: &App, token: AccessToken, now: Instant) -> Result<Arc<Caller>, Error> {
    let key = (token.session, token.refreshed);
    let caller = match app.credentials.sessions.get(&key, now) {
        Some(caller) => caller,
        // In a box, as whatever happens seldom: each request has room for this future, and moves it.
        None => Box::pin(find_session(app, token, now)).await?,
    };
    note_arrival(app, token, now).await?;
    Ok(caller)
}

async fn find_session(app: &App, token: AccessToken, now: Instant) -> Result<Arc<Caller>, Error> {
    let known = &app.credentials;
    let generation = known.generation.load(Ordering::SeqCst);
    let (caller, is_lost) = app.look(move |work| load_session(work, token)).await?;
    if let (true, Some(pair)) = (is_lost, token.refreshed) {
        arrive(app, token, pair).await?;
        return Err(Refusal::Unauthenticated.into());
    }
    let caller = Arc::new(caller);
    let generation = (&known.generation, generation);
    let key = (token.session, token.refreshed);
    known.sessions.keep(key, &caller, now, generation);
    Ok(caller)
}

/// Notes, once, that the answer of a refresh has arrived, because its access token is used.
async fn note_arrival(app: &App, token: AccessToken, now: Instant) -> Result<(), Error> {
    let Some(pair) = token.refreshed else {
        return Ok(());
    };
    if !account::may_be_forgiven(token.issued_at, now) {
        return Ok(());
    }
    let is_new = {
        let arrived = &app.credentials.arrived;
        let mut arrived = arrived.lock().unwrap_or_else(PoisonError::into_inner);
        if arrived.len() >= CAPACITY {
            arrived.clear();
        }
        arrived.insert(pair)
    };
    if is_new {
        match Box::pin(arrive(app, token, pair)).await {
            Ok(true) => {}
            // It was forgiven a moment ago.
            Ok(false) => return Err(Refusal::Unauthenticated.into()),
            // A full disk must not keep anyone from reading.
            Err(error) => tracing::warn!(%error, "the arrival of a refreshed token was not noted"),
        }
    }
    Ok(())
}

async fn arrive(app: &App, token: AccessToken, pair: secrets::Hash) -> Result<bool, Error> {
    let whose = (token.org, token.user, token.session);
    let arrived = move |work: &mut Work| account::arrived(work, whose, &pair);
    app.write(lane(token.org), arrived).await
}

/// The caller with this access token, and whether the answer that it was in was lost.
fn load_session(work: &mut Work, token: AccessToken) -> Result<(Caller, bool), Error> {
    let found = work.tx.row(
        sql!(
            "SELECT u.role, u.super_user, u.active, o.suspended_at, s.expires_at, s.api_key_id, k.scopes, k.expires_at, p.project_id,
                COALESCE(k.kind, u.kind), COALESCE(r.lost, FALSE)
            FROM sessions s
            JOIN users u ON u.org_id = s.org_id AND u.id = s.user_id
            JOIN organisations o ON o.org_id = s.org_id
            LEFT JOIN api_keys k ON k.org_id = s.org_id AND k.id = s.api_key_id
            LEFT JOIN api_key_projects p ON p.org_id = s.org_id AND p.api_key_id = s.api_key_id
            LEFT JOIN refresh_tokens r ON r.org_id = s.org_id AND r.session_id = s.id AND r.hash = $4
            WHERE s.org_id = $1 AND s.id = $2 AND s.user_id = $3"
        ),
        &[
            &token.org.uuid(),
            &token.session.uuid(),
            &token.user.uuid(),
            &token.refreshed,
        ],
        |row| {
            let standing = Standing::read(row)?;
            let session_ends = row.instant()?;
            let key: Option<ApiKeyId> = row.optional_id()?;
            let scopes = api_keys::scopes(row.get()?);
            let key_ends = row.optional_instant()?;
            let (project, kind) = (row.optional_id()?, row.word(Kind::from_word)?);
            let is_lost: bool = row.get()?;
            Ok((standing, session_ends, key, scopes, key_ends, (project, kind, is_lost)))
        },
    )?;
    let (standing, session_ends, key, scopes, key_ends, (project, kind, is_lost)) =
        found.ok_or(Refusal::Unauthenticated)?;
    let expires_at = key_ends.map_or(session_ends, |end| end.min(session_ends));
    standing.check(work.now, Some(expires_at))?;
    let caller = Caller {
        org: token.org,
        user: token.user,
        role: standing.role,
        super_user: standing.super_user,
        scopes,
        project,
        kind,
        credential: match key {
            None => Credential::Session(token.session),
            Some(key) => Credential::ApiKeySession(token.session, key),
        },
        expires_at: Some(expires_at),
    };
    Ok((caller, is_lost))
}

async fn with_key(app: &App, hash: secrets::Hash, now: Instant) -> Result<Arc<Caller>, Error> {
    let known = &app.credentials;
    if let Some(caller) = known.keys.get(&hash, now) {
        return Ok(caller);
    }
    Box::pin(find_key(app, hash, now)).await
}

async fn find_key(app: &App, hash: secrets::Hash, now: Instant) -> Result<Arc<Caller>, Error> {
    let known = &app.credentials;
    let generation = known.generation.load(Ordering::SeqCst);
    let (caller, last_used_at) = app.look(move |work| load_key(work, hash)).await?;
    if last_used_at.is_none_or(|last| now.ms() - last.ms() >= LAST_USE_PRECISION_MS) {
        let (org, Credential::ApiKey(key)) = (caller.org, caller.credential) else {
            return Err(Refusal::Unauthenticated.into());
        };
        let recorded = app
            .write(lane(org), move |work| record_use(work, org, key))
            .await;
        if let Err(error) = recorded {
            // A full disk must not keep anyone from reading.
            tracing::warn!(%error, "the last use of an API key was not recorded");
        }
    }
    let caller = Arc::new(caller);
    let generation = (&known.generation, generation);
    known.keys.keep(hash, &caller, now, generation);
    Ok(caller)
}

/// The caller with this API key, and when it was last used.
pub(crate) fn load_key(
    work: &mut Work,
    hash: secrets::Hash,
) -> Result<(Caller, Option<Instant>), Error> {
    let found = work.tx.row(
        sql!(
            "SELECT u.role, u.super_user, u.active, o.suspended_at, k.org_id, k.id, k.user_id, k.scopes, k.expires_at, p.project_id,
                COALESCE(k.kind, u.kind), k.last_used_at
            FROM api_keys k
            JOIN users u ON u.org_id = k.org_id AND u.id = k.user_id
            JOIN organisations o ON o.org_id = k.org_id
            LEFT JOIN api_key_projects p ON p.org_id = k.org_id AND p.api_key_id = k.id
            WHERE k.hash = $1"
        ),
        &[&hash],
        |row| {
            let standing = Standing::read(row)?;
            let org = row.id()?;
            let credential = Credential::ApiKey(row.id()?);
            let caller = Caller {
                org,
                credential,
                user: row.id()?,
                role: standing.role,
                super_user: standing.super_user,
                scopes: api_keys::scopes(row.get()?),
                expires_at: row.optional_instant()?,
                project: row.optional_id()?,
                kind: row.word(Kind::from_word)?,
            };
            Ok((standing, caller, row.optional_instant()?))
        },
    )?;
    let (standing, caller, last_used_at) = found.ok_or(Refusal::Unauthenticated)?;
    standing.check(work.now, caller.expires_at)?;
    Ok((caller, last_used_at))
}

/// Notes that a key was used just now.
pub(crate) fn record_use(work: &mut Work, org: OrgId, key: ApiKeyId) -> Result<(), Error> {
    work.tx.execute(
        sql!("UPDATE api_keys SET last_used_at = $3 WHERE org_id = $1 AND id = $2"),
        &[&org.uuid(), &key.uuid(), &work.now.ms()],
    )?;
    Ok(())
}

/// How a user and their organisation stand.
pub(crate) struct Standing {
    pub(crate) role: Option<Role>,
    pub(crate) super_user: bool,
    active: bool,
    suspended_at: Option<Instant>,
}

impl Standing {
    /// Reads `role, super_user, active, suspended_at`.
    pub(crate) fn read(row: &mut timetracks_db::Row) -> Result<Self, timetracks_db::Error> {
        Ok(Self {
            role: row
                .get::<Option<String>>()?
                .as_deref()
                .and_then(Role::from_word),
            super_user: row.get()?,
            active: row.get()?,
            suspended_at: row.optional_instant()?,
        })
    }

    /// Refuses who may not come in, or no longer.
    pub(crate) fn check(&self, now: Instant, expires_at: Option<Instant>) -> Result<(), Refusal> {
        if !self.active || expires_at.is_some_and(|end| end <= now) {
            Err(Refusal::Unauthenticated)
        } else if self.suspended_at.is_some() {
            Err(Refusal::OrgSuspended)
        } else {
            Ok(())
        }
    }
}

/// Scopes as they are stored.
pub(crate) fn scope_words(scopes: &[Scope]) -> String {
    let words: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
    words.join(" ")
}

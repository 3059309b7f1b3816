//! Retries of a request with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the first answer is kept
//! for a day, in the transaction of its effect, and given again.
//!
//! An answer may carry a secret that is shown once. So it is sealed (AES-256-GCM) with a key that is made of the server's
//! signing key and of the idempotency key, and the latter is nowhere stored: neither a copy of the database nor the
//! server itself can open it, only who retries.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use timetracks_db::sql;
use timetracks_domain::{Caller, OrgId, Role};
use uuid::Uuid;

use crate::{App, Error, Refusal, Work, credentials::scope_words, secrets::Hash, work::Columns};

/// How long an answer is kept.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// Each new answer clears away up to this many old ones.
const CLEARED_AT_ONCE: i64 = 8;

/// Whose idempotency keys these are: nobody's key meets another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryScope {
    /// A caller's.
    Caller {
        /// Their organisation.
        org: OrgId,
        /// The user or, of whoever comes with an API key, that key: its owner's other answers are none of its business.
        who: String,
        /// What they may do. Under another authority it is another request.
        authority: String,
    },
    /// Those from a client's address, for requests without a credential.
    Address(Option<std::net::IpAddr>),
}

impl From<&Caller> for RetryScope {
    fn from(caller: &Caller) -> Self {
        let who = match caller.credential.api_key() {
            Some(key) => format!("key {key}"),
            None => format!("user {}", caller.user),
        };
        let role = caller.role.map_or("none", Role::as_str);
        let scopes = caller.scopes.as_deref().map(scope_words);
        let scopes = scopes.as_deref().unwrap_or("all");
        let project = caller.project.map(|it| it.to_string());
        let project = project.as_deref().unwrap_or("any");
        Self::Caller {
            org: caller.org,
            who,
            authority: format!("{role}, {}, {scopes}, {project}", caller.super_user),
        }
    }
}

/// A request that may come again. While this lives, no other with its key is begun here.
#[derive(Clone)]
pub struct Retry(Arc<UnderWayEntry>);

struct UnderWayEntry {
    identity: Identity,
    /// What the answer is sealed with.
    seal: [u8; 32],
    under_way: UnderWay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    org: Uuid,
    key_hash: Hash,
    /// Of the whole request, and of what its sender may do.
    fingerprint: Hash,
}

/// The keys of the requests that this process is working on.
#[derive(Clone, Default)]
pub(crate) struct UnderWay(Arc<Mutex<HashSet<(Uuid, Hash)>>>);

impl UnderWay {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<(Uuid, Hash)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWayEntry {
    fn drop(&mut self) {
        let key = (self.identity.org, self.identity.key_hash);
        self.under_way.lock().remove(&key);
    }
}

/// What becomes of a request with an idempotency key.
pub enum Attempt {
    /// It is the first: do it, and [`Retry::keep`] the answer.
    First(Retry),
    /// It came before: this was the answer.
    Again(Vec<u8>),
}

impl App {
    /// Looks whether a request with an idempotency key came before. `request` stands for all of it: method, path, query
    /// and body.
    ///
    /// # Errors
    /// [`Refusal::IdempotencyKeyReused`] when the key came with another request; [`Refusal::IdempotencyKeyInUse`].
    pub async fn attempt(
        &self,
        scope: RetryScope,
        key: &str,
        request: &[u8; 32],
    ) -> Result<Attempt, Error> {
        let (org, who, authority) = match scope {
            RetryScope::Caller {
                org,
                who,
                authority,
            } => (org.uuid(), who, authority),
            RetryScope::Address(address) => (
                Uuid::nil(),
                address.map(|it| it.to_string()).unwrap_or_default(),
                String::new(),
            ),
        };
        let request = &[request, authority.as_bytes()].concat();
        let identity = Identity {
            org,
            key_hash: self.secrets.retry("key", &who, key, &[]),
            fingerprint: self.secrets.retry("fingerprint", &who, key, request),
        };
        if !self.retries.lock().insert((org, identity.key_hash)) {
            return Err(Refusal::IdempotencyKeyInUse.into());
        }
        let retry = Retry(Arc::new(UnderWayEntry {
            identity,
            seal: self.secrets.retry("seal", &who, key, request),
            under_way: self.retries.clone(),
        }));
        match self.look(move |work| find(work, identity)).await? {
            None => Ok(Attempt::First(retry)),
            Some((fingerprint, _)) if fingerprint != identity.fingerprint => {
                Err(Refusal::IdempotencyKeyReused.into())
            }
            Some((_, sealed)) => retry.open(sealed).map(Attempt::Again),
        }
    }
}

type Stored = (Hash, Vec<u8>);

fn find(work: &mut Work, identity: Identity) -> Result<Option<Stored>, Error> {
    Ok(work.tx.row(
        sql!(
            "SELECT fingerprint, answer FROM idempotency_keys
            WHERE org_id = $1 AND key_hash = $2 AND created_at > $3"
        ),
        &[
            &identity.org,
            &identity.key_hash,
            &(work.now.ms() - KEPT_MS),
        ],
        |row| Ok((row.get()?, row.get()?)),
    )?)
}

impl Retry {
    /// Keeps the answer, together with whatever else the transaction does.
    ///
    /// # Errors
    /// [`Refusal::IdempotencyKeyInUse`] when another instance was faster.
    pub fn keep(&self, work: &mut Work, answer: &[u8]) -> Result<(), Error> {
        let (identity, now) = (self.0.identity, work.now.ms());
        let sealed = self.seal(work.secrets.random.bytes(), answer)?;
        work.tx.execute(
            sql!(
                "DELETE FROM idempotency_keys WHERE org_id = $1 AND key_hash IN (
                    SELECT key_hash FROM idempotency_keys WHERE org_id = $1 AND created_at <= $2
                    ORDER BY created_at LIMIT $3)"
            ),
            &[&identity.org, &(now - KEPT_MS), &CLEARED_AT_ONCE],
        )?;
        let kept = work.tx.count(
            sql!(
                "INSERT INTO idempotency_keys (org_id, key_hash, fingerprint, answer, created_at)
                VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (org_id, key_hash) DO UPDATE SET fingerprint = $3, answer = $4, created_at = $5
                WHERE idempotency_keys.created_at <= $6"
            ),
            &[
                &identity.org,
                &identity.key_hash,
                &identity.fingerprint,
                &sealed,
                &now,
                &(now - KEPT_MS),
            ],
        )?;
        match kept {
            0 => Err(Refusal::IdempotencyKeyInUse.into()),
            _ => Ok(()),
        }
    }

    fn cipher(&self) -> Result<LessSafeKey, Error> {
        UnboundKey::new(&AES_256_GCM, &self.0.seal)
            .map(LessSafeKey::new)
            .map_err(|error| Error::Internal(error.to_string()))
    }

    /// Nonce, then what is sealed, then the tag.
    fn seal(&self, nonce: [u8; NONCE_LEN], answer: &[u8]) -> Result<Vec<u8>, Error> {
        let mut sealed = answer.to_vec();
        self.cipher()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::empty(),
                &mut sealed,
            )
            .map_err(|error| Error::Internal(error.to_string()))?;
        sealed.splice(0..0, nonce);
        Ok(sealed)
    }

    fn open(&self, sealed: Vec<u8>) -> Result<Vec<u8>, Error> {
        let broken = || Error::Internal("a kept answer cannot be opened".to_owned());
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(broken)?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self
            .cipher()?
            .open_in_place(nonce, Aad::empty(), &mut sealed);
        opened.map(|answer| answer.to_vec()).map_err(|_| broken())
    }
}

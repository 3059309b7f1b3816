//! Every secret that TimeTracks gives out: how it is made, how it is known again, and what of it is stored.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use timetracks_domain::{BASE32, Email, Instant, InvitationId, OrgId, SessionId, UserId};
use uuid::Uuid;

use crate::random::Random;

/// The SHA-256 of a secret with so many random bits that no slow hash is needed.
pub type Hash = [u8; 32];

const ISSUER: &str = "timetracks";
const REFRESH_PREFIX: &str = "ttr_";
const PASSWORD_PREFIX: &str = "ttp_";
const API_KEY_PREFIX: &str = "tt_";
/// How many access tokens are known by sight at most: some 5 MB of them.
const TOKENS_BY_SIGHT: usize = 10_000;

/// The one key from which the server's other keys are made: 32 random bytes.
#[derive(Clone)]
pub struct SigningKey([u8; 32]);

impl SigningKey {
    /// A key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Tells signing keys apart, and no more.
    pub(crate) fn fingerprint(&self) -> Hash {
        self.derive("fingerprint")
    }

    /// A key for one purpose, so that what is signed for one is never good for another.
    fn derive(&self, purpose: &str) -> [u8; 32] {
        mac(&self.0, purpose.as_bytes())
    }
}

fn mac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Keys and randomness.
pub struct Secrets {
    pub(crate) random: Random,
    access_encoding: EncodingKey,
    access_decoding: DecodingKey,
    validation: Validation,
    /// Access tokens that were verified, because verifying one takes longer than all else that is done to find the caller.
    /// What a text says never changes; whether it has expired is asked each time.
    verified: RwLock<HashMap<Box<str>, AccessToken>>,
    invitation_key: [u8; 32],
    retry_key: [u8; 32],
    account_key: [u8; 32],
    /// Of the signing key.
    pub(crate) fingerprint: Hash,
}

/// What an access token says.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    org: String,
    iat: i64,
    exp: i64,
    /// The hash of the refresh token that came with it, when both came from a refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    rfh: Option<String>,
}

/// What a good access token proves. Whether the session still lives is not among it.
#[derive(Debug, Clone, Copy)]
pub struct AccessToken {
    /// Where its user belongs.
    pub org: OrgId,
    /// Whose it is.
    pub user: UserId,
    /// Which session of theirs.
    pub session: SessionId,
    /// From when on it is good.
    pub issued_at: Instant,
    /// When it is good no more.
    pub expires_at: Instant,
    /// What is stored of the refresh token that came with it, when both came from a refresh.
    pub refreshed: Option<Hash>,
}

/// A secret that names what it belongs to, so that it is found without an index of hashes.
#[derive(Debug, Clone, Copy)]
pub struct OpaqueToken {
    /// Where its owner belongs.
    pub org: OrgId,
    /// The session of a refresh token, the user of a password token.
    pub owner: Uuid,
    /// What is stored of it.
    pub hash: Hash,
}

impl Secrets {
    /// What is derived from the signing key.
    #[must_use]
    pub fn new(key: &SigningKey, random: Random) -> Self {
        let access = key.derive("access-token");
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        // Against our own clock, in `read_access_token`.
        validation.validate_exp = false;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Self {
            random,
            access_encoding: EncodingKey::from_secret(&access),
            access_decoding: DecodingKey::from_secret(&access),
            validation,
            verified: RwLock::default(),
            invitation_key: key.derive("invitation"),
            retry_key: key.derive("idempotency"),
            account_key: key.derive("login-account"),
            fingerprint: key.fingerprint(),
        }
    }

    /// An access token (a JWT, HS256).
    #[must_use]
    pub fn access_token(&self, token: AccessToken) -> String {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: token.user.to_string(),
            sid: token.session.to_string(),
            org: token.org.to_string(),
            iat: token.issued_at.ms() / 1000,
            exp: token.expires_at.ms() / 1000,
            rfh: token.refreshed.map(|hash| BASE64URL_NOPAD.encode(&hash)),
        };
        jsonwebtoken::encode(&Header::default(), &claims, &self.access_encoding)
            .expect("the claims are JSON and the key is HMAC")
    }

    /// What the token proves, if it is ours and has not expired.
    #[must_use]
    pub fn read_access_token(&self, text: &str, now: Instant) -> Option<AccessToken> {
        let is_good = |token: &AccessToken| now < token.expires_at;
        let known = self.verified.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = known.get(text) {
            return Some(*token).filter(is_good);
        }
        drop(known);
        let token = self.verify_access_token(text).filter(is_good)?;
        let verified = self.verified.write();
        let mut verified = verified.unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= TOKENS_BY_SIGHT {
            verified.clear();
        }
        verified.insert(text.into(), token);
        Some(token)
    }

    fn verify_access_token(&self, text: &str) -> Option<AccessToken> {
        let claims: Claims = jsonwebtoken::decode(text, &self.access_decoding, &self.validation)
            .ok()?
            .claims;
        let refreshed = match claims.rfh {
            Some(text) => {
                let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
                Some(bytes.try_into().ok()?)
            }
            None => None,
        };
        Some(AccessToken {
            org: claims.org.parse().ok()?,
            user: claims.sub.parse().ok()?,
            session: claims.sid.parse().ok()?,
            issued_at: Instant::from_ms(claims.iat.checked_mul(1000)?).ok()?,
            expires_at: Instant::from_ms(claims.exp.checked_mul(1000)?).ok()?,
            refreshed,
        })
    }

    /// A new refresh token of a session.
    #[must_use]
    pub fn refresh_token(&self, org: OrgId, session: SessionId) -> (String, Hash) {
        self.opaque(REFRESH_PREFIX, org, session.uuid())
    }

    /// A new password token of a user.
    #[must_use]
    pub fn password_token(&self, org: OrgId, user: UserId) -> (String, Hash) {
        self.opaque(PASSWORD_PREFIX, org, user.uuid())
    }

    fn opaque(&self, prefix: &str, org: OrgId, owner: Uuid) -> (String, Hash) {
        let mut bytes = [0; 64];
        bytes[..16].copy_from_slice(org.uuid().as_bytes());
        bytes[16..32].copy_from_slice(owner.as_bytes());
        bytes[32..].copy_from_slice(&self.random.bytes::<32>());
        let text = format!("{prefix}{}", BASE64URL_NOPAD.encode(&bytes));
        let hash = hash(&text);
        (text, hash)
    }

    /// A new API key: 160 random bits and a checksum, so that scanners can tell a real one from a typo.
    #[must_use]
    pub fn api_key(&self) -> (String, Hash) {
        let random: [u8; 20] = self.random.bytes();
        let mut bytes = [0; 24];
        bytes[..20].copy_from_slice(&random);
        bytes[20..].copy_from_slice(&crc32fast::hash(&random).to_be_bytes());
        let text = format!("{API_KEY_PREFIX}{}", BASE32.encode(&bytes));
        let hash = hash(&text);
        (text, hash)
    }

    /// What stands for a retried request, for one purpose. None of what it is made of can be found from it.
    pub(crate) fn retry(&self, purpose: &str, who: &str, key: &str, request: &[u8]) -> Hash {
        let message = [purpose.as_bytes(), who.as_bytes(), request, key.as_bytes()].join(&0);
        mac(&self.retry_key, &message)
    }

    /// What stands for an address that somebody tries to log in with.
    pub(crate) fn account(&self, email: &Email) -> Hash {
        mac(&self.account_key, email.key().as_bytes())
    }

    /// The public id of an invitation: its row and 128 bits that only this server can make. Nothing of them is stored.
    #[must_use]
    pub fn invitation_link_id(&self, id: InvitationId) -> String {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(id.uuid().as_bytes());
        bytes[16..].copy_from_slice(&mac(&self.invitation_key, id.uuid().as_bytes())[..16]);
        BASE32.encode(&bytes)
    }

    /// The row of an invitation, if the public id is one that this server made.
    #[must_use]
    pub fn read_invitation_link_id(&self, text: &str) -> Option<InvitationId> {
        let bytes = BASE32.decode(text.as_bytes()).ok()?;
        let (id, proof) = bytes.split_first_chunk::<16>()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.invitation_key).ok()?;
        mac.update(id);
        if proof.len() != 16 {
            return None;
        }
        mac.verify_truncated_left(proof).ok()?;
        Some(InvitationId::new(Uuid::from_bytes(*id)))
    }
}

/// The parts of a refresh token.
#[must_use]
pub fn read_refresh_token(text: &str) -> Option<OpaqueToken> {
    read_opaque(REFRESH_PREFIX, text)
}

/// The parts of a password token.
#[must_use]
pub fn read_password_token(text: &str) -> Option<OpaqueToken> {
    read_opaque(PASSWORD_PREFIX, text)
}

fn read_opaque(prefix: &str, text: &str) -> Option<OpaqueToken> {
    let bytes = BASE64URL_NOPAD
        .decode(text.strip_prefix(prefix)?.as_bytes())
        .ok()?;
    let bytes: [u8; 64] = bytes.try_into().ok()?;
    let (org, rest) = bytes.split_first_chunk::<16>()?;
    let (owner, _) = rest.split_first_chunk::<16>()?;
    Some(OpaqueToken {
        org: OrgId::new(Uuid::from_bytes(*org)),
        owner: Uuid::from_bytes(*owner),
        hash: hash(text),
    })
}

/// What is stored of an API key, if the text can be one at all.
#[must_use]
pub fn read_api_key(text: &str) -> Option<Hash> {
    let bytes = BASE32
        .decode(text.strip_prefix(API_KEY_PREFIX)?.as_bytes())
        .ok()?;
    let (random, checksum) = bytes.split_first_chunk::<20>()?;
    (checksum == crc32fast::hash(random).to_be_bytes()).then(|| hash(text))
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests;

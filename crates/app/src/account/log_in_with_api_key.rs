//! Exchanging an API key for a short session (contract row 4).

use timetracks_domain::{Credential, OrgId};

use super::session::{self, Owner, Tokens};
use crate::{App, Error, Refusal, Work, credentials, secrets};

/// An API key that was good when it was looked at.
#[derive(Debug, Clone, Copy)]
pub struct RecognisedKey {
    org: OrgId,
    hash: secrets::Hash,
}

impl RecognisedKey {
    /// The organisation of its owner.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.org
    }
}

/// Whose key it is.
///
/// # Errors
/// As [`log_in_with_api_key`].
pub async fn recognise_key(app: &App, api_key: &str) -> Result<RecognisedKey, Error> {
    let hash = secrets::read_api_key(api_key).ok_or(Refusal::InvalidCredentials)?;
    let (found, _) = app
        .look(move |work| credentials::load_key(work, hash))
        .await
        .map_err(as_invalid)?;
    Ok(RecognisedKey {
        org: found.org,
        hash,
    })
}

/// Begins a session with an API key. For the lane of its organisation.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] for whatever is no live key; [`Refusal::OrgSuspended`].
pub fn log_in_with_api_key(work: &mut Work, key: RecognisedKey) -> Result<Tokens, Error> {
    // Again, now that nobody can revoke it in between.
    let (caller, _) = credentials::load_key(work, key.hash).map_err(as_invalid)?;
    let Credential::ApiKey(key) = caller.credential else {
        return Err(Refusal::InvalidCredentials.into());
    };
    credentials::record_use(work, caller.org, key)?;
    let owner = Owner {
        org: caller.org,
        user: caller.user,
        api_key: Some(key),
    };
    session::begin(work, owner, caller.expires_at)
}

fn as_invalid(error: Error) -> Error {
    match error {
        Error::Refused(Refusal::Unauthenticated) => Refusal::InvalidCredentials.into(),
        other => other,
    }
}

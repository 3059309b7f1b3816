//! Exchanging an API key for a short session (contract row 4).

use timetracks_domain::Credential;

use super::session::{self, Owner, Tokens};
use crate::{App, Error, Refusal, credentials, lane, secrets};

/// Begins a session with an API key.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] for whatever is no live key; [`Refusal::OrgSuspended`].
pub async fn log_in_with_api_key(
    app: &App,
    api_key: &str,
    user_agent: Option<String>,
) -> Result<Tokens, Error> {
    let hash = secrets::read_api_key(api_key).ok_or(Refusal::InvalidCredentials)?;
    let (found, _) = app
        .read(move |work| credentials::load_key(work, hash))
        .await
        .map_err(as_invalid)?;
    app.write(lane(found.org), move |work| {
        // Again, now that nobody can revoke it in between.
        let (caller, _) = credentials::load_key(work, hash).map_err(as_invalid)?;
        let Credential::ApiKey(key) = caller.credential else {
            return Err(Refusal::InvalidCredentials.into());
        };
        credentials::record_use(work, caller.org, key)?;
        let owner = Owner {
            org: caller.org,
            user: caller.user,
            api_key: Some(key),
        };
        session::begin(work, owner, user_agent, caller.expires_at)
    })
    .await
}

fn as_invalid(error: Error) -> Error {
    match error {
        Error::Refused(Refusal::Unauthenticated) => Refusal::InvalidCredentials.into(),
        other => other,
    }
}

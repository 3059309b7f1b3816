//! Giving an API key a new secret (contract row 18).

use timetracks_db::sql;
use timetracks_domain::{Action, ApiKey, ApiKeyId, Caller, Permission, Subject};

use crate::{Error, Work, audit};

/// A new secret under the same id, name and scopes. The old one is dead, and so is every session begun with it.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied) for a caller who came with an API key;
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn rotate(work: &mut Work, caller: &Caller, key: ApiKeyId) -> Result<(String, ApiKey), Error> {
    caller.require(Permission::ChangeOwnCredentials)?;
    let mut key = super::find(work, caller, key)?;
    let (secret, hash) = work.secrets.api_key();
    key.last4 = super::last4(&secret);
    key.last_used_at = None;
    key.updated_at = work.now;
    work.tx.execute(
        sql!(
            "UPDATE api_keys SET hash = $3, last4 = $4, last_used_at = NULL, updated_at = $5
            WHERE org_id = $1 AND id = $2"
        ),
        &[
            &caller.org.uuid(),
            &key.id.uuid(),
            &hash,
            &key.last4,
            &key.updated_at.ms(),
        ],
    )?;
    work.tx.execute(
        sql!("DELETE FROM sessions WHERE org_id = $1 AND api_key_id = $2"),
        &[&caller.org.uuid(), &key.id.uuid()],
    )?;
    let subject = Subject::ApiKey(key.id);
    audit::record(
        work,
        caller,
        Action::ApiKeyRotated,
        Some(subject),
        Some(&key.name),
    )?;
    work.tx.announce(caller.org.uuid());
    Ok((secret, key))
}

//! API keys: long-lived credentials for machines. Only their hashes are stored.

mod create;
mod delete;
mod list;
mod read;
mod rotate;

use timetracks_db::{Row, sql};
use timetracks_domain::{ApiKey, ApiKeyId, Caller, Kind, Scope};

pub use create::{CreateApiKey, create};
pub use delete::delete;
pub use list::list;
pub use read::read;
pub use rotate::rotate;

use crate::{Error, Refusal, Work, work::Columns};

const COLUMNS: &str = "k.id, k.name, k.last4, k.scopes, k.expires_at, p.project_id, k.kind, k.last_used_at, k.created_at, k.updated_at
    FROM api_keys k LEFT JOIN api_key_projects p ON p.org_id = k.org_id AND p.api_key_id = k.id";

fn from_row(row: &mut Row) -> Result<ApiKey, timetracks_db::Error> {
    Ok(ApiKey {
        id: row.id()?,
        name: row.get()?,
        last4: row.get()?,
        scopes: scopes(row.get()?),
        expires_at: row.optional_instant()?,
        project: row.optional_id()?,
        kind: row
            .get::<Option<String>>()?
            .as_deref()
            .and_then(Kind::from_word),
        last_used_at: row.optional_instant()?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
    })
}

/// A key as it is, to be compared with the version that a client has seen. Whether they may is asked by what changes it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn current(work: &mut Work, caller: &Caller, key: ApiKeyId) -> Result<ApiKey, Error> {
    find(work, caller, key)
}

/// Scopes from the words that are stored; a word that this program does not know allows nothing.
pub(crate) fn scopes(stored: Option<String>) -> Option<Vec<Scope>> {
    stored.map(|words| words.split(' ').filter_map(Scope::from_word).collect())
}

/// The only key that the caller may see, when they came with one that is bound to a project.
fn only(caller: &Caller) -> Option<ApiKeyId> {
    caller.project.and(caller.credential.api_key())
}

/// One of the caller's own keys.
fn find(work: &mut Work, caller: &Caller, key: ApiKeyId) -> Result<ApiKey, Error> {
    if only(caller).is_some_and(|only| only != key) {
        return Err(Refusal::NotFound.into());
    }
    let found = work.tx.row(
        sql!(
            "SELECT ",
            COLUMNS,
            " WHERE k.org_id = $1 AND k.id = $2 AND k.user_id = $3"
        ),
        &[&caller.org.uuid(), &key.uuid(), &caller.user.uuid()],
        from_row,
    )?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// The last four characters of a secret.
fn last4(secret: &str) -> String {
    secret[secret.len() - 4..].to_owned()
}

//! API keys: long-lived credentials for machines. Only their hashes are stored.

mod create;
mod delete;
mod list;
mod read;
mod rotate;

use timetracks_db::{Row, sql};
use timetracks_domain::{ApiKey, ApiKeyId, Caller, Scope};

pub use create::{CreateApiKey, create};
pub use delete::delete;
pub use list::list;
pub use read::read;
pub use rotate::rotate;

use crate::{Error, Refusal, Work, work::Columns};

const COLUMNS: &str = "id, name, last4, scopes, expires_at, last_used_at, created_at, updated_at";

fn from_row(row: &mut Row) -> Result<ApiKey, timetracks_db::Error> {
    Ok(ApiKey {
        id: row.id()?,
        name: row.get()?,
        last4: row.get()?,
        scopes: scopes(row.get()?),
        expires_at: row.optional_instant()?,
        last_used_at: row.optional_instant()?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
    })
}

/// Scopes from the words that are stored; a word that this program does not know allows nothing.
pub(crate) fn scopes(stored: Option<String>) -> Option<Vec<Scope>> {
    stored.map(|words| words.split(' ').filter_map(Scope::from_word).collect())
}

/// One of the caller's own keys.
fn find(work: &mut Work, caller: &Caller, key: ApiKeyId) -> Result<ApiKey, Error> {
    let found = work.tx.row(
        sql!(
            "SELECT ",
            COLUMNS,
            " FROM api_keys WHERE org_id = $1 AND id = $2 AND user_id = $3"
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

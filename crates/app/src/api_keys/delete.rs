//! Deleting an API key (contract row 19).

use timetracks_db::sql;
use timetracks_domain::{Action, ApiKeyId, Caller, Permission, Subject};

use crate::{Error, Work, audit};

/// Deletes one of the caller's keys, and with it every session begun with it.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn delete(work: &mut Work, caller: &Caller, key: ApiKeyId) -> Result<(), Error> {
    caller.require(Permission::ChangeOwnAccount)?;
    let key = super::find(work, caller, key)?;
    work.tx.execute(
        sql!("DELETE FROM api_keys WHERE org_id = $1 AND id = $2"),
        &[&caller.org.uuid(), &key.id.uuid()],
    )?;
    let subject = Subject::ApiKey(key.id);
    audit::record(
        work,
        caller,
        Action::ApiKeyDeleted,
        Some(subject),
        Some(&key.name),
    )?;
    work.tx.announce(caller.org.uuid());
    Ok(())
}

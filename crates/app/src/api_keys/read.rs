//! Reading an API key's metadata (contract row 17).

use timetracks_domain::{ApiKey, ApiKeyId, Caller, Permission};

use crate::{Error, Work};

/// One of the caller's own keys, without its secret.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound), for a colleague's key too.
pub fn read(work: &mut Work, caller: &Caller, key: ApiKeyId) -> Result<ApiKey, Error> {
    caller.require(Permission::ReadOwnAccount)?;
    super::find(work, caller, key)
}

//! Reading a user (contract row 12).

use timetracks_domain::{Caller, Permission, User, UserId};

use crate::{Error, Work};

/// A user of the caller's organisation, or the caller.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn read(work: &mut Work, caller: &Caller, user: UserId) -> Result<User, Error> {
    caller.require_own_or_any(user, Permission::ReadOwnAccount, Permission::ReadUsers)?;
    super::find(work, caller.org, user)
}

//! Reading an organisation (contract row 8).

use timetracks_domain::{Caller, OrgId, Organisation, Permission};

use crate::{Error, Refusal, Work};

/// The caller's organisation.
///
/// # Errors
/// [`Refusal::NotFound`] for any other.
pub fn read(work: &mut Work, caller: &Caller, org: OrgId) -> Result<Organisation, Error> {
    caller.require(Permission::ReadOrganisation)?;
    if org != caller.org {
        return Err(Refusal::NotFound.into());
    }
    super::find(work, org)?.ok_or_else(|| Refusal::NotFound.into())
}

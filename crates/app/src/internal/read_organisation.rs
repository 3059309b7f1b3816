//! One organisation, as its operator sees it (contract row 61).

use timetracks_domain::{Caller, OrgId, Organisation, Permission};

use super::{Counts, SERVER_ORG, count};
use crate::{Error, Refusal, Work, organisations};

/// An organisation and how much it has.
///
/// # Errors
/// [`Refusal::Denied`] unless the caller is a super user; [`Refusal::NotFound`].
pub fn read_organisation(
    work: &mut Work,
    caller: &Caller,
    org: OrgId,
) -> Result<(Organisation, Counts), Error> {
    caller.require(Permission::Operate)?;
    let organisation = find(work, org)?;
    Ok((organisation, count(work, Some(org))?))
}

pub(super) fn find(work: &mut Work, org: OrgId) -> Result<Organisation, Error> {
    organisations::find(work, org)?
        .filter(|organisation| organisation.id != SERVER_ORG)
        .ok_or_else(|| Refusal::NotFound.into())
}

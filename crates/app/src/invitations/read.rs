//! Reading an invitation (contract row 45). Public: who knows the id got the link.

use super::LinkedInvitation;
use crate::{Error, Work};

/// The invitation of a link.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound) for one that is unknown, used, deleted or expired.
pub fn read(work: &mut Work, link_id: &str) -> Result<LinkedInvitation, Error> {
    Ok(LinkedInvitation {
        invitation: super::find_by_link(work, link_id)?,
        link_id: link_id.to_owned(),
    })
}

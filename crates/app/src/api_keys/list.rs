//! The caller's API keys (contract row 56).

use timetracks_db::sql;
use timetracks_domain::{ApiKey, ApiKeyId, Caller, Permission};

use super::{COLUMNS, from_row};
use crate::{Error, Page, Visit, Work};

/// Visits every key of the caller, oldest first. One that is bound to a project sees itself alone.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied).
pub fn list(
    work: &mut Work,
    caller: &Caller,
    page: Page,
    visit: Visit<ApiKey>,
) -> Result<(), Error> {
    caller.require(Permission::ReadOwnAccount)?;
    work.tx.each(
        sql!(
            "SELECT ",
            COLUMNS,
            " WHERE k.org_id = $1 AND k.user_id = $2 AND k.id > $3
            AND (k.id = $5 OR $5 IS NULL) ORDER BY k.id LIMIT $4"
        ),
        &[
            &caller.org.uuid(),
            &caller.user.uuid(),
            &page.start(),
            &page.limit,
            &super::only(caller).map(ApiKeyId::uuid),
        ],
        |row| visit(from_row(row)?),
    )
}

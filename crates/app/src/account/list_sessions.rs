//! The live sessions of an organisation (contract row 6).

use timetracks_db::sql;
use timetracks_domain::{Caller, Permission, Session};

use crate::{
    Error, Work,
    work::{Columns, Page, Visit},
};

/// Visits every session that is still good, oldest first.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied) unless the caller is an admin.
pub fn list_sessions(
    work: &mut Work,
    caller: &Caller,
    page: Page,
    visit: Visit<Session>,
) -> Result<(), Error> {
    caller.require(Permission::ManageUsers)?;
    work.tx.each(
        sql!(
            "SELECT id, user_id, started_at, expires_at, user_agent FROM sessions
            WHERE org_id = $1 AND id > $2 AND expires_at > $3 ORDER BY id LIMIT $4"
        ),
        &[
            &caller.org.uuid(),
            &page.start(),
            &work.now.ms(),
            &page.limit,
        ],
        |row| {
            visit(Session {
                id: row.id()?,
                user: row.id()?,
                started_at: row.instant()?,
                expires_at: row.instant()?,
                user_agent: row.get()?,
            })
        },
    )
}

//! Who the caller is (contract row 55).

use timetracks_db::sql;
use timetracks_domain::{Caller, Organisation, Permission, Session, User};

use crate::{Error, Refusal, Work, organisations, users, work::Columns};

/// The caller, as they are known.
#[derive(Debug, Clone)]
pub struct Me {
    /// The user.
    pub user: User,
    /// Their organisation.
    pub org: Organisation,
    /// The session in use; `None` with a bare API key.
    pub session: Option<Session>,
}

/// The caller's user, organisation and session.
///
/// # Errors
/// [`Refusal::Denied`] for an API key that may not read.
pub fn me(work: &mut Work, caller: &Caller) -> Result<Me, Error> {
    caller.require(Permission::ReadOwnAccount)?;
    let session = match caller.credential.session() {
        None => None,
        Some(id) => work.tx.row(
            sql!(
                "SELECT id, user_id, started_at, expires_at, user_agent FROM sessions
                WHERE org_id = $1 AND id = $2"
            ),
            &[&caller.org.uuid(), &id.uuid()],
            |row| {
                Ok(Session {
                    id: row.id()?,
                    user: row.id()?,
                    started_at: row.instant()?,
                    expires_at: row.instant()?,
                    user_agent: row.get()?,
                })
            },
        )?,
    };
    Ok(Me {
        user: users::find(work, caller.org, caller.user)?,
        org: organisations::find(work, caller.org)?.ok_or(Refusal::NotFound)?,
        session,
    })
}

//! The people of an organisation.

mod create;
mod list;
mod read;
mod schedule_password_reset;
mod update;

use timetracks_db::{Row, sql};
use timetracks_domain::{Caller, Email, Kind, Name, OrgId, Role, User, UserId};

pub use create::{CreateUser, create};
pub use list::list;
pub use read::read;
pub use schedule_password_reset::schedule_password_reset;
pub use update::{UpdateUser, update};

use crate::{Error, PasswordHash, Refusal, Work, work::Columns};

pub(crate) const COLUMNS: &str = "u.id, u.org_id, u.first_name, u.last_name, u.email, u.role, u.super_user, u.kind, u.active, u.created_at, u.updated_at";

pub(crate) fn from_row(row: &mut Row) -> Result<User, timetracks_db::Error> {
    Ok(User {
        id: row.id()?,
        org: row.id()?,
        first_name: row.get()?,
        last_name: row.get()?,
        email: row.get()?,
        role: row
            .get::<Option<String>>()?
            .as_deref()
            .and_then(Role::from_word),
        super_user: row.get()?,
        kind: row.word(Kind::from_word)?,
        active: row.get()?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
    })
}

/// A user as it is, to be compared with the version that a client has seen. Whether they may is asked by what changes it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn current(work: &mut Work, caller: &Caller, user: UserId) -> Result<User, Error> {
    find(work, caller.org, user)
}

/// The user of the organisation with this id.
pub(crate) fn find(work: &mut Work, org: OrgId, user: UserId) -> Result<User, Error> {
    let found = work.tx.row(
        sql!(
            "SELECT ",
            COLUMNS,
            " FROM users u WHERE u.org_id = $1 AND u.id = $2"
        ),
        &[&org.uuid(), &user.uuid()],
        from_row,
    )?;
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// Whether someone on this server logs in with the address.
pub(crate) fn is_email_taken(work: &mut Work, email: &Email) -> Result<bool, Error> {
    let found = work.tx.row(
        sql!("SELECT 1 FROM logins WHERE email_key = $1"),
        &[&email.key()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// A user to be.
pub(crate) struct NewUser {
    pub(crate) org: OrgId,
    pub(crate) first_name: Option<Name>,
    pub(crate) last_name: Option<Name>,
    pub(crate) email: Email,
    pub(crate) role: Option<Role>,
    pub(crate) super_user: bool,
    pub(crate) kind: Kind,
    pub(crate) password_hash: Option<PasswordHash>,
}

/// Adds a user, unless their email is in use.
pub(crate) fn add(work: &mut Work, new: NewUser) -> Result<User, Error> {
    let user = User {
        id: work.id(),
        org: new.org,
        first_name: new.first_name.map(String::from).unwrap_or_default(),
        last_name: new.last_name.map(String::from).unwrap_or_default(),
        email: new.email.as_str().to_owned(),
        role: new.role,
        super_user: new.super_user,
        kind: new.kind,
        active: true,
        created_at: work.now,
        updated_at: work.now,
    };
    work.tx.execute(
        sql!(
            "INSERT INTO users (org_id, id, first_name, last_name, email, role, super_user, kind, active, password_hash,
                password_expires_at, longest_track_ms, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, TRUE, $9, NULL, 0, $10, $10)"
        ),
        &[
            &user.org.uuid(),
            &user.id.uuid(),
            &user.first_name,
            &user.last_name,
            &user.email,
            &user.role.map(Role::as_str),
            &user.super_user,
            &user.kind.as_str(),
            &new.password_hash.as_ref().map(PasswordHash::as_str),
            &work.now.ms(),
        ],
    )?;
    register_login(work, &user, &new.email)?;
    Ok(user)
}

/// Takes an address for a user. Organisations race for it, so the constraint decides.
fn register_login(work: &mut Work, user: &User, email: &Email) -> Result<(), Error> {
    let added = work.tx.count(
        sql!(
            "INSERT INTO logins (email_key, org_id, user_id) VALUES ($1, $2, $3)
            ON CONFLICT DO NOTHING"
        ),
        &[&email.key(), &user.org.uuid(), &user.id.uuid()],
    )?;
    if added == 0 {
        return Err(Refusal::EmailTaken.into());
    }
    Ok(())
}

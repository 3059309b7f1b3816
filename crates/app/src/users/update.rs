//! Changing a user (contract row 13).

use timetracks_db::sql;
use timetracks_domain::{
    Action, Caller, Change, Email, Kind, Name, Permission, Role, Subject, User, UserId,
};

use crate::{Error, Refusal, Work, account, audit};

/// What is to be different.
#[derive(Debug, Clone, Default)]
pub struct UpdateUser {
    /// First name.
    pub first_name: Change<Name>,
    /// Last name.
    pub last_name: Change<Name>,
    /// The address they log in with.
    pub email: Change<Email>,
    /// Their part in the organisation.
    pub role: Change<Role>,
    /// Whether they may log in.
    pub active: Change<bool>,
    /// Who or what they are.
    pub kind: Change<Kind>,
}

/// Changes the caller's own profile or, for an admin, anyone's profile, role and standing.
///
/// # Errors
/// [`Refusal::Denied`]; [`Refusal::NotFound`]; [`Refusal::EmailTaken`]; [`Refusal::LastAdmin`].
pub fn update(
    work: &mut Work,
    caller: &Caller,
    user: UserId,
    change: UpdateUser,
) -> Result<User, Error> {
    caller.require_own_or_any(user, Permission::ChangeOwnAccount, Permission::ManageUsers)?;
    if !(change.role.is_keep() && change.active.is_keep() && change.kind.is_keep()) {
        caller.require(Permission::ManageUsers)?;
    }
    let before = super::find(work, caller.org, user)?;
    let mut after = before.clone();
    change
        .first_name
        .map(String::from)
        .apply(&mut after.first_name);
    change
        .last_name
        .map(String::from)
        .apply(&mut after.last_name);
    change.role.map(Some).apply(&mut after.role);
    change.active.apply(&mut after.active);
    change.kind.apply(&mut after.kind);
    if let Change::Set(email) = change.email {
        change_email(work, caller, &mut after, &email)?;
    }
    let was_admin = before.active && before.role == Some(Role::Admin);
    let is_admin = after.active && after.role == Some(Role::Admin);
    if was_admin && !is_admin && !has_other_admin(work, &before)? {
        return Err(Refusal::LastAdmin.into());
    }
    after.updated_at = work.now;
    work.tx.execute(
        sql!(
            "UPDATE users SET first_name = $3, last_name = $4, email = $5, role = $6, active = $7, kind = $8, updated_at = $9
            WHERE org_id = $1 AND id = $2"
        ),
        &[
            &after.org.uuid(),
            &after.id.uuid(),
            &after.first_name,
            &after.last_name,
            &after.email,
            &after.role.map(Role::as_str),
            &after.active,
            &after.kind.as_str(),
            &after.updated_at.ms(),
        ],
    )?;
    let detail = what_changed(&before, &after);
    let subject = Subject::User(after.id);
    audit::record(
        work,
        caller,
        Action::UserChanged,
        Some(subject),
        Some(&detail),
    )?;
    if before.active && !after.active {
        account::end_all_sessions(work, after.org, after.id, None)?;
    }
    work.tx.announce(after.org.uuid());
    Ok(after)
}

/// The changes that matter to security, for the audit trail.
fn what_changed(before: &User, after: &User) -> String {
    let mut changes = Vec::new();
    if before.role != after.role {
        changes.push(format!("role {}", after.role.map_or("none", Role::as_str)));
    }
    if before.active != after.active {
        changes.push(
            if after.active {
                "activated"
            } else {
                "deactivated"
            }
            .to_owned(),
        );
    }
    if before.kind != after.kind {
        changes.push(format!("kind {}", after.kind.as_str()));
    }
    if before.email != after.email {
        changes.push("email".to_owned());
    }
    if (&before.first_name, &before.last_name) != (&after.first_name, &after.last_name) {
        changes.push("name".to_owned());
    }
    changes.join(", ")
}

/// A page that sends the whole user back changes no email, so only a real change needs more rights and a free address.
fn change_email(
    work: &mut Work,
    caller: &Caller,
    user: &mut User,
    email: &Email,
) -> Result<(), Error> {
    if user.email == email.as_str() {
        return Ok(());
    }
    caller.require(Permission::ChangeOwnCredentials)?;
    work.tx.execute(
        sql!("DELETE FROM logins WHERE org_id = $1 AND user_id = $2 AND email_key = $3"),
        &[
            &user.org.uuid(),
            &user.id.uuid(),
            &user.email.to_lowercase(),
        ],
    )?;
    super::register_login(work, user, email)?;
    email.as_str().clone_into(&mut user.email);
    Ok(())
}

/// Whether someone else is an active admin who can log in.
fn has_other_admin(work: &mut Work, user: &User) -> Result<bool, Error> {
    let found = work.tx.row(
        sql!(
            "SELECT 1 FROM users WHERE org_id = $1 AND id <> $2 AND role = 'admin' AND active
            AND password_hash IS NOT NULL LIMIT 1"
        ),
        &[&user.org.uuid(), &user.id.uuid()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

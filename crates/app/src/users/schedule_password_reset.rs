//! Letting a password expire (contract row 15).

use timetracks_db::sql;
use timetracks_domain::{Action, Caller, Instant, Permission, Subject, UserId};

use crate::{Error, Work, account, audit};

/// From `expires_at` on, the user's current password logs nobody in. The answer is a token that sets a new one.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied) unless the caller is an admin with a password session;
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn schedule_password_reset(
    work: &mut Work,
    caller: &Caller,
    user: UserId,
    expires_at: Instant,
) -> Result<String, Error> {
    caller.require(Permission::ManageUsers)?;
    // The token that is answered sets a password, which no API key may do.
    caller.require(Permission::ChangeOwnCredentials)?;
    let user = super::find(work, caller.org, user)?;
    work.tx.execute(
        sql!(
            "UPDATE users SET password_expires_at = $3, updated_at = $4
            WHERE org_id = $1 AND id = $2"
        ),
        &[
            &user.org.uuid(),
            &user.id.uuid(),
            &expires_at.ms(),
            &work.now.ms(),
        ],
    )?;
    let subject = Subject::User(user.id);
    audit::record(work, caller, Action::PasswordExpirySet, Some(subject), None)?;
    account::issue_password_token(work, user.org, user.id)
}

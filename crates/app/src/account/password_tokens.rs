//! One-time tokens that set a password.

use timetracks_db::sql;
use timetracks_domain::{OrgId, UserId};

use crate::{Error, PasswordHash, Work, secrets::OpaqueToken};

/// How long a password token is good: one day (contract row 54).
const VALID_MS: i64 = 24 * 60 * 60 * 1000;

/// Makes a token that sets this user's password once.
pub(crate) fn issue(work: &mut Work, org: OrgId, user: UserId) -> Result<String, Error> {
    let (token, hash) = work.secrets.password_token(org, user);
    work.tx.execute(
        sql!("DELETE FROM password_tokens WHERE org_id = $1 AND user_id = $2 AND expires_at <= $3"),
        &[&org.uuid(), &user.uuid(), &work.now.ms()],
    )?;
    work.tx.execute(
        sql!(
            "INSERT INTO password_tokens (org_id, user_id, hash, expires_at) VALUES ($1, $2, $3, $4)"
        ),
        &[
            &org.uuid(),
            &user.uuid(),
            &hash,
            &work.now.plus_ms(VALID_MS).ms(),
        ],
    )?;
    Ok(token)
}

/// Whether the token is still good, for a user who may log in.
pub(super) fn is_good(work: &mut Work, token: &OpaqueToken) -> Result<bool, Error> {
    let found = work.tx.row(
        sql!(
            "SELECT 1 FROM password_tokens t
            JOIN users u ON u.org_id = t.org_id AND u.id = t.user_id
            WHERE t.org_id = $1 AND t.user_id = $2 AND t.hash = $3 AND t.expires_at > $4 AND u.active"
        ),
        &[&token.org.uuid(), &token.owner, &token.hash, &work.now.ms()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Stores a new password, which lifts an expiry and makes every outstanding token worthless.
pub(super) fn set_password(
    work: &mut Work,
    org: OrgId,
    user: UserId,
    password_hash: &PasswordHash,
) -> Result<(), Error> {
    work.tx.execute(
        sql!(
            "UPDATE users SET password_hash = $3, password_expires_at = NULL, updated_at = $4
            WHERE org_id = $1 AND id = $2"
        ),
        &[
            &org.uuid(),
            &user.uuid(),
            &password_hash.as_str(),
            &work.now.ms(),
        ],
    )?;
    work.tx.execute(
        sql!("DELETE FROM password_tokens WHERE org_id = $1 AND user_id = $2"),
        &[&org.uuid(), &user.uuid()],
    )?;
    Ok(())
}

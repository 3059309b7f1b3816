//! Exchanging a refresh token for a new pair, once (contract rows 3 and 5, RFC 9700 §4.14.2).

use timetracks_db::sql;
use timetracks_domain::{Instant, OrgId, SessionId};

use super::session::{self, Owner, SessionKind, Tokens};
use crate::{
    App, Error, Refusal, Work,
    credentials::Standing,
    lane,
    secrets::{self, OpaqueToken},
    work::Columns,
};

struct Presented {
    owner: Owner,
    standing: Standing,
    session_expires_at: Instant,
    replaced: bool,
}

/// Replaces the refresh token by a new pair. A token that was replaced already ends the whole session: either it or
/// its successor was stolen.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] unless it is the current token of a live session of this kind;
/// [`Refusal::OrgSuspended`].
pub async fn refresh(app: &App, token: &str, kind: SessionKind) -> Result<Tokens, Error> {
    let token = secrets::read_refresh_token(token).ok_or(Refusal::InvalidCredentials)?;
    app.write(lane(token.org), move |work| exchange(work, token, kind))
        .await?
        .ok_or_else(|| Refusal::InvalidCredentials.into())
}

/// `None` when the token was replaced already, and its session is now over.
fn exchange(
    work: &mut Work,
    token: OpaqueToken,
    kind: SessionKind,
) -> Result<Option<Tokens>, Error> {
    let session = SessionId::new(token.owner);
    let found = find(work, token.org, session, &token.hash)?.ok_or(Refusal::InvalidCredentials)?;
    if found.owner.kind() != kind {
        return Err(Refusal::InvalidCredentials.into());
    }
    if found.replaced {
        super::end_session::delete(work, token.org, session)?;
        return Ok(None);
    }
    found
        .standing
        .check(work.now, Some(found.session_expires_at))
        .map_err(|refusal| match refusal {
            Refusal::Unauthenticated => Refusal::InvalidCredentials,
            other => other,
        })?;
    work.tx.execute(
        sql!(
            "UPDATE refresh_tokens SET replaced = TRUE
            WHERE org_id = $1 AND session_id = $2 AND hash = $3"
        ),
        &[&token.org.uuid(), &session.uuid(), &token.hash],
    )?;
    session::issue(work, found.owner, session, found.session_expires_at).map(Some)
}

fn find(
    work: &mut Work,
    org: OrgId,
    session: SessionId,
    hash: &secrets::Hash,
) -> Result<Option<Presented>, Error> {
    let found = work.tx.row(
        sql!(
            "SELECT u.role, u.super_user, u.active, o.suspended_at, s.user_id, s.api_key_id, s.expires_at, r.replaced
            FROM refresh_tokens r
            JOIN sessions s ON s.org_id = r.org_id AND s.id = r.session_id
            JOIN users u ON u.org_id = s.org_id AND u.id = s.user_id
            JOIN organisations o ON o.org_id = s.org_id
            WHERE r.org_id = $1 AND r.session_id = $2 AND r.hash = $3"
        ),
        &[&org.uuid(), &session.uuid(), hash],
        |row| {
            Ok(Presented {
                standing: Standing::read(row)?,
                owner: Owner {
                    org,
                    user: row.id()?,
                    api_key: row.optional_id()?,
                },
                session_expires_at: row.instant()?,
                replaced: row.get()?,
            })
        },
    )?;
    Ok(found)
}

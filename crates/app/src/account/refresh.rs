//! Exchanging a refresh token for a new pair, once (contract rows 3 and 5, RFC 9700 §4.14.2).

use timetracks_db::sql;
use timetracks_domain::{Action, Instant, OrgId, SessionId, Subject, UserId};

use super::session::{self, Owner, SessionKind, Tokens};
use crate::{
    Error, Refusal, Work,
    audit::{self, Actor},
    credentials::Standing,
    secrets::{self, Hash, OpaqueToken},
    work::Columns,
};

/// How long after it was replaced a token may come once more, because the answer with its successor was lost.
const FORGIVEN_MS: i64 = 10_000;

/// Whether a token with this access token may still be forgiven for coming again.
pub(crate) fn may_be_forgiven(issued_at: Instant, now: Instant) -> bool {
    // Access tokens tell their instant in seconds.
    now.ms() - issued_at.ms() <= FORGIVEN_MS + 1000
}

/// Somebody uses the new access token, so the answer with it was not lost: the refresh token that it was made from is
/// not forgiven any more. If it was already, there are two who have a pair: that ends the session, and the answer is
/// false.
pub(crate) fn arrived(
    work: &mut Work,
    (org, user, session): (OrgId, UserId, SessionId),
    successor: &Hash,
) -> Result<bool, Error> {
    let lost: Option<bool> = work.tx.row(
        sql!("SELECT lost FROM refresh_tokens WHERE org_id = $1 AND session_id = $2 AND hash = $3"),
        &[&org.uuid(), &session.uuid(), successor],
        |row| row.get(),
    )?;
    if lost == Some(true) {
        end_reused(work, org, user, session)?;
        return Ok(false);
    }
    work.tx.execute(
        sql!(
            "UPDATE refresh_tokens SET replaced_at = NULL, successor = NULL
            WHERE org_id = $1 AND session_id = $2 AND successor = $3"
        ),
        &[&org.uuid(), &session.uuid(), successor],
    )?;
    Ok(true)
}

/// Ends a session of which somebody else has a token.
fn end_reused(work: &mut Work, org: OrgId, user: UserId, session: SessionId) -> Result<(), Error> {
    let (actor, subject) = (Actor::user(org, user), Subject::Session(session));
    audit::record(work, actor, Action::RefreshTokenReused, Some(subject), None)?;
    super::end_session::delete(work, org, session)
}

/// A refresh token that has the right form.
#[derive(Debug, Clone, Copy)]
pub struct RefreshToken(OpaqueToken);

impl RefreshToken {
    /// The token that the text is.
    ///
    /// # Errors
    /// [`Refusal::InvalidCredentials`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let token = secrets::read_refresh_token(text);
        token.map(Self).ok_or(Refusal::InvalidCredentials)
    }

    /// The organisation that it claims to belong to.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.0.org
    }
}

struct Presented {
    owner: Owner,
    standing: Standing,
    session_expires_at: Instant,
    replaced: bool,
    /// When and by which, as long as coming again may be forgiven.
    replacement: Option<(Instant, Hash)>,
    /// Whether its successor was used, or is not known.
    successor_used: bool,
}

impl Presented {
    /// The successor that never arrived, if that is what happened (trust: "Refresh tokens").
    fn lost_successor(&self, now: Instant) -> Option<Hash> {
        let (at, successor) = self.replacement?;
        let lately = (0..=FORGIVEN_MS).contains(&(now.ms() - at.ms()));
        (lately && !self.successor_used).then_some(successor)
    }
}

/// Replaces the refresh token by a new pair. A token that was replaced already ends the whole session, because either it
/// or its successor was stolen: then the answer is `None`, and to be kept. The exception is once within 10 seconds
/// while nothing of the new pair was used: the answer was lost. For the lane of the organisation.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] unless it is a token of a live session of this kind; [`Refusal::OrgSuspended`].
pub fn refresh(
    work: &mut Work,
    RefreshToken(token): RefreshToken,
    kind: SessionKind,
) -> Result<Option<Tokens>, Error> {
    let session = SessionId::new(token.owner);
    let found = find(work, token.org, session, &token.hash)?.ok_or(Refusal::InvalidCredentials)?;
    if found.owner.kind() != kind {
        return Err(Refusal::InvalidCredentials.into());
    }
    let lost = found.lost_successor(work.now);
    if found.replaced && lost.is_none() {
        end_reused(work, token.org, found.owner.user, session)?;
        return Ok(None);
    }
    found
        .standing
        .check(work.now, Some(found.session_expires_at))
        .map_err(|refusal| match refusal {
            Refusal::Unauthenticated => Refusal::InvalidCredentials,
            other => other,
        })?;
    let tokens = session::issue(work, found.owner, session, found.session_expires_at, true)?;
    match lost {
        Some(successor) => {
            replace(work, &token, &token.hash, None)?;
            lose(work, &token, &successor)?;
            let actor = Actor::user(token.org, found.owner.user);
            let (action, subject) = (Action::RefreshTokenForgiven, Subject::Session(session));
            audit::record(work, actor, action, Some(subject), None)?;
        }
        None => {
            let successor = secrets::read_refresh_token(&tokens.refresh_token);
            replace(work, &token, &token.hash, successor.map(|next| next.hash))?;
        }
    }
    Ok(Some(tokens))
}

/// Marks a token of the session as replaced. With a successor named, coming again may be forgiven once.
fn replace(
    work: &mut Work,
    session: &OpaqueToken,
    hash: &Hash,
    successor: Option<Hash>,
) -> Result<(), Error> {
    work.tx.execute(
        sql!(
            "UPDATE refresh_tokens SET replaced = TRUE, replaced_at = $4, successor = $5
            WHERE org_id = $1 AND session_id = $2 AND hash = $3"
        ),
        &[
            &session.org.uuid(),
            &session.owner,
            hash,
            &successor.map(|_| work.now.ms()),
            &successor,
        ],
    )?;
    Ok(())
}

/// Marks a token whose answer was lost: whoever uses it, or the access token beside it, has it from somewhere else.
fn lose(work: &mut Work, session: &OpaqueToken, hash: &Hash) -> Result<(), Error> {
    work.tx.execute(
        sql!(
            "UPDATE refresh_tokens SET replaced = TRUE, lost = TRUE
            WHERE org_id = $1 AND session_id = $2 AND hash = $3"
        ),
        &[&session.org.uuid(), &session.owner, hash],
    )?;
    work.tx.announce(session.org.uuid());
    Ok(())
}

fn find(
    work: &mut Work,
    org: OrgId,
    session: SessionId,
    hash: &Hash,
) -> Result<Option<Presented>, Error> {
    let found = work.tx.row(
        sql!(
            "SELECT u.role, u.super_user, u.active, o.suspended_at, s.user_id, s.api_key_id, s.expires_at,
                r.replaced, r.replaced_at, r.successor, COALESCE(n.replaced, TRUE)
            FROM refresh_tokens r
            JOIN sessions s ON s.org_id = r.org_id AND s.id = r.session_id
            JOIN users u ON u.org_id = s.org_id AND u.id = s.user_id
            JOIN organisations o ON o.org_id = s.org_id
            LEFT JOIN refresh_tokens n ON n.org_id = r.org_id AND n.session_id = r.session_id AND n.hash = r.successor
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
                replacement: row.optional_instant()?.zip(row.get()?),
                successor_used: row.get()?,
            })
        },
    )?;
    Ok(found)
}

//! The audit trail: what was done to the security of an organisation. An entry is written in the transaction of what it
//! tells, so there is never one without the other.

use timetracks_db::{Row, sql};
use timetracks_domain::{
    Action, AuditEvent, AuditEventId, Caller, Credential, OrgId, Permission, SessionId, Subject,
    UserId,
};

use crate::{Error, Page, Visit, Work, work::Columns};

/// Somebody who is not, or not yet, an authenticated caller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Actor {
    pub(crate) org: OrgId,
    pub(crate) user: Option<UserId>,
    pub(crate) credential: Option<Credential>,
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        Self {
            org: caller.org,
            user: Some(caller.user),
            credential: Some(caller.credential),
        }
    }
}

impl Actor {
    /// A user who shows no credential but proves who they are.
    pub(crate) fn user(org: OrgId, user: UserId) -> Self {
        Self {
            org,
            user: Some(user),
            credential: None,
        }
    }
}

/// Writes an entry into the trail of the actor's organisation.
pub(crate) fn record(
    work: &mut Work,
    actor: impl Into<Actor>,
    action: Action,
    subject: Option<Subject>,
    detail: Option<&str>,
) -> Result<(), Error> {
    let actor = actor.into();
    record_in(work, actor.org, actor, action, subject, detail)
}

/// As [`record`], into the trail of another organisation: what an operator did to it.
pub(crate) fn record_in(
    work: &mut Work,
    org: OrgId,
    actor: Actor,
    action: Action,
    subject: Option<Subject>,
    detail: Option<&str>,
) -> Result<(), Error> {
    let id: AuditEventId = work.id();
    let api_key = match actor.credential {
        Some(Credential::ApiKey(key) | Credential::ApiKeySession(_, key)) => Some(key.uuid()),
        _ => None,
    };
    let session = actor.credential.and_then(Credential::session);
    work.tx.execute(
        sql!(
            "INSERT INTO audit_events (org_id, id, action, user_id, session_id, api_key_id, address, request_id,
                subject_type, subject_id, detail, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        ),
        &[
            &org.uuid(),
            &id.uuid(),
            &action.as_str(),
            &actor.user.map(UserId::uuid),
            &session.map(SessionId::uuid),
            &api_key,
            &work.origin.address.map(|address| address.to_string()),
            &work.origin.request,
            &subject.map(Subject::kind),
            &subject.map(Subject::uuid),
            &detail,
            &work.now.ms(),
        ],
    )?;
    Ok(())
}

/// Which entries; what is `None` does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuditFilter {
    /// Those of this action.
    pub action: Option<Action>,
    /// Those of what this user did.
    pub user: Option<UserId>,
}

/// Visits the entries of the caller's organisation that match, oldest first.
///
/// # Errors
/// [`Refusal::Denied`](crate::Refusal::Denied) unless the caller is an admin.
pub fn list(
    work: &mut Work,
    caller: &Caller,
    filter: AuditFilter,
    page: Page,
    visit: Visit<AuditEvent>,
) -> Result<(), Error> {
    caller.require(Permission::ManageUsers)?;
    work.tx.each(
        sql!(
            "SELECT id, action, user_id, session_id, api_key_id, address, request_id, subject_type, subject_id, detail, created_at
            FROM audit_events WHERE org_id = $1 AND id > $2 AND (action = $4 OR $4 IS NULL)
            AND (user_id = $5 OR $5 IS NULL) ORDER BY id LIMIT $3"
        ),
        &[
            &caller.org.uuid(),
            &page.start(),
            &page.limit,
            &filter.action.map(Action::as_str),
            &filter.user.map(UserId::uuid),
        ],
        |row| visit(from_row(row)?),
    )
}

fn from_row(row: &mut Row) -> Result<AuditEvent, timetracks_db::Error> {
    Ok(AuditEvent {
        id: row.id()?,
        action: row.word(Action::from_word)?,
        user: row.optional_id()?,
        session: row.optional_id()?,
        api_key: row.optional_id()?,
        address: row
            .get::<Option<String>>()?
            .and_then(|text| text.parse().ok()),
        request: row.get()?,
        subject: row.get::<Option<String>>()?.zip(row.get()?),
        detail: row.get()?,
        created_at: row.instant()?,
    })
}

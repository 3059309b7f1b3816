//! Making an API key (contract row 16).

use timetracks_db::sql;
use timetracks_domain::{
    Action, ApiKey, Caller, Instant, Kind, Name, Permission, ProjectId, Scope, Subject,
};

use crate::{Error, Refusal, Work, audit, credentials::scope_words, projects};

/// A key to be.
#[derive(Debug, Clone)]
pub struct CreateApiKey {
    /// What its owner calls it.
    pub name: Name,
    /// What it may be used for, `None` for everything its owner may do.
    pub scopes: Option<Vec<Scope>>,
    /// When it stops working by itself.
    pub expires_at: Option<Instant>,
    /// The one project that it is good for, `None` for whatever its owner may reach.
    pub project: Option<ProjectId>,
    /// What books time with it, `None` for what its owner is.
    pub kind: Option<Kind>,
}

/// Makes a key for the caller. The first part is the secret, which is never shown again.
///
/// # Errors
/// [`Refusal::Denied`] for a caller who came with an API key; [`Refusal::Invalid`] when it would have expired already;
/// [`Refusal::NotFound`] for the project.
pub fn create(
    work: &mut Work,
    caller: &Caller,
    request: CreateApiKey,
) -> Result<(String, ApiKey), Error> {
    caller.require(Permission::ChangeOwnCredentials)?;
    if request.expires_at.is_some_and(|end| end <= work.now) {
        return Err(Refusal::Invalid {
            field: "expiresAt",
            rule: "must lie in the future".to_owned(),
        }
        .into());
    }
    if let Some(project) = request.project {
        projects::find(work, caller.realm(), project)?;
    }
    let (secret, hash) = work.secrets.api_key();
    let key = ApiKey {
        id: work.id(),
        name: request.name.into(),
        last4: super::last4(&secret),
        scopes: request.scopes,
        expires_at: request.expires_at,
        project: request.project,
        kind: request.kind,
        last_used_at: None,
        created_at: work.now,
        updated_at: work.now,
    };
    work.tx.execute(
        sql!(
            "INSERT INTO api_keys (org_id, id, user_id, name, hash, last4, scopes, expires_at, kind, last_used_at, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, $10, $10)"
        ),
        &[
            &caller.org.uuid(),
            &key.id.uuid(),
            &caller.user.uuid(),
            &key.name,
            &hash,
            &key.last4,
            &key.scopes.as_deref().map(scope_words),
            &key.expires_at.map(Instant::ms),
            &key.kind.map(Kind::as_str),
            &key.created_at.ms(),
        ],
    )?;
    if let Some(project) = key.project {
        work.tx.execute(
            sql!(
                "INSERT INTO api_key_projects (org_id, api_key_id, project_id) VALUES ($1, $2, $3)"
            ),
            &[&caller.org.uuid(), &key.id.uuid(), &project.uuid()],
        )?;
    }
    let subject = Subject::ApiKey(key.id);
    audit::record(
        work,
        caller,
        Action::ApiKeyCreated,
        Some(subject),
        Some(&key.name),
    )?;
    Ok((secret, key))
}

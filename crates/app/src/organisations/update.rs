//! Changing an organisation (contract row 9).

use timetracks_db::sql;
use timetracks_domain::{
    Action, Caller, Change, Description, Email, MaxRunning, Name, OrgId, Organisation, Permission,
    Subject,
};

use crate::{Error, Refusal, Work, audit, tracks};

/// What is to be different.
#[derive(Debug, Clone, Default)]
pub struct UpdateOrganisation {
    /// The name.
    pub name: Change<Name>,
    /// The contact address.
    pub email: Change<Option<Email>>,
    /// What it is about.
    pub description: Change<Option<Description>>,
    /// For how long a track may run.
    pub max_running: Change<Option<MaxRunning>>,
}

/// Changes the caller's organisation.
///
/// # Errors
/// [`Refusal::Denied`] unless the caller is an admin; [`Refusal::NotFound`] for any other organisation.
pub fn update(
    work: &mut Work,
    caller: &Caller,
    org: OrgId,
    change: UpdateOrganisation,
) -> Result<Organisation, Error> {
    caller.require(Permission::ChangeOrganisation)?;
    if org != caller.org {
        return Err(Refusal::NotFound.into());
    }
    let mut organisation = super::find(work, org)?.ok_or(Refusal::NotFound)?;
    change.name.map(String::from).apply(&mut organisation.name);
    change
        .email
        .map(|email| email.map(|email| email.as_str().to_owned()))
        .apply(&mut organisation.email);
    change
        .description
        .map(|text| text.map(String::from))
        .apply(&mut organisation.description);
    if let Change::Set(limit) = change.max_running
        && limit != organisation.max_running
    {
        tracks::change_limit(work, org, limit)?;
        organisation.max_running = limit;
    }
    organisation.updated_at = work.now;
    work.tx.execute(
        sql!(
            "UPDATE organisations SET name = $2, description = $3, email = $4, max_running_hours = $5, updated_at = $6
            WHERE org_id = $1"
        ),
        &[
            &org.uuid(),
            &organisation.name,
            &organisation.description,
            &organisation.email,
            &organisation.max_running.map(MaxRunning::hours),
            &organisation.updated_at.ms(),
        ],
    )?;
    let subject = Subject::Organisation(org);
    audit::record(
        work,
        caller,
        Action::OrganisationChanged,
        Some(subject),
        None,
    )?;
    Ok(organisation)
}

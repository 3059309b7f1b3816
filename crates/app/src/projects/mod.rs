//! Projects: groups of tasks.

mod create;
mod delete;
mod list;
mod read;
mod update;

use timetracks_db::{Row, sql};
use timetracks_domain::{Caller, ExternalId, OrgId, Project, ProjectId, Realm};

pub use create::{CreateProject, create};
pub use delete::delete;
pub use list::list;
pub use read::read;
pub use update::{UpdateProject, update};

use crate::{Error, Refusal, Work, work::Columns};

pub(crate) const COLUMNS: &str =
    "id, user_id, name, description, external_id, created_at, updated_at";

pub(crate) fn from_row(row: &mut Row) -> Result<Project, timetracks_db::Error> {
    Ok(Project {
        id: row.id()?,
        user: row.id()?,
        name: row.get()?,
        description: row.get()?,
        external_id: row.get()?,
        created_at: row.instant()?,
        updated_at: row.instant()?,
    })
}

/// A project as it is, to be compared with the version that a client has seen. Whether they may is asked by what changes it.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn current(work: &mut Work, caller: &Caller, project: ProjectId) -> Result<Project, Error> {
    find(work, caller.realm(), project)
}

/// The project of the realm with this id.
pub(crate) fn find(work: &mut Work, realm: Realm, project: ProjectId) -> Result<Project, Error> {
    let found = work.tx.row(
        sql!(
            "SELECT ",
            COLUMNS,
            " FROM projects WHERE org_id = $1 AND id = $2"
        ),
        &[&realm.org.uuid(), &project.uuid()],
        from_row,
    )?;
    let found = found.filter(|project: &Project| realm.holds(Some(project.id)));
    found.ok_or_else(|| Refusal::NotFound.into())
}

/// Refuses an external id that another project of the organisation has.
fn require_free_external_id(
    work: &mut Work,
    org: OrgId,
    external_id: &ExternalId,
    own: Option<ProjectId>,
) -> Result<(), Error> {
    let holder: Option<ProjectId> = work.tx.row(
        sql!("SELECT id FROM projects WHERE org_id = $1 AND external_id = $2"),
        &[&org.uuid(), &external_id.as_str()],
        |row| row.id(),
    )?;
    match holder {
        Some(holder) if Some(holder) != own => Err(Refusal::ExternalIdTaken.into()),
        _ => Ok(()),
    }
}

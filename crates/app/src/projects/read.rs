//! Reading a project (contract row 22).

use timetracks_domain::{Caller, Permission, Project, ProjectId};

use crate::{Error, Work};

/// A project of the caller's organisation.
///
/// # Errors
/// [`Refusal::NotFound`](crate::Refusal::NotFound).
pub fn read(work: &mut Work, caller: &Caller, project: ProjectId) -> Result<Project, Error> {
    caller.require(Permission::ReadWork)?;
    super::find(work, caller.realm(), project)
}

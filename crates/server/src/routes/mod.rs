//! The operations of the contract, by resource. A handler parses, calls one use case, and words the answer.

mod account;
mod api_keys;
mod audit;
mod clocking;
pub(crate) mod health;
mod internal;
mod invitations;
mod organisations;
mod project_tasks;
mod projects;
mod reports;
mod sessions;
mod tasks;
mod tracks;
mod users;

use crate::route::Routes;

/// Everything below `/api/v1`.
pub(crate) fn all() -> [Routes; 14] {
    [
        account::routes(),
        sessions::routes(),
        organisations::routes(),
        audit::routes(),
        users::routes(),
        api_keys::routes(),
        projects::routes(),
        project_tasks::routes(),
        tasks::routes(),
        clocking::routes(),
        tracks::routes(),
        invitations::routes(),
        reports::routes(),
        internal::routes(),
    ]
}

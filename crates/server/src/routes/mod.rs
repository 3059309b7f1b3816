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

use std::sync::Arc;

use aide::axum::ApiRouter;

use crate::Server;

/// Everything below `/api/v1`. Each route says its whole path: nested routers would take it apart again at each request.
pub(crate) fn all() -> ApiRouter<Arc<Server>> {
    ApiRouter::new()
        .merge(account::routes())
        .merge(sessions::routes())
        .merge(organisations::routes())
        .merge(audit::routes())
        .merge(users::routes())
        .merge(api_keys::routes())
        .merge(projects::routes())
        .merge(project_tasks::routes())
        .merge(tasks::routes())
        .merge(clocking::routes())
        .merge(tracks::routes())
        .merge(invitations::routes())
        .merge(reports::routes())
        .merge(internal::routes())
}

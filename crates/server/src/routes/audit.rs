//! `/audit-events`: contract row 63.

use axum::extract::State;
use timetracks_api::audit::{AuditEvent, AuditFilter};
use timetracks_app::audit;

use crate::{
    Shared,
    http::{Authenticated, List, Paging, Query},
    openapi::Operation,
    problem::Problem,
    route::Routes,
};

pub(super) fn routes() -> Routes {
    Routes::about("Organisations").get("/api/v1/audit-events", list, &LIST)
}

const LIST: Operation = Operation {
    id: "listAuditEvents",
    summary: "List the audit trail",
    description: "What was done to the security of your organisation: logins and failed ones, sessions, \
        passwords, users, invitations, API keys, and what was deleted. For admins.",
    codes: &[],
};

async fn list(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Query(query): Query<AuditFilter>,
    paging: Paging,
) -> Result<List<AuditEvent>, Problem> {
    let filter = audit::AuditFilter {
        action: query.action,
        user: query.user_id,
    };
    List::of(
        &server,
        caller.org,
        paging,
        move |work, page, visit| audit::list(work, &caller, filter, page, visit),
        |event, _| (event.id.uuid(), event.into()),
    )
    .await
}

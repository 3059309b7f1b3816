//! `/audit-events`: contract row 63.

use std::sync::Arc;

use aide::axum::{ApiRouter, routing::get_with};
use axum::extract::State;
use timetracks_api::audit::{AuditEvent, AuditFilter};
use timetracks_app::audit;

use crate::{
    Server, Shared,
    http::{Authenticated, List, Paging, Query},
    openapi::Operation,
    problem::Problem,
};

pub(super) fn routes() -> ApiRouter<Arc<Server>> {
    ApiRouter::new()
        .api_route("/api/v1/audit-events", get_with(list, LIST.document()))
        .with_path_items(|item| item.tag("Organisations"))
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

//! `/internal`: contract rows 61 and 62, for super users.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    DateTime,
    internal::{CountedOrganisation, Counts, OperatedOrganisation, Stats},
};
use timetracks_app::{internal, lane};
use timetracks_domain::OrgId;

use crate::{
    Shared,
    http::{Authenticated, Json, List, Paging, Path, Writing, Written},
    openapi::Operation,
    problem::Problem,
    route::Routes,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct OrgPath {
    /// Any organisation.
    org_id: OrgId,
}

pub(super) fn routes() -> Routes {
    Routes::about("Server")
        .get("/api/v1/internal/orgs", list, &LIST)
        .get("/api/v1/internal/orgs/{orgId}", read, &READ)
        .post("/api/v1/internal/orgs/{orgId}/suspend", suspend, &SUSPEND)
        .post("/api/v1/internal/orgs/{orgId}/resume", resume, &RESUME)
        .get("/api/v1/internal/stats", stats, &STATS)
}

fn counts(counts: internal::Counts) -> Counts {
    Counts {
        users: counts.users,
        tasks: counts.tasks,
        tracks: counts.tracks,
        live_sessions: counts.live_sessions,
    }
}

const LIST: Operation = Operation {
    id: "operatorListOrganisations",
    summary: "List organisations",
    description: "Every organisation on the server. For super users.",
    codes: &[],
};

async fn list(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    paging: Paging,
) -> Result<List<OperatedOrganisation>, Problem> {
    List::of(
        &server,
        caller.org,
        paging,
        move |work, page, visit| internal::list_organisations(work, &caller, page, visit),
        |org, _| (org.id.uuid(), org.into()),
    )
    .await
}

const READ: Operation = Operation {
    id: "operatorGetOrganisation",
    summary: "Get an organisation",
    description: "Any organisation, and how much it has. For super users.",
    codes: &[],
};

async fn read(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(OrgPath { org_id }): Path<OrgPath>,
) -> Result<Json<CountedOrganisation>, Problem> {
    let (org, counted) = server
        .app
        .read(move |work| internal::read_organisation(work, &caller, org_id))
        .await?;
    Ok(Json(CountedOrganisation {
        organisation: org.into(),
        counts: counts(counted),
    }))
}

const SUSPEND: Operation = Operation {
    id: "operatorSuspendOrganisation",
    summary: "Suspend an organisation",
    description: "From now on its tokens and keys answer 403 `org-suspended`. Nothing is lost. For \
        super users.",
    codes: &[],
};

async fn suspend(
    writing: Writing,
    Path(OrgPath { org_id }): Path<OrgPath>,
) -> Result<Written<Json<OperatedOrganisation>>, Problem> {
    writing
        .run_in(lane(org_id), move |work, caller| {
            let org = internal::suspend(work, caller, org_id)?;
            Ok(Json(org.into()))
        })
        .await
}

const RESUME: Operation = Operation {
    id: "operatorResumeOrganisation",
    summary: "Resume an organisation",
    description: "Its tokens and keys are good again. For super users.",
    codes: &[],
};

async fn resume(
    writing: Writing,
    Path(OrgPath { org_id }): Path<OrgPath>,
) -> Result<Written<Json<OperatedOrganisation>>, Problem> {
    writing
        .run_in(lane(org_id), move |work, caller| {
            let org = internal::resume(work, caller, org_id)?;
            Ok(Json(org.into()))
        })
        .await
}

const STATS: Operation = Operation {
    id: "operatorGetStats",
    summary: "Count everything",
    description: "How much the server holds. For super users.",
    codes: &[],
};

async fn stats(
    State(server): Shared,
    Authenticated(caller): Authenticated,
) -> Result<Json<Stats>, Problem> {
    let (stats, now) = server
        .app
        .read(move |work| Ok((internal::stats(work, &caller)?, work.now)))
        .await?;
    Ok(Json(Stats {
        organisations: stats.organisations,
        counts: counts(stats.counts),
        storage_bytes: stats.storage_bytes,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: DateTime(now),
    }))
}

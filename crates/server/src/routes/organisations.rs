//! `/orgs`: contract rows 8 and 9.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::organisations::{Organisation, UpdateOrganisation};
use timetracks_app::organisations;
use timetracks_domain::OrgId;

use crate::{
    Shared,
    http::{Authenticated, Changing, Json, Path, Versioned, Written},
    openapi::Operation,
    problem::Problem,
    route::Routes,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct OrgPath {
    /// The organisation: yours.
    org_id: OrgId,
}

pub(super) fn routes() -> Routes {
    Routes::about("Organisations")
        .get("/api/v1/orgs/{orgId}", read, &READ)
        .update("/api/v1/orgs/{orgId}", update, &UPDATE)
}

const READ: Operation = Operation {
    id: "getOrganisation",
    summary: "Get the organisation",
    description: "Your organisation.",
    codes: &[],
};

async fn read(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(OrgPath { org_id }): Path<OrgPath>,
) -> Result<Versioned<Organisation>, Problem> {
    let org = server
        .app
        .look(move |work| organisations::read(work, &caller, org_id))
        .await?;
    Ok(Versioned(org.into()))
}

const UPDATE: Operation = Operation {
    id: "updateOrganisation",
    summary: "Change the organisation",
    description: "For admins. A member that is left out stays as it is; null clears a nullable one.",
    codes: &[],
};

async fn update(
    changing: Changing,
    Path(OrgPath { org_id }): Path<OrgPath>,
    Json(body): Json<UpdateOrganisation>,
) -> Result<Written<Versioned<Organisation>>, Problem> {
    let change = organisations::UpdateOrganisation {
        name: body.name,
        email: body.email,
        description: body.description,
        max_running: body.max_running,
    };
    changing
        .run(
            move |work, caller| {
                organisations::current(work, caller, org_id).map(Organisation::from)
            },
            move |work, caller| {
                let org = organisations::update(work, caller, org_id, change)?;
                Ok(Versioned(org.into()))
            },
        )
        .await
}

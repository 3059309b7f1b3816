//! `/invitations`: contract rows 43 to 46.

use std::sync::Arc;

use axum::extract::State;
use timetracks_api::{
    Code, Message,
    invitations::{CreateInvitation, CreatedInvitation, Invitation},
};
use timetracks_app::invitations::{self, LinkedInvitation};
use timetracks_domain::Role;

use super::account::InvitationPath;
use crate::{
    Server, Shared,
    http::{Authenticated, Created, Json, List, Paging, Path, Visitor, Writing, Written},
    openapi::Operation,
    problem::Problem,
    route::Routes,
};

pub(super) fn routes() -> Routes {
    Routes::about("Invitations")
        .get("/api/v1/invitations", list, &LIST)
        .post("/api/v1/invitations", create, &CREATE)
        .get("/api/v1/invitations/{invId}", read, &READ)
        .delete("/api/v1/invitations/{invId}", delete, &DELETE)
}

fn body(server: &Server, linked: LinkedInvitation) -> Invitation {
    Invitation::new(linked.invitation, linked.link_id, &server.policy.public_url)
}

const LIST: Operation = Operation {
    id: "listInvitations",
    summary: "List invitations",
    description: "Those that can still be used. For admins.",
    codes: &[],
};

async fn list(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    paging: Paging,
) -> Result<List<Invitation>, Problem> {
    let worded_by = Arc::clone(&server);
    List::of(
        &server,
        caller.org,
        paging,
        move |work, page, visit| invitations::list(work, &caller, page, visit),
        move |linked: LinkedInvitation, _| (linked.invitation.id.uuid(), body(&worded_by, linked)),
    )
    .await
}

const CREATE: Operation = Operation {
    id: "createInvitation",
    summary: "Invite someone",
    description: "For admins. The link is good for a day and for one sign-up. TimeTracks sends no \
        email: hand it over yourself.",
    codes: &[Code::EmailTaken],
};

async fn create(
    writing: Writing,
    State(server): Shared,
    Json(request): Json<CreateInvitation>,
) -> Result<Written<Created<Json<CreatedInvitation>>>, Problem> {
    let request = invitations::CreateInvitation {
        email: request.email,
        role: request.role.unwrap_or(Role::Member),
    };
    writing
        .run(move |work, caller| {
            let linked = invitations::create(work, caller, request)?;
            let path = format!("/invitations/{}", linked.link_id);
            let created = CreatedInvitation {
                message: "Invitation successfully created".to_owned(),
                invitation: body(&server, linked),
            };
            Ok(Created::at(&path, Json(created)))
        })
        .await
}

const READ: Operation = Operation {
    id: "getInvitation",
    summary: "Get an invitation",
    description: "Public: the id is the secret.",
    codes: &[],
};

async fn read(
    State(server): Shared,
    _: Visitor,
    Path(InvitationPath { inv_id }): Path<InvitationPath>,
) -> Result<Json<Invitation>, Problem> {
    let linked = server
        .app
        .look(move |work| invitations::read(work, &inv_id))
        .await?;
    Ok(Json(body(&server, linked)))
}

const DELETE: Operation = Operation {
    id: "deleteInvitation",
    summary: "Take an invitation back",
    description: "For admins. Only one that can still be used.",
    codes: &[],
};

async fn delete(
    writing: Writing,
    Path(InvitationPath { inv_id }): Path<InvitationPath>,
) -> Result<Written<Json<Message>>, Problem> {
    writing
        .run(move |work, caller| {
            invitations::delete(work, caller, &inv_id)?;
            Ok(Json(Message::new("Invitation deleted")))
        })
        .await
}

//! Signing up, passwords by token, and who the caller is: contract rows 1, 7, 54 and 55.

use std::sync::Arc;

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    Code, Message,
    account::{AcceptInvitation, Me, RedeemPasswordToken, Session, SignUp, SignedUp},
    api_keys::scope_words,
    users::{CreatedUser, role_word},
};
use timetracks_app::account;

use crate::{
    Server, Shared,
    http::{Authenticated, Created, Json, Path},
    openapi::Operation,
    problem::Problem,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub(super) struct InvitationPath {
    /// The id of the invitation, which is a secret.
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{1,64}$"))]
    pub(super) inv_id: String,
}

pub(super) fn routes() -> ApiRouter<Arc<Server>> {
    ApiRouter::new()
        .api_route("/account/signup", post_with(sign_up, SIGN_UP.document()))
        .api_route(
            "/account/signup/{invId}",
            post_with(accept_invitation, ACCEPT_INVITATION.document()),
        )
        .api_route(
            "/account/password",
            post_with(redeem_password_token, REDEEM_PASSWORD_TOKEN.document()),
        )
        .api_route("/account/me", get_with(me, ME.document()))
        .with_path_items(|item| item.tag("Account"))
}

const SIGN_UP: Operation = Operation {
    id: "signUp",
    summary: "Sign up",
    description: "Makes a user and their organisation, or neither. The first user is an admin.",
    codes: &[Code::EmailTaken],
};

async fn sign_up(
    State(server): Shared,
    Json(body): Json<SignUp>,
) -> Result<Created<SignedUp>, Problem> {
    let request = account::SignUp {
        email: body.email,
        first_name: body.first_name,
        last_name: body.last_name,
        password: body.password,
        org_name: body.org_name,
    };
    let (user, org) = account::sign_up(&server.app, request).await?;
    let path = format!("/users/{}", user.id);
    let signed_up = SignedUp {
        message: "User and organisation registered successfully".to_owned(),
        user: user.into(),
        org: org.into(),
    };
    Ok(Created::at(&path, signed_up))
}

const ACCEPT_INVITATION: Operation = Operation {
    id: "acceptInvitation",
    summary: "Sign up by invitation",
    description: "Joins the organisation that invited you. An invitation works once. Without \
        `password` the answer carries a `passwordToken`.",
    codes: &[
        Code::InvitationEmail,
        Code::InvitationRole,
        Code::EmailTaken,
        Code::OrgSuspended,
    ],
};

async fn accept_invitation(
    State(server): Shared,
    Path(InvitationPath { inv_id }): Path<InvitationPath>,
    Json(body): Json<AcceptInvitation>,
) -> Result<Created<CreatedUser>, Problem> {
    let request = account::AcceptInvitation {
        first_name: body.first_name,
        last_name: body.last_name,
        email: body.email,
        role: body.role,
        password: body.password,
    };
    let (user, password_token) = account::accept_invitation(&server.app, inv_id, request).await?;
    let path = format!("/users/{}", user.id);
    let created = CreatedUser {
        user: user.into(),
        password_token,
    };
    Ok(Created::at(&path, created))
}

const REDEEM_PASSWORD_TOKEN: Operation = Operation {
    id: "redeemPasswordToken",
    summary: "Set a password with a token",
    description: "Sets a password with a one-time `passwordToken`, and ends every session of its user.",
    codes: &[Code::InvalidCredentials],
};

async fn redeem_password_token(
    State(server): Shared,
    Json(body): Json<RedeemPasswordToken>,
) -> Result<Json<Message>, Problem> {
    account::redeem_password_token(&server.app, &body.token, body.password).await?;
    Ok(Json(Message::new("Password updated successfully")))
}

const ME: Operation = Operation {
    id: "getMe",
    summary: "Who am I",
    description: "The caller's user, organisation, session, role and scopes.",
    codes: &[],
};

async fn me(
    State(server): Shared,
    Authenticated(caller): Authenticated,
) -> Result<Json<Me>, Problem> {
    let scopes = scope_words(caller.scopes.as_deref());
    let me = server
        .app
        .read(move |work| account::me(work, &caller))
        .await?;
    Ok(Json(Me {
        role: role_word(me.user.role),
        super_user: me.user.super_user,
        user: me.user.into(),
        org: me.org.into(),
        session: me.session.map(Session::from),
        scopes,
    }))
}

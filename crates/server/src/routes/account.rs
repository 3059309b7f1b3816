//! Signing up, passwords by token, and who the caller is: contract rows 1, 7, 54 and 55.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    Code, Message,
    account::{AcceptInvitation, Me, RedeemPasswordToken, Session, SignUp, SignedUp},
    api_keys::scope_words,
    users::{CreatedUser, role_word},
};
use timetracks_app::{
    App, Error, PasswordHash,
    account::{self, PasswordOwner},
    lane,
};
use timetracks_db::Lane;
use timetracks_domain::{OrgId, Password};

use crate::{
    Shared,
    http::{Authenticated, Created, Json, Path, PublicWriting, Written},
    openapi::Operation,
    problem::Problem,
    route::Routes,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub(super) struct InvitationPath {
    /// The id of the invitation, which is a secret.
    #[schemars(regex(pattern = "^[A-Za-z0-9_-]{1,64}$"))]
    pub(super) inv_id: String,
}

pub(super) fn routes() -> Routes {
    Routes::about("Account")
        .post("/api/v1/account/signup", sign_up, &SIGN_UP)
        .post(
            "/api/v1/account/signup/{invId}",
            accept_invitation,
            &ACCEPT_INVITATION,
        )
        .post(
            "/api/v1/account/password",
            redeem_password_token,
            &REDEEM_PASSWORD_TOKEN,
        )
        .get("/api/v1/account/me", me, &ME)
}

const SIGN_UP: Operation = Operation {
    id: "signUp",
    summary: "Sign up",
    description: "Makes a user and their organisation, or neither. The first user is an admin.",
    codes: &[Code::EmailTaken],
};

async fn sign_up(
    writing: PublicWriting,
    Json(body): Json<SignUp>,
) -> Result<Written<Created<Json<SignedUp>>>, Problem> {
    account::require_unlike(&body.password, body.email.as_str(), body.org_name.as_str())?;
    let request = account::SignUp {
        email: body.email,
        first_name: body.first_name,
        last_name: body.last_name,
        password_hash: writing.server.app.hash(body.password).await?,
        org_name: body.org_name,
    };
    writing
        .run(Lane::Server, move |work| {
            let (user, org) = account::sign_up(work, request)?;
            let path = format!("/users/{}", user.id);
            let signed_up = SignedUp {
                message: "User and organisation registered successfully".to_owned(),
                user: user.into(),
                org: org.into(),
            };
            Ok(Created::at(&path, Json(signed_up)))
        })
        .await
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
    writing: PublicWriting,
    Path(InvitationPath { inv_id }): Path<InvitationPath>,
    Json(body): Json<AcceptInvitation>,
) -> Result<Written<Created<Json<CreatedUser>>>, Problem> {
    let app = &writing.server.app;
    let (link, email) = (inv_id.clone(), body.email.clone());
    let org = account::check_invitation(app, link, email, body.role).await?;
    let owner = PasswordOwner::New(body.email.clone());
    let request = account::AcceptInvitation {
        first_name: body.first_name,
        last_name: body.last_name,
        email: body.email,
        role: body.role,
        password_hash: hash(app, org, owner, body.password).await?,
    };
    writing
        .run(lane(org), move |work| {
            let (user, password_token) = account::accept_invitation(work, &inv_id, request)?;
            let path = format!("/users/{}", user.id);
            let created = CreatedUser {
                user: user.into(),
                password_token,
            };
            Ok(Created::at(&path, Json(created)))
        })
        .await
}

/// Hashes a password, if there is one.
pub(super) async fn hash(
    app: &App,
    org: OrgId,
    owner: PasswordOwner,
    password: Option<Password>,
) -> Result<Option<PasswordHash>, Error> {
    match password {
        Some(password) => account::hash_new_password(app, org, owner, password)
            .await
            .map(Some),
        None => Ok(None),
    }
}

const REDEEM_PASSWORD_TOKEN: Operation = Operation {
    id: "redeemPasswordToken",
    summary: "Set a password with a token",
    description: "Sets a password with a one-time `passwordToken`, and ends every session of its user.",
    codes: &[Code::InvalidCredentials],
};

async fn redeem_password_token(
    writing: PublicWriting,
    Json(body): Json<RedeemPasswordToken>,
) -> Result<Written<Json<Message>>, Problem> {
    let app = &writing.server.app;
    let token = account::check_password_token(app, &body.token).await?;
    let (org, owner) = (token.org(), PasswordOwner::User(token.user()));
    let password_hash = account::hash_new_password(app, org, owner, body.password).await?;
    writing
        .run(lane(token.org()), move |work| {
            account::redeem_password_token(work, token, &password_hash)?;
            Ok(Json(Message::new("Password updated successfully")))
        })
        .await
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
        .look(move |work| account::me(work, &caller))
        .await?;
    Ok(Json(Me {
        role: role_word(me.user.role).into(),
        super_user: me.user.super_user,
        user: me.user.into(),
        org: me.org.into(),
        session: me.session.map(Session::from),
        scopes,
    }))
}

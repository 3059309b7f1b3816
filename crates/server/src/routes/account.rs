//! `/account`: contract rows 1 to 7 and 52 to 55.

use std::sync::Arc;

use aide::axum::{
    ApiRouter,
    routing::{delete_with, get_with, post_with},
};
use axum::{
    extract::State,
    http::{HeaderMap, header},
};
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    Code, Message, Millis,
    account::{
        AcceptInvitation, LogIn, LogInWithApiKey, Me, RedeemPasswordToken, Refresh, Session,
        SignUp, SignedUp, Tokens,
    },
    api_keys::scope_words,
    users::{CreatedUser, role_word},
};
use timetracks_app::{
    account::{self, SessionKind},
    lane_of,
};
use timetracks_domain::SessionId;

use crate::{
    Server, Shared,
    http::{Authenticated, Created, Json, List, Paging, Path},
    openapi::Operation,
    problem::Problem,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SessionPath {
    /// The session.
    session_id: SessionId,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitationPath {
    /// The id of the invitation, which is a secret.
    pub(super) inv_id: String,
}

pub(super) fn routes() -> ApiRouter<Arc<Server>> {
    ApiRouter::new()
        .api_route("/account/signup", post_with(sign_up, SIGN_UP.document()))
        .api_route(
            "/account/signup/{invId}",
            post_with(accept_invitation, ACCEPT_INVITATION.document()),
        )
        .api_route("/account/login", post_with(log_in, LOG_IN.document()))
        .api_route("/account/refresh", post_with(refresh, REFRESH.document()))
        .api_route(
            "/account/login/api-key",
            post_with(log_in_with_api_key, LOG_IN_WITH_API_KEY.document()),
        )
        .api_route(
            "/account/refresh/api-key",
            post_with(refresh_with_api_key, REFRESH_WITH_API_KEY.document()),
        )
        .api_route("/account/logout", post_with(log_out, LOG_OUT.document()))
        .api_route(
            "/account/password",
            post_with(redeem_password_token, REDEEM_PASSWORD_TOKEN.document()),
        )
        .api_route("/account/me", get_with(me, ME.document()))
        .api_route(
            "/account/sessions",
            get_with(list_sessions, LIST_SESSIONS.document()),
        )
        .api_route(
            "/account/sessions/{sessionId}",
            delete_with(end_session, END_SESSION.document()),
        )
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
    let (user, org) = account::sign_up(&server.app, request)
        .await
        .map_err(|error| server.problem(error))?;
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
    let (user, password_token) = account::accept_invitation(&server.app, inv_id, request)
        .await
        .map_err(|error| server.problem(error))?;
    let path = format!("/users/{}", user.id);
    let created = CreatedUser {
        user: user.into(),
        password_token,
    };
    Ok(Created::at(&path, created))
}

const LOG_IN: Operation = Operation {
    id: "logIn",
    summary: "Log in",
    description: "Begins a session: access for a day, refresh for 7 days from now. Unknown email, \
        wrong password and inactive user answer alike.",
    codes: &[
        Code::InvalidCredentials,
        Code::PasswordExpired,
        Code::OrgSuspended,
    ],
};

async fn log_in(
    State(server): Shared,
    headers: HeaderMap,
    Json(body): Json<LogIn>,
) -> Result<Json<Tokens>, Problem> {
    let attempt = account::LogIn {
        email: body.email,
        password: body.password,
        user_agent: user_agent(&headers),
    };
    let tokens = account::log_in(&server.app, attempt).await;
    tokens.map(answer).map_err(|error| server.problem(error))
}

const LOG_IN_WITH_API_KEY: Operation = Operation {
    id: "logInWithApiKey",
    summary: "Log in with an API key",
    description: "Begins a short session: access for 15 minutes, refresh for a day from now.",
    codes: &[Code::InvalidCredentials, Code::OrgSuspended],
};

async fn log_in_with_api_key(
    State(server): Shared,
    headers: HeaderMap,
    Json(body): Json<LogInWithApiKey>,
) -> Result<Json<Tokens>, Problem> {
    let agent = user_agent(&headers);
    let tokens = account::log_in_with_api_key(&server.app, &body.api_key, agent).await;
    tokens.map(answer).map_err(|error| server.problem(error))
}

const REFRESH: Operation = Operation {
    id: "refresh",
    summary: "Refresh a session",
    description: "Exchanges a refresh token for a new pair. The old one is dead; presenting it again \
        ends the whole session.",
    codes: &[Code::InvalidCredentials, Code::OrgSuspended],
};

async fn refresh(
    State(server): Shared,
    Json(body): Json<Refresh>,
) -> Result<Json<Tokens>, Problem> {
    let tokens = account::refresh(&server.app, &body.refresh_token, SessionKind::Password).await;
    tokens.map(answer).map_err(|error| server.problem(error))
}

const REFRESH_WITH_API_KEY: Operation = Operation {
    id: "refreshApiKeySession",
    summary: "Refresh an API key's session",
    description: "As the other refresh, for sessions that began with an API key. A token of the other \
        kind is refused.",
    codes: &[Code::InvalidCredentials, Code::OrgSuspended],
};

async fn refresh_with_api_key(
    State(server): Shared,
    Json(body): Json<Refresh>,
) -> Result<Json<Tokens>, Problem> {
    let tokens = account::refresh(&server.app, &body.refresh_token, SessionKind::ApiKey).await;
    tokens.map(answer).map_err(|error| server.problem(error))
}

fn answer(tokens: account::Tokens) -> Json<Tokens> {
    Json(Tokens {
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        expires_in: Millis(tokens.expires_at),
    })
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::USER_AGENT)?;
    value.to_str().ok().map(ToOwned::to_owned)
}

const LOG_OUT: Operation = Operation {
    id: "logOut",
    summary: "Log out",
    description: "Ends the session of the access token.",
    codes: &[Code::NoSession],
};

async fn log_out(
    State(server): Shared,
    Authenticated(caller): Authenticated,
) -> Result<Json<Message>, Problem> {
    server
        .app
        .write(lane_of(&caller), move |work| {
            account::log_out(work, &caller)
        })
        .await
        .map_err(|error| server.problem(error))?;
    Ok(Json(Message::new("Logged out")))
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
    account::redeem_password_token(&server.app, &body.token, body.password)
        .await
        .map_err(|error| server.problem(error))?;
    Ok(Json(Message::new("Password updated successfully")))
}

const ME: Operation = Operation {
    id: "me",
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
        .await
        .map_err(|error| server.problem(error))?;
    Ok(Json(Me {
        role: role_word(me.user.role),
        super_user: me.user.super_user,
        user: me.user.into(),
        org: me.org.into(),
        session: me.session.map(Session::from),
        scopes,
    }))
}

const LIST_SESSIONS: Operation = Operation {
    id: "listSessions",
    summary: "List live sessions",
    description: "Every session of the organisation that is still good. For admins.",
    codes: &[],
};

async fn list_sessions(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    paging: Paging,
) -> Result<List<Session>, Problem> {
    List::of(
        &server,
        paging,
        move |work, page, visit| account::list_sessions(work, &caller, page, visit),
        |session, _| (session.id.uuid(), session.into()),
    )
    .await
}

const END_SESSION: Operation = Operation {
    id: "endSession",
    summary: "End a session",
    description: "Ends one of your sessions or, as an admin, anyone's. Its tokens are dead at once.",
    codes: &[],
};

async fn end_session(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(SessionPath { session_id }): Path<SessionPath>,
) -> Result<Json<Message>, Problem> {
    server
        .app
        .write(lane_of(&caller), move |work| {
            account::end_session(work, &caller, session_id)
        })
        .await
        .map_err(|error| server.problem(error))?;
    Ok(Json(Message::new("Session ended")))
}

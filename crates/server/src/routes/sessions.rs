//! Logging in and out, and sessions: contract rows 2 to 6, 52 and 53.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    Code, Message, Millis,
    account::{LogIn, LogInWithApiKey, Refresh, Session, Tokens},
};
use timetracks_app::{
    Refusal,
    account::{self, RefreshToken, SessionKind},
    lane,
};
use timetracks_domain::SessionId;

use crate::{
    Shared,
    http::{Authenticated, Json, List, Paging, Path, PublicWriting, Writing, Written},
    openapi::Operation,
    problem::Problem,
    route::Routes,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct SessionPath {
    /// The session.
    session_id: SessionId,
}

pub(super) fn routes() -> Routes {
    Routes::about("Account")
        .post("/api/v1/account/login", log_in, &LOG_IN)
        .post("/api/v1/account/refresh", refresh, &REFRESH)
        .post(
            "/api/v1/account/login/api-key",
            log_in_with_api_key,
            &LOG_IN_WITH_API_KEY,
        )
        .post(
            "/api/v1/account/refresh/api-key",
            refresh_with_api_key,
            &REFRESH_WITH_API_KEY,
        )
        .post("/api/v1/account/logout", log_out, &LOG_OUT)
        .get("/api/v1/account/sessions", list_sessions, &LIST_SESSIONS)
        .delete(
            "/api/v1/account/sessions/{sessionId}",
            end_session,
            &END_SESSION,
        )
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
    writing: PublicWriting,
    Json(body): Json<LogIn>,
) -> Result<Written<Result<Json<Tokens>, Problem>>, Problem> {
    let (app, origin) = (&writing.server.app, &writing.origin);
    let who = account::recognise(app, origin, body.email, body.password).await?;
    writing
        .run(lane(who.org()), move |work| {
            Ok(account::log_in(work, &who)?
                .map(answer)
                .map_err(|password_token| Refusal::PasswordExpired { password_token }.into()))
        })
        .await
}

const REFRESH: Operation = Operation {
    id: "refresh",
    summary: "Refresh a session",
    description: "Exchanges a refresh token for a new pair. The old one is dead; presenting it again \
        ends the whole session, unless it comes once within 10 seconds while its successor is unused: \
        then the answer was lost, and there is another pair. Any use of the lost one ends the session.",
    codes: &[Code::InvalidCredentials, Code::OrgSuspended],
};

async fn refresh(
    writing: PublicWriting,
    Json(body): Json<Refresh>,
) -> Result<Written<Result<Json<Tokens>, Problem>>, Problem> {
    exchange(writing, &body.refresh_token, SessionKind::Password).await
}

async fn exchange(
    writing: PublicWriting,
    token: &str,
    kind: SessionKind,
) -> Result<Written<Result<Json<Tokens>, Problem>>, Problem> {
    let token = RefreshToken::parse(token)?;
    writing
        .run(lane(token.org()), move |work| {
            Ok(account::refresh(work, token, kind)?
                .map(answer)
                .ok_or_else(|| Refusal::InvalidCredentials.into()))
        })
        .await
}

const LOG_IN_WITH_API_KEY: Operation = Operation {
    id: "logInWithApiKey",
    summary: "Log in with an API key",
    description: "Begins a short session: access for 15 minutes, refresh for a day from now.",
    codes: &[Code::InvalidCredentials, Code::OrgSuspended],
};

async fn log_in_with_api_key(
    writing: PublicWriting,
    Json(body): Json<LogInWithApiKey>,
) -> Result<Written<Json<Tokens>>, Problem> {
    let key = account::recognise_key(&writing.server.app, &body.api_key).await?;
    writing
        .run(lane(key.org()), move |work| {
            account::log_in_with_api_key(work, key).map(answer)
        })
        .await
}

const REFRESH_WITH_API_KEY: Operation = Operation {
    id: "refreshApiKeySession",
    summary: "Refresh an API key's session",
    description: "As the other refresh, for sessions that began with an API key. A token of the other \
        kind is refused.",
    codes: &[Code::InvalidCredentials, Code::OrgSuspended],
};

async fn refresh_with_api_key(
    writing: PublicWriting,
    Json(body): Json<Refresh>,
) -> Result<Written<Result<Json<Tokens>, Problem>>, Problem> {
    exchange(writing, &body.refresh_token, SessionKind::ApiKey).await
}

const LOG_OUT: Operation = Operation {
    id: "logOut",
    summary: "Log out",
    description: "Ends the session of the access token.",
    codes: &[Code::NoSession],
};

async fn log_out(writing: Writing) -> Result<Written<Json<Message>>, Problem> {
    writing
        .run(move |work, caller| {
            account::log_out(work, caller)?;
            Ok(Json(Message::new("Logged out")))
        })
        .await
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
        caller.org,
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
    writing: Writing,
    Path(SessionPath { session_id }): Path<SessionPath>,
) -> Result<Written<Json<Message>>, Problem> {
    writing
        .run(move |work, caller| {
            account::end_session(work, caller, session_id)?;
            Ok(Json(Message::new("Session ended")))
        })
        .await
}

fn answer(tokens: account::Tokens) -> Json<Tokens> {
    Json(Tokens {
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        expires_in: Millis(tokens.expires_at),
    })
}

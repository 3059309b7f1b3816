//! `/users`: contract rows 10 to 15.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    Code, Message,
    users::{
        ChangePassword, CreateUser, CreatedUser, SchedulePasswordReset, ScheduledPasswordReset,
        UpdateUser, User,
    },
};
use timetracks_app::{
    Refusal,
    account::{self, PasswordOwner},
    users,
};
use timetracks_domain::{Kind, Permission, UserId};

use crate::{
    Shared,
    http::{
        Authenticated, Changing, Created, Json, List, Paging, Path, Versioned, Writing, Written,
    },
    openapi::Operation,
    problem::Problem,
    route::Routes,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct UserPath {
    /// The user.
    user_id: UserId,
}

pub(super) fn routes() -> Routes {
    Routes::about("Users")
        .get("/api/v1/users", list, &LIST)
        .post("/api/v1/users", create, &CREATE)
        .get("/api/v1/users/{userId}", read, &READ)
        .update("/api/v1/users/{userId}", update, &UPDATE)
        .update(
            "/api/v1/users/{userId}/password",
            change_password,
            &CHANGE_PASSWORD,
        )
        .post(
            "/api/v1/users/{userId}/password-reset",
            schedule_password_reset,
            &SCHEDULE_PASSWORD_RESET,
        )
}

const LIST: Operation = Operation {
    id: "listUsers",
    summary: "List users",
    description: "Everyone in your organisation.",
    codes: &[],
};

async fn list(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    paging: Paging,
) -> Result<List<User>, Problem> {
    List::of(
        &server,
        caller.org,
        paging,
        move |work, page, visit| users::list(work, &caller, page, visit),
        |user, _| (user.id.uuid(), user.into()),
    )
    .await
}

const CREATE: Operation = Operation {
    id: "createUser",
    summary: "Create a user",
    description: "For admins. Without `password` the answer carries a `passwordToken`.",
    codes: &[Code::EmailTaken],
};

async fn create(
    writing: Writing,
    Json(body): Json<CreateUser>,
) -> Result<Written<Created<Json<CreatedUser>>>, Problem> {
    // Before a password is hashed, which is work.
    writing
        .caller
        .require(Permission::ManageUsers)
        .map_err(Refusal::from)?;
    let owner = PasswordOwner::New(body.email.clone());
    let request = users::CreateUser {
        first_name: body.first_name,
        last_name: body.last_name,
        email: body.email,
        role: body.role,
        kind: body.kind.unwrap_or(Kind::Human),
        password_hash: super::account::hash(
            writing.app(),
            writing.caller.org,
            owner,
            body.password,
        )
        .await?,
    };
    writing
        .run(move |work, caller| {
            let (user, password_token) = users::create(work, caller, request)?;
            let path = format!("/users/{}", user.id);
            let created = CreatedUser {
                user: user.into(),
                password_token,
            };
            Ok(Created::at(&path, Json(created)))
        })
        .await
}

const READ: Operation = Operation {
    id: "getUser",
    summary: "Get a user",
    description: "A user of your organisation.",
    codes: &[],
};

async fn read(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(UserPath { user_id }): Path<UserPath>,
) -> Result<Versioned<User>, Problem> {
    let user = server
        .app
        .look(move |work| users::read(work, &caller, user_id))
        .await?;
    Ok(Versioned(user.into()))
}

const UPDATE: Operation = Operation {
    id: "updateUser",
    summary: "Change a user",
    description: "Your own profile or, for admins, anyone's; `role`, `active` and `kind` are for admins. A \
        member that is left out stays as it is.",
    codes: &[Code::EmailTaken, Code::LastAdmin, Code::SessionRequired],
};

async fn update(
    changing: Changing,
    Path(UserPath { user_id }): Path<UserPath>,
    Json(body): Json<UpdateUser>,
) -> Result<Written<Versioned<User>>, Problem> {
    let change = users::UpdateUser {
        first_name: body.first_name,
        last_name: body.last_name,
        email: body.email,
        role: body.role,
        active: body.active,
        kind: body.kind,
    };
    changing
        .run(
            move |work, caller| users::current(work, caller, user_id).map(User::from),
            move |work, caller| {
                let user = users::update(work, caller, user_id, change)?;
                Ok(Versioned(user.into()))
            },
        )
        .await
}

const CHANGE_PASSWORD: Operation = Operation {
    id: "changePassword",
    summary: "Change your password",
    description: "Your own only. Ends your other sessions.",
    codes: &[Code::WrongPassword, Code::SessionRequired],
};

async fn change_password(
    changing: Changing,
    Path(UserPath { user_id }): Path<UserPath>,
    Json(body): Json<ChangePassword>,
) -> Result<Written<Json<Message>>, Problem> {
    let (app, caller) = (changing.writing.app(), &changing.writing.caller);
    let origin = changing.writing.origin();
    account::check_current_password(app, origin, caller, user_id, body.current_password).await?;
    let owner = PasswordOwner::User(caller.user);
    let password_hash = account::hash_new_password(app, caller.org, owner, body.password).await?;
    changing
        .run(
            move |work, caller| users::current(work, caller, user_id).map(User::from),
            move |work, caller| {
                account::change_password(work, caller, &password_hash)?;
                Ok(Json(Message::new("Password updated successfully")))
            },
        )
        .await
}

const SCHEDULE_PASSWORD_RESET: Operation = Operation {
    id: "schedulePasswordReset",
    summary: "Let a password expire",
    description: "For admins. From `expiresAt` on the user's current password logs nobody in: login \
        answers 403 `password-expired` with a `passwordToken`.",
    codes: &[Code::SessionRequired],
};

async fn schedule_password_reset(
    changing: Changing,
    Path(UserPath { user_id }): Path<UserPath>,
    Json(body): Json<SchedulePasswordReset>,
) -> Result<Written<Json<ScheduledPasswordReset>>, Problem> {
    let expires_at = body.expires_at.0;
    changing
        .run(
            move |work, caller| users::current(work, caller, user_id).map(User::from),
            move |work, caller| {
                let password_token =
                    users::schedule_password_reset(work, caller, user_id, expires_at)?;
                Ok(Json(ScheduledPasswordReset {
                    message: "Password reset scheduled".to_owned(),
                    password_token,
                }))
            },
        )
        .await
}

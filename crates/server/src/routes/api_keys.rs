//! `/api-keys`: contract rows 16 to 19 and 56.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    Code, Message,
    api_keys::{ApiKey, ApiKeySecret, CreateApiKey},
};
use timetracks_app::api_keys;
use timetracks_domain::ApiKeyId;

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
struct ApiKeyPath {
    /// One of your API keys.
    api_key_id: ApiKeyId,
}

pub(super) fn routes() -> Routes {
    Routes::about("API keys")
        .get("/api/v1/api-keys", list, &LIST)
        .post("/api/v1/api-keys", create, &CREATE)
        .get("/api/v1/api-keys/{apiKeyId}", read, &READ)
        .put("/api/v1/api-keys/{apiKeyId}", rotate, &ROTATE)
        .delete("/api/v1/api-keys/{apiKeyId}", delete, &DELETE)
}

const LIST: Operation = Operation {
    id: "listApiKeys",
    summary: "List your API keys",
    description: "Your own keys, without their secrets.",
    codes: &[],
};

async fn list(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    paging: Paging,
) -> Result<List<ApiKey>, Problem> {
    List::of(
        &server,
        caller.org,
        paging,
        move |work, page, visit| api_keys::list(work, &caller, page, visit),
        |key, _| (key.id.uuid(), key.into()),
    )
    .await
}

const CREATE: Operation = Operation {
    id: "createApiKey",
    summary: "Create an API key",
    description: "The secret is in this answer and never again; only its hash is stored. With \
        `projectId` it is good for that project alone, its tasks and their time. Needs a session begun with a \
        password.",
    codes: &[Code::SessionRequired, Code::NotFound],
};

async fn create(
    writing: Writing,
    Json(body): Json<CreateApiKey>,
) -> Result<Written<Created<Json<ApiKeySecret>>>, Problem> {
    let request = api_keys::CreateApiKey {
        name: body.name,
        scopes: body.scopes,
        expires_at: body.expires_at.map(|end| end.0),
        project: body.project_id,
        kind: body.kind,
    };
    writing
        .run(move |work, caller| {
            let (api_key, info) = api_keys::create(work, caller, request)?;
            let path = format!("/api-keys/{}", info.id);
            let secret = ApiKeySecret {
                api_key,
                message: "API key created. Store it securely — it will not be shown again."
                    .to_owned(),
                info: info.into(),
            };
            Ok(Created::at(&path, Json(secret)))
        })
        .await
}

const READ: Operation = Operation {
    id: "getApiKey",
    summary: "Get an API key",
    description: "One of your own keys, without its secret.",
    codes: &[],
};

async fn read(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(ApiKeyPath { api_key_id }): Path<ApiKeyPath>,
) -> Result<Versioned<ApiKey>, Problem> {
    let key = server
        .app
        .look(move |work| api_keys::read(work, &caller, api_key_id))
        .await?;
    Ok(Versioned(key.into()))
}

const ROTATE: Operation = Operation {
    id: "rotateApiKey",
    summary: "Rotate an API key",
    description: "A new secret under the same id, name and scopes. The old one and every session begun \
        with it are dead at once. Takes no body.",
    codes: &[Code::SessionRequired],
};

async fn rotate(
    changing: Changing,
    Path(ApiKeyPath { api_key_id }): Path<ApiKeyPath>,
) -> Result<Written<Json<ApiKeySecret>>, Problem> {
    changing
        .run(
            move |work, caller| api_keys::current(work, caller, api_key_id).map(ApiKey::from),
            move |work, caller| {
                let (api_key, info) = api_keys::rotate(work, caller, api_key_id)?;
                Ok(Json(ApiKeySecret {
                    api_key,
                    message: "API key rotated. Store it securely — it will not be shown again."
                        .to_owned(),
                    info: info.into(),
                }))
            },
        )
        .await
}

const DELETE: Operation = Operation {
    id: "deleteApiKey",
    summary: "Delete an API key",
    description: "The key and every session begun with it are dead at once.",
    codes: &[],
};

async fn delete(
    changing: Changing,
    Path(ApiKeyPath { api_key_id }): Path<ApiKeyPath>,
) -> Result<Written<Json<Message>>, Problem> {
    changing
        .run(
            move |work, caller| api_keys::current(work, caller, api_key_id).map(ApiKey::from),
            move |work, caller| {
                api_keys::delete(work, caller, api_key_id)?;
                Ok(Json(Message::new("API key deleted")))
            },
        )
        .await
}

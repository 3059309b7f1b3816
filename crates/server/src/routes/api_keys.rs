//! `/api-keys`: contract rows 16 to 19 and 56.

use std::sync::Arc;

use aide::axum::{ApiRouter, routing::get_with};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    Code, Message,
    api_keys::{ApiKey, ApiKeySecret, CreateApiKey},
};
use timetracks_app::{api_keys, lane_of};
use timetracks_domain::ApiKeyId;

use crate::{
    Server, Shared,
    http::{Authenticated, Created, Json, List, Paging, Path},
    openapi::Operation,
    problem::Problem,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct ApiKeyPath {
    /// One of your API keys.
    api_key_id: ApiKeyId,
}

pub(super) fn routes() -> ApiRouter<Arc<Server>> {
    ApiRouter::new()
        .api_route(
            "/api-keys",
            get_with(list, LIST.document()).post_with(create, CREATE.document()),
        )
        .api_route(
            "/api-keys/{apiKeyId}",
            get_with(read, READ.document())
                .put_with(rotate, ROTATE.document())
                .delete_with(delete, DELETE.document()),
        )
        .with_path_items(|item| item.tag("API keys"))
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
        paging,
        move |work, page, visit| api_keys::list(work, &caller, page, visit),
        |key, _| (key.id.uuid(), key.into()),
    )
    .await
}

const CREATE: Operation = Operation {
    id: "createApiKey",
    summary: "Create an API key",
    description: "The secret is in this answer and never again; only its hash is stored. Needs a \
        session begun with a password.",
    codes: &[Code::SessionRequired],
};

async fn create(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Json(body): Json<CreateApiKey>,
) -> Result<Created<ApiKeySecret>, Problem> {
    let request = api_keys::CreateApiKey {
        name: body.name,
        scopes: body.scopes,
        expires_at: body.expires_at.map(|end| end.0),
    };
    let (api_key, info) = server
        .app
        .write(lane_of(&caller), move |work| {
            api_keys::create(work, &caller, request)
        })
        .await?;
    let path = format!("/api-keys/{}", info.id);
    let secret = ApiKeySecret {
        api_key,
        message: "API key created. Store it securely — it will not be shown again.".to_owned(),
        info: info.into(),
    };
    Ok(Created::at(&path, secret))
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
) -> Result<Json<ApiKey>, Problem> {
    let key = server
        .app
        .read(move |work| api_keys::read(work, &caller, api_key_id))
        .await?;
    Ok(Json(key.into()))
}

const ROTATE: Operation = Operation {
    id: "rotateApiKey",
    summary: "Rotate an API key",
    description: "A new secret under the same id, name and scopes. The old one and every session begun \
        with it are dead at once. Takes no body.",
    codes: &[Code::SessionRequired],
};

async fn rotate(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(ApiKeyPath { api_key_id }): Path<ApiKeyPath>,
) -> Result<Json<ApiKeySecret>, Problem> {
    let (api_key, info) = server
        .app
        .write(lane_of(&caller), move |work| {
            api_keys::rotate(work, &caller, api_key_id)
        })
        .await?;
    Ok(Json(ApiKeySecret {
        api_key,
        message: "API key rotated. Store it securely — it will not be shown again.".to_owned(),
        info: info.into(),
    }))
}

const DELETE: Operation = Operation {
    id: "deleteApiKey",
    summary: "Delete an API key",
    description: "The key and every session begun with it are dead at once.",
    codes: &[],
};

async fn delete(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(ApiKeyPath { api_key_id }): Path<ApiKeyPath>,
) -> Result<Json<Message>, Problem> {
    server
        .app
        .write(lane_of(&caller), move |work| {
            api_keys::delete(work, &caller, api_key_id)
        })
        .await?;
    Ok(Json(Message::new("API key deleted")))
}

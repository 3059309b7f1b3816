//! JSON bodies, in and out.

use std::{sync::Arc, time::Duration};

use aide::{
    OperationInput, OperationOutput,
    generate::GenContext,
    openapi::{
        MediaType, Operation, ReferenceOr, RequestBody, Response as Documented, SchemaObject,
    },
};
use axum::{
    body::{Body as HttpBody, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use schemars::JsonSchema;
use serde::Serialize;
use timetracks_api::{Body, Code, Example, Fields};

use crate::{Server, openapi, problem::Problem};

/// The largest body.
const BODY_LIMIT_BYTES: usize = 1024 * 1024;
/// The largest body of what anybody may send, or what makes the server hash.
const ACCOUNT_BODY_LIMIT_BYTES: usize = 4 * 1024;
/// How much of a larger one is read before the connection is closed.
const DRAIN_LIMIT_BYTES: usize = 16 * BODY_LIMIT_BYTES;
/// How long a body may take to arrive.
const BODY_TIME_LIMIT: Duration = Duration::from_secs(10);

/// A JSON body: on the way in every broken member is named at once, on the way out the status is 200.
pub(crate) struct Json<T>(pub(crate) T);

/// A JSON body that may be left out.
pub(crate) struct OptionalJson<T>(pub(crate) T);

impl<T: Body> FromRequest<Arc<Server>> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<Server>) -> Result<Self, Problem> {
        let is_json = has_json_type(&request);
        let bytes = read_body(request).await?;
        if !is_json && !bytes.is_empty() {
            return Err(Problem::of(Code::UnsupportedMediaType));
        }
        parse(&bytes).map(Self)
    }
}

impl<T: Body + Default> FromRequest<Arc<Server>> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<Server>) -> Result<Self, Problem> {
        let is_json = has_json_type(&request);
        let bytes = read_body(request).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json {
            return Err(Problem::of(Code::UnsupportedMediaType));
        }
        parse(&bytes).map(Self)
    }
}

/// `application/json` or `application/…+json`, with any parameters, and as it is: nothing is unpacked here.
fn has_json_type(request: &Request) -> bool {
    let coding = request.headers().get(header::CONTENT_ENCODING);
    if coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return false;
    }
    let Some(Ok(value)) = request
        .headers()
        .get(header::CONTENT_TYPE)
        .map(HeaderValue::to_str)
    else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The same request with all of its body here, and the body.
pub(crate) async fn read_request(request: Request) -> Result<(Request, Bytes), Problem> {
    let limit = body_limit(request.uri().path());
    let (parts, body) = request.into_parts();
    let bytes = read(body, limit).await?;
    Ok((Request::from_parts(parts, bytes.clone().into()), bytes))
}

async fn read_body(request: Request) -> Result<Bytes, Problem> {
    let limit = body_limit(request.uri().path());
    read(request.into_body(), limit).await
}

/// How long a body may be, in bytes.
fn body_limit(path: &str) -> usize {
    match path.starts_with("/api/v1/account/") {
        true => ACCOUNT_BODY_LIMIT_BYTES,
        false => BODY_LIMIT_BYTES,
    }
}

async fn read(body: HttpBody, limit: usize) -> Result<Bytes, Problem> {
    match tokio::time::timeout(BODY_TIME_LIMIT, read_to_end(body, limit)).await {
        Err(_) => Err(Problem::of(Code::RequestTimeout)),
        Ok(whole) => whole,
    }
}

/// Of a body that is too large some more is read and thrown away, because a client that is cut off while it sends often
/// does not see the answer.
async fn read_to_end(mut body: HttpBody, limit: usize) -> Result<Bytes, Problem> {
    let (mut whole, mut length) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Problem::new(Code::MalformedJson, format!("the body broke off: {error}"))
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        length += data.len();
        if length <= limit {
            whole.extend_from_slice(&data);
        } else if length > DRAIN_LIMIT_BYTES {
            break;
        } else {
            whole = Vec::new();
        }
    }
    if length > limit {
        Err(Problem::of(Code::BodyTooLarge))
    } else {
        Ok(whole.into())
    }
}

fn parse<T: Body>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.is_empty() {
        let detail = "the body is empty, and this operation needs one";
        return Err(Problem::new(Code::MalformedJson, detail));
    }
    let value = serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(Code::MalformedJson, error.to_string()))?;
    Fields::read(value).map_err(Problem::invalid)
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        answer(serde_json::to_vec(&self.0))
    }
}

/// 200 with this text.
pub(super) fn answer(text: serde_json::Result<Vec<u8>>) -> Response {
    match text {
        Ok(text) => {
            let json = HeaderValue::from_static("application/json");
            ([(header::CONTENT_TYPE, json)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "an answer is no JSON");
            Problem::of(Code::Internal).into_response()
        }
    }
}

fn document_body<T: Body + JsonSchema>(
    ctx: &mut GenContext,
    operation: &mut Operation,
    required: bool,
) {
    let media = MediaType {
        schema: Some(SchemaObject {
            json_schema: ctx.schema.subschema_for::<T>(),
            external_docs: None,
            example: None,
        }),
        example: Some(T::example()),
        ..MediaType::default()
    };
    operation.request_body = Some(ReferenceOr::Item(RequestBody {
        content: [("application/json".to_owned(), media)]
            .into_iter()
            .collect(),
        required,
        ..RequestBody::default()
    }));
    openapi::may_refuse(
        operation,
        &[
            Code::MalformedJson,
            Code::RequestTimeout,
            Code::BodyTooLarge,
            Code::UnsupportedMediaType,
            Code::Invalid,
        ],
    );
}

impl<T: Body + JsonSchema> OperationInput for Json<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        document_body::<T>(ctx, operation, true);
    }
}

impl<T: Body + JsonSchema> OperationInput for OptionalJson<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        document_body::<T>(ctx, operation, false);
    }
}

impl<T: Serialize + JsonSchema + Example> OperationOutput for Json<T> {
    type Inner = T;

    fn inferred_responses(
        ctx: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Documented)> {
        vec![(Some(200), openapi::answer::<T>(ctx, ""))]
    }
}

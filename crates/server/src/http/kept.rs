//! An answer as it is kept for a retry.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use timetracks_app::Error;

use crate::problem::Problem;

const REPLAYED: &str = "idempotency-replayed";

/// Status, headers and body. A problem is kept without the id of its request, because the retry has one of its own.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
}

/// The answer, to be kept. Answers to writes are JSON that is whole.
pub(crate) fn write(response: Response) -> Result<Vec<u8>, Error> {
    let (mut parts, body) = response.into_parts();
    let body = match parts.extensions.remove::<Problem>() {
        Some(problem) => serde_json::to_value(&problem.body),
        None => {
            let whole = body.collect().now_or_never().and_then(Result::ok);
            let bytes = whole
                .map(http_body_util::Collected::to_bytes)
                .unwrap_or_default();
            serde_json::from_slice(&bytes)
        }
    };
    let headers = parts.headers.iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        (name != header::CONTENT_LENGTH).then(|| (name.to_string(), value.to_owned()))
    });
    let kept = Kept {
        status: parts.status.as_u16(),
        headers: headers.collect(),
        body: body.map_err(internal)?,
    };
    serde_json::to_vec(&kept).map_err(internal)
}

/// The kept answer to a retry with this id.
pub(crate) fn again(kept: &[u8], request_id: &str) -> Result<Response, Error> {
    let mut response = read(kept, request_id)?;
    let replayed = HeaderValue::from_static("true");
    response.headers_mut().insert(REPLAYED, replayed);
    Ok(response)
}

/// The answer that was just kept, to the request with this id.
pub(crate) fn read(kept: &[u8], request_id: &str) -> Result<Response, Error> {
    let Kept {
        status,
        headers,
        mut body,
    } = serde_json::from_slice(kept).map_err(internal)?;
    let status = StatusCode::from_u16(status).map_err(internal)?;
    let mut content_type = HeaderValue::from_static("application/json");
    if !status.is_success() {
        content_type = HeaderValue::from_static("application/problem+json");
        body["instance"] = request_id.into();
    }
    let bytes = serde_json::to_vec(&body).map_err(internal)?;
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    for (name, value) in headers {
        let name = header::HeaderName::try_from(name).map_err(internal)?;
        let value = HeaderValue::try_from(value).map_err(internal)?;
        response.headers_mut().insert(name, value);
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    Ok(response)
}

fn internal(error: impl ToString) -> Error {
    Error::Internal(error.to_string())
}

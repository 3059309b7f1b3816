//! What happens to every request and answer: an id, a time limit, headers that keep browsers careful, one log line.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use timetracks_api::Code;

use crate::{Server, problem::Problem};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long a handler may take until its answer begins.
const HANDLER_TIME_LIMIT: Duration = Duration::from_secs(15);
/// The longest id that is taken from a caller.
const LONGEST_REQUEST_ID: usize = 128;
/// Nothing that this server answers with is to load or run anything, except the documentation, which says so itself.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// Wraps a request.
pub(crate) async fn observe(
    State(server): State<Arc<Server>>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    server.metrics.request_started();
    let id = request_id(request.headers()).unwrap_or_else(|| server.app.request_id());
    let method = request.method().clone();
    // The route and not the path, which may hold a secret: an invitation's id.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned());
    let mut response = match tokio::time::timeout(HANDLER_TIME_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => axum::response::IntoResponse::into_response(Problem::of(Code::Unavailable)),
    };
    write_problem(&mut response, &id);
    add_headers(response.headers_mut(), &id);
    let took = started.elapsed();
    let status = response.status();
    server
        .metrics
        .request_answered(&method, &route, status, took);
    tracing::info!(
        id,
        %method,
        route,
        status = status.as_u16(),
        ms = took.as_millis(),
        "request"
    );
    response
}

/// The caller's id of the request, when it is a sane one.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
    ((1..=LONGEST_REQUEST_ID).contains(&id.len()) && id.bytes().all(sane)).then(|| id.to_owned())
}

/// Writes the body of a problem, now that the id of the request is known.
fn write_problem(response: &mut Response, id: &str) {
    let Some(Problem(mut problem)) = response.extensions_mut().remove() else {
        return;
    };
    id.clone_into(&mut problem.instance);
    let body = serde_json::to_vec(&problem).expect("a problem is plain data");
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, body.len().into());
    *response.body_mut() = Body::from(body);
}

fn add_headers(headers: &mut HeaderMap, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(NOTHING));
}

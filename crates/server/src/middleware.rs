//! What happens to every request and answer: an id, a time limit, headers that keep browsers careful, one log line.

use std::{
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Version, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use timetracks_api::Code;
use timetracks_app::{Turn, network_of};
use tracing::Instrument;

use crate::{
    Server,
    http::{Context, client_address, etag, has_idempotency_key, with_digest},
    problem::Problem,
    traces::RequestSpan,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken from a caller.
const LONGEST_REQUEST_ID: usize = 128;
/// Nothing that this server answers with is to load or run anything, except the documentation, which says so itself.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

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
        .map(|path| path.as_str().to_owned());
    let span = match server.policy.traced {
        true => RequestSpan::begin(&method, route.as_deref(), &id, request.headers()),
        false => RequestSpan::none(),
    };
    let route = route.as_deref().unwrap_or("-");
    let mut context = Context {
        address: client_address(&request, &server.policy.trusted_proxies),
        digest: None,
        id: id.clone(),
        allowance: OnceLock::new(),
    };
    let is_last = is_coded_twice(request.headers());
    let if_none_match = etag::list(request.headers(), &header::IF_NONE_MATCH);
    let answer = async {
        require_host(&request)?;
        let _places = enter(&server, &request, context.address)?;
        let mut request = request;
        if has_idempotency_key(&request) {
            // In a box: else the future of every request had room for this, and would be moved with it.
            request = Box::pin(with_digest(&server, request, &mut context)).await?;
        }
        let context = Arc::new(context);
        request.extensions_mut().insert(Arc::clone(&context));
        let answer =
            tokio::time::timeout(server.policy.bounds.handler_time, next.run(request)).await;
        let mut response = answer.map_err(|_| Problem::of(Code::Unavailable))?;
        if let Some(allowance) = context.allowance.get() {
            allowance.write(response.headers_mut());
        }
        Ok(response)
    };
    let answer = answer.instrument(span.span()).await;
    let mut response = answer.unwrap_or_else(Problem::into_response);
    etag::shorten(&method, if_none_match.as_deref(), &mut response);
    write_problem(&mut response, &id);
    add_headers(response.headers_mut(), &id);
    if is_last {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    let took = started.elapsed();
    let status = response.status();
    server
        .metrics
        .request_answered(&method, route, status, took);
    tracing::info!(
        id,
        trace_id = span.trace_id(),
        method = method.as_str(),
        route,
        status = status.as_u16(),
        ms = took.as_micros() as f64 / 1000.0,
        "request"
    );
    span.end(status);
    response
}

/// Refuses what does not name one host (RFC 9112 §3.2): a proxy and we may think of different ones.
fn require_host(request: &Request) -> Result<(), Problem> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let is_host =
        |host: &HeaderValue| host.is_empty() || Authority::try_from(host.as_bytes()).is_ok();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_host(host) => Ok(()),
        (None, _) if request.version() == Version::HTTP_10 => Ok(()),
        _ => Err(Problem::of(Code::MalformedRequest)),
    }
}

/// Whether a proxy may see another end of this request than we do. Then nothing behind it is taken for the next one. Of
/// other shapes that two servers read differently hyper takes none, or closes the connection by itself.
fn is_coded_twice(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let first = codings.next();
    codings.next().is_some()
        || first.is_some_and(|first| !first.as_bytes().eq_ignore_ascii_case(b"chunked"))
}

/// The places that a request takes up while it is under way: one among all and, for who shows no credential or need not
/// show any, one among those of the same address. A stranger could fill all of them with requests that are slow to
/// arrive. Health takes none, so that a busy server is not taken for a dead one.
fn enter<'a>(
    server: &'a Server,
    request: &Request,
    address: Option<IpAddr>,
) -> Result<Option<(Place<'a>, Option<Stranger>)>, Problem> {
    let (path, headers) = (request.uri().path(), request.headers());
    if path.starts_with("/health/") {
        return Ok(None);
    }
    let shows_credential =
        headers.contains_key(header::AUTHORIZATION) || headers.contains_key("x-api-key");
    let is_stranger = !shows_credential || path.starts_with("/api/v1/account/");
    let stranger = match is_stranger && server.policy.rate_limit {
        true => {
            let place = server.strangers.take(address.map(network_of));
            Some(place.ok_or_else(|| Problem::of(Code::Busy))?)
        }
        false => None,
    };
    Ok(Some((
        Place::take(&server.in_flight, server.policy.bounds.requests)?,
        stranger,
    )))
}

type Stranger = Turn<Option<IpAddr>>;

/// A place among the requests under way, given back when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(in_flight: &'a AtomicUsize, most: usize) -> Result<Self, Problem> {
        let place = Self(in_flight);
        match in_flight.fetch_add(1, Ordering::Relaxed) < most {
            true => Ok(place),
            false => Err(Problem::of(Code::Busy)),
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The caller's id of the request, when it is a sane one.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
    ((1..=LONGEST_REQUEST_ID).contains(&id.len()) && id.bytes().all(sane)).then(|| id.to_owned())
}

/// Writes the body of a problem, now that the id of the request is known.
fn write_problem(response: &mut Response, id: &str) {
    let Some(Problem {
        body: mut problem, ..
    }) = response.extensions_mut().remove()
    else {
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

#[cfg(test)]
mod tests {
    use axum::Router;
    use timetracks_app::{App, Clock, Policy, Random, SigningKey};
    use tower::Service;

    use super::*;
    use crate::{HttpPolicy, router::router};

    async fn status(router: &mut Router, path: &str) -> u16 {
        let request = Request::get(path).header(header::HOST, "test");
        let request = request.body(Body::empty()).unwrap();
        let answer = router.call(request).await.unwrap();
        answer.status().as_u16()
    }

    #[tokio::test]
    async fn a_server_that_can_take_no_more_says_that_it_lives_and_is_ready() {
        let directory = tempfile::tempdir().unwrap();
        let settings = timetracks_db::Settings::sqlite(directory.path().join("test.db"));
        let (key, random) = (SigningKey::new([7; 32]), Random::seeded(1));
        let policy = Policy::default();
        let app = App::open(&settings, &key, Clock::system(), random, policy).unwrap();
        let server = Server::new(app, HttpPolicy::default());
        let mut router = router(Arc::clone(&server));
        assert_eq!(status(&mut router, "/openapi.json").await, 200);
        let most = server.policy.bounds.requests;
        server.in_flight.store(most, Ordering::SeqCst);
        assert_eq!(status(&mut router, "/openapi.json").await, 503);
        assert_eq!(status(&mut router, "/health/live").await, 200);
        assert_eq!(status(&mut router, "/health/ready").await, 200);
    }
}

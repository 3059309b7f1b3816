//! Limit (a): the same HTTP stack. It checks the token as the server does, and answers a constant.

use std::{net::TcpListener, path::Path, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use hmac::{Hmac, KeyInit, Mac};
use hyper_util::rt::TokioTimer;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use sha2::Sha256;

use crate::Outcome;

const NAME: &str = "timetracks";

/// As large as a task.
const TASK: &str = r#"{"id":"01m7cdh3wtfe1t7yb0pgyh4d8c","userId":"01m7cdh3wtfe1t7yb0pgyh4d8c","name":"clock 000","description":null,"status":"open","projectId":null,"externalId":null,"createdAt":"2026-11-25T18:00:00.000Z","updatedAt":"2026-11-25T18:00:00.000Z"}"#;

pub(super) struct Check {
    key: DecodingKey,
    validation: Validation,
}

/// What the server reads of a token.
#[derive(Deserialize)]
#[expect(dead_code, reason = "reading it is the work that is measured")]
struct Claims {
    sub: String,
    sid: String,
    org: String,
    iat: i64,
    exp: i64,
    rfh: Option<String>,
}

/// Serves on a free port until it is killed. Prints where.
pub(crate) fn run(signing_key: &Path) -> Outcome<()> {
    let check = Check::with(signing_key)?;
    serve(Router::new().fallback(answer).with_state(Arc::new(check)))
}

impl Check {
    pub(super) fn with(signing_key: &Path) -> Outcome<Self> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&std::fs::read(signing_key)?)?;
        mac.update(b"access-token");
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_issuer(&[NAME]);
        validation.set_audience(&[NAME]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Ok(Self {
            key: DecodingKey::from_secret(&mac.finalize().into_bytes()),
            validation,
        })
    }

    /// Whether a request may come in.
    pub(super) fn is_good(&self, headers: &HeaderMap) -> bool {
        let token = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        token.is_some_and(|token| {
            jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation).is_ok()
        })
    }
}

/// The server's own HTTP stack.
pub(super) fn serve(router: Router) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        println!("http://{}", listener.local_addr()?);
        let mut http = axum_server::from_tcp(listener)?.http1_only();
        http.http_builder().http1().timer(TokioTimer::new());
        http.serve(router.into_make_service()).await?;
        Ok(())
    })
}

async fn answer(State(check): State<Arc<Check>>, headers: HeaderMap) -> Response {
    match check.is_good(&headers) {
        true => constant(),
        false => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// 200 with the constant.
pub(super) fn constant() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], TASK).into_response()
}

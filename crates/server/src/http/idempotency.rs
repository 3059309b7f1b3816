//! The header `Idempotency-Key`, which makes a request safe to repeat.

use aide::{
    generate::GenContext,
    openapi::Operation,
    operation::{ParamLocation, add_parameters, parameters_from_schema},
};
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    response::IntoResponse,
};
use schemars::JsonSchema;
use sha2::{Digest, Sha256};
use timetracks_api::{Code, FieldError};
use timetracks_app::Error;

use super::{Context, authenticated::caller, etag, json::read_request, kept};
use crate::{Server, openapi, problem::Problem};

/// The header that makes a request safe to repeat.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The longest idempotency key.
const LONGEST_KEY: usize = 255;
/// The longest refusal that is kept.
const LONGEST_REFUSAL_BYTES: usize = 64 * 1024;

/// Whether a request is to be remembered.
pub(crate) fn has_idempotency_key(request: &Request) -> bool {
    request.headers().contains_key(IDEMPOTENCY_KEY) && !request.method().is_safe()
}

/// A request that is to be remembered is read whole, to tell it from others. Of strangers only what is short is read,
/// so that they cannot fill the memory.
pub(crate) async fn with_digest(
    server: &Server,
    request: Request,
    context: &mut Context,
) -> Result<Request, Problem> {
    let is_short = request.uri().path().starts_with("/api/v1/account/");
    if !is_short {
        match caller(server, request.headers()).await {
            Ok(_) => {}
            // The handler's extractor says so.
            Err(Error::Refused(_)) => return Ok(request),
            // Not "a stranger": done without being remembered, it would be done again.
            Err(error) => return Err(error.into()),
        }
    }
    let (request, body) = read_request(request).await?;
    let target = request.uri().path_and_query().map_or("", |it| it.as_str());
    let mut digest = Sha256::new();
    let if_match = etag::list(request.headers(), &header::IF_MATCH).unwrap_or_default();
    for part in [
        request.method().as_str().as_bytes(),
        target.as_bytes(),
        if_match.as_bytes(),
    ] {
        digest.update(part);
        digest.update([0]);
    }
    digest.update(&body);
    context.digest = Some(digest.finalize().into());
    Ok(request)
}

/// A refusal as it is kept for a retry, if it is. One that is long is made again instead, because it cost nothing to ask for.
pub(super) fn to_keep(problem: &Problem) -> Result<Option<Vec<u8>>, Error> {
    if !is_final(problem) {
        return Ok(None);
    }
    let kept = kept::write(problem.clone().into_response())?;
    Ok((kept.len() <= LONGEST_REFUSAL_BYTES).then_some(kept))
}

/// Whether a retry would be refused in the same way. One that is only refused for now is not remembered.
fn is_final(problem: &Problem) -> bool {
    let codes = [Code::IdempotencyKeyInUse, Code::IdempotencyKeyReused];
    let is_code = |code: &Code| {
        problem
            .body
            .r#type
            .ends_with(&format!("/{}", code.as_str()))
    };
    matches!(problem.body.status, 404 | 409 | 412 | 422) && !codes.iter().any(is_code)
}

/// The idempotency key in the value of its header, bare or as the quoted string of the draft; `None` when it is none.
#[must_use]
pub fn read_idempotency_key(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().unwrap_or_default().trim();
    let quoted = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let key = quoted.unwrap_or(text);
    let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'"';
    ((1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(visible)).then_some(key)
}

/// The idempotency key of a request.
///
/// # Errors
/// When its header holds none, or comes more than once.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut lines = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = lines.next() else {
        return Ok(None);
    };
    match read_idempotency_key(value) {
        Some(key) if lines.next().is_none() => Ok(Some(key.to_owned())),
        _ => Err(Problem::invalid(vec![FieldError {
            pointer: "/Idempotency-Key".to_owned(),
            detail: "must be given once, with 1 to 255 visible ASCII characters other than quotes"
                .to_owned(),
        }])),
    }
}

#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "for the documentation alone")]
struct RetryHeader {
    /// Makes the request safe to repeat: sent again with the same key within a day, it is not done again, and gets the
    /// first answer with `Idempotency-Replayed: true`. Choose a new one, such as a UUID, for each request that is not a
    /// retry.
    #[serde(rename = "Idempotency-Key")]
    #[schemars(regex(pattern = r#"^([!#-~]{1,255}|"[!#-~]{1,255}")$"#))]
    idempotency_key: Option<String>,
}

pub(super) fn document(ctx: &mut GenContext, operation: &mut Operation) {
    let schema = ctx.schema.subschema_for::<RetryHeader>();
    let parameters = parameters_from_schema(ctx, schema, ParamLocation::Header);
    add_parameters(ctx, operation, parameters);
    openapi::may_refuse(
        operation,
        &[
            Code::Invalid,
            Code::IdempotencyKeyReused,
            Code::IdempotencyKeyInUse,
            Code::TooManyRequests,
        ],
    );
}

#[cfg(test)]
mod tests;

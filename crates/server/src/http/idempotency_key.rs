//! The header that makes a request safe to repeat.

use axum::http::{HeaderMap, HeaderValue};
use timetracks_api::FieldError;

use crate::problem::Problem;

const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The longest idempotency key.
const LONGEST_KEY: usize = 255;

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
/// When its header holds none.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    if let Some(key) = read_idempotency_key(value) {
        return Ok(Some(key.to_owned()));
    }
    Err(Problem::invalid(vec![FieldError {
        pointer: "/Idempotency-Key".to_owned(),
        detail: "must have 1 to 255 visible ASCII characters other than quotes".to_owned(),
    }]))
}

/// Whether a request is to be remembered: then the middleware reads all of it first.
pub(crate) fn has_idempotency_key(headers: &HeaderMap) -> bool {
    headers.contains_key(IDEMPOTENCY_KEY)
}

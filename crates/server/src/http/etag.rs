//! Versions of resources (RFC 9110 §8.8.3 and §13.1).

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use timetracks_api::Resource;

/// How much of the digest makes a tag.
const BYTES: usize = 15;

/// The entity tag of a resource as it is now.
pub(crate) fn of(resource: &impl Resource) -> String {
    let digest = Sha256::digest(resource.version());
    format!("\"{}\"", BASE64URL_NOPAD.encode(&digest[..BYTES]))
}

/// Whether a list of tags, as in `If-Match` and `If-None-Match`, has this one in it.
#[must_use]
pub fn matches(list: &str, tag: &str) -> bool {
    list.split(',')
        .map(str::trim)
        .any(|item| item == "*" || item.strip_prefix("W/").unwrap_or(item) == tag)
}

/// Makes the answer to a GET short when the client has this version already.
pub(crate) fn shorten(
    method: &Method,
    if_none_match: Option<&HeaderValue>,
    response: &mut Response,
) {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    if !reads || response.status() != StatusCode::OK {
        return;
    }
    let (Some(seen), Some(tag)) = (if_none_match, response.headers().get(header::ETAG)) else {
        return;
    };
    if matches(
        seen.to_str().unwrap_or_default(),
        tag.to_str().unwrap_or_default(),
    ) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        let headers: &mut HeaderMap = response.headers_mut();
        headers.remove(header::CONTENT_TYPE);
        headers.remove(header::CONTENT_LENGTH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list() {
        for (list, found) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(matches(list, "\"a\""), found, "{list}");
        }
    }
}

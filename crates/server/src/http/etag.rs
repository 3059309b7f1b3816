//! Versions of resources (RFC 9110 §8.8.3 and §13.1).

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    response::Response,
};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use timetracks_api::Resource;

/// How much of the digest makes a tag.
const BYTES: usize = 15;
/// Most texts of a resource are shorter.
const MOST_TEXTS_BYTES: usize = 1024;

/// The entity tag of a resource as it is now.
///
/// # Errors
/// When it cannot be said in JSON.
pub(crate) fn of(resource: &impl Resource) -> serde_json::Result<String> {
    text(resource).and_then(|text| of_text(resource, &text))
}

/// As [`of`], of a resource whose text is known.
pub(crate) fn of_text(resource: &impl Resource, text: &[u8]) -> serde_json::Result<String> {
    let digest = match resource.still() {
        None => Sha256::digest(text),
        Some(still) => Sha256::digest(self::text(&still)?),
    };
    Ok(format!("\"{}\"", BASE64URL_NOPAD.encode(&digest[..BYTES])))
}

/// A resource as it is answered.
pub(crate) fn text(resource: &impl Resource) -> serde_json::Result<Vec<u8>> {
    let mut text = Vec::with_capacity(MOST_TEXTS_BYTES);
    resource.write(&mut text)?;
    Ok(text)
}

/// The tags of `If-Match` or `If-None-Match`, from all lines of it. What is no text matches nothing.
pub(crate) fn list(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines = headers.get_all(name).iter();
    let lines: Vec<_> = lines
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

/// Whether one of the tags of `If-Match` is this one. A weak tag is no proof that nothing has changed.
#[must_use]
pub fn is_among(list: &str, tag: &str) -> bool {
    list.trim() == "*" || list.split(',').any(|item| item.trim() == tag)
}

/// Whether one of the tags of `If-None-Match` is this one, weak or not.
#[must_use]
pub fn is_like_one_of(list: &str, tag: &str) -> bool {
    let strong = |item: &str| item.trim().strip_prefix("W/") == Some(tag);
    is_among(list, tag) || list.split(',').any(strong)
}

/// Makes the answer to a GET short when the client has this version already.
pub(crate) fn shorten(method: &Method, if_none_match: Option<&str>, response: &mut Response) {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    if !reads || response.status() != StatusCode::OK {
        return;
    }
    let (Some(seen), Some(tag)) = (if_none_match, response.headers().get(header::ETAG)) else {
        return;
    };
    if is_like_one_of(seen, tag.to_str().unwrap_or_default()) {
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
        for (list, is_same, is_like) in [
            ("\"a\"", true, true),
            ("W/\"a\"", false, true),
            ("\"b\", \"a\"", true, true),
            ("\"b\",W/\"a\"", false, true),
            (" * ", true, true),
            ("\",*,\"", false, false),
            ("\"b\"", false, false),
            ("a", false, false),
            ("", false, false),
        ] {
            assert_eq!(is_among(list, "\"a\""), is_same, "{list}");
            assert_eq!(is_like_one_of(list, "\"a\""), is_like, "{list}");
        }
    }
}

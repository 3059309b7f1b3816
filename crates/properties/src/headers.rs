//! Headers: credentials, versions, idempotency keys, and who the client is.

use std::net::{IpAddr, SocketAddr};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    http::HeaderValue,
};
use ipnet::IpNet;
use timetracks_server::parsers::{
    bearer_token, client_address, is_among, is_like_one_of, read_idempotency_key,
};

use crate::text_of;

/// A header has one credential or an empty one, never part of another scheme's.
pub(crate) fn bearer_tokens(input: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(input) else {
        return;
    };
    let token = bearer_token(&value);
    if !token.is_empty() {
        let (scheme, rest) = input.split_at(7);
        assert!(scheme.eq_ignore_ascii_case(b"Bearer "), "{value:?}");
        assert_eq!(token, text_of(rest).trim());
    }
    if let Ok(text) = value.to_str() {
        let of = |scheme: &str| {
            let value = HeaderValue::try_from(format!("{scheme} {text}"));
            let value = value.expect("it was good before");
            bearer_token(&value).to_owned()
        };
        assert_eq!(of("bearer"), text.trim());
        for scheme in ["Basic", "Digest", "Bearer\t", "Bearers", ""] {
            assert_eq!(of(scheme), "", "{scheme}");
        }
    }
}

/// A tag is in a list that names it, and in no other; a weak one is like it, and no proof that nothing has changed.
pub(crate) fn entity_tags(input: &[u8]) {
    const TAG: &str = "\"Zm9vYmFyYmF6cXV1eHgh\"";
    let list = text_of(input);
    if !list.contains(TAG) && list.trim() != "*" {
        assert!(!is_like_one_of(&list, TAG), "{list:?}");
        let weak = format!("W/{TAG} ,{list}");
        assert!(is_like_one_of(&weak, TAG), "{weak:?}");
        assert!(!is_among(&weak, TAG), "{weak:?}");
    }
    let longer = format!("{list},{TAG}");
    assert!(is_among(&longer, TAG), "{longer:?}");
    assert!(is_like_one_of(&longer, TAG), "{longer:?}");
    assert!(is_among(" * ", TAG));
    for other in [
        TAG.replace('h', "i"),
        format!("x{TAG}"),
        format!("{TAG}x"),
        format!("w/{TAG}"),
    ] {
        assert!(!is_like_one_of(&other, TAG), "{other:?}");
    }
}

/// A key has 1 to 255 visible characters, and means the same in quotes.
pub(crate) fn idempotency_keys(input: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(input) else {
        return;
    };
    let is_good = |key: &str| {
        let visible = |byte: u8| (b'!'..=b'~').contains(&byte) && byte != b'"';
        (1..=255).contains(&key.len()) && key.bytes().all(visible)
    };
    match read_idempotency_key(&value) {
        Some(key) => {
            assert!(is_good(key), "{value:?}");
            for other in [key.to_owned(), format!("\"{key}\""), format!(" {key}\t")] {
                let other = HeaderValue::try_from(other).expect("visible ASCII");
                assert_eq!(read_idempotency_key(&other), Some(key));
            }
        }
        // Outside of ASCII there are other blanks than those that may stand around a value.
        None => assert!(
            !input.is_ascii() || !is_good(text_of(input).trim()),
            "{value:?}"
        ),
    }
}

/// What a client writes itself is believed of nobody: only what a trusted proxy appends to it.
pub(crate) fn forwarded(input: &[u8]) {
    const PROXY: &str = "10.0.0.1";
    const STRANGER: &str = "192.0.2.1";
    const CLIENT: &str = "198.51.100.7";
    let text = text_of(input);
    let written: String = text.chars().filter(|it| matches!(it, ' '..='~')).collect();
    let client = |peer: &str, values: &[&str]| client(peer, values).to_string();
    assert_eq!(client(STRANGER, &[&written]), STRANGER);
    assert_eq!(client(STRANGER, &[&written, CLIENT]), STRANGER);
    let appended = [
        vec![format!("{written},{CLIENT}")],
        vec![written.clone(), CLIENT.to_owned()],
        vec![format!("{written}, {CLIENT}, 10.9.9.9")],
        vec![
            format!("{written},::ffff:{CLIENT}"),
            "::ffff:10.9.9.9".to_owned(),
        ],
    ];
    for values in appended {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        assert_eq!(client(PROXY, &values), CLIENT, "{values:?}");
    }
    // Whoever it is then, the proxy said so.
    let found = client(PROXY, &[&written]);
    let is_said = |hop: &str| {
        let hop = hop.trim().parse::<IpAddr>();
        hop.is_ok_and(|hop| hop.to_canonical().to_string() == found)
    };
    assert!(
        found == PROXY || written.split(',').any(is_said),
        "{written:?}: {found}"
    );
}

fn client(peer: &str, values: &[&str]) -> IpAddr {
    let mut request = Request::new(Body::empty());
    let peer = SocketAddr::new(peer.parse().expect("an address"), 1);
    request.extensions_mut().insert(ConnectInfo(peer));
    for value in values {
        let value = value.parse().expect("visible ASCII");
        request.headers_mut().append("x-forwarded-for", value);
    }
    let trusted: IpNet = "10.0.0.0/8".parse().expect("a network");
    client_address(&request, &[trusted]).expect("the peer is known")
}

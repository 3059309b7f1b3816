//! Requests whose end two servers in a row may see in different places.

use super::Case;

/// One that leaves it open, with a request behind it that must not be taken for one.
fn smuggling(headers: &str, body: &str) -> Vec<u8> {
    const HIDDEN: &str = "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    format!(
        "POST /api/v1/account/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}\r\n{body}{HIDDEN}"
    )
    .into_bytes()
}

/// Shapes in which two servers in a row may see different requests.
pub(super) fn ambiguous() -> Vec<Case> {
    vec![
        ("two lengths", smuggling("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"), &[400]),
        ("a list of lengths", smuggling("Content-Length: 2, 2\r\n", "{}"), &[400]),
        ("a signed length", smuggling("Content-Length: +2\r\n", "{}"), &[400]),
        ("a negative length", smuggling("Content-Length: -2\r\n", "{}"), &[400]),
        ("a hexadecimal length", smuggling("Content-Length: 0x2\r\n", "{}"), &[400]),
        ("a length beyond 64 bits", smuggling("Content-Length: 99999999999999999999\r\n", "{}"), &[400]),
        ("an empty length", smuggling("Content-Length: \r\n", "{}"), &[400]),
        ("a length, then chunks", smuggling("Content-Length: 7\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[422]),
        ("chunks, then a length", smuggling("Transfer-Encoding: chunked\r\nContent-Length: 7\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[422]),
        ("chunked twice", smuggling("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[422]),
        ("chunked is not last", smuggling("Transfer-Encoding: chunked, identity\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[400]),
        ("chunked by another name", smuggling("Transfer-Encoding: xchunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[400]),
        ("a space before the colon", smuggling("Content-Length : 2\r\n", "{}"), &[400]),
        ("a tab before the colon", smuggling("Transfer-Encoding\t: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[400]),
        ("a folded header", smuggling("X-Folded: a\r\n b\r\nContent-Length: 2\r\n", "{}"), &[400]),
        ("a folded encoding", smuggling("Transfer-Encoding:\r\n chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), &[400]),
        ("a header without a name", smuggling(": x\r\nContent-Length: 2\r\n", "{}"), &[400]),
        ("a header without a colon", smuggling("Content-Length\r\n", "{}"), &[400]),
        ("a bare CR in a header", smuggling("X-A: b\rContent-Length: 2\r\n", "{}"), &[400]),
        ("a chunk size that is none", smuggling("Transfer-Encoding: chunked\r\n", "x\r\n{}\r\n0\r\n\r\n"), &[400]),
        ("a chunk size with a prefix", smuggling("Transfer-Encoding: chunked\r\n", "0x2\r\n{}\r\n0\r\n\r\n"), &[400]),
        ("a negative chunk size", smuggling("Transfer-Encoding: chunked\r\n", "-2\r\n{}\r\n0\r\n\r\n"), &[400]),
        ("a chunk size beyond 64 bits", smuggling("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"), &[400]),
        ("a chunk longer than its size", smuggling("Transfer-Encoding: chunked\r\n", "1\r\n{}\r\n0\r\n\r\n"), &[400]),
        ("a chunk extension with a bare LF", smuggling("Transfer-Encoding: chunked\r\n", "2;a\n{}\r\n0\r\n\r\n"), &[400]),
        ("chunks in HTTP/1.0", b"POST /api/v1/account/login HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n".to_vec(), &[400]),
    ]
}

/// Odd, but nobody can be in doubt about their end: two requests are two, and are answered in their order.
pub(super) fn clear() -> Vec<Case> {
    const WRONG: &str = r#"{"email":"nobody@example.com","password":"not the right password"}"#;
    let live = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let last = "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let slow = format!("Content-Length: {}\r\n", WRONG.len());
    vec![
        (
            "eight requests at once",
            format!("{}{last}", live.repeat(7)).into(),
            &[200, 200, 200, 200, 200, 200, 200, 404],
        ),
        (
            "a quick request behind one that hashes",
            smuggling(&slow, WRONG),
            &[401, 200],
        ),
        (
            "two equal lengths",
            smuggling("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"),
            &[422, 200],
        ),
        (
            "chunked behind a tab",
            smuggling("Transfer-Encoding:\tchunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
            &[422, 200],
        ),
    ]
}

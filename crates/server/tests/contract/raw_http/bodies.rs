//! Bodies, sent with a credential.

use super::{Case, request};

/// Bodies that parsers choke on.
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
pub(super) fn all(token: &str) -> Vec<Case> {
    let post = |headers: &str, body: &[u8]| {
        let headers = format!(
            "Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}",
            body.len()
        );
        request("POST /api/v1/projects", &headers, body)
    };
    let nested = |open: &str, close: &str, depth: usize| {
        format!(
            "{{\"name\":\"x\",\"y\":{}1{}}}",
            open.repeat(depth),
            close.repeat(depth)
        )
        .into_bytes()
    };
    let utf16: Vec<u8> = "{\"name\":\"x\"}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let many = format!("{{\"name\":\"x\",\"y\":[{}0]}}", "0,".repeat(500_000));
    vec![
        ("no JSON", post("", b"name=x"), &[400]),
        (
            "200 levels of arrays",
            post("", &nested("[", "]", 200)),
            &[400],
        ),
        (
            "200 levels of objects",
            post("", &nested("{\"y\":", "}", 200)),
            &[400],
        ),
        (
            "500,000 levels",
            post("", &nested("[", "", 500_000)),
            &[400],
        ),
        (
            "a million members of an array",
            post("", many.replace("0,", "0,0,").as_bytes()),
            &[413],
        ),
        (
            "500,000 members of an array",
            post("", many.as_bytes()),
            &[201],
        ),
        // The last one counts, as for most parsers.
        (
            "a member twice",
            post("", br#"{"name":"first","name":"second"}"#),
            &[201],
        ),
        (
            "a byte order mark",
            post("", b"\xef\xbb\xbf{\"name\":\"x\"}"),
            &[400],
        ),
        ("UTF-16", post("", &utf16), &[400]),
        ("half a character", post("", b"{\"name\":\"\xc3\"}"), &[400]),
        (
            "an overlong character",
            post("", b"{\"name\":\"\xc0\xaf\"}"),
            &[400],
        ),
        (
            "a surrogate in UTF-8",
            post("", b"{\"name\":\"\xed\xa0\x80\"}"),
            &[400],
        ),
        ("NUL", post("", b"{\"name\":\"a\0b\"}"), &[400]),
        ("a comment", post("", b"{/**/\"name\":\"x\"}"), &[400]),
        ("two values", post("", b"{\"name\":\"x\"}{}"), &[400]),
        (
            "an exponent of a million digits",
            post(
                "",
                format!("{{\"name\":\"x\",\"y\":1e{}}}", "9".repeat(1_000_000)).as_bytes(),
            ),
            &[400],
        ),
        (
            "a number of a million digits",
            post(
                "",
                format!("{{\"name\":\"x\",\"y\":{}}}", "9".repeat(1_000_000)).as_bytes(),
            ),
            &[400],
        ),
        (
            "a zipped body",
            post(
                "Content-Encoding: gzip\r\n",
                b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
            ),
            &[415],
        ),
        (
            "a body that says it is zipped",
            post("Content-Encoding: gzip\r\n", b"{\"name\":\"x\"}"),
            &[415],
        ),
        (
            "a polite body",
            post("Expect: 100-continue\r\n", b"{\"name\":\"x\"}"),
            &[100, 201],
        ),
        (
            "a body with other expectations",
            post("Expect: cookies\r\n", b"{\"name\":\"x\"}"),
            &[201],
        ),
    ]
}

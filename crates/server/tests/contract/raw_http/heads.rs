//! Request lines and headers.

use super::{Case, request};

/// Requests that are no HTTP, or more of it than a server has to take.
pub(super) fn broken() -> Vec<Case> {
    let get = |target: &str| request(&format!("GET {target}"), "", b"");
    let headers = |count: usize| {
        (0..count)
            .map(|n| format!("X-{n}: x\r\n"))
            .collect::<String>()
    };
    vec![
        ("HTTP/0.9", b"GET /\r\n\r\n".to_vec(), &[400]),
        ("HTTP/1.0", b"GET /health/live HTTP/1.0\r\n\r\n".to_vec(), &[200]),
        ("HTTP/1.2", b"GET /health/live HTTP/1.2\r\n\r\n".to_vec(), &[400]),
        ("HTTP/3.0", b"GET /health/live HTTP/3.0\r\n\r\n".to_vec(), &[400]),
        // Hung up on: a client of HTTP/2 would not understand an answer.
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(), &[]),
        ("TLS", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n".to_vec(), &[400]),
        ("garbage", (0..=255).cycle().take(100_000).collect(), &[400]),
        ("garbage above ASCII", vec![0xaa; 100_000], &[400]),
        ("bare LF", b"GET /health/live HTTP/1.1\nHost: x\nConnection: close\n\n".to_vec(), &[200]),
        ("no host", b"GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n".to_vec(), &[400]),
        ("an empty host", b"GET /health/live HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n".to_vec(), &[200]),
        ("a host that is none", b"GET /health/live HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\n\r\n".to_vec(), &[400]),
        ("two hosts", request("GET /health/live", "Host: y\r\n", b""), &[400]),
        ("empty lines first", [b"\r\n\r\n".as_slice(), &get("/health/live")].concat(), &[200]),
        ("NUL in a header", request("GET /health/live", "X-A: a\0b\r\n", b""), &[400]),
        ("NUL in a header's name", request("GET /health/live", "X-\0A: ab\r\n", b""), &[400]),
        ("NUL in the method", get("/health/live").iter().map(|byte| if *byte == b'E' { 0 } else { *byte }).collect(), &[400]),
        ("an unknown method", request("BREW /health/live", "", b""), &[405]),
        ("TRACE", request("TRACE /health/live", "", b""), &[405]),
        ("CONNECT", b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nConnection: close\r\n\r\n".to_vec(), &[404]),
        ("CONNECT with a path", request("CONNECT /health/live", "", b""), &[405]),
        ("OPTIONS of everything", request("OPTIONS *", "", b""), &[404]),
        ("an absolute target", get("http://elsewhere.example/health/live"), &[200]),
        ("an absolute target without a path", get("http://elsewhere.example"), &[404]),
        ("an absolute target of another scheme", get("file:///etc/passwd"), &[400]),
        ("only an authority", get("example.com:80"), &[404]),
        ("no target", request("GET ", "", b""), &[400]),
        ("spaces in the target", get("/health/live x"), &[400]),
        ("bytes above ASCII in the target", get("/health/é"), &[404]),
        ("a fragment", get("/health/live#x"), &[200]),
        ("a request line of 1 MiB", get(&format!("/{}", "x".repeat(1024 * 1024))), &[431]),
        ("a target of 70,000 bytes", get(&format!("/{}", "x".repeat(70_000))), &[414]),
        ("10,000 headers", request("GET /health/live", &headers(10_000), b""), &[431]),
        ("101 headers", request("GET /health/live", &headers(101), b""), &[431]),
        ("a header of 1 MiB", request("GET /health/live", &format!("X-A: {}\r\n", "x".repeat(1024 * 1024)), b""), &[431]),
        ("an upgrade", request("GET /health/live", "Connection: upgrade\r\nUpgrade: websocket\r\n", b""), &[200]),
        ("a trailing body", request("GET /health/live", "Content-Length: 5\r\n", b"hello"), &[200]),
    ]
}

/// Paths that mean something to file systems, databases and other servers.
pub(super) fn paths(token: &str) -> Vec<Case> {
    let get = |path: &str| {
        let headers = format!("Authorization: Bearer {token}\r\n");
        request(&format!("GET /api/v1{path}"), &headers, b"")
    };
    let long = "x".repeat(10_000);
    vec![
        ("NUL", get("/tasks/%00"), &[404]),
        (
            "a hidden NUL",
            get("/tasks/06nsvh0t0wr00800000029rg7r%00"),
            &[404],
        ),
        ("an encoded slash", get("/tasks/a%2Fb"), &[404]),
        ("an encoded backslash", get("/tasks/a%5Cb"), &[404]),
        ("one up", get("/tasks/.."), &[404]),
        ("one up, encoded", get("/tasks/%2e%2e"), &[404]),
        ("up and away", get("/tasks/../../../etc/passwd"), &[404]),
        ("up to another resource", get("/projects/../tasks"), &[404]),
        ("CRLF", get("/tasks/%0d%0aSet-Cookie:x=1"), &[404]),
        ("CRLF as it is", get("/tasks/a\r\nX-A: b"), &[400]),
        ("half a percent", get("/tasks/%"), &[404]),
        ("no hexadecimal", get("/tasks/%zz"), &[404]),
        ("encoded twice", get("/tasks/%2500"), &[404]),
        ("overlong UTF-8", get("/tasks/%c0%ae"), &[404]),
        ("no UTF-8", get("/tasks/%ff"), &[404]),
        ("10,000 characters", get(&format!("/tasks/{long}")), &[404]),
        ("no id", get("/tasks/"), &[404]),
        ("two slashes", get("//tasks"), &[404]),
        ("a slash behind", get("/tasks/x/"), &[404]),
        ("parameters of a segment", get("/tasks;x=1"), &[404]),
        ("a template", get("/tasks/{taskId}"), &[404]),
        (
            "a name that is no UTF-8",
            get("/tasks/by-name/%ff/clock-in"),
            &[405],
        ),
        ("a query that is no UTF-8", get("/tasks?name=%ff"), &[200]),
        (
            "a query of 10,000 characters",
            get(&format!("/tasks?name={long}")),
            &[422],
        ),
        (
            "a parameter twice",
            get("/tasks?status=open&status=nothing"),
            &[200],
        ),
        (
            "10,000 parameters",
            get(&format!("/tasks?{}", "a=b&".repeat(10_000))),
            &[200],
        ),
    ]
}

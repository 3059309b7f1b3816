//! A client that checks what every answer must have.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use reqwest::{
    Method,
    header::{HeaderMap, HeaderValue},
};
use serde_json::Value;

use crate::conformance::Specification;

/// Talks to a test server, with one credential or none. Paths are below `/api/v1`, unless they name another top.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    instances: Arc<Instances>,
    headers: HeaderMap,
    specification: Arc<Specification>,
}

/// Where requests go: to one instance, or to several in turn.
pub(crate) struct Instances {
    bases: Vec<String>,
    turn: AtomicUsize,
}

impl Instances {
    pub(crate) fn new(bases: Vec<String>) -> Self {
        Self {
            bases,
            turn: AtomicUsize::new(0),
        }
    }

    fn next(&self) -> &str {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        &self.bases[turn % self.bases.len()]
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body: JSON, or its text as a string when it is none.
    pub body: Value,
    request: String,
}

impl Client {
    pub(crate) fn new(
        http: reqwest::Client,
        instances: Arc<Instances>,
        specification: Arc<Specification>,
    ) -> Self {
        Self {
            http,
            instances,
            headers: HeaderMap::new(),
            specification,
        }
    }

    /// The same client with an access token and nothing else.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        self.with_only("authorization", &format!("Bearer {token}"))
    }

    /// The same client with an API key and nothing else.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        self.with_only("x-api-key", key)
    }

    /// The same client with this one header as its credential.
    ///
    /// # Panics
    /// When the value cannot stand in a header.
    #[must_use]
    pub fn with_only(&self, name: &'static str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.clear();
        let value = HeaderValue::from_str(value).expect("a header's value");
        client.headers.insert(name, value);
        client
    }

    /// The same client, which also sends this header.
    ///
    /// # Panics
    /// When the value cannot stand in a header.
    #[must_use]
    pub fn with_header(&self, name: &'static str, value: &str) -> Self {
        let mut client = self.clone();
        let value = HeaderValue::from_str(value).expect("a header's value");
        client.headers.insert(name, value);
        client
    }

    /// The same client for other instances.
    pub(crate) fn at(&self, instances: &Arc<Instances>) -> Self {
        Self {
            instances: Arc::clone(instances),
            ..self.clone()
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// POST without a body.
    pub async fn post_empty(&self, path: &str) -> Answer {
        self.send(Method::POST, path, None).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Any request, checked like all others.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.request(method.clone(), path);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.check(&method, path, request).await
    }

    /// A request with a body of any bytes and type; an empty type sends none.
    pub async fn send_raw(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Answer {
        let mut request = self.request(method.clone(), path).body(body);
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        self.check(&method, path, request).await
    }

    /// A request to be sent by hand, for what the checks cannot follow.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{}", self.instances.next(), full(path));
        self.http.request(method, url).headers(self.headers.clone())
    }

    async fn check(&self, method: &Method, path: &str, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("the server answers");
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.expect("the answer is whole");
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        let answer = Answer {
            status,
            headers,
            body,
            request: format!("{method} {path}"),
        };
        answer.check_headers();
        self.specification
            .check(method.as_str(), &full(path), &answer);
        answer
    }
}

/// Contract paths are below `/api/v1`; a few others are not.
fn full(path: &str) -> String {
    let tops = ["/api/", "/health/", "/openapi.json", "/docs", "/problems/"];
    if tops.iter().any(|top| path.starts_with(top)) {
        path.to_owned()
    } else {
        format!("/api/v1{path}")
    }
}

impl Answer {
    /// The body, if the status is this one.
    ///
    /// # Panics
    /// When it is another.
    #[must_use]
    #[track_caller]
    pub fn body(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {:#}", self.request, self.body);
        self.body
    }

    /// As [`Answer::body`], when the body does not matter.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        self.body(status)
    }

    /// The body, if it is a problem of this code with this status.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}: {:#}", self.request, self.body);
        assert_eq!(
            self.body["type"],
            format!("/problems/{code}"),
            "{}: {:#}",
            self.request,
            self.body
        );
        self.body
    }

    /// The pointers of every broken member, if it is a 422.
    #[track_caller]
    pub fn invalid(self) -> Vec<String> {
        let body = self.problem(422, "invalid");
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|error| error["pointer"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// A header's value, empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// What every answer carries (contract "errors"; trust "every answer").
    #[track_caller]
    fn check_headers(&self) {
        let fixed = [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
        ];
        for (name, value) in fixed {
            assert_eq!(self.header(name), value, "{} of {}", name, self.request);
        }
        assert!(!self.header("x-request-id").is_empty(), "{}", self.request);
        assert!(
            !self.header("content-security-policy").is_empty(),
            "{}",
            self.request
        );
        for name in ["access-control-allow-origin", "set-cookie"] {
            assert!(!self.headers.contains_key(name), "{name}: {}", self.request);
        }
        if self.status >= 400 {
            assert_eq!(
                self.header("content-type"),
                "application/problem+json",
                "{}",
                self.request
            );
            assert_eq!(self.body["status"], self.status, "{}", self.request);
            assert_eq!(
                self.body["instance"],
                self.header("x-request-id"),
                "{}",
                self.request
            );
        }
        if self.status == 401 {
            assert_eq!(
                self.header("www-authenticate"),
                "Bearer",
                "{}",
                self.request
            );
        }
        if self.status == 201 {
            assert!(
                self.header("location").starts_with("/api/v1/"),
                "{}",
                self.request
            );
        }
    }
}

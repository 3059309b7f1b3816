//! The client, and how it sends.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use reqwest::{
    StatusCode, Url,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
    redirect,
};
use timetracks_domain::Instant;

use crate::{
    Credential, Error, Policy, SystemTime, Time,
    call::Request,
    credential::{Access, Shown},
};

/// What the client calls itself.
const USER_AGENT: &str = concat!("timetracks/", env!("CARGO_PKG_VERSION"));

/// Talks to one server with one credential. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Parts>);

struct Parts {
    http: reqwest::Client,
    base: Url,
    access: Access,
    policy: Policy,
    time: Arc<dyn Time>,
}

/// An answer before its body.
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

impl Client {
    /// A client for the server at this address, such as `https://time.example.com`.
    ///
    /// # Errors
    /// When the address is none.
    pub fn new(server: &str, credential: Credential) -> Result<Self, Error> {
        Self::with(
            server,
            credential,
            Policy::default(),
            Arc::new(SystemTime::default()),
        )
    }

    /// As [`Client::new`], with a patience and a clock of your own.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with(
        server: &str,
        credential: Credential,
        policy: Policy,
        time: Arc<dyn Time>,
    ) -> Result<Self, Error> {
        let base = base(server)?;
        let http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(policy.connect)
            // Elsewhere the credential is nobody's business.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| Error::Request(reason(&error)))?;
        Ok(Self(Arc::new(Parts {
            http,
            base,
            access: Access::new(credential),
            policy,
            time,
        })))
    }

    /// Where the server is, without a slash at the end.
    #[must_use]
    pub fn server(&self) -> &str {
        self.0.base.as_str().trim_end_matches('/')
    }

    pub(crate) fn now(&self) -> Instant {
        self.0.time.now()
    }

    /// Sends a request until there is an answer, it is refused, or its time is up.
    pub(crate) async fn send(&self, request: &Request) -> Result<(Head, Bytes), Error> {
        let (head, response) = self.send_until_answered(request, Read::Whole).await?;
        match response {
            Body::Whole(bytes) => Ok((head, bytes)),
            Body::Flowing(response) => response
                .bytes()
                .await
                .map(|bytes| (head, bytes))
                .map_err(transport),
        }
    }

    /// As [`Client::send`], up to where the body begins.
    pub(crate) async fn begin(&self, request: &Request) -> Result<Body, Error> {
        let (_, body) = self.send_until_answered(request, Read::Beginning).await?;
        Ok(body)
    }

    async fn send_until_answered(
        &self,
        request: &Request,
        read: Read,
    ) -> Result<(Head, Body), Error> {
        let parts = &self.0;
        let end = parts.time.elapsed() + request.deadline.unwrap_or(parts.policy.deadline);
        let mut refused: Option<String> = None;
        let mut attempts = 0;
        loop {
            let shown = match request.signed {
                true => parts.access.show(self, refused.as_deref()).await?,
                false => None,
            };
            let left = end.saturating_sub(parts.time.elapsed());
            let time = left.min(parts.policy.attempt);
            let (error, asked) = match self.attempt(request, shown.as_ref(), time, read).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let unauthorized = error.problem().is_some_and(|problem| problem.status == 401);
            if unauthorized && refused.is_none() && parts.access.renews() && request.signed {
                refused = shown.and_then(|shown| shown.token);
                continue;
            }
            attempts += 1;
            let wait = parts.policy.wait(attempts).max(asked.unwrap_or_default());
            let left = end.saturating_sub(parts.time.elapsed());
            if !error.is_passing() || wait >= left {
                return Err(error);
            }
            parts.time.sleep(wait).await;
        }
    }

    /// One attempt; when it failed, also how long the server asks to wait.
    async fn attempt(
        &self,
        request: &Request,
        shown: Option<&Shown>,
        time: Duration,
        read: Read,
    ) -> Result<(Head, Body), (Error, Option<Duration>)> {
        let failed = |error| (transport(error), None);
        let late = || {
            (
                Error::Transport(format!("no answer from {}", self.server())),
                None,
            )
        };
        let mut attempt = self.prepare(request).map_err(|error| (error, None))?;
        if let Some(shown) = shown {
            attempt = attempt.header(&shown.header, &shown.value);
        }
        let whole = async {
            let response = attempt.send().await.map_err(failed)?;
            let head = Head {
                status: response.status(),
                headers: response.headers().clone(),
            };
            if head.status.is_success() && read == Read::Beginning {
                return Ok((head, Body::Flowing(response)));
            }
            let bytes = response.bytes().await.map_err(failed)?;
            if head.status.is_success() {
                return Ok((head, Body::Whole(bytes)));
            }
            let asked = head
                .headers
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok());
            let asked = asked
                .and_then(|seconds| seconds.parse().ok())
                .map(Duration::from_secs);
            Err((Error::of(head.status, &bytes), asked))
        };
        tokio::time::timeout(time, whole)
            .await
            .map_err(|_| late())?
    }

    fn prepare(&self, request: &Request) -> Result<reqwest::RequestBuilder, Error> {
        let path = request
            .path
            .as_ref()
            .map_err(|why| Error::Request(why.clone()))?;
        let mut url = format!("{}{path}", self.server());
        if !request.query.is_empty() {
            let pairs = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&request.query)
                .finish();
            url = format!("{url}?{pairs}");
        }
        let mut attempt = self.0.http.request(request.method.clone(), url);
        if let Some(key) = &request.key {
            attempt = attempt.header("idempotency-key", key);
        }
        if let Some(body) = &request.body {
            attempt = attempt
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        Ok(attempt)
    }
}

/// How much of an answer an attempt reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Read {
    Whole,
    Beginning,
}

/// The body of an answer, or what it comes from.
pub(crate) enum Body {
    Whole(Bytes),
    Flowing(reqwest::Response),
}

/// The address of a server. The part that every operation begins with is forgiven.
fn base(server: &str) -> Result<Url, Error> {
    let text = server.trim().trim_end_matches('/');
    let text = text.strip_suffix("/api/v1").unwrap_or(text);
    let wrong = || {
        Error::Request(format!(
            "{server:?} is no address of a server, such as https://time.example.com"
        ))
    };
    let url = Url::parse(text).map_err(|_| wrong())?;
    let fits = matches!(url.scheme(), "http" | "https") && url.has_host();
    let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if fits && bare { Ok(url) } else { Err(wrong()) }
}

pub(crate) fn transport(error: reqwest::Error) -> Error {
    match error.is_builder() {
        true => Error::Request(reason(&error)),
        false => Error::Transport(reason(&error)),
    }
}

/// The cause at the bottom, which says most, behind where it happened.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let host = error.url().and_then(Url::host_str).unwrap_or("the server");
    let port = error.url().and_then(Url::port_or_known_default);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{host}{port}: {cause}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_forgiven_its_end_and_nothing_else() {
        for (text, url) in [
            ("http://localhost:8080/", "http://localhost:8080/"),
            (
                "https://time.example.com/api/v1/",
                "https://time.example.com/",
            ),
            (" https://example.com/time/ ", "https://example.com/time"),
        ] {
            assert_eq!(base(text).unwrap().as_str(), url);
        }
        for text in [
            "",
            "localhost:8080",
            "ftp://example.com",
            "https://a:b@example.com",
            "https://",
        ] {
            assert!(base(text).is_err(), "{text}");
        }
    }
}

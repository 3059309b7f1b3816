//! One call, before and while it is made.

use std::{marker::PhantomData, pin::Pin, time::Duration};

use bytes::Bytes;
use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Client, Error};

/// A call that is made when it is awaited.
#[must_use = "a call is made when it is awaited"]
pub struct Call<T> {
    client: Client,
    request: Request,
    answer: PhantomData<fn() -> T>,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    /// The body.
    pub body: T,
    /// 201 when something was made, else 200.
    pub status: u16,
    /// Whether it is the first answer again, to a retry.
    pub replayed: bool,
}

/// A request, the same for every attempt.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// With its parameters filled in, or why that cannot be done.
    pub(crate) path: Result<String, String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<Bytes>,
    /// What makes it safe to send a write again.
    pub(crate) key: Option<String>,
    /// Whether it carries the client's credential.
    pub(crate) signed: bool,
    pub(crate) deadline: Option<Duration>,
}

impl Request {
    pub(crate) fn new(method: Method, path: &str, values: &[String], signed: bool) -> Self {
        let key = (method != Method::GET).then(random_key);
        Self {
            method,
            path: fill(path, values),
            query: Vec::new(),
            body: None,
            key,
            signed,
            deadline: None,
        }
    }

    pub(crate) fn body(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_vec(body).ok().map(Bytes::from);
        self
    }

    pub(crate) fn query(mut self, filter: &impl Serialize) -> Self {
        if let Ok(Value::Object(members)) = serde_json::to_value(filter) {
            let pairs = members.into_iter().map(|(name, value)| match value {
                Value::String(text) => (name, text),
                value => (name, value.to_string()),
            });
            self.query.extend(pairs);
        }
        self
    }
}

impl<T: DeserializeOwned> Call<T> {
    pub(crate) fn new(client: &Client, request: Request) -> Self {
        Self {
            client: client.clone(),
            request,
            answer: PhantomData,
        }
    }

    /// With this idempotency key instead of a random one, such as one that was written down before.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.request.key = Some(key.into());
        self
    }

    /// With this deadline instead of the client's.
    pub fn within(mut self, deadline: Duration) -> Self {
        self.request.deadline = Some(deadline);
        self
    }

    /// The answer with what stands around the body. Awaiting the call gives the body alone.
    ///
    /// # Errors
    /// As the call itself.
    pub async fn answer(self) -> Result<Answer<T>, Error> {
        let (head, body) = self.client.send(&self.request).await?;
        let body = serde_json::from_slice(&body).map_err(|error| {
            Error::Unreadable(format!("the answer is not what was asked for: {error}"))
        })?;
        Ok(Answer {
            body,
            status: head.status.as_u16(),
            replayed: head.headers.contains_key("idempotency-replayed"),
        })
    }
}

impl<T: DeserializeOwned + Send + 'static> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.answer().await.map(|answer| answer.body) })
    }
}

/// As random as a UUID.
fn random_key() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// Puts values in the place of `{parameters}`, in order. A value is one segment, whatever it holds.
fn fill(template: &str, values: &[String]) -> Result<String, String> {
    let mut path = String::new();
    let mut values = values.iter();
    for segment in template.split('/').skip(1) {
        path.push('/');
        if !segment.starts_with('{') {
            path.push_str(segment);
            continue;
        }
        let value = values.next().map_or("", String::as_str);
        // URLs have no way to say these; a server would never see them.
        if matches!(value, "" | "." | "..") {
            return Err(format!("{value:?} cannot stand in a URL"));
        }
        let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
        path.push_str(&encoded.replace('+', "%20"));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_segment_whatever_it_holds() {
        let filled = |value: &str| fill("/a/{x}/b", &[value.to_owned()]);
        assert_eq!(filled("owner/repo#42").unwrap(), "/a/owner%2Frepo%2342/b");
        assert_eq!(filled("a b+c?é").unwrap(), "/a/a%20b%2Bc%3F%C3%A9/b");
        for odd in ["", ".", ".."] {
            assert!(filled(odd).is_err());
        }
    }
}

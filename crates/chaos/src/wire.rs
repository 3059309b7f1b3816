//! Speaking to a server.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{Failure, ledger::Times, process::Process};

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// What the API key is called.
pub(crate) const KEY_NAME: &str = "chaos";
/// How long an answer may take.
const LONGEST_ANSWER: std::time::Duration = std::time::Duration::from_secs(20);

/// What came of a request.
pub(crate) enum Answer {
    /// 2xx.
    Done(Value),
    /// Any other status, and the problem; null when it was not sent as one.
    Refused(u16, Value),
    /// There was no whole answer.
    Cut,
}

/// Somebody with an API key: unlike an access token it outlives jumps of the clock.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    pub(crate) key: String,
    /// An access token, to be used instead of the key; empty without one.
    token: String,
}

impl Client {
    /// Makes an organisation with its one user.
    pub(crate) async fn sign_up(process: &Process) -> Result<Self, Failure> {
        let client = Self::new(process)?;
        let user = json!({
            "email": EMAIL, "firstName": "Ada", "lastName": "Lovelace", "password": PASSWORD, "orgName": "Engines",
        });
        client
            .must(Method::POST, "/account/signup", Some(user))
            .await?;
        let body = json!({ "name": KEY_NAME });
        let person = client.log_in().await?;
        let made = person.must(Method::POST, "/api-keys", Some(body)).await?;
        let key = made["apiKey"].as_str().unwrap_or_default().to_owned();
        Ok(Self { key, ..client })
    }

    /// The same person with a session: they may do what a key may not.
    pub(crate) async fn log_in(&self) -> Result<Self, Failure> {
        let login = json!({ "email": EMAIL, "password": PASSWORD });
        let tokens = self
            .must(Method::POST, "/account/login", Some(login))
            .await?;
        let token = tokens["accessToken"].as_str().unwrap_or_default();
        Ok(Self {
            token: token.to_owned(),
            ..self.clone()
        })
    }

    /// The same person, at another server or another life of it.
    pub(crate) fn at(&self, process: &Process) -> Result<Self, Failure> {
        let (key, token) = (self.key.clone(), self.token.clone());
        Ok(Self {
            key,
            token,
            ..Self::new(process)?
        })
    }

    fn new(process: &Process) -> Result<Self, Failure> {
        Ok(Self {
            http: reqwest::Client::builder().timeout(LONGEST_ANSWER).build()?,
            base: process.base.clone(),
            key: String::new(),
            token: String::new(),
        })
    }

    /// A request below `/api/v1` that is not sent yet.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .http
            .request(method, format!("{}/api/v1{path}", self.base));
        match (self.token.as_str(), self.key.as_str()) {
            ("", "") => request,
            ("", key) => request.header("x-api-key", key),
            (token, _) => request.bearer_auth(token),
        }
    }

    /// A request below `/api/v1`.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, path);
        send(match &body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// A request that must succeed.
    pub(crate) async fn must(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Failure> {
        match self.ask(method.clone(), path, body).await {
            Answer::Done(value) => Ok(value),
            Answer::Refused(status, problem) => {
                Failure::broken(format!("{method} {path} was answered {status}: {problem}"))
            }
            Answer::Cut => Failure::broken(format!("{method} {path} was not answered")),
        }
    }

    /// What must be there.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.must(Method::GET, path, None).await
    }

    /// Makes a task of this name and starts its track.
    pub(crate) async fn clock_in(&self, name: &str, times: Times) -> Answer {
        let path = format!("/tasks/by-name/{name}/clock-in");
        self.ask(Method::POST, &path, Some(json!({ "start": times.start })))
            .await
    }

    /// Ends it.
    pub(crate) async fn clock_out(&self, name: &str, times: Times) -> Answer {
        let path = format!("/tasks/by-name/{name}/clock-out");
        self.ask(Method::POST, &path, Some(json!({ "end": times.end })))
            .await
    }

    /// The status of `/health/ready`, or `None` when nobody answers. Each time on a connection of its own.
    pub(crate) async fn readiness(base: &str) -> Option<u16> {
        let answer = reqwest::get(format!("{base}/health/ready")).await;
        answer.ok().map(|answer| answer.status().as_u16())
    }
}

/// Sends a request, and answers with what came of it.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let Ok(response) = request.send().await else {
        return Answer::Cut;
    };
    let status = response.status();
    let is_problem = response
        .headers()
        .get("content-type")
        .is_some_and(|found| found == "application/problem+json");
    let Ok(bytes) = response.bytes().await else {
        return Answer::Cut;
    };
    let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    if status.is_success() {
        Answer::Done(value)
    } else {
        Answer::Refused(
            status.as_u16(),
            if is_problem { value } else { Value::Null },
        )
    }
}

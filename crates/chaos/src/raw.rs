//! Requests byte by byte, to leave off wherever one likes.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{Failure, process::Process, wire::Client};

/// How long to wait for bytes that must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request as it goes over the wire.
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    /// A write below `/api/v1`.
    pub(crate) fn post(client: &Client, path: &str, body: &Value) -> Self {
        Self::new(client, "POST", path, body.to_string(), "")
    }

    /// As [`Request::post`], but the body waits until the server asks for it.
    pub(crate) fn post_when_asked(client: &Client, path: &str, body: &Value) -> Self {
        let expect = "Expect: 100-continue\r\n";
        Self::new(client, "POST", path, body.to_string(), expect)
    }

    /// A read below `/api/v1`.
    pub(crate) fn get(client: &Client, path: &str) -> Self {
        Self::new(client, "GET", path, String::new(), "")
    }

    fn new(client: &Client, method: &str, path: &str, body: String, more: &str) -> Self {
        let (key, length) = (&client.key, body.len());
        let head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: chaos\r\nX-Api-Key: {key}\r\n\
            Content-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n"
        );
        Self { head, body }
    }
}

/// A connection.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(process: &Process) -> Result<Self, Failure> {
        Ok(Self {
            stream: TcpStream::connect(process.address()).await?,
            received: Vec::new(),
        })
    }

    pub(crate) async fn send(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.stream.write_all(text.as_bytes()).await?)
    }

    /// Waits until this has come; what comes up to its end is taken.
    pub(crate) async fn expect(&mut self, text: &str) -> Result<(), Failure> {
        loop {
            let mut places = self.received.windows(text.len());
            if let Some(place) = places.position(|bytes| bytes == text.as_bytes()) {
                self.received.drain(..place + text.len());
                return Ok(());
            }
            let read = self.stream.read_buf(&mut self.received);
            let came = match tokio::time::timeout(PATIENCE, read).await {
                Ok(came) => came.unwrap_or(0),
                Err(_) => return Failure::broken(format!("`{text}` did not come in {PATIENCE:?}")),
            };
            if came == 0 {
                let received = String::from_utf8_lossy(&self.received);
                return Failure::broken(format!("cut off instead of `{text}`, after `{received}`"));
            }
        }
    }

    /// Leaves without a word: the system tells the other side at once, and drops what has not arrived.
    pub(crate) fn reset(self) -> Result<(), Failure> {
        Ok(self.stream.set_zero_linger()?)
    }
}

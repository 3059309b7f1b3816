//! JSON answers of any length in bounded memory. A short one is made whole on a reading thread. One that grows over
//! [`CHUNK_BYTES`] is begun again on a thread for long reads, which hands it on chunk by chunk at the client's pace.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Serialize;
use timetracks_api::Item;
use timetracks_app::{Error, Work};
use timetracks_domain::OrgId;
use tokio::{
    runtime::Handle,
    sync::{Notify, mpsc},
    task::JoinSet,
};

use crate::Server;

/// How much is kept before it is handed on.
const CHUNK_BYTES: usize = 64 * 1024;
/// How many chunks may wait for the client.
const CHUNKS_WAITING: usize = 2;
/// How long a client may take for a chunk before it counts as gone. The kernel buffers megabytes and asks for more in
/// large strides, so even a client that reads steadily can make us wait.
const CHUNK_TIME_LIMIT: Duration = Duration::from_secs(60);
/// After the first minute, a client that takes less than this on the whole counts as gone too: there are few threads for
/// long reads.
const SLOWEST_BYTES_PER_SECOND: u64 = 64 * 1024;
/// How long an answer waits for such a thread before it is refused.
const READER_TIME_LIMIT: Duration = Duration::from_secs(3);

/// An answer of any length.
pub(crate) struct JsonStream(Body);

enum Message {
    Chunk(Bytes),
    End,
}

/// Takes the text of an answer.
pub(crate) struct Sink {
    buffer: Vec<u8>,
    overflow: Overflow,
}

enum Overflow {
    /// Stop, and say that it was too long.
    Stop { happened: bool },
    /// Hand it on.
    Send(Client),
}

/// Who takes a long answer.
struct Client {
    runtime: Handle,
    sender: mpsc::Sender<Message>,
    since: Instant,
    taken_bytes: u64,
}

impl Client {
    fn hand_on(&mut self, message: Message) -> Result<(), Error> {
        if let Message::Chunk(chunk) = &message {
            self.taken_bytes += chunk.len() as u64;
        }
        let limit = patience(self.since.elapsed(), self.taken_bytes);
        let sending = async { tokio::time::timeout(limit, self.sender.send(message)).await };
        match self.runtime.block_on(sending) {
            Ok(Ok(())) => Ok(()),
            _ => Err(Error::ReaderGone),
        }
    }
}

/// How long a client may take for the next chunk.
fn patience(since: Duration, taken_bytes: u64) -> Duration {
    let pace = Duration::from_millis(taken_bytes * 1000 / SLOWEST_BYTES_PER_SECOND);
    let left = (CHUNK_TIME_LIMIT + pace).saturating_sub(since);
    left.min(CHUNK_TIME_LIMIT)
}

impl Sink {
    /// Adds text that is JSON already.
    pub(crate) fn text(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
    }

    /// Adds an item of a list.
    pub(crate) fn item(&mut self, item: &impl Item) -> Result<(), Error> {
        item.write(&mut self.buffer).map_err(internal)?;
        if self.buffer.len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Adds the members of an object, and begins a list as its last one. Close both with `]}`.
    pub(crate) fn open_object(&mut self, head: &impl Serialize, list: &str) -> Result<(), Error> {
        serde_json::to_writer(&mut self.buffer, head).map_err(internal)?;
        if self.buffer.pop() != Some(b'}') {
            return Err(Error::Internal(
                "the head of an answer is no object".to_owned(),
            ));
        }
        self.text(",\"");
        self.text(list);
        self.text("\":[");
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        match &mut self.overflow {
            Overflow::Stop { happened } => {
                *happened = true;
                Err(Error::ReaderGone)
            }
            Overflow::Send(client) => {
                let chunk = Bytes::from(std::mem::take(&mut self.buffer));
                client.hand_on(Message::Chunk(chunk))
            }
        }
    }

    /// Hands on what is left, and that this was all.
    fn end(mut self) -> Result<(), Error> {
        self.flush()?;
        match &mut self.overflow {
            Overflow::Stop { .. } => Ok(()),
            Overflow::Send(client) => client.hand_on(Message::End),
        }
    }
}

/// What cannot be said in JSON is our fault.
pub(super) fn internal(error: serde_json::Error) -> Error {
    Error::Internal(error.to_string())
}

impl JsonStream {
    /// The answer that `produce` writes, about an organisation. It may be called twice, and must write the same for the same state.
    pub(crate) async fn produce(
        server: &Arc<Server>,
        org: OrgId,
        produce: impl Fn(&mut Work, &mut Sink) -> Result<(), Error> + Send + Sync + Clone + 'static,
    ) -> Result<Self, Error> {
        let again = produce.clone();
        let whole = server
            .app
            .read(move |work| {
                let mut sink = Sink {
                    buffer: Vec::new(),
                    overflow: Overflow::Stop { happened: false },
                };
                match (produce(work, &mut sink), sink.overflow) {
                    (_, Overflow::Stop { happened: true }) => Ok(None),
                    (Ok(()), _) => Ok(Some(sink.buffer)),
                    (Err(error), _) => Err(error),
                }
            })
            .await?;
        if let Some(whole) = whole {
            return Ok(Self(Body::from(whole)));
        }
        long(server, org, again).await.map(Self)
    }
}

/// Runs the long read beside the answer, which begins when there is a thread for it. No organisation has more than half of
/// them, so that its slow readers do not keep all others waiting. When the read fails half way the connection breaks off,
/// so that nobody takes a part for the whole.
async fn long(
    server: &Arc<Server>,
    org: OrgId,
    produce: impl FnOnce(&mut Work, &mut Sink) -> Result<(), Error> + Clone + Send + 'static,
) -> Result<Body, Error> {
    let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
    let begun = Arc::new(Notify::new());
    let (runtime, begins) = (Handle::current(), Arc::clone(&begun));
    let read = move |work: &mut Work| {
        begins.notify_one();
        let mut sink = Sink {
            buffer: Vec::with_capacity(CHUNK_BYTES + 4096),
            overflow: Overflow::Send(Client {
                runtime,
                sender,
                since: Instant::now(),
                taken_bytes: 0,
            }),
        };
        produce(work, &mut sink)?;
        sink.end()
    };
    // Whatever ends the wait ends the attempt.
    let mut reading = JoinSet::new();
    let reader = Arc::clone(server);
    reading.spawn(async move {
        let _turn = reader.long_reads.wait(org).await;
        let outcome = reader.app.read_long(read).await;
        if let Err(error) = &outcome {
            tracing::warn!(%error, "a long answer broke off");
        }
        outcome
    });
    tokio::select! {
        biased;
        () = begun.notified() => reading.detach_all(),
        Some(Ok(Err(error))) = reading.join_next() => return Err(error),
        () = tokio::time::sleep(READER_TIME_LIMIT) => return Err(timetracks_db::Error::Busy.into()),
    }
    Ok(Body::from_stream(stream::unfold(
        receiver,
        |mut receiver| async {
            match receiver.recv().await {
                Some(Message::Chunk(chunk)) => Some((Ok(chunk), receiver)),
                Some(Message::End) => None,
                None => Some((Err(io::Error::other("the answer broke off")), receiver)),
            }
        },
    )))
}

impl IntoResponse for JsonStream {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, json)], self.0).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_a_minute_for_a_chunk_and_must_keep_a_pace() {
        let seconds = Duration::from_secs;
        for (since, taken_kib, expected) in [
            (0, 0, 60),
            (59, 0, 1),
            (60, 0, 0),
            // One who takes a chunk just in time, again and again.
            (59, 64, 2),
            (118, 128, 0),
            // A steady one, and one who stops.
            (600, 600 * 64, 60),
            (600, 590 * 64, 50),
            (60, 100_000 * 64, 60),
        ] {
            let found = patience(seconds(since), taken_kib * 1024);
            assert_eq!(found, seconds(expected), "{since} s, {taken_kib} KiB");
        }
    }
}

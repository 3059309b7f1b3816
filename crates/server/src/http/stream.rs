//! JSON answers of any length in bounded memory. A short one is made whole on a reading thread. One that grows over
//! [`CHUNK_BYTES`] is begun again on a thread for long reads, which hands it on chunk by chunk at the client's pace.

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Serialize;
use timetracks_app::{Error, Work};
use tokio::{runtime::Handle, sync::mpsc};

use crate::Server;

/// How much is kept before it is handed on.
const CHUNK_BYTES: usize = 64 * 1024;
/// How many chunks may wait for the client.
const CHUNKS_WAITING: usize = 2;
/// How long a client may take for a chunk before it counts as gone. The kernel buffers megabytes and asks for more in
/// large strides, so even a client that reads steadily can make us wait.
const CHUNK_TIME_LIMIT: Duration = Duration::from_secs(60);

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
    Send(Handle, mpsc::Sender<Message>),
}

impl Sink {
    /// Adds text that is JSON already.
    pub(crate) fn text(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
    }

    /// Adds a value.
    pub(crate) fn value(&mut self, value: &impl Serialize) -> Result<(), Error> {
        serde_json::to_writer(&mut self.buffer, value)
            .map_err(|error| Error::Internal(error.to_string()))?;
        if self.buffer.len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Adds the members of an object, and begins a list as its last one. Close both with `]}`.
    pub(crate) fn open_object(&mut self, head: &impl Serialize, list: &str) -> Result<(), Error> {
        self.value(head)?;
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
            Overflow::Send(runtime, sender) => {
                let chunk = Bytes::from(std::mem::take(&mut self.buffer));
                let sending = async {
                    tokio::time::timeout(CHUNK_TIME_LIMIT, sender.send(Message::Chunk(chunk))).await
                };
                match runtime.block_on(sending) {
                    Ok(Ok(())) => Ok(()),
                    _ => Err(Error::ReaderGone),
                }
            }
        }
    }
}

impl JsonStream {
    /// The answer that `produce` writes. It may be called twice, and must write the same for the same state.
    pub(crate) async fn produce(
        server: &Arc<Server>,
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
        Ok(Self(long(server, again)))
    }
}

/// Runs the long read beside the answer. When it fails half way the connection breaks off, so that nobody takes a part
/// for the whole.
fn long(
    server: &Arc<Server>,
    produce: impl FnOnce(&mut Work, &mut Sink) -> Result<(), Error> + Clone + Send + 'static,
) -> Body {
    let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
    let runtime = Handle::current();
    let read = move |work: &mut Work| {
        let mut sink = Sink {
            buffer: Vec::with_capacity(CHUNK_BYTES + 4096),
            overflow: Overflow::Send(runtime, sender.clone()),
        };
        produce(work, &mut sink)?;
        sink.flush()?;
        let _ = sender.blocking_send(Message::End);
        Ok(())
    };
    let server = Arc::clone(server);
    tokio::spawn(async move {
        if let Err(error) = server.app.read_long(read).await {
            tracing::warn!(%error, "a long answer broke off");
        }
    });
    Body::from_stream(stream::unfold(receiver, |mut receiver| async {
        match receiver.recv().await {
            Some(Message::Chunk(chunk)) => Some((Ok(chunk), receiver)),
            Some(Message::End) => None,
            None => Some((Err(io::Error::other("the answer broke off")), receiver)),
        }
    }))
}

impl IntoResponse for JsonStream {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, json)], self.0).into_response()
    }
}

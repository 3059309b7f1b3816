//! One connection of a proxy: two streams, and what passes between them.

use std::{io, sync::Mutex};

use tokio::{
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::RwLock,
};

use super::conversation::{Conversation, Verdict, locked};

const READ_BYTES: usize = 16 * 1024;

/// Carries what a client and a server say, until one of them ends it or the conversation is to be cut. Nothing passes,
/// not even the end, while somebody holds the gate.
pub(super) async fn carry(
    client: TcpStream,
    server: String,
    gate: &RwLock<()>,
    conversation: Conversation,
) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let conversation = Mutex::new(conversation);
    let asking = pump(from_client, &to_server, gate, |bytes| {
        locked(&conversation).client_said(bytes)
    });
    let answering = pump(from_server, &to_client, gate, |bytes| {
        locked(&conversation).server_said(bytes)
    });
    tokio::select! {
        ended = asking => ended,
        ended = answering => ended,
    }
}

async fn pump(
    from: OwnedReadHalf,
    to: &OwnedWriteHalf,
    gate: &RwLock<()>,
    judge: impl Fn(&[u8]) -> Verdict,
) -> io::Result<()> {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        from.readable().await?;
        let read = from.try_read(&mut buffer);
        let Some(length) = unless_it_would_block(read)? else {
            continue;
        };
        let verdict = match length {
            0 => Verdict::Cut,
            _ => judge(&buffer[..length]),
        };
        match verdict {
            Verdict::Forward => write(to, &buffer[..length], gate).await?,
            Verdict::Withhold => {}
            Verdict::Cut => {
                drop(gate.read().await);
                return Ok(());
            }
        }
    }
}

/// Passes the gate for each piece, but never waits for the reader while inside: the gate can always be shut.
async fn write(to: &OwnedWriteHalf, mut rest: &[u8], gate: &RwLock<()>) -> io::Result<()> {
    while !rest.is_empty() {
        to.writable().await?;
        let _passed = gate.read().await;
        let written = unless_it_would_block(to.try_write(rest))?;
        rest = &rest[written.unwrap_or(0)..];
    }
    Ok(())
}

fn unless_it_would_block(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        result => result.map(Some),
    }
}

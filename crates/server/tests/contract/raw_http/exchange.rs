//! Bytes on a socket, and what comes back.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use timetracks_testkit::TestServer;

/// Nothing here may take as long as this; the server's own limits are below it.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Everything that a server sent until it closed the connection.
pub(super) struct Exchange {
    /// The statuses, in order.
    pub(super) statuses: Vec<u16>,
    /// As it came.
    pub(super) text: String,
}

/// Sends the bytes over a connection of their own, and reads until the server closes it.
pub(super) async fn exchange(server: &TestServer, bytes: Vec<u8>) -> Exchange {
    let address = server.base().trim_start_matches("http://").parse().unwrap();
    let exchange = tokio::task::spawn_blocking(move || blocking_exchange(address, bytes));
    exchange.await.unwrap()
}

fn blocking_exchange(address: SocketAddr, bytes: Vec<u8>) -> Exchange {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIME_LIMIT)).unwrap();
    stream.set_write_timeout(Some(TIME_LIMIT)).unwrap();
    let mut writing = stream.try_clone().unwrap();
    // A server that has read enough does not wait for the rest.
    let writer = std::thread::spawn(move || {
        let _ = writing.write_all(&bytes);
    });
    let (mut reading, mut all, mut part) = (&stream, Vec::new(), [0; 16 * 1024]);
    loop {
        match reading.read(&mut part) {
            Ok(0) => break,
            Ok(length) => all.extend_from_slice(&part[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("the connection stays open ({error}): {:?}", show(&all)),
        }
    }
    writer.join().unwrap();
    let text = show(&all);
    Exchange {
        statuses: statuses(&text),
        text,
    }
}

fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// No body of ours holds what a status line begins with.
fn statuses(text: &str) -> Vec<u16> {
    let lines = text.split("HTTP/1.").skip(1);
    lines
        .map(|line| line.get(2..5).unwrap_or_default().parse().unwrap_or(0))
        .collect()
}

//! A proxy in front of PostgreSQL that counts what passes and breaks connections.

mod connection;
mod conversation;
mod frames;
#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
    thread::JoinHandle,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedRwLockWriteGuard, RwLock, mpsc as orders},
    task::JoinSet,
};

pub use self::conversation::Counts;
use self::conversation::{Conversation, Fault, Ledger, locked};

/// A proxy on a free port of 127.0.0.1, on a thread of its own: it goes on while a test blocks. What it was told has
/// happened when the call returns. It ends with this value, and so do its connections.
pub struct Proxy {
    url: String,
    ledger: Arc<Mutex<Ledger>>,
    orders: Option<orders::UnboundedSender<(Order, mpsc::Sender<()>)>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Clone, Copy)]
enum Order {
    Cut,
    Refuse,
    Accept,
    Stall,
    Resume,
}

impl Proxy {
    /// Starts a proxy in front of the server of a URL with one host. Everything but TLS is understood, save that COPY is not counted
    /// right.
    ///
    /// # Panics
    /// When it is no URL.
    #[must_use]
    pub fn start(url: &str) -> Self {
        let (before, host, after) = around_host(url);
        let server = match host.rsplit_once(':') {
            Some((_, port)) if port.parse::<u16>().is_ok() => host.to_owned(),
            _ => format!("{host}:5432"),
        };
        let listener = super::listener_on_free_port();
        let address = listener.local_addr().expect("an address");
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let (sender, receiver) = orders::unbounded_channel();
        let desk = Desk {
            address,
            server,
            ledger: Arc::clone(&ledger),
            gate: Arc::default(),
            shut: None,
            listener: None,
            connections: JoinSet::new(),
        };
        let thread = std::thread::spawn(move || super::blocking(desk.work(listener, receiver)));
        Self {
            url: format!("{before}{address}{after}"),
            ledger,
            orders: Some(sender),
            thread: Some(thread),
        }
    }

    /// The URL that it was started with, through the proxy.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Drops all connections.
    pub fn cut(&self) {
        self.order(Order::Cut);
    }

    /// Refuses connections from now on: nobody listens any more. Those that are there stay.
    pub fn refuse(&self) {
        self.order(Order::Refuse);
    }

    /// Accepts connections again.
    pub fn accept(&self) {
        self.order(Order::Accept);
    }

    /// Forwards nothing from now on, nor that a side has gone. Connections stay open, and new ones are accepted.
    pub fn stall(&self) {
        self.order(Order::Stall);
    }

    /// Forwards again, beginning with what has been said meanwhile.
    pub fn resume(&self) {
        self.order(Order::Resume);
    }

    /// Lets the next COMMIT, a statement with that word, through to the server, and cuts its connection when the server
    /// has answered, without a byte of the answer: it is committed, and the client cannot know.
    pub fn cut_after_commit(&self) {
        locked(&self.ledger).fault = Some(Fault::After);
    }

    /// Cuts the connection of the next COMMIT instead of letting it through to the server: it is not committed, and the
    /// client cannot know.
    pub fn cut_before_commit(&self) {
        locked(&self.ledger).fault = Some(Fault::Before);
    }

    /// What has passed since the last reset. What a client has the answer of is in it.
    #[must_use]
    pub fn counts(&self) -> Counts {
        locked(&self.ledger).counts
    }

    /// Counts from zero on, and answers with what it was until now.
    pub fn reset(&self) -> Counts {
        std::mem::take(&mut locked(&self.ledger).counts)
    }

    fn order(&self, order: Order) {
        let (done, is_done) = mpsc::channel();
        let sent = self
            .orders
            .as_ref()
            .map(|orders| orders.send((order, done)));
        assert!(matches!(sent, Some(Ok(()))), "the proxy has ended");
        is_done.recv().expect("the proxy does as it is told");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.orders.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What runs on the proxy's thread.
struct Desk {
    address: SocketAddr,
    server: String,
    ledger: Arc<Mutex<Ledger>>,
    gate: Arc<RwLock<()>>,
    shut: Option<OwnedRwLockWriteGuard<()>>,
    listener: Option<TcpListener>,
    connections: JoinSet<()>,
}

impl Desk {
    async fn work(
        mut self,
        listener: std::net::TcpListener,
        mut orders: orders::UnboundedReceiver<(Order, mpsc::Sender<()>)>,
    ) {
        listener.set_nonblocking(true).expect("a socket");
        self.listener = Some(TcpListener::from_std(listener).expect("a socket"));
        loop {
            tokio::select! {
                order = orders.recv() => {
                    let Some((order, done)) = order else { return };
                    self.obey(order).await;
                    let _ = done.send(());
                }
                client = accepted(self.listener.as_ref()) => self.serve(client),
                Some(_) = self.connections.join_next() => {}
            }
        }
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Cut => self.connections.shutdown().await,
            Order::Refuse => self.listener = None,
            Order::Accept if self.listener.is_none() => {
                let listener = TcpListener::bind(self.address).await;
                self.listener = Some(listener.expect("the port is still free"));
            }
            Order::Stall if self.shut.is_none() => {
                self.shut = Some(Arc::clone(&self.gate).write_owned().await);
            }
            Order::Resume => self.shut = None,
            Order::Accept | Order::Stall => {}
        }
    }

    fn serve(&mut self, client: TcpStream) {
        let conversation = Conversation::new(Arc::clone(&self.ledger));
        let (server, gate) = (self.server.clone(), Arc::clone(&self.gate));
        self.connections.spawn(async move {
            // A side that has gone is nothing to report: the other is told by the end of its connection.
            let _ = connection::carry(client, server, &gate, conversation).await;
        });
    }
}

/// The next client. Never, while nobody listens.
async fn accepted(listener: Option<&TcpListener>) -> TcpStream {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    loop {
        if let Ok((client, _)) = listener.accept().await {
            return client;
        }
    }
}

/// A URL's host with its port, and what stands before and after it.
fn around_host(url: &str) -> (&str, &str, &str) {
    let authority = url.find("://").expect("a URL, postgres://…") + 3;
    let end = url[authority..].find(['/', '?']);
    let end = end.map_or(url.len(), |length| authority + length);
    let host = url[..end].rfind('@').map_or(authority, |at| at + 1);
    (&url[..host], &url[host..end], &url[end..])
}

//! Accepting connections, and stopping gracefully.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use axum_server::Handle;
use hyper_util::rt::TokioTimer;

use crate::{
    Server,
    connection::Gate,
    router::{metrics_router, router},
};

/// How long a client may take for its first request, and then between requests.
const FIRST_REQUEST_TIME_LIMIT: Duration = Duration::from_secs(5);
const IDLE_TIME_LIMIT: Duration = Duration::from_secs(60);
/// The longest head of a request: its line and its headers.
const HEAD_LIMIT_BYTES: usize = 64 * 1024;
/// How long requests under way may take when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// A server that accepts connections.
pub struct Listening {
    handle: Handle<SocketAddr>,
    gate: Gate,
    task: tokio::task::JoinHandle<io::Result<()>>,
    server: Arc<Server>,
}

/// Starts to accept connections.
///
/// # Errors
/// When the listener cannot be used.
pub fn listen(server: Arc<Server>, listener: TcpListener) -> io::Result<Listening> {
    let router = router(Arc::clone(&server));
    serve(server, router, listener)
}

/// Starts to accept connections for the metrics alone.
///
/// # Errors
/// When the listener cannot be used.
pub fn listen_for_metrics(server: Arc<Server>, listener: TcpListener) -> io::Result<Listening> {
    let router = metrics_router(Arc::clone(&server));
    serve(server, router, listener)
}

fn serve(server: Arc<Server>, router: Router, listener: TcpListener) -> io::Result<Listening> {
    let (handle, gate) = (Handle::new(), Gate::new(&server.policy));
    listener.set_nonblocking(true)?;
    let mut http = axum_server::from_tcp(listener)?
        .acceptor(gate.clone())
        .http1_only()
        .first_request_timeout(FIRST_REQUEST_TIME_LIMIT)
        .handle(handle.clone());
    http.http_builder()
        .http1()
        .timer(TokioTimer::new())
        .max_buf_size(HEAD_LIMIT_BYTES)
        .header_read_timeout(IDLE_TIME_LIMIT);
    Ok(Listening {
        handle,
        gate,
        task: tokio::spawn(http.serve(router.into_make_service_with_connect_info::<SocketAddr>())),
        server,
    })
}

impl Listening {
    /// Tells load balancers to send nothing more, while it still accepts what they do.
    pub fn start_draining(&self) {
        self.server.start_draining();
    }

    /// Accepts no more, lets requests under way finish for up to 10 s, and ends.
    ///
    /// # Errors
    /// When accepting had failed.
    pub async fn stop(self) -> io::Result<()> {
        self.server.start_draining();
        self.handle.graceful_shutdown(Some(GRACE));
        self.gate.close();
        self.task.await.map_err(io::Error::other)?
    }

    /// Waits until the server ends by itself, which it does only when it fails.
    ///
    /// # Errors
    /// Why it failed.
    pub async fn ended(&mut self) -> io::Result<()> {
        (&mut self.task).await.map_err(io::Error::other)?
    }
}

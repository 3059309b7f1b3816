//! PostgreSQL for tests: throw-away clusters that can be crashed, a database for each test, and a proxy that counts
//! what passes and breaks connections.

mod cluster;
mod database;
mod keeper;
mod programs;
mod proxy;
mod server;

pub use cluster::{Cluster, Options};
pub use database::Database;
pub use proxy::{Counts, Proxy};
pub use server::Server;

use std::net::TcpListener;

/// Runs a future to its end, from code that is not async or must not be: on a thread with a runtime of its own.
///
/// # Panics
/// When the future does.
pub fn blocking<T: Send>(future: impl Future<Output = T> + Send) -> T {
    let run = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(future)
    };
    std::thread::scope(|scope| {
        let answer = scope.spawn(run).join();
        answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Listens on a port below those that a system gives away by itself, so that nobody takes it while nobody listens.
fn listener_on_free_port() -> TcpListener {
    loop {
        let port = rand::random_range(20_000..32_000);
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return listener;
        }
    }
}

//! The HTTP side of TimeTracks: routes, extractors, problems, the OpenAPI document, configuration. It knows no SQL.

mod config;
mod documentation;
mod http;
mod keys;
mod listen;
mod logging;
mod metrics;
mod middleware;
mod openapi;
mod problem;
mod router;
mod routes;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

pub use config::{ConfigError, Given, Settings, parse_location};
pub use keys::{KeyError, create_private_dir, load_or_create};
pub use listen::{Listening, listen, listen_for_metrics};
pub use logging::start_logging;
pub use openapi::document;

use metrics::Metrics;
use timetracks_app::App;

/// What every handler can reach.
pub struct Server {
    app: App,
    /// Where clients find this server, without a slash at the end.
    public_url: String,
    draining: AtomicBool,
    metrics: Metrics,
}

impl Server {
    /// A server of that app, which clients find at `public_url`.
    #[must_use]
    pub fn new(app: App, public_url: String) -> Arc<Self> {
        Arc::new(Self {
            app,
            public_url,
            draining: AtomicBool::new(false),
            metrics: Metrics::new(),
        })
    }

    /// The app that it serves.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Tells load balancers to send nothing more.
    pub fn start_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether a load balancer should send requests here.
    fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed) && self.app.is_writable()
    }
}

/// How handlers get at the server.
type Shared = axum::extract::State<Arc<Server>>;

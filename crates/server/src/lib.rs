//! The HTTP side of TimeTracks: routes, extractors, problems, the OpenAPI document, configuration. It knows no SQL.

mod bounds;
mod config;
mod connection;
mod documentation;
mod http;
mod keys;
mod limits;
mod listen;
mod logging;
mod metrics;
mod middleware;
mod openapi;
mod problem;
mod route;
mod router;
mod routes;
mod traces;

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

pub use bounds::Bounds;
pub use config::{ConfigError, Given, Settings, parse_location};
pub use http::parsers;
pub use keys::{KeyError, create_private_dir, load_key, load_or_create};
pub use listen::{Listening, listen, listen_for_metrics};
pub use logging::{Logging, start_logging};
pub use openapi::document;
pub use traces::Traces;

use http::Context;
use ipnet::IpNet;
use limits::{Limits, Sender};
use metrics::Metrics;
use problem::Problem;
use timetracks_app::{App, Turns};
use timetracks_domain::OrgId;

/// How many requests without a credential may be under way from one address (IPv6: /64).
const MOST_OF_ONE_STRANGER: usize = 256;

/// What the operator decides about HTTP.
#[derive(Debug, Clone, Default)]
pub struct HttpPolicy {
    /// Where clients find this server, without a slash at the end.
    pub public_url: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether requests are counted and limited.
    pub rate_limit: bool,
    /// Whether requests are traced, see [`Traces`].
    pub traced: bool,
    /// How much clients may use up at a time.
    pub bounds: Bounds,
}

/// What every handler can reach.
pub struct Server {
    app: App,
    policy: HttpPolicy,
    limits: Limits,
    in_flight: AtomicUsize,
    /// The requests under way that came without a credential, by network.
    strangers: Turns<Option<IpAddr>>,
    /// The long reads of each organisation.
    long_reads: Turns<OrgId>,
    draining: AtomicBool,
    metrics: Metrics,
}

impl Server {
    /// A server of that app.
    #[must_use]
    pub fn new(app: App, policy: HttpPolicy) -> Arc<Self> {
        Arc::new(Self {
            limits: Limits::new(app.clock().clone()),
            strangers: Turns::new(MOST_OF_ONE_STRANGER),
            long_reads: Turns::new(app.statistics().pools[2].size.div_ceil(2)),
            metrics: Metrics::new(app.statistics().engine),
            app,
            policy,
            in_flight: AtomicUsize::new(0),
            draining: AtomicBool::new(false),
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

    /// Counts a request, and notes what is left for the headers of the answer.
    fn count(&self, context: &Context, sender: impl Into<Sender>) -> Result<(), Problem> {
        if self.policy.rate_limit {
            let (allowance, counted) = self.limits.count(sender.into());
            let _ = context.allowance.set(allowance);
            counted.inspect_err(|_| self.metrics.request_limited())?;
        }
        Ok(())
    }

    /// Whether a load balancer should send requests here.
    fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed) && self.app.is_writable()
    }
}

/// How handlers get at the server.
type Shared = axum::extract::State<Arc<Server>>;

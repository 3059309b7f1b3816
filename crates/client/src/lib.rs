//! A typed client of TimeTracks. Every operation of the OpenAPI document is a method of [`Client`], with the server's own
//! types; a test holds the two against each other.
//!
//! ```no_run
//! # async fn example() -> Result<(), timetracks_client::Error> {
//! use timetracks_client::{Client, Credential, api::tracks::ClockIn};
//!
//! let client = Client::new("https://time.example.com", Credential::ApiKey("tt_…".to_owned()))?;
//! let track = client.clock_in_by_name("Write docs", &ClockIn::default()).await?;
//! println!("clocked in at {}", track.start_time.0);
//! # Ok(())
//! # }
//! ```
//!
//! - **Retries are harmless.** A write gets an idempotency key when the call is made, and keeps it however often it is sent.
//!   Connections that fail, 429, 502, 503 and 504 are tried again, later each time and as the server's `Retry-After` says,
//!   until the call's deadline ([`Policy`]).
//! - **Sessions refresh themselves**, once for all requests that run at the time, through a [`TokenStore`] that other
//!   processes may share.
//! - **Lists are streams**, page by page or as one answer of any length, in bounded memory ([`List`]).

mod call;
mod client;
mod credential;
mod elements;
mod error;
mod list;
mod operations;
mod retry;
mod time;

/// The bodies, the problems and their codes.
pub use timetracks_api as api;
/// Names, ids, instants and durations.
pub use timetracks_domain as domain;

pub use call::{Answer, Call};
pub use client::Client;
pub use credential::{Credential, MemoryStore, SessionKind, TokenStore};
pub use error::Error;
pub use list::List;
pub use operations::{OPERATIONS, Operation};
pub use retry::Policy;
pub use time::{SystemTime, Time};

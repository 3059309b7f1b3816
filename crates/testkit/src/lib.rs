//! A real server on a real socket for tests: a database of its own, a clock that stands still until it is told
//! otherwise, and a client that holds every answer against the served OpenAPI document.

mod client;
mod clock;
mod conformance;
pub mod postgres;
mod server;

pub use client::{Answer, Client};
pub use clock::TestClock;
pub use server::{PASSWORD, TestServer};

//! The client, against real servers and against wires that break.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod lists;
mod retries;
mod sessions;
mod specification;
mod support;

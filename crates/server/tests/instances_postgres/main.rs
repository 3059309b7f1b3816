//! Several instances in one process, on one PostgreSQL database and with one clock, which stands still until it is moved.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod contention;
mod cut_off;
mod migrations;
mod races;
mod retries;
mod revocation;
mod support;

//! Servers that share a database, killed again and again: what their clients saw must be what one clock would show.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod history;
mod model;
mod model_tests;
mod search_tests;

//! The client commands, as people and pipelines meet them: through the binary, against a real server.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod accounts;
mod cable;
mod daily;
mod details;
mod examples;
mod generated;
mod going;
mod home;
mod killed;
mod late;
mod leases;
mod lists;
mod mcp;
mod queue;
mod refusals;
mod reports;
mod run;
mod run_offline;
#[expect(
    dead_code,
    reason = "shared with the tests of the server's side, which use all of it"
)]
#[path = "../binary/support.rs"]
mod server;
mod support;
mod terminal;

//! The binary, as an operator meets it: started, signalled, killed, misconfigured.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod backup;
mod copy;
mod doctor;
mod durability;
mod logs;
mod memory;
mod metrics;
mod migrations;
mod otlp;
mod serving;
mod settings;
mod slow_clients;
mod stopping;
mod support;

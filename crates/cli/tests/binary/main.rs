//! The binary, as an operator meets it: started, signalled, killed, misconfigured.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod copy;
mod durability;
mod logs;
mod memory;
mod serving;
mod settings;
mod support;

//! Servers that share a database, killed again and again: what their clients saw must be what one clock would show.
//!
//! `TIMETRACKS_TEST_SEED` repeats a run's choices, as far as the threads allow. `TIMETRACKS_TEST_ROUNDS` makes it longer.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod backup;
mod clients;
mod doctor;
mod faults;
mod history;
mod instance;
mod load;
mod model;
mod model_tests;
mod record;
mod round;
mod search_tests;
mod signing_key;
mod sums;
#[path = "../binary/support.rs"]
#[allow(dead_code, reason = "the tests of the binary use the rest")]
mod support;
mod trial;

//! A part of the contract again, with every request to another of two instances that share a database: the kit looks at
//! the name of the binary. Left out is what one instance knows before the other, such as what was revoked a moment ago or
//! the order of what was made in the same millisecond.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod contract {
    mod project_tasks;
    mod projects;
    mod races;
    mod report_model;
    mod report_moves;
    mod retries;
    mod tenancy;
    mod tracks;
    mod user_reports;

    #[allow(dead_code, reason = "the rest of the contract needs the rest")]
    pub(crate) mod support;
    #[allow(dead_code, reason = "the rest of the contract needs the rest")]
    pub(crate) mod tracking;
    #[allow(dead_code, reason = "the rest of the contract needs the rest")]
    pub(crate) mod work;
}

// The tests name what they share from the root.
use contract::{support, tracking, work};

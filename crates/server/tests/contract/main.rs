//! The contract, row by row, through a real socket. The client of the kit holds every answer against the served
//! OpenAPI document as well. `TIMETRACKS_TEST_ROUNDS` makes some of the races longer.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod account;
mod api_keys;
mod audit_trail;
mod authz_matrix;
mod bodies;
mod bound_keys;
mod bounds;
mod clocking;
mod clocking_by_handle;
mod conventions;
mod crowds;
mod guesses;
mod hostile_text;
mod internal;
mod invitations;
mod invited;
mod key_limits;
mod kinds;
mod last_admin;
mod late_bodies;
mod leases;
pub(crate) mod limits;
mod lists;
mod organisations;
mod password_tokens;
mod passwords;
mod project_tasks;
mod projects;
mod races;
mod raw_http;
mod readiness;
mod refresh;
mod report_model;
mod report_moves;
mod reports;
mod retries;
mod revocation;
mod scopes;
mod sessions;
mod specification;
pub(crate) mod support;
mod suspension;
mod tasks;
mod tenancy;
mod track_details;
mod track_lists;
pub(crate) mod tracking;
mod tracks;
mod user_reports;
mod users;
mod versions;
pub(crate) mod work;

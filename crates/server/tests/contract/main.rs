//! The contract, row by row, through a real socket. The client of the kit holds every answer against the served
//! OpenAPI document as well.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod account;
mod api_keys;
mod bodies;
mod clocking;
mod clocking_by_handle;
mod conventions;
mod internal;
mod invitations;
mod invited;
mod key_limits;
mod last_admin;
mod lists;
mod organisations;
mod password_tokens;
mod passwords;
mod project_tasks;
mod projects;
mod races;
mod refresh;
mod report_model;
mod report_moves;
mod reports;
mod revocation;
mod scopes;
mod sessions;
mod specification;
pub(crate) mod support;
mod suspension;
mod tasks;
mod tenancy;
mod track_lists;
pub(crate) mod tracking;
mod tracks;
mod user_reports;
mod users;
pub(crate) mod work;

//! The contract, row by row, through a real socket. The client of the kit holds every answer against the served
//! OpenAPI document as well.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

mod project_tasks;
mod projects;
mod report_moves;
mod reports;
mod specification;
mod tasks;
mod user_reports;
mod work;

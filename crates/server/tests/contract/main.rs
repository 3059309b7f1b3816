//! The contract, row by row, through a real socket. The client of the kit holds every answer against the served
//! OpenAPI document as well.

mod account;
mod password_tokens;
mod projects;
mod refresh;
mod revocation;
mod sessions;
mod specification;
mod support;

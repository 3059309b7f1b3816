//! The contract, row by row, through a real socket. The client of the kit holds every answer against the served
//! OpenAPI document as well.

mod account;
mod projects;
mod refresh;
mod specification;
mod support;

//! What goes over the wire: request and response bodies and problem codes, with their JSON Schema and an example each.
//! The server and its clients share these types, and the OpenAPI document is made of them.

pub mod account;
pub mod api_keys;
pub mod audit;
mod example;
mod fields;
pub mod internal;
pub mod invitations;
mod item;
mod message;
pub mod organisations;
mod problem;
pub mod projects;
mod query;
pub mod reports;
mod resource;
mod schema;
pub mod tasks;
mod time;
pub mod tracks;
pub mod users;

pub use example::Example;
pub use fields::{Body, FieldError, Fields, FromJson};
pub use item::Item;
pub use message::Message;
pub use problem::{Code, Problem};
pub use query::{FromText, Parameters, QueryString};
pub use resource::Resource;
pub use time::{DateTime, Millis};

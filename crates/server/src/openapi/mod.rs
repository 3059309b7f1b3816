//! The OpenAPI 3.1 document, made of the routes and the types that serve them. Routes and extractors note which problems
//! an operation may answer with; those notes become its documented responses.

mod document;
mod operation;
mod response;

pub use document::document;
pub(crate) use document::{document_text, if_match};
pub(crate) use operation::{Operation, may_refuse};
pub(crate) use response::{add_header, answer, list_answer, text_response};

/// What the header `ETag` says.
pub(crate) const ETAG: &str = "The version of it, for `If-None-Match` and `If-Match`.";

/// The two ways to say who is asking; either is enough.
pub(crate) const SECURITY: [&str; 2] = ["accessToken", "apiKey"];

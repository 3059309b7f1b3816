//! What stands between axum and the use cases: extractors that answer with problems, and answers that document
//! themselves.

mod authenticated;
mod changing;
mod context;
mod created;
pub(crate) mod etag;
mod idempotency;
mod json;
mod kept;
mod list;
mod path;
mod query;
mod resource;
mod stream;
mod visitor;
mod writing;

pub(crate) use authenticated::Authenticated;
pub(crate) use changing::Changing;
pub(crate) use context::{Context, client_address};
pub(crate) use created::{ClockedInAnswer, Created};
pub(crate) use idempotency::{has_idempotency_key, with_digest};
pub(crate) use json::{Json, OptionalJson};
pub(crate) use list::{List, Paging};
pub(crate) use path::Path;
pub(crate) use query::Query;
pub(crate) use resource::Versioned;
pub(crate) use stream::JsonStream;
pub(crate) use visitor::Visitor;
pub(crate) use writing::{PublicWriting, Writing, Written};

/// What reads the headers and the query strings that clients write: public for the tests that feed it with anything.
pub mod parsers {
    pub use super::{
        authenticated::bearer_token,
        context::client_address,
        etag::{is_among, is_like_one_of},
        idempotency::read_idempotency_key,
        list::{Cursor, PagingParameters, next_link},
    };
}

//! What stands between axum and the use cases: extractors that answer with problems, and answers that document
//! themselves.

mod authenticated;
mod created;
mod json;
mod list;
mod path;
mod query;
mod stream;

pub(crate) use authenticated::Authenticated;
pub(crate) use created::{ClockedInAnswer, Created};
pub(crate) use json::{Json, OptionalJson};
pub(crate) use list::{List, Paging};
pub(crate) use path::Path;
pub(crate) use query::Query;
pub(crate) use stream::JsonStream;

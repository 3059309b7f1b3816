//! Lists: everything, streamed, or page by page (contract, "lists").

use std::{marker::PhantomData, sync::Arc};

use aide::{
    OperationInput, OperationOutput,
    generate::GenContext,
    openapi::{Operation, Response as Documented},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;
use timetracks_api::{Example, Item, Parameters, QueryString};
use timetracks_app::{Error, Page, Visit, Work};
use timetracks_domain::{Id, Instant, OrgId};

use super::{JsonStream, Query, query};
use crate::{Server, openapi, problem::Problem};

/// The most items of a page.
const LARGEST_PAGE: i64 = 1000;

/// Which part of a list.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(inline)]
pub struct PagingParameters {
    /// How many items at most. Without it, everything is streamed.
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<i64>,
    /// Where to go on: take it from the `Link` header of the page before, and nowhere else.
    #[schemars(
        with = "Option<String>",
        regex(pattern = "^[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$")
    )]
    pub cursor: Option<Cursor>,
}

/// What a cursor is the id of.
pub enum AnyThing {}
/// The id after which a page starts.
pub type Cursor = Id<AnyThing>;

impl Parameters for PagingParameters {
    fn from_query(query: &mut QueryString) -> Self {
        let limit = query.optional("limit");
        if limit.is_some_and(|limit| !(1..=LARGEST_PAGE).contains(&limit)) {
            query.refuse("limit", "must lie between 1 and 1000");
        }
        let cursor = query.optional("cursor");
        if cursor == Some(Cursor::unknown()) {
            query.refuse("cursor", "must be taken from the Link header of a page");
        }
        Self { limit, cursor }
    }
}

/// Which part of a list, and where the request went.
pub(crate) struct Paging {
    parameters: PagingParameters,
    uri: Uri,
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(parameters) = Query::from_request_parts(parts, state).await?;
        let uri = parts.uri.clone();
        Ok(Self { parameters, uri })
    }
}

impl OperationInput for Paging {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        query::document::<PagingParameters>(ctx, operation);
    }
}

/// A list of bodies, whole or a page with a link to the next.
pub(crate) struct List<B> {
    answer: Answer,
    bodies: PhantomData<fn() -> B>,
}

enum Answer {
    Everything(JsonStream),
    Page { json: Vec<u8>, next: Option<String> },
}

impl<B: Item + 'static> List<B> {
    /// The list of an organisation that `visit` goes through, with each item's id and body at the moment of the answer.
    pub(crate) async fn of<T: 'static>(
        server: &Arc<Server>,
        org: OrgId,
        paging: Paging,
        visit: impl Fn(&mut Work, Page, Visit<T>) -> Result<(), Error> + Send + Sync + Clone + 'static,
        item: impl Fn(T, Instant) -> (uuid::Uuid, B) + Send + Sync + Clone + 'static,
    ) -> Result<Self, Problem> {
        let after = paging.parameters.cursor.map(Id::uuid);
        let answer = match paging.parameters.limit {
            None => everything(server, org, after, visit, item)
                .await
                .map(Answer::Everything),
            Some(limit) => page(server, after, limit, visit, item)
                .await
                .map(|(json, last)| Answer::Page {
                    json,
                    next: last.map(|last| next_link(&paging.uri, Id::new(last))),
                }),
        };
        Ok(Self {
            answer: answer?,
            bodies: PhantomData,
        })
    }
}

async fn everything<T: 'static, B: Item>(
    server: &Arc<Server>,
    org: OrgId,
    after: Option<uuid::Uuid>,
    visit: impl Fn(&mut Work, Page, Visit<T>) -> Result<(), Error> + Send + Sync + Clone + 'static,
    item: impl Fn(T, Instant) -> (uuid::Uuid, B) + Send + Sync + Clone + 'static,
) -> Result<JsonStream, Error> {
    JsonStream::produce(server, org, move |work, sink| {
        let (now, mut separator) = (work.now, "[");
        let page = Page { after, ..Page::ALL };
        visit(work, page, &mut |thing| {
            sink.text(std::mem::replace(&mut separator, ","));
            sink.item(&item(thing, now).1)
        })?;
        sink.text(if separator == "[" { "[]" } else { "]" });
        Ok(())
    })
    .await
}

/// A page, and the id of its last item when there is more behind it.
async fn page<T: 'static, B: Item>(
    server: &Arc<Server>,
    after: Option<uuid::Uuid>,
    limit: i64,
    visit: impl Fn(&mut Work, Page, Visit<T>) -> Result<(), Error> + Send + Sync + Clone + 'static,
    item: impl Fn(T, Instant) -> (uuid::Uuid, B) + Send + Sync + Clone + 'static,
) -> Result<(Vec<u8>, Option<uuid::Uuid>), Error> {
    let read = move |work: &mut Work| {
        let (now, mut json) = (work.now, vec![b'[']);
        let (mut left, mut last, mut has_more) = (limit, None, false);
        // One more than asked for, to learn whether there is more.
        let page = Page {
            after,
            limit: limit + 1,
        };
        visit(work, page, &mut |thing| {
            has_more = left == 0;
            if has_more {
                return Ok(());
            }
            left -= 1;
            let (id, body) = item(thing, now);
            if last.replace(id).is_some() {
                json.push(b',');
            }
            body.write(&mut json)
                .map_err(|error| Error::Internal(error.to_string()))
        })?;
        json.push(b']');
        Ok((json, last.filter(|_| has_more)))
    };
    server.app.read(read).await
}

/// The same request, from another cursor on (RFC 8288).
#[must_use]
pub fn next_link(uri: &Uri, last: Cursor) -> String {
    let query = uri.query().unwrap_or_default();
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("cursor", &last.to_string())
        .finish();
    format!("<{}?{query}>; rel=\"next\"", uri.path())
}

impl<B> IntoResponse for List<B> {
    fn into_response(self) -> Response {
        let json_type = HeaderValue::from_static("application/json");
        match self.answer {
            Answer::Everything(stream) => stream.into_response(),
            Answer::Page { json, next } => {
                let mut response = ([(header::CONTENT_TYPE, json_type)], json).into_response();
                if let Some(Ok(link)) = next.map(HeaderValue::try_from) {
                    response.headers_mut().insert(header::LINK, link);
                }
                response
            }
        }
    }
}

impl<B: Serialize + JsonSchema + Example> OperationOutput for List<B> {
    type Inner = Vec<B>;

    fn inferred_responses(
        ctx: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Documented)> {
        let mut list = openapi::list_answer::<B>(ctx, "The list, oldest first.");
        let description =
            "With `limit`, while there is more: the next page, as `<…>; rel=\"next\"` (RFC 8288).";
        openapi::add_header(ctx, &mut list, "Link", description, false);
        vec![(Some(200), list)]
    }
}

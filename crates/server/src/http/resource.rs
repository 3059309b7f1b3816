//! An answer that is a single resource, with its version.

use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{Operation, Response as Documented},
};
use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use timetracks_api::{Example, Resource};

use super::{etag, json};
use crate::openapi;

/// 200, the version of a resource as `ETag`, and the resource.
pub(crate) struct Versioned<R>(pub(crate) R);

impl<R: Resource> IntoResponse for Versioned<R> {
    fn into_response(self) -> Response {
        let text = etag::text(&self.0);
        let tagged = text.and_then(|text| Ok((etag::of_text(&self.0, &text)?, text)));
        match tagged {
            Ok((tag, text)) => ([(header::ETAG, tag)], json::answer(Ok(text))).into_response(),
            Err(error) => json::answer(Err(error)),
        }
    }
}

impl<R: Resource + JsonSchema + Example> OperationOutput for Versioned<R> {
    type Inner = R;

    fn inferred_responses(
        ctx: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Documented)> {
        let mut answer = openapi::answer::<R>(ctx, "");
        openapi::add_header(ctx, &mut answer, "ETag", openapi::ETAG, true);
        vec![(Some(200), answer)]
    }
}

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

use super::{Json, etag};
use crate::openapi;

/// 200, the version of a resource as `ETag`, and the resource.
pub(crate) struct Versioned<R>(pub(crate) R);

impl<R: Resource> IntoResponse for Versioned<R> {
    fn into_response(self) -> Response {
        let tag = [(header::ETAG, etag::of(&self.0))];
        (tag, Json(self.0)).into_response()
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

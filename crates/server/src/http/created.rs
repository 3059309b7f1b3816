//! Answers that say that something is new.

use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{Operation, Response as Documented},
};
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;
use timetracks_api::{Example, tracks::Track};

use super::Json;
use crate::openapi;

/// 201, where the new thing is, and the thing.
pub(crate) struct Created<T> {
    location: String,
    body: T,
}

impl<T> Created<T> {
    /// The new thing at a path below `/api/v1`.
    pub(crate) fn at(path: &str, body: T) -> Self {
        Self {
            location: format!("/api/v1{path}"),
            body,
        }
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let location = [(header::LOCATION, self.location)];
        (StatusCode::CREATED, location, Json(self.body)).into_response()
    }
}

impl<T: Serialize + JsonSchema + Example> OperationOutput for Created<T> {
    type Inner = T;

    fn inferred_responses(
        ctx: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Documented)> {
        let mut created = openapi::answer::<T>(ctx, "Created.");
        let description = "Where the new thing is: a path on this server.";
        openapi::add_header(ctx, &mut created, "Location", description, true);
        vec![(Some(201), created)]
    }
}

/// The answer to a clock-in: 201 with a new track, or 200 with the one that runs already.
pub(crate) enum ClockedInAnswer {
    Now(Created<Track>),
    Already(Track),
}

impl IntoResponse for ClockedInAnswer {
    fn into_response(self) -> Response {
        match self {
            Self::Now(created) => created.into_response(),
            Self::Already(track) => Json(track).into_response(),
        }
    }
}

impl OperationOutput for ClockedInAnswer {
    type Inner = Track;

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Documented)> {
        let mut responses = Created::<Track>::inferred_responses(ctx, operation);
        let already = "You were clocked in already; the running track.";
        responses.push((Some(200), openapi::answer::<Track>(ctx, already)));
        responses
    }
}

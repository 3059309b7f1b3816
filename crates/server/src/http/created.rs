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
use timetracks_api::tracks::Track;

use super::Versioned;
use crate::openapi;

/// 201, where the new thing is, and the thing as another answer says it.
pub(crate) struct Created<A> {
    location: String,
    answer: A,
}

impl<A> Created<A> {
    /// The new thing at a path below `/api/v1`.
    pub(crate) fn at(path: &str, answer: A) -> Self {
        Self {
            location: format!("/api/v1{path}"),
            answer,
        }
    }
}

impl<A: IntoResponse> IntoResponse for Created<A> {
    fn into_response(self) -> Response {
        let location = [(header::LOCATION, self.location)];
        (StatusCode::CREATED, location, self.answer).into_response()
    }
}

impl<A: OperationOutput> OperationOutput for Created<A> {
    type Inner = A::Inner;

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Documented)> {
        let mut responses = A::inferred_responses(ctx, operation);
        for (status, created) in &mut responses {
            *status = Some(201);
            created.description = format!("Created. {}", created.description);
            let description = "Where the new thing is: a path on this server.";
            openapi::add_header(ctx, created, "Location", description, true);
        }
        responses
    }
}

/// The answer to a clock-in: 201 with a new track, or 200 with the one that runs already.
pub(crate) enum ClockedInAnswer {
    Now(Created<Versioned<Track>>),
    Already(Versioned<Track>),
}

impl IntoResponse for ClockedInAnswer {
    fn into_response(self) -> Response {
        match self {
            Self::Now(created) => created.into_response(),
            Self::Already(track) => track.into_response(),
        }
    }
}

impl OperationOutput for ClockedInAnswer {
    type Inner = Track;

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Documented)> {
        let mut responses = Created::<Versioned<Track>>::inferred_responses(ctx, operation);
        for (status, mut already) in Versioned::<Track>::inferred_responses(ctx, operation) {
            let words = "You were clocked in already; the running track.";
            already.description = format!("{words} {}", already.description);
            responses.push((status, already));
        }
        responses
    }
}

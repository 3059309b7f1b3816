//! Requests that change a thing with versions, and perhaps only the one that the client has seen (RFC 9110 §13.1.1).

use std::sync::Arc;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
    response::IntoResponse,
};
use timetracks_api::{Code, Resource};
use timetracks_app::{Error, Refusal, Work};
use timetracks_domain::Caller;

use super::{Writing, Written, etag, stream::internal, writing::NotNow};
use crate::{Server, openapi, problem::Problem};

/// A request that changes something with versions: when the client says which one it has seen (`If-Match`), no other is
/// changed.
pub(crate) struct Changing {
    pub(crate) writing: Writing,
    if_match: Option<String>,
}

impl Changing {
    /// As [`Writing::run`], but refuses when `current` is no version that the client has seen. Whoever may not do it is
    /// told that instead (RFC 9110 §13.2.1), so `current` need not ask whether they may read; what was done is undone.
    pub(crate) async fn run<R: Resource, A: IntoResponse + Send + 'static>(
        self,
        current: impl FnOnce(&mut Work, &Caller) -> Result<R, Error> + Clone + Send + 'static,
        job: impl FnOnce(&mut Work, &Caller) -> Result<A, Error> + Clone + Send + 'static,
    ) -> Result<Written<A>, Problem> {
        let Some(seen) = self.if_match else {
            return self.writing.run(job).await;
        };
        let checked = move |work: &mut Work, caller: &Caller| {
            let before = match current(work, caller) {
                Err(Error::Refused(refusal)) => Err(refusal),
                found => Ok(etag::of(&found?).map_err(internal)?),
            };
            let answer = job(work, caller)?;
            match etag::is_among(&seen, &before?) {
                true => Ok(answer),
                false => Err(Refusal::PreconditionFailed.into()),
            }
        };
        self.writing.run(checked).await
    }
}

impl FromRequestParts<Arc<Server>> for Changing {
    type Rejection = NotNow;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, NotNow> {
        Ok(Self {
            if_match: etag::list(&parts.headers, &header::IF_MATCH),
            writing: Writing::from_request_parts(parts, server).await?,
        })
    }
}

impl OperationInput for Changing {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        Writing::operation_input(ctx, operation);
        operation.parameters.push(openapi::if_match());
        openapi::may_refuse(operation, &[Code::PreconditionFailed]);
    }
}

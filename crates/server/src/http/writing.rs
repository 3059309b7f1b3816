//! Requests that change something: once, however often they are sent, and only what the client has seen.

use std::{marker::PhantomData, sync::Arc};

use aide::{
    OperationInput, OperationOutput,
    generate::GenContext,
    openapi::{Operation, Response as Documented},
    operation::{ParamLocation, add_parameters, parameters_from_schema},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use timetracks_api::{Code, FieldError};
use timetracks_app::{App, Attempt, Error, Origin, Refusal, Retry, RetryScope, Work, lane_of};
use timetracks_db::Lane;
use timetracks_domain::Caller;

use super::{Authenticated, Context, etag, kept, visitor};
use crate::{Server, openapi, problem::Problem};

/// The header that makes a request safe to repeat.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The longest idempotency key.
const LONGEST_KEY: usize = 255;

/// A request that changes something, of a caller. There is no other way to write for one.
pub(crate) struct Writing {
    pub(crate) caller: Arc<Caller>,
    public: PublicWriting,
    if_match: Option<String>,
}

/// A request that changes something and needs no credential.
pub(crate) struct PublicWriting {
    pub(crate) server: Arc<Server>,
    pub(crate) origin: Origin,
    retry: Option<Retry>,
}

/// An answer to a request that changes something.
pub(crate) struct Written<A>(Response, PhantomData<fn() -> A>);

/// Why a handler does not run.
pub(crate) enum NotNow {
    /// The request is refused.
    Refused(Problem),
    /// It came before, and this was the answer.
    Answered(Response),
}

impl Writing {
    /// The app, for what comes before the transaction.
    pub(crate) fn app(&self) -> &App {
        self.public.server.app()
    }

    /// Where the request came from.
    pub(crate) fn origin(&self) -> &Origin {
        &self.public.origin
    }

    /// Runs a use case in the lane of the caller's organisation. It makes the answer, which is kept for a retry in the
    /// same transaction.
    pub(crate) async fn run<A: IntoResponse + Send + 'static>(
        self,
        job: impl FnOnce(&mut Work, &Caller) -> Result<A, Error> + Clone + Send + 'static,
    ) -> Result<Written<A>, Problem> {
        let lane = lane_of(&self.caller);
        self.run_in(lane, job).await
    }

    /// As [`Writing::run`], in another lane.
    pub(crate) async fn run_in<A: IntoResponse + Send + 'static>(
        self,
        lane: Lane,
        job: impl FnOnce(&mut Work, &Caller) -> Result<A, Error> + Clone + Send + 'static,
    ) -> Result<Written<A>, Problem> {
        let caller = self.caller;
        self.public.run(lane, move |work| job(work, &caller)).await
    }

    /// As [`Writing::run`], but refuses when the client says which version it has seen (`If-Match`) and `current` is
    /// another one.
    pub(crate) async fn run_on<R: timetracks_api::Resource, A: IntoResponse + Send + 'static>(
        mut self,
        current: impl FnOnce(&mut Work, &Caller) -> Result<R, Error> + Clone + Send + 'static,
        job: impl FnOnce(&mut Work, &Caller) -> Result<A, Error> + Clone + Send + 'static,
    ) -> Result<Written<A>, Problem> {
        let if_match = self.if_match.take();
        self.run(move |work, caller| {
            if let Some(seen) = if_match {
                let resource = current(work, caller)?;
                if !etag::matches(&seen, &etag::of(&resource)) {
                    return Err(Refusal::PreconditionFailed.into());
                }
            }
            job(work, caller)
        })
        .await
    }
}

impl PublicWriting {
    /// Runs a use case in a lane. See [`Writing::run`].
    pub(crate) async fn run<A: IntoResponse + Send + 'static>(
        self,
        lane: Lane,
        job: impl FnOnce(&mut Work) -> Result<A, Error> + Clone + Send + 'static,
    ) -> Result<Written<A>, Problem> {
        let app = self.server.app();
        let Some(retry) = self.retry else {
            let answer = app.write_for(&self.origin, lane, job).await?;
            return Ok(Written::new(answer.into_response()));
        };
        let keeper = retry.clone();
        let done = move |work: &mut Work| {
            let kept = kept::write(job(work)?.into_response())?;
            keeper.keep(work, &kept)?;
            Ok(kept)
        };
        match app.write_for(&self.origin, lane, done).await {
            Ok(kept) => {
                let id = self.origin.request.as_deref().unwrap_or_default();
                Ok(Written::new(kept::read(&kept, id)?))
            }
            Err(error) => {
                let problem = Problem::from(error);
                if is_final(&problem) {
                    // It had no effect that this would have to go with.
                    let kept = kept::write(problem.clone().into_response())?;
                    let keep = move |work: &mut Work| retry.keep(work, &kept);
                    app.write_for(&self.origin, lane, keep).await?;
                }
                Err(problem)
            }
        }
    }

    async fn start(parts: &Parts, server: &Arc<Server>, scope: RetryScope) -> Result<Self, NotNow> {
        let context = Context::of(parts);
        let retry = match (idempotency_key(&parts.headers)?, &context.digest) {
            (Some(key), Some(digest)) => match server.app().attempt(scope, &key, digest).await? {
                Attempt::First(retry) => Some(retry),
                Attempt::Again(kept) => {
                    return Err(NotNow::Answered(kept::again(&kept, &context.id)?));
                }
            },
            _ => None,
        };
        Ok(Self {
            server: Arc::clone(server),
            origin: context.origin(&parts.headers),
            retry,
        })
    }
}

/// Whether a retry would be refused in the same way. One that is only refused for now is not remembered.
fn is_final(problem: &Problem) -> bool {
    let codes = [Code::IdempotencyKeyInUse, Code::IdempotencyKeyReused];
    let is_code = |code: &Code| {
        problem
            .body
            .r#type
            .ends_with(&format!("/{}", code.as_str()))
    };
    matches!(problem.body.status, 404 | 409 | 412 | 422) && !codes.iter().any(is_code)
}

/// The idempotency key, bare or as the quoted string of the draft.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let quoted = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let key = quoted.unwrap_or(text);
    let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'"';
    if (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(visible) {
        return Ok(Some(key.to_owned()));
    }
    Err(Problem::invalid(vec![FieldError {
        pointer: "/Idempotency-Key".to_owned(),
        detail: "must have 1 to 255 visible ASCII characters other than quotes".to_owned(),
    }]))
}

/// Whether a request is to be remembered: then the middleware reads all of it first.
pub(crate) fn has_idempotency_key(headers: &HeaderMap) -> bool {
    headers.contains_key(IDEMPOTENCY_KEY)
}

impl FromRequestParts<Arc<Server>> for Writing {
    type Rejection = NotNow;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, NotNow> {
        let Authenticated(caller) = Authenticated::from_request_parts(parts, server).await?;
        let if_match = parts.headers.get(header::IF_MATCH);
        Ok(Self {
            if_match: if_match.map(|value| value.to_str().unwrap_or_default().to_owned()),
            public: PublicWriting::start(parts, server, (&*caller).into()).await?,
            caller,
        })
    }
}

impl FromRequestParts<Arc<Server>> for PublicWriting {
    type Rejection = NotNow;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, NotNow> {
        visitor::count(parts, server)?;
        let scope = RetryScope::Address(Context::of(parts).address);
        Self::start(parts, server, scope).await
    }
}

impl<E: Into<Problem>> From<E> for NotNow {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

impl IntoResponse for NotNow {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(problem) => problem.into_response(),
            Self::Answered(response) => response,
        }
    }
}

impl<A> Written<A> {
    fn new(response: Response) -> Self {
        Self(response, PhantomData)
    }
}

impl<A> IntoResponse for Written<A> {
    fn into_response(self) -> Response {
        self.0
    }
}

#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "for the documentation alone")]
struct RetryHeader {
    /// Makes the request safe to repeat: sent again with the same key within a day, it is not done again, and gets the
    /// first answer with `Idempotency-Replayed: true`. Choose a new one, such as a UUID, for each request that is not a
    /// retry.
    #[serde(rename = "Idempotency-Key")]
    #[schemars(regex(pattern = r#"^([!#-~]{1,255}|"[!#-~]{1,255}")$"#))]
    idempotency_key: Option<String>,
}

fn document(ctx: &mut GenContext, operation: &mut Operation) {
    let schema = ctx.schema.subschema_for::<RetryHeader>();
    let parameters = parameters_from_schema(ctx, schema, ParamLocation::Header);
    add_parameters(ctx, operation, parameters);
    openapi::may_refuse(
        operation,
        &[
            Code::Invalid,
            Code::IdempotencyKeyReused,
            Code::IdempotencyKeyInUse,
            Code::TooManyRequests,
        ],
    );
}

impl OperationInput for Writing {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        Authenticated::operation_input(ctx, operation);
        document(ctx, operation);
    }
}

impl OperationInput for PublicWriting {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        document(ctx, operation);
    }
}

impl<A: OperationOutput> OperationOutput for Written<A> {
    type Inner = A::Inner;

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Documented)> {
        let mut responses = A::inferred_responses(ctx, operation);
        let description = "`true` when this is the first answer again, to a retry.";
        for (status, response) in &mut responses {
            if status
                .is_some_and(|status| StatusCode::from_u16(status).is_ok_and(|it| it.is_success()))
            {
                openapi::add_header(ctx, response, "Idempotency-Replayed", description, false);
            }
        }
        responses
    }
}

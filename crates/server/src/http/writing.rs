//! Requests that change something: once, however often they are sent, and only what the client has seen.

use std::{marker::PhantomData, sync::Arc};

use aide::{
    OperationInput, OperationOutput,
    generate::GenContext,
    openapi::{Operation, Response as Documented},
};
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use timetracks_api::Code;
use timetracks_app::{App, Attempt, Error, Origin, Recognised, Retry, RetryScope, Work, lane_of};
use timetracks_db::Lane;
use timetracks_domain::Caller;

use super::{
    Authenticated, Context,
    authenticated::Shown,
    idempotency::{document, idempotency_key, to_keep},
    kept, visitor,
};
use crate::{Server, openapi, problem::Problem};

/// A request that changes something, of a caller. There is no other way to write for one.
pub(crate) struct Writing {
    pub(crate) caller: Arc<Caller>,
    recognised: Recognised,
    shown: Shown,
    public: PublicWriting,
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
    /// same transaction. A caller who was recognised a while ago, because the body took its time, is looked at again.
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
        let (server, mut caller) = (&self.public.server, self.caller);
        if !server.app.still_believes(&caller, self.recognised) {
            // In a box, as whatever happens seldom: what every request waits for stays small, which is moved often.
            caller = Box::pin(self.shown.caller(server)).await?;
        }
        self.public.run(lane, move |work| job(work, &caller)).await
    }
}

impl PublicWriting {
    /// Runs a use case in a lane. See [`Writing::run`].
    pub(crate) async fn run<A: IntoResponse + Send + 'static>(
        self,
        lane: Lane,
        job: impl FnOnce(&mut Work) -> Result<A, Error> + Clone + Send + 'static,
    ) -> Result<Written<A>, Problem> {
        match self.retry.clone() {
            None => {
                let app = self.server.app();
                let answer = app.write_for(&self.origin, lane, job).await?;
                Ok(Written::new(answer.into_response()))
            }
            Some(retry) => Box::pin(self.run_once(retry, lane, job)).await,
        }
    }

    async fn run_once<A: IntoResponse + Send + 'static>(
        &self,
        retry: Retry,
        lane: Lane,
        job: impl FnOnce(&mut Work) -> Result<A, Error> + Clone + Send + 'static,
    ) -> Result<Written<A>, Problem> {
        let app = self.server.app();
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
                if let Some(kept) = to_keep(&problem)? {
                    // It had no effect that this would have to go with.
                    let keep = move |work: &mut Work| retry.keep(work, &kept);
                    app.write_for(&self.origin, lane, keep).await?;
                }
                Err(problem)
            }
        }
    }

    pub(super) async fn start(
        parts: &Parts,
        server: &Arc<Server>,
        scope: impl FnOnce() -> RetryScope,
    ) -> Result<Self, NotNow> {
        let context = Context::of(parts);
        let retry = match (idempotency_key(&parts.headers)?, &context.digest) {
            (Some(key), Some(digest)) => match server.app().attempt(scope(), &key, digest).await? {
                Attempt::First(retry) => Some(retry),
                Attempt::Again(kept) => {
                    return Err(NotNow::Answered(kept::again(&kept, &context.id)?));
                }
            },
            // The middleware knew no caller, and here is one: nothing may be done that cannot be remembered.
            (Some(_), None) => {
                let detail = "the credential became good just now; nothing was done, try again";
                return Err(Problem::new(Code::Busy, detail).into());
            }
            (None, _) => None,
        };
        Ok(Self {
            server: Arc::clone(server),
            origin: context.origin(&parts.headers),
            retry,
        })
    }
}

impl FromRequestParts<Arc<Server>> for Writing {
    type Rejection = NotNow;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, NotNow> {
        let recognised = server.app.recognised_now();
        let Authenticated(caller) = Authenticated::from_request_parts(parts, server).await?;
        Ok(Self {
            recognised,
            shown: Shown::of(&parts.headers),
            public: PublicWriting::start(parts, server, || (&*caller).into()).await?,
            caller,
        })
    }
}

impl FromRequestParts<Arc<Server>> for PublicWriting {
    type Rejection = NotNow;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, NotNow> {
        visitor::count(parts, server)?;
        let scope = || RetryScope::Address(Context::of(parts).address);
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

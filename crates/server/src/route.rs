//! The list of routes, from which the server is made and, when somebody asks for it, the OpenAPI document.
//!
//! A start takes nothing of a handler but its address. What describes it, and axum's own boxes around each handler, is code
//! that lies all over the program: run at every start it would be in memory for good (docs/performance.md).

use std::{pin::Pin, sync::Arc};

use aide::{
    Error, OperationInput, OperationOutput,
    axum::{ApiRouter, routing::ApiMethodDocs},
    generate::in_context,
    openapi::{OpenApi, Operation as Documented, ReferenceOr, StatusCode},
    operation::OperationHandler,
};
use axum::{
    Router,
    extract::Request,
    handler::Handler,
    response::Response,
    routing::{MethodFilter, on},
};
use indexmap::map::Entry;

use crate::{Server, openapi::Operation};

/// A function that can answer: axum calls it, and aide knows what goes in and comes out.
pub(crate) trait Endpoint<T, I, O>: Handler<T, Arc<Server>> + Sync {}

impl<H, T, I, O> Endpoint<T, I, O> for H
where
    H: Handler<T, Arc<Server>> + OperationHandler<I, O> + Sync,
    I: OperationInput,
    O: OperationOutput,
{
}

/// A method, as axum and as the document call it.
#[derive(Clone, Copy, PartialEq)]
struct Method(MethodFilter, &'static str);

const GET: Method = Method(MethodFilter::GET, "get");
const POST: Method = Method(MethodFilter::POST, "post");
const PUT: Method = Method(MethodFilter::PUT, "put");
const PATCH: Method = Method(MethodFilter::PATCH, "patch");
const DELETE: Method = Method(MethodFilter::DELETE, "delete");

/// Routes about one thing.
pub(crate) struct Routes {
    /// The heading below which the document has them.
    tag: &'static str,
    routes: Vec<Route>,
}

struct Route {
    method: Method,
    /// The whole path: nested routers would take it apart again at each request.
    path: &'static str,
    action: Action,
    /// What the types of the handler say of it.
    describe: fn() -> Documented,
    operation: &'static Operation,
}

impl Routes {
    /// None yet.
    pub(crate) fn about(tag: &'static str) -> Self {
        Self {
            tag,
            routes: Vec::new(),
        }
    }

    /// One more, by GET.
    pub(crate) fn get<T: 'static, I: OperationInput, O: OperationOutput>(
        self,
        path: &'static str,
        handler: impl Endpoint<T, I, O>,
        operation: &'static Operation,
    ) -> Self {
        self.on(GET, path, handler, operation)
    }

    /// One more, by POST.
    pub(crate) fn post<T: 'static, I: OperationInput, O: OperationOutput>(
        self,
        path: &'static str,
        handler: impl Endpoint<T, I, O>,
        operation: &'static Operation,
    ) -> Self {
        self.on(POST, path, handler, operation)
    }

    /// One more, by PUT.
    pub(crate) fn put<T: 'static, I: OperationInput, O: OperationOutput>(
        self,
        path: &'static str,
        handler: impl Endpoint<T, I, O>,
        operation: &'static Operation,
    ) -> Self {
        self.on(PUT, path, handler, operation)
    }

    /// One more, by DELETE.
    pub(crate) fn delete<T: 'static, I: OperationInput, O: OperationOutput>(
        self,
        path: &'static str,
        handler: impl Endpoint<T, I, O>,
        operation: &'static Operation,
    ) -> Self {
        self.on(DELETE, path, handler, operation)
    }

    /// Two more, by PUT and PATCH, which mean the same.
    pub(crate) fn update<T: 'static, I: OperationInput, O: OperationOutput>(
        self,
        path: &'static str,
        handler: impl Endpoint<T, I, O>,
        operation: &'static Operation,
    ) -> Self {
        self.on(PUT, path, handler.clone(), operation)
            .on(PATCH, path, handler, operation)
    }

    fn on<T: 'static, I: OperationInput, O: OperationOutput>(
        mut self,
        method: Method,
        path: &'static str,
        handler: impl Endpoint<T, I, O>,
        operation: &'static Operation,
    ) -> Self {
        self.routes.push(Route {
            method,
            path,
            action: Action::of(handler),
            describe: describe::<I, O>,
            operation,
        });
        self
    }

    /// Has them served by a router.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where routes are made of what is documented"
    )]
    pub(crate) fn serve(self, router: Router<Arc<Server>>) -> Router<Arc<Server>> {
        self.routes.into_iter().fold(router, |router, route| {
            router.route(route.path, on(route.method.0, route.action))
        })
    }

    fn document(self, document: ApiRouter) -> ApiRouter {
        self.routes.into_iter().fold(document, |document, route| {
            let mut described = (route.describe)();
            route
                .operation
                .document(&mut described, route.method == PATCH);
            described.tags = vec![self.tag.to_owned()];
            let docs = ApiMethodDocs::new(route.method.1, described);
            document.api_route_docs(route.path, docs)
        })
    }
}

/// Puts routes into a document, with the schemas that they name.
pub(crate) fn document(routes: impl IntoIterator<Item = Routes>, api: &mut OpenApi) {
    let document = routes
        .into_iter()
        .fold(ApiRouter::new(), |document, routes| {
            routes.document(document)
        });
    let _: Router = document.finish_api(api);
}

/// What comes in and goes out.
fn describe<I: OperationInput, O: OperationOutput>() -> Documented {
    let mut operation = Documented::default();
    in_context(|context| {
        I::operation_input(context, &mut operation);
        let mut answers = O::inferred_responses(context, &mut operation);
        answers.extend(I::inferred_early_responses(context, &mut operation));
        let responses = operation.responses.get_or_insert_default();
        for (code, answer) in answers {
            // One status is described once: who describes it again is told so, and not heard.
            let Some(code) = code else {
                match &mut responses.default {
                    Some(_) => context.error(Error::InferredDefaultResponseConflict),
                    empty => *empty = Some(ReferenceOr::Item(answer)),
                }
                continue;
            };
            match responses.responses.entry(StatusCode::Code(code)) {
                Entry::Occupied(_) => context.error(Error::InferredResponseConflict(code)),
                Entry::Vacant(free) => {
                    free.insert(ReferenceOr::Item(answer));
                }
            }
        }
    });
    operation
}

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler of any kind. To axum they are all one.
#[derive(Clone, Copy)]
struct Action(&'static (dyn Fn(Request, Arc<Server>) -> Answer + Send + Sync));

impl Action {
    fn of<H, T>(handler: H) -> Self
    where
        H: Handler<T, Arc<Server>> + Sync,
    {
        // A function has no size, so nothing is allocated that could leak.
        Self(Box::leak(Box::new(move |request, server| -> Answer {
            Box::pin(handler.clone().call(request, server))
        })))
    }
}

impl Handler<(), Arc<Server>> for Action {
    type Future = Answer;

    fn call(self, request: Request, server: Arc<Server>) -> Answer {
        (self.0)(request, server)
    }
}

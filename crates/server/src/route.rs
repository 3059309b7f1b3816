//! The list of routes, from which the server is made and, when somebody asks for it, the OpenAPI document.
//!
//! A start takes nothing of a handler but its address. What describes it, and axum's own boxes around each handler, is code
//! that lies all over the program: run at every start it would be in memory for good (docs/performance.md).

use std::{pin::Pin, sync::Arc};

use aide::{
    OperationInput, OperationOutput,
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

/// Routes about one thing.
pub(crate) struct Routes {
    /// The heading below which the document has them.
    tag: &'static str,
    routes: Vec<Route>,
}

struct Route {
    method: MethodFilter,
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
        self.on(MethodFilter::GET, path, handler, operation)
    }

    /// One more, by POST.
    pub(crate) fn post<T: 'static, I: OperationInput, O: OperationOutput>(
        self,
        path: &'static str,
        handler: impl Endpoint<T, I, O>,
        operation: &'static Operation,
    ) -> Self {
        self.on(MethodFilter::POST, path, handler, operation)
    }

    /// One more, by PUT.
    pub(crate) fn put<T: 'static, I: OperationInput, O: OperationOutput>(
        self,
        path: &'static str,
        handler: impl Endpoint<T, I, O>,
        operation: &'static Operation,
    ) -> Self {
        self.on(MethodFilter::PUT, path, handler, operation)
    }

    /// One more, by DELETE.
    pub(crate) fn delete<T: 'static, I: OperationInput, O: OperationOutput>(
        self,
        path: &'static str,
        handler: impl Endpoint<T, I, O>,
        operation: &'static Operation,
    ) -> Self {
        self.on(MethodFilter::DELETE, path, handler, operation)
    }

    /// Two more, by PUT and PATCH, which mean the same.
    pub(crate) fn update<T: 'static, I: OperationInput, O: OperationOutput>(
        self,
        path: &'static str,
        handler: impl Endpoint<T, I, O>,
        operation: &'static Operation,
    ) -> Self {
        self.on(MethodFilter::PUT, path, handler.clone(), operation)
            .on(MethodFilter::PATCH, path, handler, operation)
    }

    fn on<T: 'static, I: OperationInput, O: OperationOutput>(
        mut self,
        method: MethodFilter,
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
            router.route(route.path, on(route.method, route.action))
        })
    }

    fn document(self, document: ApiRouter) -> ApiRouter {
        self.routes.into_iter().fold(document, |document, route| {
            let mut described = (route.describe)();
            let by_patch = route.method == MethodFilter::PATCH;
            route.operation.document(&mut described, by_patch);
            described.tags = vec![self.tag.to_owned()];
            let docs = ApiMethodDocs::new(name(route.method), described);
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

/// What the document calls a method.
fn name(method: MethodFilter) -> &'static str {
    match method {
        MethodFilter::POST => "post",
        MethodFilter::PUT => "put",
        MethodFilter::PATCH => "patch",
        MethodFilter::DELETE => "delete",
        _ => "get",
    }
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
            let answer = ReferenceOr::Item(answer);
            match code {
                Some(code) => {
                    responses.responses.insert(StatusCode::Code(code), answer);
                }
                None => responses.default = Some(answer),
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

//! All routes, and what wraps them.

use std::sync::Arc;

use aide::axum::{ApiRouter, routing::get};
use axum::{Router, middleware::from_fn_with_state};
use timetracks_api::Code;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{Server, documentation, metrics, middleware::observe, problem::Problem, routes};

/// Every route with its documentation.
pub(crate) fn routes() -> ApiRouter<Arc<Server>> {
    ApiRouter::new()
        .nest("/api/v1", routes::all())
        .merge(documentation::routes())
        .merge(routes::health::routes())
}

/// What the metrics' listener serves.
pub(crate) fn metrics_router(server: Arc<Server>) -> Router {
    let routes = ApiRouter::new().api_route("/metrics", get(metrics::scrape));
    Router::from(routes).with_state(server)
}

/// What the server serves.
pub(crate) fn router(server: Arc<Server>) -> Router {
    let routes: Router<Arc<Server>> = routes().into();
    routes
        .fallback(|| async { Problem::new(Code::NotFound, "there is no such path") })
        .method_not_allowed_fallback(|| async { Problem::of(Code::MethodNotAllowed) })
        .layer(CatchPanicLayer::custom(|_| {
            axum::response::IntoResponse::into_response(Problem::of(Code::Internal))
        }))
        .layer(from_fn_with_state(Arc::clone(&server), observe))
        .with_state(server)
}

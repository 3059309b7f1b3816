//! All routes, and what wraps them.

use std::sync::Arc;

use axum::{Router, middleware::from_fn_with_state, routing::get};
use timetracks_api::Code;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    Server, documentation, metrics, middleware::observe, problem::Problem, route::Routes, routes,
};

/// Every route.
pub(crate) fn routes() -> impl Iterator<Item = Routes> {
    let beside = [documentation::routes(), routes::health::routes()];
    routes::all().into_iter().chain(beside)
}

/// What the metrics' listener serves.
#[expect(
    clippy::disallowed_methods,
    reason = "it is for the operator and no part of the API"
)]
pub(crate) fn metrics_router(server: Arc<Server>) -> Router {
    let router = Router::new().route("/metrics", get(metrics::scrape));
    router.with_state(server)
}

/// What the server serves.
pub(crate) fn router(server: Arc<Server>) -> Router {
    around(routes(), server)
}

/// Routes, and what every request goes through.
fn around(routes: impl Iterator<Item = Routes>, server: Arc<Server>) -> Router {
    routes
        .fold(Router::new(), |router, routes| routes.serve(router))
        .fallback(|| async { Problem::new(Code::NotFound, "there is no such path") })
        .method_not_allowed_fallback(|| async { Problem::of(Code::MethodNotAllowed) })
        // The first is the outermost. Together, because each layer of a router costs a request some boxes.
        .layer((
            from_fn_with_state(Arc::clone(&server), observe),
            CatchPanicLayer::custom(|_| {
                axum::response::IntoResponse::into_response(Problem::of(Code::Internal))
            }),
        ))
        .with_state(server)
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::Request, response::Response};
    use http_body_util::BodyExt;
    use timetracks_app::{App, Clock, Policy, Random, SigningKey};
    use timetracks_db::Settings;
    use tower::ServiceExt;

    use super::*;
    use crate::openapi::Operation;

    const SECRET: &str = "what only the log may say";

    const BROKEN: Operation = Operation {
        id: "broken",
        summary: "",
        description: "",
        codes: &[],
    };

    async fn broken() -> &'static str {
        panic!("{SECRET}")
    }

    async fn get(router: &Router, path: &str) -> (Response<()>, serde_json::Value) {
        let request = Request::get(path).header("host", "test");
        let request = request.body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap();
        (Response::from_parts(parts, ()), body)
    }

    #[tokio::test]
    async fn a_handler_that_panics_is_a_problem_of_one_request_alone() {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings::sqlite(directory.path().join("test.db"));
        let key = SigningKey::new([7; 32]);
        let (clock, random) = (Clock::system(), Random::seeded(1));
        let app = App::open(&settings, &key, clock, random, Policy::default()).unwrap();
        let server = Server::new(app, crate::HttpPolicy::default());
        let broken = Routes::about("Server").get("/broken", broken, &BROKEN);
        let router = around(routes().chain([broken]), Arc::clone(&server));
        for _ in 0..3 {
            let (answer, problem) = get(&router, "/broken").await;
            assert_eq!(answer.status(), 500);
            let headers = answer.headers();
            assert_eq!(headers["content-type"], "application/problem+json");
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert_eq!(
                problem["instance"],
                headers["x-request-id"].to_str().unwrap()
            );
            let text = problem.to_string();
            assert!(
                text.contains("/internal") && !text.contains(SECRET),
                "{text}"
            );
            // Nothing that the request held is held any more.
            let under_way = server.in_flight.load(std::sync::atomic::Ordering::SeqCst);
            assert_eq!(under_way, 0);
            let (ready, _) = get(&router, "/health/ready").await;
            assert_eq!(ready.status(), 200);
        }
    }
}

//! `/health/ready` when something that the server cannot do without is gone.

use timetracks_db::Lane;
use timetracks_testkit::TestServer;

use crate::support::soon;

/// Breaks a thread of the database where nothing catches it: between jobs.
#[derive(Clone)]
struct Deadly;

impl Drop for Deadly {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "the writer dies, on purpose");
    }
}

#[tokio::test]
async fn a_server_whose_writer_died_says_that_it_is_not_ready() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let anyone = server.anonymous();
    anyone.get("/health/ready").await.expect(200);

    let deadly = Deadly;
    let job = move |_: &mut timetracks_app::Work<'_, '_>| {
        // What runs is a copy. It must live, or the panic would be that of a job, which is caught.
        std::mem::forget(deadly);
        Ok(())
    };
    let _ = server
        .server
        .app()
        .write(Lane::Org(uuid::Uuid::nil()), job)
        .await;
    soon("not ready", async || {
        anyone.get("/health/ready").await.status == 503
    })
    .await;
    let refused = anyone.get("/health/ready").await;
    assert_eq!(refused.header("retry-after"), "1");
    refused.problem(503, "unavailable");
    // It lives, and what only reads is served.
    anyone.get("/health/live").await.expect(200);
    ada.get("/projects").await.expect(200);
}

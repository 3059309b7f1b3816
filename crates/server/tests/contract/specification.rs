//! The served document.

use timetracks_testkit::TestServer;

#[tokio::test]
async fn the_document_is_served_as_it_is_made() {
    let server = TestServer::start().await;
    let served = server.anonymous().get("/openapi.json").await.expect(200);
    let made = serde_json::to_value(timetracks_server::document()).unwrap();
    assert_eq!(served, made);
    assert_eq!(served["openapi"], "3.1.0");
}

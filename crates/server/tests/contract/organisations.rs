//! Rows 8 and 9: the organisation.

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::TestServer;

use crate::support::{UNKNOWN, expect_hidden, gist, my_org};

#[tokio::test]
async fn everyone_reads_the_own_organisation() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let id = my_org(&ada).await;
    let path = format!("/orgs/{id}");
    let expected = json!({
        "id": id,
        "name": "ada's organisation",
        "description": null,
        "decription": null,
        "email": "ada@example.com",
        "maxRunning": null,
        "createdAt": "2026-11-24T09:00:00.000Z",
        "updatedAt": "2026-11-24T09:00:00.000Z",
    });
    for client in [&ada, &bob] {
        assert_eq!(client.get(&path).await.expect(200), expected);
    }
    server
        .anonymous()
        .get(&path)
        .await
        .problem(401, "unauthorized");
}

#[tokio::test]
async fn an_admin_changes_the_organisation() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let path = format!("/orgs/{}", my_org(&ada).await);
    server.clock.advance(1_000);
    let body = json!({ "name": " Engines ", "email": "info@example.com", "description": "We\u{2028}compute" });
    let changed = ada.put(&path, &body).await.expect(200);
    assert_eq!(changed["name"], "Engines");
    assert_eq!(changed["email"], "info@example.com");
    assert_eq!(changed["createdAt"], "2026-11-24T09:00:00.000Z");
    assert_eq!(changed["updatedAt"], "2026-11-24T09:00:01.000Z");
    // The misspelling of the published page is answered beside the right spelling.
    for name in ["description", "decription"] {
        assert_eq!(changed[name], "We\u{2028}compute");
    }
    assert_eq!(bob.get(&path).await.expect(200), changed);

    let cleared = json!({ "email": null, "description": null });
    let cleared = ada.patch(&path, &cleared).await.expect(200);
    for name in ["email", "description", "decription"] {
        assert_eq!(cleared[name], Value::Null);
    }
    assert_eq!(cleared["name"], "Engines");
    server.log_in("ada").await;
}

#[tokio::test]
async fn only_an_admin_changes_the_organisation() {
    let server = TestServer::start().await;
    let eve = server.sign_up("eve").await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let (own, foreign) = (my_org(&ada).await, my_org(&eve).await);
    let body = json!({ "name": "Bob's" });
    let path = format!("/orgs/{own}");
    server
        .anonymous()
        .put(&path, &body)
        .await
        .problem(401, "unauthorized");
    let mut answers = Vec::new();
    for id in [&own, &foreign, UNKNOWN, "x"] {
        let answer = bob.put(&format!("/orgs/{id}"), &body).await;
        answers.push(gist(answer.problem(403, "forbidden")));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(
        ada.get(&path).await.expect(200)["name"],
        "ada's organisation"
    );
}

#[tokio::test]
async fn another_organisation_does_not_exist() {
    let server = TestServer::start().await;
    let eve = server.sign_up("eve").await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let foreign = my_org(&eve).await;
    for client in [&ada, &bob] {
        expect_hidden(client, Method::GET, "/orgs/{}", None, &foreign).await;
    }
    let body = json!({ "name": "Ada's too" });
    for method in [Method::PUT, Method::PATCH] {
        expect_hidden(&ada, method, "/orgs/{}", Some(&body), &foreign).await;
    }
    let path = format!("/orgs/{foreign}");
    assert_eq!(
        eve.get(&path).await.expect(200)["name"],
        "eve's organisation"
    );
}

#[tokio::test]
async fn a_change_that_breaks_a_rule_is_refused_as_a_whole() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = format!("/orgs/{}", my_org(&ada).await);
    let before = ada.get(&path).await.expect(200);
    let body = json!({ "name": null, "email": "info", "description": "x".repeat(10_001) });
    let pointers = ada.put(&path, &body).await.invalid();
    assert_eq!(pointers, ["/name", "/email", "/description"]);
    let body = json!({ "name": "Engines", "email": 5 });
    assert_eq!(ada.put(&path, &body).await.invalid(), ["/email"]);
    // The misspelling is for readers alone.
    assert_eq!(
        ada.put(&path, &json!({ "decription": "x" }))
            .await
            .invalid(),
        [""]
    );
    assert_eq!(ada.get(&path).await.expect(200), before);
}

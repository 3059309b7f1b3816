//! Rows 43 to 46: inviting people.

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::support::{DAY_MS, expect_hidden, text};

async fn invite(admin: &Client, name: &str) -> Value {
    let body = json!({ "email": format!("{name}@example.com") });
    let created = admin.post("/invitations", &body).await.expect(201);
    created["invitation"].clone()
}

#[tokio::test]
async fn an_invitation_is_a_secret_link_that_is_good_for_a_day() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "email": " Bob@Example.com " });
    let answer = ada.post("/invitations", &body).await;
    let location = answer.header("location").to_owned();
    let created = answer.expect(201);
    assert!(!text(&created, "message").is_empty());
    let invitation = &created["invitation"];
    let id = text(invitation, "id");
    assert_eq!(invitation["email"], "Bob@Example.com");
    assert_eq!(invitation["role"], "member");
    assert_eq!(invitation["expiresAt"], "2026-11-25T09:00:00.000Z");
    assert_eq!(invitation["createdAt"], "2026-11-24T09:00:00.000Z");
    let link = format!("{}/api/v1/account/signup/{id}", server.base());
    assert_eq!(invitation["link"], link);
    assert_eq!(location, format!("/api/v1/invitations/{id}"));
    // 128 random bits take at least 22 characters, whatever they are written in.
    assert!((22..=64).contains(&id.len()), "{id}");

    // Public: whoever knows the id got the link.
    assert_eq!(
        server.anonymous().get(&location).await.expect(200),
        *invitation
    );
    assert_eq!(
        ada.get("/invitations").await.expect(200),
        json!([invitation])
    );
}

#[tokio::test]
async fn an_invitation_may_be_for_an_admin() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for (role, given) in [
        (json!("admin"), "admin"),
        (json!("member"), "member"),
        (json!(null), "member"),
    ] {
        let body = json!({ "email": "bob@example.com", "role": role });
        let created = ada.post("/invitations", &body).await.expect(201);
        assert_eq!(created["invitation"]["role"], given);
    }
}

#[tokio::test]
async fn an_invitation_that_breaks_a_rule_is_not_made() {
    let server = TestServer::start().await;
    server.sign_up("eve").await;
    let ada = server.sign_up("ada").await;
    assert_eq!(
        ada.post("/invitations", &json!({})).await.invalid(),
        ["/email"]
    );
    let body = json!({ "email": "bob", "role": "owner" });
    assert_eq!(
        ada.post("/invitations", &body).await.invalid(),
        ["/email", "/role"]
    );
    // Also when the user is in another organisation.
    for email in ["ada@example.com", "EVE@example.com"] {
        let body = json!({ "email": email });
        ada.post("/invitations", &body)
            .await
            .problem(409, "email-taken");
    }
    assert_eq!(ada.get("/invitations").await.expect(200), json!([]));
}

#[tokio::test]
async fn invitations_are_for_admins_of_the_organisation() {
    let server = TestServer::start().await;
    let eve = server.sign_up("eve").await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let invitation = invite(&ada, "carol").await;
    let path = format!("/invitations/{}", text(&invitation, "id"));
    let body = json!({ "email": "dave@example.com" });
    let anyone = server.anonymous();
    for (client, status, code) in [(&anyone, 401, "unauthorized"), (&bob, 403, "forbidden")] {
        client.get("/invitations").await.problem(status, code);
        client
            .post("/invitations", &body)
            .await
            .problem(status, code);
        client.delete(&path).await.problem(status, code);
    }
    assert_eq!(eve.get("/invitations").await.expect(200), json!([]));
    let foreign = text(&invitation, "id");
    expect_hidden(&eve, Method::DELETE, "/invitations/{}", None, foreign).await;
    assert_eq!(
        ada.get("/invitations").await.expect(200),
        json!([invitation])
    );
}

#[tokio::test]
async fn a_deleted_invitation_is_worth_nothing() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (bob_s, carol_s) = (invite(&ada, "bob").await, invite(&ada, "carol").await);
    let path = format!("/invitations/{}", text(&bob_s, "id"));
    let deleted = ada.delete(&path).await.expect(200);
    assert!(!text(&deleted, "message").is_empty());
    ada.delete(&path).await.problem(404, "not-found");
    expect_worthless(&server, &bob_s).await;
    assert_eq!(ada.get("/invitations").await.expect(200), json!([carol_s]));
}

#[tokio::test]
async fn an_expired_invitation_is_worth_nothing() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let invitation = invite(&ada, "bob").await;
    let path = format!("/invitations/{}", text(&invitation, "id"));
    server.clock.advance(DAY_MS - 1);
    server.anonymous().get(&path).await.expect(200);
    server.clock.advance(1);
    expect_worthless(&server, &invitation).await;
    let ada = server.log_in("ada").await;
    assert_eq!(ada.get("/invitations").await.expect(200), json!([]));
    ada.delete(&path).await.problem(404, "not-found");
}

/// Neither read nor used, exactly like one that never was.
async fn expect_worthless(server: &TestServer, invitation: &Value) {
    let (anyone, id) = (server.anonymous(), text(invitation, "id"));
    expect_hidden(&anyone, Method::GET, "/invitations/{}", None, id).await;
    let body = json!({ "email": invitation["email"], "role": "member" });
    expect_hidden(&anyone, Method::POST, "/account/signup/{}", Some(&body), id).await;
}

#[tokio::test]
async fn an_id_that_was_tampered_with_opens_nothing() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (bob_s, carol_s) = (invite(&ada, "bob").await, invite(&ada, "carol").await);
    let (bob_s, carol_s) = (text(&bob_s, "id"), text(&carol_s, "id"));
    let swap = |at: usize| {
        let with = if bob_s[at..].starts_with('0') {
            "1"
        } else {
            "0"
        };
        format!("{}{with}{}", &bob_s[..at], &bob_s[at + 1..])
    };
    let mixed = format!("{}{}", &bob_s[..26], &carol_s[26..]);
    let shorter = bob_s[..bob_s.len() - 1].to_owned();
    let upper = bob_s.to_uppercase();
    let tampered = [
        swap(5),
        swap(20),
        swap(30),
        swap(45),
        mixed,
        shorter,
        upper,
        format!("{bob_s}0"),
    ];
    for id in tampered {
        let path = format!("/invitations/{id}");
        server
            .anonymous()
            .get(&path)
            .await
            .problem(404, "not-found");
        ada.delete(&path).await.problem(404, "not-found");
    }
    assert_eq!(
        ada.get("/invitations")
            .await
            .expect(200)
            .as_array()
            .map(Vec::len),
        Some(2)
    );
}

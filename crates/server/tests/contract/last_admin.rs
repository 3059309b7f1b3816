//! An organisation always keeps an active admin who can log in (contract, "Roles").

use serde_json::{Value, json};
use timetracks_testkit::{PASSWORD, TestServer};

use crate::support::{at_once, count, my_id, rounds, text};

#[tokio::test]
async fn the_last_active_admin_stays() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    server.add_user(&ada, "bob", "member").await;
    let path = format!("/users/{}", my_id(&ada).await);
    let (member, inactive) = (json!({ "role": "member" }), json!({ "active": false }));
    let refused = async || {
        for body in [&member, &inactive] {
            ada.put(&path, body).await.problem(409, "last-admin");
        }
    };
    refused().await;
    // An admin who has no password yet cannot log in, and an inactive one neither.
    let body = json!({ "email": "carol@example.com", "role": "admin" });
    let carol = ada.post("/users", &body).await.expect(201);
    refused().await;
    let body = json!({ "token": carol["passwordToken"], "password": PASSWORD });
    server
        .anonymous()
        .post("/account/password", &body)
        .await
        .expect(200);
    let carol_s = format!("/users/{}", text(&carol, "id"));
    ada.put(&carol_s, &inactive).await.expect(200);
    refused().await;
    ada.put(&carol_s, &json!({ "active": true }))
        .await
        .expect(200);
    // What leaves an admin an admin is no matter of this rule.
    ada.put(&path, &json!({ "role": "admin", "active": true }))
        .await
        .expect(200);
    ada.put(&path, &member).await.expect(200);
    ada.get("/users").await.expect(200);
    ada.get("/invitations").await.problem(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_admins_who_demote_each_other_at_once_leave_an_admin() {
    let server = TestServer::start().await;
    for round in 0..rounds(20) {
        let ada = server.sign_up(&format!("ada{round}")).await;
        let bob = server.add_user(&ada, &format!("bob{round}"), "admin").await;
        let change = match round % 2 {
            0 => json!({ "role": "member" }),
            _ => json!({ "active": false }),
        };
        let targets = [
            (ada.clone(), my_id(&bob).await),
            (bob.clone(), my_id(&ada).await),
        ];
        let answers = at_once(2, |number| {
            let ((client, target), change) = (targets[number].clone(), change.clone());
            async move { client.put(&format!("/users/{target}"), &change).await }
        })
        .await;
        assert_eq!(count(&answers, 200), 1, "round {round}: {answers:#?}");
        let winner = if answers[0].status == 200 { &ada } else { &bob };
        let users = winner.get("/users").await.expect(200);
        let is_admin = |user: &&Value| user["role"] == "admin" && user["active"] == true;
        let admins = users.as_array().into_iter().flatten().filter(is_admin);
        assert_eq!(admins.count(), 1, "round {round}: {users:#}");
    }
}

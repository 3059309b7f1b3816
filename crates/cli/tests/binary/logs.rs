//! No secret in the log, nor in clear in the database.

use serde_json::json;

use crate::support::{PASSWORD, Process, json_of, timetracks};

/// Whoever knew it and the signing key could open what was kept.
const IDEMPOTENCY_KEY: &str = "5f0c2c0e-idempotency-canary";

#[tokio::test]
async fn secrets_are_neither_logged_nor_stored_in_clear() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let process = Process::start_with(&data, |command| {
        command.env("TIMETRACKS_LOG", "trace");
    });
    let token = process.sign_up().await;
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();

    // With an idempotency key, every answer is kept for a retry.
    let keyed = |path: &str, token: &str, body: &serde_json::Value| {
        let request = process.post(path, token, body);
        request.header("idempotency-key", IDEMPOTENCY_KEY)
    };
    let key = json_of(keyed("/api-keys", &token, &json!({ "name": "ci" })), 201).await;
    let key = text(&key["apiKey"]);
    let short = json!({ "apiKey": key });
    let short = json_of(keyed("/account/login/api-key", "", &short), 200).await;
    let invited = json!({ "email": "bob@example.com" });
    let invited = json_of(process.post("/invitations", &token, &invited), 201).await;
    let invitation = text(&invited["invitation"]["id"]);
    json_of(process.get(&format!("/invitations/{invitation}"), ""), 200).await;
    let created = json!({ "email": "eve@example.com", "role": "member" });
    let created = json_of(
        process
            .post("/users", &token, &created)
            .header("idempotency-key", "another"),
        201,
    )
    .await;
    let with_key = process
        .get("/account/me", "")
        .header("x-api-key", "tt_not-a-key-but-a-secret");
    json_of(with_key, 401).await;

    let secrets = [
        PASSWORD.to_owned(),
        IDEMPOTENCY_KEY.to_owned(),
        token,
        key,
        text(&short["accessToken"]),
        text(&short["refreshToken"]),
        invitation,
        text(&created["passwordToken"]),
        "tt_not-a-key-but-a-secret".to_owned(),
    ];
    let backup = timetracks()
        .args(["backup", "--data-dir"])
        .args([&data, &data.join("backup.db")])
        .output()
        .unwrap();
    assert!(backup.status.success(), "{backup:?}");
    let mut stored = Vec::new();
    for entry in std::fs::read_dir(&data).unwrap() {
        stored.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let log = process.stop();
    assert!(
        log.contains("\"route\":\"/api/v1/invitations/{invId}\""),
        "{log}"
    );
    for secret in secrets {
        assert!(!log.contains(&secret), "logged: {secret}");
        let found = stored
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "stored: {secret}");
    }
}

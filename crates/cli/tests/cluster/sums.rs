//! What reports say, held against the tracks.

use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use crate::support::json_of;

/// Asserts that an admin who asks at this address is told as much for a task, of which no track runs, as its tracks
/// last: in all, and of each person.
pub(crate) async fn assert_report_adds_up(http: &Client, address: &str, token: &str, task: &str) {
    let get = |path: String| -> RequestBuilder {
        http.get(format!("{address}/api/v1{path}"))
            .bearer_auth(token)
    };
    let tracks = json_of(get(format!("/tasks/{task}/tracks")), 200).await;
    let report = json_of(get(format!("/reports/tasks/{task}")), 200).await;
    let people = json_of(get(format!("/reports/tasks/{task}/users")), 200).await;
    let tracks = tracks.as_array().unwrap();
    let total: i64 = tracks.iter().map(length).sum();
    assert_eq!(report["total"], total, "the report does not add up");
    assert_eq!(people["total"], total, "the report does not add up");
    for person in people["users"].as_array().unwrap() {
        let own = tracks
            .iter()
            .filter(|track| track["userId"] == person["userId"]);
        let total: i64 = own.map(length).sum();
        assert_eq!(person["total"], total, "the report does not add up");
    }
}

fn length(track: &Value) -> i64 {
    let end = track["end"].as_i64().expect("no track runs");
    end - track["start"].as_i64().unwrap()
}

//! Notes, meta, leases and kinds.

use serde_json::{Value, json};

use crate::{
    cable::{Cable, Wired},
    support::{Home, World},
};

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn notes_and_meta_are_said_when_a_track_begins_ends_is_booked_or_changed() {
    let world = World::start().await;
    let home = world.ada();
    let track = home.json(&["in", "Write docs", "--note", "first", "--meta", "run=5"]);
    assert_eq!(
        (&track["note"], &track["meta"]),
        (&json!("first"), &json!({ "run": 5 }))
    );
    // Who is clocked in already says more of the same track.
    let again = home.json(&["in", "Write docs", "--note", "second"]);
    assert_eq!(again["id"], track["id"]);
    assert_eq!(again["note"], "second");
    let out = home.json(&["out", "--meta", "ok=true", "--meta", r#"{"at":{"line":1}}"#]);
    assert_eq!(
        out["meta"],
        json!({ "run": 5, "ok": true, "at": { "line": 1 } })
    );
    let edited = home.json(&[
        "edit", "last", "--note", "", "--meta", "run=null", "--meta", "by=me",
    ]);
    assert_eq!(edited["note"], Value::Null);
    assert_eq!(
        edited["meta"],
        json!({ "ok": true, "at": { "line": 1 }, "by": "me" })
    );
    assert_eq!(edited["end"], out["end"]);
    let added = home.json(&["add", "Review", "9:00-9:30", "--note", "with Grace"]);
    assert_eq!(added["note"], "with Grace");
    let text = home.run(&["log"]).well();
    assert!(text.contains("with Grace"), "{text}");
    for wrong in [
        &["in", "Review", "--meta", "5"][..],
        &["in", "Review", "--lease", "0"],
        &["add", "Review", "9:00-9:30", "--lease", "60"],
    ] {
        assert_eq!(home.run(wrong).code, Some(2), "{wrong:?}");
    }
    let large = format!("a={}", "x".repeat(4096));
    home.run(&["in", "Review", "--meta", &large]).failed(2);
}

#[tokio::test]
async fn what_is_said_survives_the_queue() {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let home = Home::new();
    home.log_in(&wired.url, "ada");
    wired.set(Cable::Cut);
    let arguments = [
        "in",
        "Write docs",
        "--note",
        "on the train",
        "--meta",
        "seat=61",
    ];
    let queued = home.json(&[&arguments[..], &["--lease", "2h", "--timeout", "1"]].concat());
    assert_eq!(queued["queued"]["lease"], 7200);
    home.json(&["out", "Write docs", "--meta", "done=true", "--timeout", "1"]);
    wired.set(Cable::Whole);
    home.json(&["sync"]);
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 1);
    assert_eq!(tracks[0]["note"], "on the train");
    assert_eq!(tracks[0]["meta"], json!({ "seat": 61, "done": true }));
    assert_eq!(tracks[0]["lease"], 7200);
    assert_eq!(tracks[0]["endedBy"], "user");
}

#[tokio::test]
async fn what_ended_by_itself_says_so_and_clocking_in_again_is_a_sign_of_life() {
    let world = World::start().await;
    let home = world.ada();
    let track = home.json(&["in", "Nightly", "--lease", "1"]);
    world.until_ended(&track["id"]).await;
    let text = home.run(&["status"]).well();
    assert!(
        text.contains("Nightly was ended by its lease, at "),
        "{text}"
    );
    assert!(home.run(&["log"]).well().contains("ended by its lease"));
    let long = home.json(&["add", "Review", "0:00-", "--lease", "1h"]);
    assert_eq!((&long["end"], &long["lease"]), (&Value::Null, &json!(3600)));
    let longer = home.json(&["in", "Review", "--lease", "2h"]);
    assert_eq!(longer["id"], long["id"]);
    assert!(longer["leaseExpiresAt"].as_i64() > long["leaseExpiresAt"].as_i64());
    world.limit_to_hours(1).await;
    home.json(&["in", "Forgotten", "--at", "2026-07-01 9:00"]);
    let day = ["log", "--from", "2026-07-01", "--to", "2026-07-01"];
    let text = home.run(&day).well();
    assert!(text.contains("ended by the limit"), "{text}");
}

#[tokio::test]
async fn logs_and_reports_tell_people_from_programs() {
    let world = World::start().await;
    let home = world.ada();
    let key = home.json(&["keys", "create", "pipeline", "--kind", "ci"]);
    let pipeline = Home::with_key(&world.server().base, key["apiKey"].as_str().unwrap());
    home.json(&["add", "Build", "9:00-12:00", "--date", "2026-07-01"]);
    pipeline.json(&["add", "Build", "9:00-10:00", "--date", "2026-07-01"]);
    // Further away than the server reports on at once.
    pipeline.json(&["add", "Build", "9:00-10:00", "--date", "2026-07-12"]);
    let with = |command: &'static str, more: &[&'static str]| {
        let days = [command, "--from", "2026-07-01", "--to", "2026-07-12"];
        [&days, more].concat()
    };
    let log = home.json(&with("log", &["--kind", "ci"]));
    assert_eq!(log.as_array().unwrap().len(), 2);
    let report = home.json(&with("report", &["--kind", "ci"]));
    assert_eq!(report["total"], 2 * HOUR);
    let report = home.json(&with("report", &[]));
    let kinds = report["kinds"].as_array().unwrap().iter();
    let kinds: Vec<_> = kinds.map(|time| (&time["kind"], &time["total"])).collect();
    assert_eq!(
        kinds,
        [
            (&json!("human"), &json!(3 * HOUR)),
            (&json!("ci"), &json!(2 * HOUR))
        ]
    );
    let text = home.run(&with("report", &["--by", "kind"])).well();
    let head = "Ada Lovelace  5h 00m  (human 3h 00m, ci 2h 00m)\n";
    assert_eq!(text, format!("{head}human  3h 00m\nci     2h 00m\n"));
    assert_eq!(
        home.run(&with("report", &["--kind", "robot"])).code,
        Some(2)
    );
}

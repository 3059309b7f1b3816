//! `log` and `report`: days in the local time zone.

use serde_json::{Value, json};

use crate::support::{Home, World};

const HOUR: i64 = 3_600_000;

fn amounts(log: &Value) -> Vec<i64> {
    log.as_array()
        .unwrap()
        .iter()
        .map(|track| track["amount"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_log_is_by_local_days() {
    let world = World::start().await;
    let home = world.ada();
    // Berlin is two hours ahead of UTC: both are on the 1st of July there, and none in UTC.
    home.json(&["add", "Write docs", "0:30-1:30", "--date", "2026-07-01"]);
    home.json(&["add", "Write tests", "22:00-0:00", "--date", "2026-07-01"]);
    home.json(&["add", "Write tests", "0:00-1:00", "--date", "2026-07-02"]);
    let day = ["log", "--from", "2026-07-01", "--to", "2026-07-01"];
    assert_eq!(amounts(&home.json(&day)), [HOUR, 2 * HOUR]);
    let text = home.run(&day).well();
    assert!(text.starts_with("Wed 2026-07-01  3h 00m\n"), "{text}");
    assert!(text.contains("00:30–01:30  1h 00m  Write docs"), "{text}");
    assert!(!text.contains('\x1b'), "no colour on a pipe");
    let both = home
        .run(&["log", "--from", "2026-07-01", "--to", "2026-07-02"])
        .well();
    assert!(
        both.contains("Thu 2026-07-02  1h 00m") && both.ends_with("Total  4h 00m\n"),
        "{both}"
    );
    let utc = Home::new().with("TZ", "UTC");
    utc.log_in(&world.server().base, "ada");
    assert_eq!(amounts(&utc.json(&day)), [2 * HOUR, HOUR]);
    home.run(&["log", "--from", "2026-07-02", "--to", "2026-07-01"])
        .failed(2);
}

#[tokio::test]
async fn a_track_over_midnight_counts_on_each_day_what_lies_in_it() {
    let world = World::start().await;
    let home = world.ada();
    home.json(&["add", "Release", "22:00-1:00", "--date", "2026-07-01"]);
    for (day, spent) in [("2026-07-01", "2h 00m"), ("2026-07-02", "1h 00m")] {
        let text = home.run(&["log", "--from", day, "--to", day]).well();
        assert!(text.lines().next().unwrap().ends_with(spent), "{text}");
    }
}

#[tokio::test]
async fn today_is_the_default_of_a_log_and_this_week_that_of_a_report() {
    let world = World::start().await;
    let home = world.ada();
    home.json(&["in", "Write docs", "--at", "0:00"]);
    home.json(&["out", "--at", "0:00"]);
    assert_eq!(home.json(&["log"]).as_array().unwrap().len(), 1);
    assert_eq!(home.json(&["log", "--week"]).as_array().unwrap().len(), 1);
    assert_eq!(home.json(&["report"])["userName"], "Ada Lovelace");
}

#[tokio::test]
async fn a_report_over_the_day_on_which_clocks_go_back_has_all_its_hours() {
    let world = World::start().await;
    let home = world.ada();
    home.json(&["add", "Watch", "0:00-0:00", "--date", "2026-10-25"]);
    home.json(&["add", "Watch", "23:00-0:00", "--date", "2026-10-24"]);
    // A track of no time is no track of a day; so book the long day by its ends.
    let track = home.json(&["log", "--from", "2026-10-25", "--to", "2026-10-25"]);
    let id = track[0]["id"].as_str().unwrap();
    home.json(&["edit", id, "--end", "2026-10-26 0:00"]);
    let week = ["report", "--from", "2026-10-19", "--to", "2026-10-25"];
    let report = home.json(&week);
    assert_eq!(
        report["total"],
        26 * HOUR,
        "169 hours are more than the server reports on at once"
    );
    assert_eq!(report["projects"][0]["tasks"][0]["total"], 26 * HOUR);
    let month = home.json(&["report", "--from", "2026-10-01", "--to", "2026-10-31"]);
    assert_eq!(month["total"], 26 * HOUR);
    assert_eq!(month["timeFormatted"], "26h 0m 0s");
    assert_eq!(month["projects"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn reports_are_by_project_task_and_user() {
    let world = World::start().await;
    world.add_user("grace").await;
    let (ada, grace) = (world.ada(), Home::new());
    grace.log_in(&world.server().base, "grace");
    ada.json(&["add", "Write docs", "9:00-12:00", "--date", "2026-07-01"]);
    grace.json(&["add", "Write docs", "9:00-10:00", "--date", "2026-07-01"]);
    let with = |more: &[&'static str]| {
        [
            &["report", "--from", "2026-07-01", "--to", "2026-07-01"],
            more,
        ]
        .concat()
    };
    let by_user = ada.json(&with(&["--by", "user"]));
    let totals: Vec<_> = by_user
        .as_array()
        .unwrap()
        .iter()
        .map(|report| report["total"].as_i64().unwrap())
        .collect();
    assert_eq!(totals, [3 * HOUR, HOUR]);
    let own = grace.json(&with(&["--by", "user"]));
    assert_eq!(own.as_array().unwrap().len(), 1);
    assert_eq!(ada.json(&with(&["--user", "grace"]))["total"], HOUR);
    let text = ada.run(&with(&["--by", "task"])).well();
    assert_eq!(text, "Ada Lovelace  3h 00m\nWrite docs  3h 00m\n");
    let text = ada.run(&with(&[])).well();
    assert!(text.contains("(no project)  3h 00m"), "{text}");
    assert_eq!(ada.json(&with(&[]))["scope"], json!("organisation"));
}

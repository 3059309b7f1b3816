//! Rows 38 and 60: the tracks of a task, and across tasks.

use reqwest::Method;
use serde_json::json;
use timetracks_testkit::{Client, TestServer};

use crate::tracking::{
    HOUR, MINUTE, UNKNOWN_ID, book, hides, id, ids, make_project, make_task, make_task_in, my_id,
};

/// The ids in a list.
async fn listed(client: &Client, path: &str) -> Vec<String> {
    ids(&client.get(path).await.expect(200))
}

#[tokio::test]
async fn a_list_is_ordered_by_creation_whatever_the_times() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let other = make_task(&ada, "Other").await;
    let first = book(&ada, &task, 500, 600).await;
    let second = book(&ada, &other, 0, 1).await;
    server.clock.advance(5);
    let third = book(&ada, &task, 100, 200).await;
    let of_task = format!("/tasks/{task}/tracks");
    assert_eq!(listed(&ada, &of_task).await, [first.clone(), third.clone()]);
    assert_eq!(listed(&ada, "/tracks").await, [first, second, third]);
}

#[tokio::test]
async fn from_and_to_keep_what_has_any_part_between_them() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let now = server.clock.now();
    let early = book(&ada, &task, 100, 200).await;
    let late = book(&ada, &task, 300, 400).await;
    let running = ada.post_empty(&format!("/tasks/{task}/clock-in")).await;
    let running = id(&running.expect(201));
    let body = json!({ "start": 350 });
    let path = format!("/tasks/{task}/tracks/{running}");
    ada.put(&path, &body).await.expect(200);
    let all = [early.clone(), late.clone(), running.clone()];
    for (query, expected) in [
        (String::new(), &all[..]),
        ("from=200".to_owned(), &all[..]),
        ("from=201".to_owned(), &all[1..]),
        ("from=401".to_owned(), &all[2..]),
        (format!("from={}", now + HOUR), &all[2..]),
        ("to=99".to_owned(), &[]),
        ("to=100".to_owned(), &all[..1]),
        ("to=349".to_owned(), &all[..2]),
        ("to=350".to_owned(), &all[..]),
        ("from=201&to=299".to_owned(), &[]),
        ("from=150&to=150".to_owned(), &all[..1]),
        ("from=0&to=253402300799999".to_owned(), &all[..]),
    ] {
        for path in [
            format!("/tasks/{task}/tracks?{query}"),
            format!("/tracks?{query}"),
        ] {
            assert_eq!(listed(&ada, &path).await, expected, "{path}");
        }
    }
}

#[tokio::test]
async fn broken_parameters_are_all_named() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    for path in [format!("/tasks/{task}/tracks"), "/tracks".to_owned()] {
        for (query, pointers) in [
            ("from=soon&to=-1", vec!["/from", "/to"]),
            ("from=5&to=4", vec!["/to"]),
            ("to=253402300800000", vec!["/to"]),
            ("limit=0", vec!["/limit"]),
            ("limit=1001", vec!["/limit"]),
            ("limit=x&cursor=nope", vec!["/limit", "/cursor"]),
        ] {
            let answer = ada.get(&format!("{path}?{query}")).await;
            assert_eq!(answer.invalid(), pointers, "{query}");
        }
    }
    let answer = ada.get("/tracks?running=maybe&from=x").await;
    let mut pointers = answer.invalid();
    pointers.sort();
    assert_eq!(pointers, ["/from", "/running"]);
}

#[tokio::test]
async fn filters_across_tasks_combine() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let (adas, bobs) = (my_id(&ada).await, my_id(&bob).await);
    let (shop, site) = (
        make_project(&ada, "Shop").await,
        make_project(&ada, "Site").await,
    );
    let cart = make_task_in(&ada, &shop, "Cart").await;
    let docs = make_task(&ada, "Docs").await;
    let now = server.clock.now();
    let a = book(&ada, &cart, now - HOUR, now).await;
    let b = book(&bob, &cart, now - HOUR, now).await;
    let c = book(&ada, &docs, now - HOUR, now).await;
    let d = ada.post_empty(&format!("/tasks/{docs}/clock-in")).await;
    let d = id(&d.expect(201));
    let e = bob.post_empty(&format!("/tasks/{cart}/clock-in")).await;
    let e = id(&e.expect(201));
    for (query, expected) in [
        (String::new(), vec![&a, &b, &c, &d, &e]),
        (format!("userId={adas}"), vec![&a, &c, &d]),
        (format!("userId={bobs}"), vec![&b, &e]),
        (format!("projectId={shop}"), vec![&a, &b, &e]),
        (format!("projectId={site}"), vec![]),
        (format!("taskId={docs}"), vec![&c, &d]),
        ("running=true".to_owned(), vec![&d, &e]),
        ("running=false".to_owned(), vec![&a, &b, &c]),
        (format!("running=true&userId={bobs}"), vec![&e]),
        (format!("running=true&projectId={shop}"), vec![&e]),
        (format!("projectId={shop}&userId={adas}"), vec![&a]),
        (format!("projectId={shop}&taskId={docs}"), vec![]),
        (format!("taskId={docs}&running=false"), vec![&c]),
        (format!("taskId={cart}&running=true&userId={adas}"), vec![]),
        (format!("from={}&running=false", now + 1), vec![]),
        ("colour=red".to_owned(), vec![&a, &b, &c, &d, &e]),
    ] {
        let path = format!("/tracks?{query}");
        let found = listed(&ada, &path).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
}

#[tokio::test]
async fn a_member_sees_only_the_own_tracks() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let (adas, bobs) = (my_id(&ada).await, my_id(&bob).await);
    let task = make_task(&ada, "Write docs").await;
    book(&ada, &task, 0, 5).await;
    let own = book(&bob, &task, 0, 5).await;
    let of_task = format!("/tasks/{task}/tracks");
    let of_me = format!("/tracks?userId={bobs}");
    for path in [&of_task, "/tracks", &of_me] {
        assert_eq!(
            listed(&bob, path).await,
            std::slice::from_ref(&own),
            "{path}"
        );
    }
    let of_ada = format!("/tracks?userId={adas}");
    bob.get(&of_ada).await.problem(403, "forbidden");
    assert_eq!(listed(&ada, &of_task).await.len(), 2);
}

#[tokio::test]
async fn filters_by_what_is_not_there_or_anothers_answer_alike() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let eve = server.sign_up("eve").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let user = my_id(&eve).await;
    let (project, task) = (
        make_project(&eve, "Shop").await,
        make_task(&eve, "Docs").await,
    );
    for client in [&ada, &bob] {
        for (parameter, other) in [
            ("userId", &user),
            ("projectId", &project),
            ("taskId", &task),
        ] {
            let template = format!("/tracks?{parameter}={{}}");
            hides(client, Method::GET, &template, None, &[other]).await;
        }
    }
    let both = format!("/tracks?taskId={UNKNOWN_ID}&running=maybe");
    assert_eq!(ada.get(&both).await.invalid(), ["/running"]);
}

#[tokio::test]
async fn pages_go_through_everything_once_and_keep_the_filter() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (task, other) = (
        make_task(&ada, "Docs").await,
        make_task(&ada, "Other").await,
    );
    let mut expected = Vec::new();
    for turn in 0..5 {
        expected.push(book(&ada, &task, turn, turn + MINUTE).await);
        book(&ada, &other, turn, turn).await;
    }
    for first in [
        format!("/tasks/{task}/tracks?limit=2&from=1"),
        format!("/tracks?taskId={task}&from=1&limit=2"),
        "/tracks?from=10&limit=2".to_owned(),
    ] {
        let (mut found, mut path, mut pages) = (Vec::new(), first, 0);
        loop {
            let answer = ada.get(&path).await;
            let link = answer.header("link").to_owned();
            let page = ids(&answer.expect(200));
            assert!(page.len() <= 2);
            found.extend(page);
            pages += 1;
            let Some(next) = link.strip_suffix(">; rel=\"next\"") else {
                break;
            };
            path = next.trim_start_matches('<').to_owned();
        }
        assert_eq!((found, pages), (expected.clone(), 3));
    }
    let exact = ada.get(&format!("/tasks/{task}/tracks?limit=5")).await;
    assert_eq!(exact.header("link"), "");
}

#[tokio::test]
async fn a_list_that_is_too_long_for_one_piece_is_whole() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let mut expected = Vec::new();
    // A track takes some 350 bytes, and a piece 64 KiB.
    for turn in 0..400 {
        expected.push(book(&ada, &task, turn, turn + 1).await);
    }
    assert_eq!(listed(&ada, "/tracks").await, expected);
    let report = ada.get(&format!("/reports/tasks/{task}")).await.expect(200);
    assert_eq!(ids(&report["tracks"]), expected);
    assert_eq!(report["total"], 400);
}

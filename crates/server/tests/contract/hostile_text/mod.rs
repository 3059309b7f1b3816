//! Hostile text through every text member and parameter that the served document has: it is kept byte for byte, or
//! refused by name and without effect.

mod corpus;
mod operations;
mod world;

use corpus::Hostile;
use operations::{Operation, Place};
use serde_json::{Value, json};
use timetracks_app::Policy;
use timetracks_testkit::{Answer, TestServer};
use world::{Request, World};

/// Longer bodies and paths may be refused as a whole.
const LONG_BYTES: usize = 3_000;

/// What became of a text.
#[derive(Debug, PartialEq)]
enum Fate {
    Kept,
    Refused,
}

async fn server() -> TestServer {
    // Wrong passwords are among the texts.
    let policy = Policy {
        limit_logins: false,
        ..Policy::default()
    };
    TestServer::start_with(policy).await
}

/// Whether it opens a door, so that a wrong one is answered with 401 or 403.
fn is_credential(operation: &Operation, place: &Place) -> bool {
    let is_login = operation.id == "logIn";
    is_login || ["token", "refreshToken", "apiKey", "currentPassword"].contains(&&*place.name)
}

async fn send_in_body(
    world: &World<'_>,
    operation: &Operation,
    place: &Place,
    hostile: &Hostile,
    request: &Request,
) -> Answer {
    let marker = "the text goes here";
    let mut body = request.body.clone().unwrap();
    body[&place.name] = match place.is_list {
        true => json!([marker]),
        false => json!(marker),
    };
    let body = body.to_string();
    let body = body.replacen(&format!("\"{marker}\""), &hostile.json, 1);
    let path = fill(&operation.path, &request.path);
    world
        .sender(operation)
        .send_raw(
            operation.method.clone(),
            &path,
            "application/json",
            body.into_bytes(),
        )
        .await
}

/// The path with values for its parameters.
fn fill(path: &str, values: &Value) -> String {
    let mut filled = path.to_owned();
    for (name, value) in values.as_object().unwrap() {
        let value = corpus::encode(value.as_str().unwrap_or_default().as_bytes());
        filled = filled.replace(&format!("{{{name}}}"), &value);
    }
    filled
}

/// Whether every member of that name has that value, wherever it stands in the answer; names lose the space around them.
fn shows(answer: &Value, name: &str, text: &str) -> bool {
    let is_name = name == "name" || name == "email" || name.ends_with("Name");
    let text = if is_name { text.trim() } else { text };
    let (object, member) = match name {
        "orgName" => ("org", "name"),
        _ => ("user", name),
    };
    let places = [
        &answer[member],
        &answer[object][member],
        &answer["invitation"][member],
        &answer["info"][member],
    ];
    let mut shown = places
        .into_iter()
        .filter(|value| !value.is_null())
        .peekable();
    shown.peek().is_some() && shown.all(|value| value == text)
}

/// Fails unless the answer is one that the rules allow.
fn judge(operation: &Operation, place: &Place, hostile: &Hostile, answer: &Answer) -> Fate {
    let (status, body) = (answer.status, &answer.body);
    let context = || {
        format!(
            "{} {} {}: {status} {body:#}",
            operation.id, place.name, hostile.json
        )
    };
    if status < 400 {
        let text = hostile.text.as_ref();
        assert!(text.is_some(), "half a character was taken: {}", context());
        assert!(!place.is_word, "no such word: {}", context());
        return Fate::Kept;
    }
    let pointer = format!("/{}", place.name);
    let allowed = match status {
        // Of what is no text, or too long, one does not learn where it stands.
        400 => hostile.text.is_none(),
        413 => hostile.bytes.len() > LONG_BYTES,
        401 | 403 => is_credential(operation, place),
        404 => {
            place.is_id
                || place.name == "code"
                || place.is_in_path && hostile.text.is_none()
                || operation.id.starts_with("clockOut")
        }
        422 => {
            let errors = body["errors"].as_array().cloned().unwrap_or_default();
            errors.len() == 1 && errors[0]["pointer"] == pointer
        }
        _ => false,
    };
    assert!(allowed, "not an answer to this: {}", context());
    Fate::Refused
}

/// Fails unless what was taken is shown as it was sent, and a password opens the door.
async fn expect_kept(
    world: &World<'_>,
    place: &Place,
    hostile: &Hostile,
    request: &Request,
    answer: &Answer,
) {
    let text = hostile.text.as_ref().unwrap();
    if place.name == "password" {
        assert!(
            world.can_log_in(&request.email, text).await,
            "{}",
            hostile.json
        );
        return;
    }
    let kept = shows(&answer.body, &place.name, text);
    assert!(kept, "{} is another in {:#}", hostile.json, answer.body);
    let location = answer.header("location");
    if !location.is_empty() {
        let read = world.ada.get(location).await;
        // The new organisation of a sign-up is not ours to see.
        if read.status == 200 {
            let same = shows(&read.body, &place.name, text) || read.body.get(&place.name).is_none();
            assert!(same, "{} is another in {:#}", hostile.json, read.body);
        }
    }
}

/// Tries the texts in a member, and says how many were kept and refused.
async fn try_in_body(
    world: &World<'_>,
    operation: &Operation,
    place: &Place,
    mut cases: Vec<(Hostile, Request)>,
) -> (usize, usize) {
    let all = cases.len();
    // Again with those alone that were refused, when others had an effect.
    loop {
        let before = world.everything().await;
        let mut refused = Vec::new();
        let sent = cases.len();
        for (hostile, request) in cases {
            let answer = send_in_body(world, operation, place, &hostile, &request).await;
            match judge(operation, place, &hostile, &answer) {
                Fate::Kept => expect_kept(world, place, &hostile, &request, &answer).await,
                Fate::Refused => refused.push((hostile, request)),
            }
        }
        if refused.len() == sent {
            let after = world.everything().await;
            assert_eq!(after, before, "{} {}", operation.id, place.name);
            return (all - sent, sent);
        }
        cases = refused;
    }
}

#[tokio::test]
async fn hostile_text_in_a_body_is_kept_or_refused_by_name() {
    let server = server().await;
    let root = server.super_user("root").await;
    let document = server.anonymous().get("/openapi.json").await.expect(200);
    let (mut members, mut kept, mut refused) = (0, 0, 0);
    let mut counter = 0;
    for (number, operation) in operations::all(&document).iter().enumerate() {
        if operation.members.is_empty() {
            continue;
        }
        let world = World::new(&server, &root, number).await;
        for place in &operation.members {
            members += 1;
            let mut cases = Vec::new();
            for hostile in corpus::all(&mut counter) {
                counter += 1;
                cases.push((hostile, world.request(operation, counter).await));
            }
            let (taken, refusals) = try_in_body(&world, operation, place, cases).await;
            kept += taken;
            refused += refusals;
        }
    }
    // As many as there are today: a walk that finds nothing must not pass.
    assert!(members >= 60, "{members} members");
    assert!(
        kept > 1_000 && refused > 1_000,
        "{kept} kept, {refused} refused"
    );
}

/// What a list has to do with the text: something that has it is there to be found.
async fn plant(world: &World<'_>, operation: &Operation, place: &Place, hostile: &Hostile) -> bool {
    let is_planted = operation.id == "listTasks" && !place.is_word && !place.is_id;
    let Some(text) = hostile.text.as_ref().filter(|_| is_planted) else {
        return false;
    };
    let mut task = json!({ "name": "Planted" });
    task[&place.name] = json!(text);
    world.ada.post("/tasks", &task).await.status == 201
}

async fn send_in_parameter(
    world: &World<'_>,
    operation: &Operation,
    place: &Place,
    hostile: &Hostile,
    request: &Request,
) -> Answer {
    let value = corpus::encode(&hostile.bytes);
    let path = match place.is_in_path {
        true => {
            let own = operation
                .path
                .replace(&format!("{{{}}}", place.name), &value);
            fill(&own, &request.path)
        }
        false => format!(
            "{}?{}={value}",
            fill(&operation.path, &request.path),
            place.name
        ),
    };
    let sender = world.sender(operation);
    sender
        .send(operation.method.clone(), &path, request.body.as_ref())
        .await
}

#[tokio::test]
async fn hostile_text_in_a_path_or_a_query_is_found_or_refused_by_name() {
    let server = server().await;
    let root = server.super_user("root").await;
    let document = server.anonymous().get("/openapi.json").await.expect(200);
    let (mut parameters, mut taken, mut counter) = (0, 0, 0);
    for (number, operation) in operations::all(&document).iter().enumerate() {
        if operation.parameters.is_empty() {
            continue;
        }
        let world = World::new(&server, &root, number).await;
        let request = world.request(operation, number).await;
        for place in &operation.parameters {
            parameters += 1;
            let before = world.everything().await;
            for hostile in corpus::all(&mut counter) {
                let planted = plant(&world, operation, place, &hostile).await;
                let answer = send_in_parameter(&world, operation, place, &hostile, &request).await;
                if answer.status < 400 && !place.is_in_path {
                    // A query finds what has exactly this text.
                    let found = answer.body.as_array().unwrap();
                    assert_eq!(found.len(), usize::from(planted), "{}", hostile.json);
                    taken += found.len();
                    let text = hostile.text.as_deref().unwrap_or_default();
                    assert!(found.iter().all(|one| shows(one, &place.name, text)));
                    continue;
                }
                assert!(!planted, "{} is not found: {}", hostile.json, answer.body);
                if judge(operation, place, &hostile, &answer) == Fate::Kept {
                    taken += 1;
                    let tasks = world.ada.get("/tasks").await.expect(200);
                    let text = hostile.text.as_deref().unwrap();
                    let is_there = tasks
                        .as_array()
                        .unwrap()
                        .iter()
                        .any(|task| shows(task, &place.name, text));
                    assert!(is_there, "no task has {}", hostile.json);
                }
            }
            if place.is_id {
                let after = world.everything().await;
                assert_eq!(after, before, "{} {}", operation.id, place.name);
            }
        }
    }
    assert!(parameters >= 60, "{parameters} parameters");
    assert!(taken > 100, "{taken} texts were taken");
}

//! The bodies, their schemas and their examples are one and the same.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use schemars::{JsonSchema, schema_for};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use timetracks_api::{
    Body, Code, Example, Fields, Message, Problem, account, api_keys, audit, internal, invitations,
    organisations, projects, reports, tasks, tracks, users,
};

/// Fails unless the example is accepted and written again as it was, and `{}` is refused for exactly what the schema
/// requires.
fn check<B: Body + JsonSchema + Serialize>() {
    let name = std::any::type_name::<B>();
    let example = B::example();
    match Fields::read::<B>(example.clone()) {
        Ok(body) => assert_eq!(serde_json::to_value(body).unwrap(), example, "{name}"),
        Err(errors) => panic!("the example of {name} is refused: {errors:?}"),
    }
    let schema = schema_for!(B);
    let schema = schema.as_value();
    for member in example.as_object().unwrap().keys() {
        assert!(
            schema["properties"][member].is_object(),
            "{name} has no {member} in its schema"
        );
    }
    let required: Vec<_> = schema["required"].as_array().cloned().unwrap_or_default();
    let mut required: Vec<_> = required
        .iter()
        .map(|name| format!("/{}", name.as_str().unwrap()))
        .collect();
    if schema["minProperties"] == json!(1) {
        required.push(String::new());
    }
    let missing = match Fields::read::<B>(json!({})) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.into_iter().map(|error| error.pointer).collect(),
    };
    assert_eq!(missing, required, "{name}");
    for odd in [json!([]), json!("text"), Value::Null] {
        assert!(Fields::read::<B>(odd).is_err(), "{name}");
    }
}

#[test]
fn examples_are_accepted_and_schemas_require_what_is_required() {
    check::<account::SignUp>();
    check::<account::LogIn>();
    check::<account::LogInWithApiKey>();
    check::<account::Refresh>();
    check::<account::AcceptInvitation>();
    check::<account::RedeemPasswordToken>();
    check::<api_keys::CreateApiKey>();
    check::<invitations::CreateInvitation>();
    check::<organisations::UpdateOrganisation>();
    check::<projects::CreateProject>();
    check::<projects::UpdateProject>();
    check::<tasks::CreateTask>();
    check::<tasks::UpdateTask>();
    check::<tasks::MoveTask>();
    check::<tracks::CreateTrack>();
    check::<tracks::UpdateTrack>();
    check::<tracks::ClockIn>();
    check::<tracks::ClockOut>();
    check::<users::CreateUser>();
    check::<users::UpdateUser>();
    check::<users::ChangePassword>();
    check::<users::SchedulePasswordReset>();
}

/// Fails unless clients read what the server writes.
fn check_answer<A: Example + Serialize + DeserializeOwned>() {
    let written = serde_json::to_string(&A::example()).unwrap();
    let read: A = serde_json::from_str(&written)
        .unwrap_or_else(|error| panic!("{}: {error}", std::any::type_name::<A>()));
    assert_eq!(serde_json::to_string(&read).unwrap(), written);
}

#[test]
fn clients_read_what_the_server_writes() {
    check_answer::<Message>();
    check_answer::<account::SignedUp>();
    check_answer::<account::Tokens>();
    check_answer::<account::Session>();
    check_answer::<account::Me>();
    check_answer::<api_keys::ApiKey>();
    check_answer::<api_keys::ApiKeySecret>();
    check_answer::<audit::AuditEvent>();
    check_answer::<internal::OperatedOrganisation>();
    check_answer::<internal::CountedOrganisation>();
    check_answer::<internal::Stats>();
    check_answer::<invitations::Invitation>();
    check_answer::<invitations::CreatedInvitation>();
    check_answer::<organisations::Organisation>();
    check_answer::<projects::Project>();
    check_answer::<reports::TaskReport>();
    check_answer::<reports::TaskUsersReport>();
    check_answer::<reports::ProjectUsersReport>();
    check_answer::<reports::ProjectTasksReport>();
    check_answer::<reports::UserReport>();
    check_answer::<tasks::Task>();
    check_answer::<tracks::Track>();
    check_answer::<users::User>();
    check_answer::<users::CreatedUser>();
    check_answer::<users::ScheduledPasswordReset>();
}

#[test]
fn clients_read_problems_and_know_their_codes() {
    for code in Code::ALL {
        let written = serde_json::to_string(&Problem::new(code, 409, "so".to_owned())).unwrap();
        let read: Problem = serde_json::from_str(&written).unwrap();
        assert_eq!((read.code(), read.status), (Some(code), 409));
    }
    let newer = written_by_a_newer_server();
    let read: Problem = serde_json::from_value(newer).unwrap();
    assert_eq!(read.code(), None);
}

fn written_by_a_newer_server() -> Value {
    json!({
        "type": "/problems/brand-new", "title": "New", "status": 409, "detail": "so", "instance": "1", "more": {}
    })
}

//! The bodies, their schemas and their examples are one and the same.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};
use timetracks_api::{
    Body, Fields, account, api_keys, invitations, organisations, projects, tasks, tracks, users,
};

/// Fails unless the example is accepted, and `{}` is refused for exactly what the schema requires.
fn check<B: Body + JsonSchema>() {
    let name = std::any::type_name::<B>();
    let example = B::example();
    if let Err(errors) = Fields::read::<B>(example.clone()) {
        panic!("the example of {name} is refused: {errors:?}");
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

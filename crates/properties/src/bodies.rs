//! JSON bodies and query strings.

use axum::http::{HeaderValue, Uri};
use serde_json::Value;
use timetracks_api::{
    Body, FieldError, Fields, Parameters, QueryString, account, api_keys, audit, invitations,
    organisations, projects, reports, tasks, tracks, users,
};
use timetracks_server::parsers::{Cursor, PagingParameters, next_link};
use uuid::Uuid;

use crate::text_of;

/// Any JSON is a body or is refused by name, alone and in the place of any member.
pub(crate) fn bodies(input: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(input) else {
        return;
    };
    for read in BODIES {
        read(&value);
    }
}

const BODIES: [fn(&Value); 22] = [
    body::<account::SignUp>,
    body::<account::LogIn>,
    body::<account::LogInWithApiKey>,
    body::<account::Refresh>,
    body::<account::AcceptInvitation>,
    body::<account::RedeemPasswordToken>,
    body::<api_keys::CreateApiKey>,
    body::<invitations::CreateInvitation>,
    body::<organisations::UpdateOrganisation>,
    body::<projects::CreateProject>,
    body::<projects::UpdateProject>,
    body::<tasks::CreateTask>,
    body::<tasks::UpdateTask>,
    body::<tasks::MoveTask>,
    body::<tracks::CreateTrack>,
    body::<tracks::UpdateTrack>,
    body::<tracks::ClockIn>,
    body::<tracks::ClockOut>,
    body::<users::CreateUser>,
    body::<users::UpdateUser>,
    body::<users::ChangePassword>,
    body::<users::SchedulePasswordReset>,
];

fn body<B: Body>(value: &Value) {
    let whole = errors(Fields::read::<B>(value.clone()));
    are_named(&whole);
    if !value.is_object() {
        assert_eq!(whole.len(), 1);
        assert_eq!(whole[0].pointer, "");
    }
    let example = B::example();
    assert_eq!(errors(Fields::read::<B>(example.clone())), []);
    for member in example
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
    {
        let mut changed = example.clone();
        changed[member] = value.clone();
        let found = errors(Fields::read::<B>(changed.clone()));
        are_named(&found);
        // A member that nobody knows changes nothing.
        changed["nobody knows this one"] = value.clone();
        assert_eq!(errors(Fields::read::<B>(changed)), found);
    }
}

/// Any query string is read or refused by name.
pub(crate) fn queries(input: &[u8]) {
    let pairs = pairs(&text_of(input));
    query::<PagingParameters>(&pairs);
    query::<audit::AuditFilter>(&pairs);
    query::<reports::ReportRange>(&pairs);
    query::<tasks::TaskFilter>(&pairs);
    query::<tracks::Between>(&pairs);
    query::<tracks::TrackFilter>(&pairs);
}

fn query<P: Parameters>(pairs: &[(String, String)]) {
    let found = errors(QueryString::read::<P>(pairs.to_vec()));
    are_named(&found);
    let names = pairs.iter().map(|(name, _)| format!("/{name}"));
    let names: Vec<_> = names.collect();
    let [first, ..] = pairs else {
        return;
    };
    // One that nobody knows changes nothing, and of several with one name the first counts.
    let unknown = ("nobody knows this one".to_owned(), first.1.clone());
    let longer = [
        &[unknown],
        pairs,
        &[(first.0.clone(), "another value".to_owned())],
    ]
    .concat();
    assert_eq!(errors(QueryString::read::<P>(longer)), found, "{names:?}");
}

/// A page's parameters are in range, and the link to the next page differs from the request in its cursor alone.
pub(crate) fn cursors(input: &[u8]) {
    let query = text_of(input);
    let before = pairs(&query);
    if let Ok(PagingParameters { limit, cursor }) = QueryString::read(before.clone()) {
        assert!(limit.is_none_or(|limit| (1..=1000).contains(&limit)));
        assert_ne!(cursor, Some(Cursor::unknown()));
        let text = before.iter().find(|(name, _)| name == "cursor");
        assert_eq!(
            cursor.map(|cursor| cursor.to_string()).as_ref(),
            text.map(|(_, text)| text)
        );
    }
    let Ok(uri) = Uri::try_from(format!("/api/v1/tasks?{query}")) else {
        return;
    };
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(input)
        .for_each(|(byte, chosen)| *byte = *chosen);
    let last = Cursor::new(Uuid::from_bytes(bytes));
    let link = next_link(&uri, last);
    assert!(
        HeaderValue::try_from(&link).is_ok_and(|value| value.to_str().is_ok()),
        "{link:?}"
    );
    let target = link
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
    let target: Uri = target.expect("a link").parse().expect("a target");
    assert_eq!(target.path(), uri.path());
    let mut expected = pairs(uri.query().unwrap_or_default());
    expected.retain(|(name, _)| name != "cursor");
    expected.push(("cursor".to_owned(), last.to_string()));
    assert_eq!(pairs(target.query().unwrap_or_default()), expected);
}

fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

fn errors<T>(read: Result<T, Vec<FieldError>>) -> Vec<FieldError> {
    let errors = read.err();
    assert_ne!(errors.as_deref(), Some(&[][..]), "refused for nothing");
    errors.unwrap_or_default()
}

fn are_named(errors: &[FieldError]) {
    for FieldError { pointer, detail } in errors {
        assert!(pointer.is_empty() || pointer.starts_with('/'), "{pointer}");
        assert!(
            ["must ", "is "].iter().any(|rule| detail.starts_with(rule)),
            "{detail}"
        );
    }
}

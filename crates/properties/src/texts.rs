//! Ids, instants, and what people type.

use timetracks_api::{DateTime, FromJson, FromText, Millis};
use timetracks_domain::{
    Description, Email, ExternalId, Instant, Name, Password, TaskId, TextError,
};
use uuid::Uuid;

use crate::text_of;

/// A text is an id in one way or not at all, and sorts like its bytes.
pub(crate) fn ids(input: &[u8]) {
    let text = text_of(input);
    match text.parse::<TaskId>() {
        Ok(id) => assert_eq!(id.to_string(), text),
        Err(_) => assert_eq!(TaskId::from_text(&text), Ok(TaskId::unknown())),
    }
    let read: TaskId = serde_json::from_value(text.clone().into()).expect("any text will do");
    assert_eq!(read, text.parse().unwrap_or_else(|_| TaskId::unknown()));

    let mut ids: Vec<TaskId> = input
        .as_chunks::<16>()
        .0
        .iter()
        .map(|bytes| TaskId::new(Uuid::from_bytes(*bytes)))
        .collect();
    let mut texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    assert!(
        texts
            .iter()
            .zip(&ids)
            .all(|(text, id)| text.parse() == Ok(*id))
    );
    ids.sort();
    texts.sort();
    assert!(
        texts
            .iter()
            .zip(&ids)
            .all(|(text, id)| text.parse() == Ok(*id))
    );
}

/// Both notations name the same instants, those of the range, and text sorts like time.
pub(crate) fn instants(input: &[u8]) {
    let text = text_of(input);
    if let Ok(instant) = Instant::parse(&text) {
        same_in_both_notations(instant);
        // RFC 3339 has no shorter form, and no other order.
        let bytes = text.as_bytes();
        assert!(
            bytes.len() >= 20 && bytes[..4].iter().all(u8::is_ascii_digit),
            "{text}"
        );
        assert_eq!(
            (bytes[4], bytes[7], bytes[13], bytes[16]),
            (b'-', b'-', b':', b':'),
            "{text}"
        );
    }
    assert_eq!(
        DateTime::from_json(text.clone().into()).is_ok(),
        Instant::parse(&text).is_ok()
    );
    let ms = text.parse();
    let is_in_range = |ms: &i64| (0..=253_402_300_799_999).contains(ms);
    assert_eq!(
        Millis::from_text(&text).is_ok(),
        ms.is_ok_and(|ms| is_in_range(&ms)),
        "{text}"
    );

    let numbers = input
        .as_chunks::<8>()
        .0
        .iter()
        .map(|bytes| i64::from_be_bytes(*bytes));
    let mut before: Option<Instant> = None;
    for number in numbers {
        assert_eq!(Instant::from_ms(number).is_ok(), is_in_range(&number));
        // Any number stands for some instant of the range.
        let instant = Instant::MIN.plus_ms(number.rem_euclid(Instant::MAX.ms() + 1));
        same_in_both_notations(instant);
        if let Some(before) = before.replace(instant) {
            assert_eq!(
                before.to_string().cmp(&instant.to_string()),
                before.cmp(&instant)
            );
        }
    }
}

fn same_in_both_notations(instant: Instant) {
    assert_eq!(Instant::parse(&instant.to_string()), Ok(instant));
    assert_eq!(Instant::from_ms(instant.ms()), Ok(instant));
}

/// What is accepted is within its limits and kept as it is; what is refused breaks the rule that is named.
pub(crate) fn texts(input: &[u8]) {
    let text = text_of(input);
    let as_it_is = text.as_str();
    measured(
        as_it_is,
        0,
        10_000,
        Description::parse(as_it_is).map(String::from),
    );
    measured(
        as_it_is,
        1,
        255,
        ExternalId::parse(as_it_is).map(String::from),
    );
    let trimmed = text.trim();
    measured(trimmed, 1, 200, Name::parse(&text).map(String::from));

    if let Ok(email) = Email::parse(&text) {
        assert_eq!(email.as_str(), trimmed);
        measured(trimmed, 3, 254, Ok(email.as_str().to_owned()));
        let (local, domain) = trimmed.rsplit_once('@').expect("an address has an @");
        assert!(!local.is_empty() && !domain.is_empty(), "{trimmed}");
        assert_eq!(Email::parse(email.as_str()).ok().as_ref(), Some(&email));
    }
    match Password::parse(&text) {
        Ok(password) => {
            assert_eq!(password.expose(), text);
            assert!(text.chars().count() >= 12 && text.len() <= 1024);
            assert!(!text.contains('\0'));
            assert_eq!(format!("{password:?}"), "Password(…)");
            assert!(password.require_unlike(&text, "").is_err());
        }
        Err(TextError::Length { .. }) => assert!(text.chars().count() < 12),
        Err(TextError::Bytes { .. }) => assert!(text.len() > 1024),
        Err(TextError::Nul) => assert!(text.contains('\0')),
        Err(rule) => assert_eq!(rule, TextError::Guessable),
    }
}

fn measured(text: &str, min: usize, max: usize, parsed: Result<String, TextError>) {
    let length = text.chars().count();
    let rule = match () {
        () if text.chars().any(char::is_control) => Err(TextError::Control),
        () if (min..=max).contains(&length) => Ok(text.to_owned()),
        () => Err(TextError::Length { min, max }),
    };
    assert_eq!(parsed, rule, "{text:?}");
}

//! What the parsers of everything that clients write must hold, whatever they are fed. Each property panics when it does
//! not. `fuzz/` looks for such an input for as long as it may, `tests/inputs.rs` for a second, with the same functions.

mod bodies;
mod headers;
mod texts;
mod tokens;

/// A property, by the name of its fuzz target and of its directory below `fuzz/corpus`.
pub type Property = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: [Property; 11] = [
    ("bodies", bodies::bodies),
    ("cursors", bodies::cursors),
    ("queries", bodies::queries),
    ("bearer_tokens", headers::bearer_tokens),
    ("entity_tags", headers::entity_tags),
    ("forwarded", headers::forwarded),
    ("idempotency_keys", headers::idempotency_keys),
    ("ids", texts::ids),
    ("instants", texts::instants),
    ("texts", texts::texts),
    ("tokens", tokens::tokens),
];

/// Holds one property against an input.
///
/// # Panics
/// When the property does not hold, or is none of [`ALL`].
pub fn hold(name: &str, input: &[u8]) {
    let property = ALL.iter().find(|(known, _)| *known == name);
    let (_, holds) = property.unwrap_or_else(|| panic!("no property has the name {name}"));
    holds(input);
}

/// The input as text: a parser of text never sees anything else.
fn text_of(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}

//! Typed ids: 16 bytes inside (UUIDv7, so that order of ids is order of creation), 26 characters outside.

use std::{borrow::Cow, fmt, marker::PhantomData, str::FromStr, sync::LazyLock};

use data_encoding::{Encoding, Specification};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::AsciiText;

const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Lower-case Crockford base 32: sorts like the bytes, survives a double click, is never mistaken for a flag.
pub static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification
        .symbols
        .push_str(str::from_utf8(SYMBOLS).unwrap_or_default());
    specification
        .encoding()
        .expect("32 distinct symbols are a base 32")
});

/// What an [`Id`] is the id of. The types are never made; they keep a task's id from being used as a user's.
pub mod kind {
    /// Of an organisation.
    pub enum Organisation {}
    /// Of a user.
    pub enum User {}
    /// Of a session.
    pub enum Session {}
    /// Of an API key.
    pub enum ApiKey {}
    /// Of a project.
    pub enum Project {}
    /// Of a task.
    pub enum Task {}
    /// Of a time track.
    pub enum Track {}
    /// Of an invitation.
    pub enum Invitation {}
    /// Of an entry of the audit trail.
    pub enum AuditEvent {}
}

/// The id of one kind of thing. Outside it is an opaque string of 26 characters `[0-9a-z]`.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

/// The text is no id that TimeTracks ever gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdError;

impl<K> Id<K> {
    /// The id with these 16 bytes.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    /// An id that nothing ever has. A text that is no id is read as this one, so that it answers like any unknown id.
    #[must_use]
    pub const fn unknown() -> Self {
        Self::new(Uuid::max())
    }

    /// The 16 bytes, as they stand in the database.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    /// As it is written: in [`BASE32`]. By hand, because a list of tracks writes three for each.
    #[must_use]
    pub fn text(self) -> AsciiText<26> {
        let bits = self.uuid.as_u128();
        let mut text = [0; 26];
        // Of the 130 bits of 26 characters, the last two stand for nothing.
        write(&mut text[..12], (bits >> 68) as u64);
        write(&mut text[12..24], (bits >> 8) as u64);
        write(&mut text[24..], (bits << 2) as u64);
        AsciiText::new(text)
    }
}

/// Two characters for each ten bits.
static PAIRS: [[u8; 2]; 1024] = {
    let mut pairs = [[0; 2]; 1024];
    let mut bits = 0;
    while bits < 1024 {
        pairs[bits] = [SYMBOLS[bits >> 5], SYMBOLS[bits & 31]];
        bits += 1;
    }
    pairs
};

/// Writes the lowest bits, ten to two characters.
#[inline]
fn write(text: &mut [u8], mut bits: u64) {
    for pair in text.rchunks_exact_mut(2) {
        [pair[0], pair[1]] = PAIRS[(bits & 1023) as usize];
        bits >>= 10;
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}

impl<K> FromStr for Id<K> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let mut bytes = [0; 16];
        if text.len() != 26 {
            return Err(IdError);
        }
        match BASE32.decode_mut(text.as_bytes(), &mut bytes) {
            Ok(16) => Ok(Self::new(Uuid::from_bytes(bytes))),
            _ => Err(IdError),
        }
    }
}

impl fmt::Display for IdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("must be an id")
    }
}

impl std::error::Error for IdError {}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    /// Reads any text; one that is no id becomes [`Id::unknown`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Ok(text.parse().unwrap_or_else(|_| Self::unknown()))
    }
}

impl<K> JsonSchema for Id<K> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" })
    }
}

// Derives would demand the same of the marker type.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form_and_sorts_like_its_bytes() {
        let mut previous = String::new();
        for number in [0, 1, 31, 32, u128::MAX / 3, u128::MAX] {
            let id = Id::<kind::Task>::new(Uuid::from_u128(number));
            let text = id.to_string();
            assert_eq!(text.parse(), Ok(id));
            assert!(text > previous);
            previous = text;
        }
    }

    proptest::proptest! {
        #[test]
        fn the_text_by_hand_is_base_32(bits: u128) {
            let id = Id::<kind::Task>::new(Uuid::from_u128(bits));
            let text = id.text();
            proptest::prop_assert_eq!(&*text, BASE32.encode(id.uuid().as_bytes()));
        }
    }

    #[test]
    fn what_was_never_given_out_is_refused() {
        for text in [
            "",
            "x",
            "0000000000000000000000000Z",
            "00000000000000000000000001",
            "é",
        ] {
            assert_eq!(text.parse::<Id<kind::Task>>(), Err(IdError), "{text}");
        }
    }
}

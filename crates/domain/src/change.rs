//! What an update says of one member.

use serde::{Serialize, Serializer};

/// Left out, or set to something (for a nullable member that something is an `Option`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// The member was left out: unchanged.
    #[default]
    Keep,
    /// The new value.
    Set(T),
}

impl<T> Change<T> {
    /// Puts the new value in the place of the old one, if there is one.
    pub fn apply(self, place: &mut T) {
        if let Self::Set(value) = self {
            *place = value;
        }
    }

    /// Whether the member was left out.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The same change of a value made from this one.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Set(value) => Change::Set(make(value)),
        }
    }
}

impl<T: Serialize> Serialize for Change<T> {
    /// The new value. A member that is kept is left out by whoever writes the update, as [`Change::is_keep`] says.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

//! What an update says of one member.

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

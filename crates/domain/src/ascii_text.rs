//! Texts whose length is known: made without an allocation, and without the formatting machinery.

use std::ops::Deref;

/// A text of `N` ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsciiText<const N: usize>([u8; N]);

impl<const N: usize> AsciiText<N> {
    /// Of characters that are ASCII by construction.
    pub(crate) fn new(characters: [u8; N]) -> Self {
        debug_assert!(characters.is_ascii());
        Self(characters)
    }

    /// Its characters.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> Deref for AsciiText<N> {
    type Target = str;

    fn deref(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

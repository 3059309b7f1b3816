//! Statements: plain SQL text with `$1` parameters, in the dialect that SQLite and PostgreSQL share.

use std::sync::OnceLock;

/// A statement. Made by [`sql!`](crate::sql), so that a test can find them all.
#[derive(Debug)]
pub struct Sql {
    text: &'static str,
    /// SQLite numbers `$2` by its first appearance but `?2` by its number.
    sqlite: OnceLock<String>,
}

impl Sql {
    /// A statement of this text.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self {
            text,
            sqlite: OnceLock::new(),
        }
    }

    /// The text, in PostgreSQL's notation.
    pub(crate) fn text(&self) -> &'static str {
        self.text
    }

    /// Whether it surely writes nothing. (`WITH` may begin a statement that does.)
    pub(crate) fn only_reads(&self) -> bool {
        self.text.trim_start().starts_with("SELECT")
    }

    /// The text in SQLite's notation.
    pub(crate) fn sqlite(&self) -> &str {
        self.sqlite.get_or_init(|| self.text.replace('$', "?"))
    }
}

/// Makes a `&'static Sql` of string literals and constants, joined while compiling.
#[macro_export]
macro_rules! sql {
    ($($piece:expr),+ $(,)?) => {{
        const PIECES: &[&str] = &[$($piece),+];
        const LENGTH: usize = $crate::length(PIECES);
        const BYTES: [u8; LENGTH] = $crate::join(PIECES);
        static SQL: $crate::Sql = $crate::Sql::new(match std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => panic!("joined strings are a string"),
        });
        &SQL
    }};
}

/// How many bytes the pieces have together. For [`sql!`](crate::sql).
#[must_use]
pub const fn length(pieces: &[&str]) -> usize {
    let mut length = 0;
    let mut piece = 0;
    while piece < pieces.len() {
        length += pieces[piece].len();
        piece += 1;
    }
    length
}

/// The bytes of the pieces, one after another. For [`sql!`](crate::sql).
#[must_use]
pub const fn join<const LENGTH: usize>(pieces: &[&str]) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let (mut at, mut piece) = (0, 0);
    while piece < pieces.len() {
        let source = pieces[piece].as_bytes();
        let mut byte = 0;
        while byte < source.len() {
            bytes[at] = source[byte];
            at += 1;
            byte += 1;
        }
        piece += 1;
    }
    bytes
}

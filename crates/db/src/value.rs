//! Values on their way into and out of statements.

use uuid::Uuid;

use crate::Error;

/// A parameter, as the engines take it.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// NULL.
    Null,
    /// BOOLEAN.
    Bool(bool),
    /// BIGINT.
    Int(i64),
    /// TEXT.
    Text(&'a str),
    /// UUID.
    Uuid(Uuid),
    /// BYTEA.
    Bytes(&'a [u8]),
}

/// What can be a parameter.
pub trait Param {
    /// The value to bind.
    fn value(&self) -> Value<'_>;
}

impl Param for bool {
    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}

impl Param for i64 {
    fn value(&self) -> Value<'_> {
        Value::Int(*self)
    }
}

impl Param for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Param for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Param for Uuid {
    fn value(&self) -> Value<'_> {
        Value::Uuid(*self)
    }
}

impl<const N: usize> Param for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl<T: Param> Param for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Param::value)
    }
}

impl<T: Param + ?Sized> Param for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

/// A row of an answer, read column by column from the left.
pub struct Row<'a> {
    row: &'a rusqlite::Row<'a>,
    column: usize,
}

impl<'a> Row<'a> {
    pub(crate) fn new(row: &'a rusqlite::Row<'a>) -> Self {
        Self { row, column: 0 }
    }

    /// The next column.
    ///
    /// # Errors
    /// When there is none, or it holds something else.
    pub fn take<T: FromColumn>(&mut self) -> Result<T, Error> {
        let column = self.column;
        self.column += 1;
        T::from_sqlite(self.row, column).map_err(Error::from)
    }
}

/// What can be read from a column.
pub trait FromColumn: Sized {
    /// Reads it from a row of SQLite.
    ///
    /// # Errors
    /// When the column holds something else.
    fn from_sqlite(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Self>;
}

impl FromColumn for bool {
    fn from_sqlite(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Self> {
        row.get(column)
    }
}

impl FromColumn for i64 {
    fn from_sqlite(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Self> {
        row.get(column)
    }
}

impl FromColumn for String {
    fn from_sqlite(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Self> {
        row.get(column)
    }
}

impl FromColumn for Uuid {
    fn from_sqlite(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Self> {
        row.get(column).map(Self::from_bytes)
    }
}

impl<const N: usize> FromColumn for [u8; N] {
    fn from_sqlite(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Self> {
        row.get(column)
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_sqlite(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Self> {
        match row.get_ref(column)? {
            rusqlite::types::ValueRef::Null => Ok(None),
            _ => T::from_sqlite(row, column).map(Some),
        }
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef};
        Ok(match self {
            Value::Null => ToSqlOutput::Owned(Owned::Null),
            Value::Bool(value) => ToSqlOutput::Owned(Owned::Integer(i64::from(*value))),
            Value::Int(value) => ToSqlOutput::Owned(Owned::Integer(*value)),
            Value::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Value::Uuid(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value.as_bytes())),
            Value::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
        })
    }
}

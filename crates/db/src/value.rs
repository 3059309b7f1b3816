//! Values on their way into and out of statements.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Error, postgres, sqlite};

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

/// A value that outlives its source.
#[derive(Debug)]
pub(crate) enum Owned {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Uuid(Uuid),
    Bytes(Vec<u8>),
}

impl Owned {
    /// The values of parameters.
    pub(crate) fn all(parameters: &[&dyn Param]) -> Vec<Self> {
        let owned = |parameter: &&dyn Param| match parameter.value() {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Int(value) => Self::Int(value),
            Value::Text(value) => Self::Text(value.to_owned()),
            Value::Uuid(value) => Self::Uuid(value),
            Value::Bytes(value) => Self::Bytes(value.to_vec()),
        };
        parameters.iter().map(owned).collect()
    }

    /// The parameters of values.
    pub(crate) fn parameters(values: &[Self]) -> Vec<&dyn Param> {
        values.iter().map(|value| value as &dyn Param).collect()
    }

    /// Adds the value to a digest, so that no two rows of different values look the same.
    pub(crate) fn digest(&self, hash: &mut Sha256) {
        let (kind, bytes): (u8, &[u8]) = match self {
            Self::Null => (0, &[]),
            Self::Bool(value) => (1, if *value { &[1] } else { &[0] }),
            Self::Int(value) => (2, &value.to_be_bytes()),
            Self::Text(value) => (3, value.as_bytes()),
            Self::Uuid(value) => (4, value.as_bytes()),
            Self::Bytes(value) => (5, value),
        };
        hash.update([kind]);
        hash.update(bytes.len().to_be_bytes());
        hash.update(bytes);
    }
}

impl Param for Owned {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Text(value) => Value::Text(value),
            Self::Uuid(value) => Value::Uuid(*value),
            Self::Bytes(value) => Value::Bytes(value),
        }
    }
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

impl Param for Vec<u8> {
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
    row: EngineRow<'a>,
    column: usize,
}

enum EngineRow<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>) -> Self {
        let row = EngineRow::Sqlite(row);
        Self { row, column: 0 }
    }

    pub(crate) fn postgres(row: &'a tokio_postgres::Row) -> Self {
        let row = EngineRow::Postgres(row);
        Self { row, column: 0 }
    }

    /// The next column.
    ///
    /// # Errors
    /// When there is none, or it holds something else.
    pub fn take<T: FromColumn>(&mut self) -> Result<T, Error> {
        self.take_with(T::from_value)
    }

    /// The next column, as `read` understands it.
    ///
    /// # Errors
    /// When there is none, or `read` does not understand it.
    pub fn take_with<T>(&mut self, read: impl FnOnce(Value<'_>) -> Option<T>) -> Result<T, Error> {
        let column = self.column;
        self.column += 1;
        let value = match &self.row {
            EngineRow::Sqlite(row) => sqlite::value(row, column)?,
            EngineRow::Postgres(row) => postgres::value(row, column)?,
        };
        read(value).ok_or_else(|| Error::Statement(format!("column {column} holds something else")))
    }
}

/// What can be read from a column.
pub trait FromColumn: Sized {
    /// What this value says; `None` when it is something else.
    fn from_value(value: Value<'_>) -> Option<Self>;
}

impl FromColumn for bool {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(value),
            Value::Int(value) => Some(value != 0),
            _ => None,
        }
    }
}

impl FromColumn for i64 {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }
}

impl FromColumn for String {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(value) => Some(value.to_owned()),
            _ => None,
        }
    }
}

impl FromColumn for Uuid {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Uuid(value) => Some(value),
            Value::Bytes(value) => Self::from_slice(value).ok(),
            _ => None,
        }
    }
}

impl<const N: usize> FromColumn for [u8; N] {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(value) => value.try_into().ok(),
            _ => None,
        }
    }
}

impl FromColumn for Vec<u8> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(value) => Some(value.to_vec()),
            _ => None,
        }
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

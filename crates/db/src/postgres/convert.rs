//! Values in PostgreSQL's binary form.

use std::error::Error as StdError;

use bytes::BytesMut;
use tokio_postgres::{
    Row,
    types::{FromSql, IsNull, ToSql, Type, to_sql_checked},
};
use uuid::Uuid;

use crate::{Error, Param, Value};

/// A parameter that waits to be sent.
#[derive(Debug)]
pub(super) enum Owned {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Uuid(Uuid),
    Bytes(Vec<u8>),
}

impl Owned {
    pub(super) fn all(parameters: &[&dyn Param]) -> Vec<Self> {
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

    pub(super) fn value(&self) -> Value<'_> {
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

/// The value in a column of a row.
pub(crate) fn value(row: &Row, column: usize) -> Result<Value<'_>, Error> {
    Ok(row.try_get(column)?)
}

type Failure = Box<dyn StdError + Sync + Send>;

impl ToSql for Value<'_> {
    fn to_sql(&self, type_: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Bool(value) => value.to_sql_checked(type_, out),
            Value::Int(value) => value.to_sql_checked(type_, out),
            Value::Text(value) => value.to_sql_checked(type_, out),
            Value::Uuid(value) => value.to_sql_checked(type_, out),
            Value::Bytes(value) => value.to_sql_checked(type_, out),
        }
    }

    /// Each value looks at the type for itself.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(type_: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        Ok(match *type_ {
            Type::BOOL => Value::Bool(bool::from_sql(type_, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(type_, raw)?.into()),
            Type::INT8 => Value::Int(i64::from_sql(type_, raw)?),
            Type::UUID => Value::Uuid(Uuid::from_sql(type_, raw)?),
            Type::BYTEA => Value::Bytes(raw),
            _ => Value::Text(<&str>::from_sql(type_, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Value::Null)
    }

    fn accepts(type_: &Type) -> bool {
        let taken = [
            Type::BOOL,
            Type::INT4,
            Type::INT8,
            Type::UUID,
            Type::BYTEA,
            Type::TEXT,
            Type::VARCHAR,
        ];
        taken.contains(type_)
    }
}

//! Values in PostgreSQL's binary form.

use std::error::Error as StdError;

use bytes::BytesMut;
use tokio_postgres::{
    Row,
    types::{FromSql, IsNull, ToSql, Type, to_sql_checked},
};
use uuid::Uuid;

use crate::{Error, Value};

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

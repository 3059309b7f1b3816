//! Statements on a connection of SQLite.

use rusqlite::{Connection, ToSql, types};

use crate::{Error, Param, Row, Sql, Value};

/// Runs a statement, and says how many rows it changed.
pub(crate) fn execute(
    connection: &Connection,
    sql: &Sql,
    parameters: &[&dyn Param],
) -> Result<u64, Error> {
    let mut statement = connection.prepare_cached(sql.sqlite())?;
    bind(&mut statement, parameters)?;
    Ok(statement.raw_execute()? as u64)
}

/// Shows `visit` row after row, until it says `false`.
pub(crate) fn query(
    connection: &Connection,
    sql: &Sql,
    parameters: &[&dyn Param],
    visit: &mut dyn FnMut(&mut Row<'_>) -> Result<bool, Error>,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(sql.sqlite())?;
    bind(&mut statement, parameters)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        if !visit(&mut Row::sqlite(row))? {
            break;
        }
    }
    Ok(())
}

/// How many bytes the file has, without the log.
pub(crate) fn bytes(connection: &Connection) -> Result<i64, Error> {
    Ok(connection.query_row(
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        [],
        |row| row.get(0),
    )?)
}

fn bind(statement: &mut rusqlite::Statement<'_>, parameters: &[&dyn Param]) -> Result<(), Error> {
    let expected = statement.parameter_count();
    if expected != parameters.len() {
        let given = parameters.len();
        return Err(Error::Statement(format!(
            "{expected} parameters expected, {given} given"
        )));
    }
    for (index, parameter) in parameters.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, parameter.value())?;
    }
    Ok(())
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<types::ToSqlOutput<'_>> {
        use types::{ToSqlOutput, Value as Owned, ValueRef};
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

/// SQLite keeps booleans as integers and UUIDs as bytes; whoever takes the value knows which it is.
pub(crate) fn value<'a>(row: &'a rusqlite::Row<'_>, column: usize) -> Result<Value<'a>, Error> {
    Ok(match row.get_ref(column)? {
        types::ValueRef::Null => Value::Null,
        types::ValueRef::Integer(value) => Value::Int(value),
        types::ValueRef::Text(value) => Value::Text(
            std::str::from_utf8(value).map_err(|error| Error::Statement(error.to_string()))?,
        ),
        types::ValueRef::Blob(value) => Value::Bytes(value),
        types::ValueRef::Real(_) => {
            return Err(Error::Statement(format!("column {column} is a fraction")));
        }
    })
}

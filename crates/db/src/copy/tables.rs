//! What there is to copy, as the database itself says, so that a new column or table is copied without a line here.

use super::CopiedTable;
use crate::{Error, Row, Sql, Tx, sql, value::Owned};

/// A table, in the order of creation, so that what is referred to comes first.
pub(crate) struct Table {
    pub(crate) name: String,
    pub(super) columns: Vec<Column>,
    pub(super) select: &'static Sql,
    pub(super) insert: &'static Sql,
    count: &'static Sql,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Column {
    name: String,
    pub(super) kind: Kind,
}

/// The types of our dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int,
    Text,
    Uuid,
    Bytes,
}

impl Kind {
    fn of(type_: &str) -> Result<Self, Error> {
        Ok(match type_.to_ascii_lowercase().as_str() {
            "boolean" => Self::Bool,
            "bigint" => Self::Int,
            "text" => Self::Text,
            "uuid" => Self::Uuid,
            "bytea" => Self::Bytes,
            other => return Err(Error::Statement(format!("nothing copies the type {other}"))),
        })
    }

    /// The next column of a row, of this type.
    pub(super) fn read(self, row: &mut Row<'_>) -> Result<Owned, Error> {
        let value = match self {
            Self::Bool => row.take::<Option<bool>>()?.map(Owned::Bool),
            Self::Int => row.take::<Option<i64>>()?.map(Owned::Int),
            Self::Text => row.take::<Option<String>>()?.map(Owned::Text),
            Self::Uuid => row.take::<Option<uuid::Uuid>>()?.map(Owned::Uuid),
            Self::Bytes => row.take::<Option<Vec<u8>>>()?.map(Owned::Bytes),
        };
        Ok(value.unwrap_or(Owned::Null))
    }
}

impl Table {
    fn new(name: String, columns: Vec<Column>) -> Self {
        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        let places: Vec<_> = (1..=columns.len()).map(|n| format!("${n}")).collect();
        let (names, places) = (names.join(", "), places.join(", "));
        Self {
            select: keep(format!("SELECT {names} FROM {name}")),
            insert: keep(format!("INSERT INTO {name} ({names}) VALUES ({places})")),
            count: keep(format!("SELECT COUNT(*) FROM {name}")),
            name,
            columns,
        }
    }

    pub(crate) fn count(&self, tx: &mut Tx<'_>) -> Result<u64, Error> {
        let count = tx.row(self.count, &[], number)?;
        Ok(count.unwrap_or_default().unsigned_abs())
    }

    pub(super) fn empty(&self) -> CopiedTable {
        CopiedTable {
            name: self.name.clone(),
            rows: 0,
            checksum: 0,
        }
    }
}

/// How many rows some tables have together.
pub(crate) fn count(tables: &[Table], tx: &mut Tx<'_>) -> Result<u64, Error> {
    tables.iter().map(|table| table.count(tx)).sum()
}

fn number(row: &mut Row<'_>) -> Result<i64, Error> {
    row.take()
}

/// Statements are static. These are made once in the life of a program that copies and ends.
fn keep(text: String) -> &'static Sql {
    Box::leak(Box::new(Sql::new(text.leak())))
}

/// Every table of ours.
pub(crate) fn list(tx: &mut Tx<'_>) -> Result<Vec<Table>, Error> {
    let columns = match tx.is_postgres() {
        false => sql!(
            "SELECT t.name, c.name, c.type FROM sqlite_schema t, pragma_table_info(t.name) c
            WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'refinery_schema_history'
            ORDER BY t.rowid, c.cid"
        ),
        true => sql!(
            "SELECT CAST(t.relname AS TEXT), CAST(c.attname AS TEXT), format_type(c.atttypid, NULL)
            FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid
            WHERE t.relnamespace = CAST(current_schema() AS regnamespace) AND t.relkind IN ('r', 'p')
            AND t.relname <> 'refinery_schema_history' AND c.attnum > 0 AND NOT c.attisdropped
            ORDER BY t.oid, c.attnum"
        ),
    };
    let mut tables: Vec<(String, Vec<Column>)> = Vec::new();
    tx.each(columns, &[], |row| {
        let table: String = row.take()?;
        let column = Column {
            name: row.take()?,
            kind: Kind::of(&row.take::<String>()?)?,
        };
        match tables.last_mut() {
            Some((last, columns)) if *last == table => columns.push(column),
            _ => tables.push((table, vec![column])),
        }
        Ok::<(), Error>(())
    })?;
    let tables = tables.into_iter();
    Ok(tables
        .map(|(name, columns)| Table::new(name, columns))
        .collect())
}

/// Whether two databases have the same tables, with the same columns.
pub(super) fn are_same(some: &[Table], others: &[Table]) -> bool {
    some.len() == others.len()
        && some.iter().all(|table| {
            others
                .iter()
                .any(|other| table.name == other.name && table.columns == other.columns)
        })
}

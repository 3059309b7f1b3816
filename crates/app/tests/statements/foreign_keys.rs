//! What the schema itself refuses, on both engines: a row of one organisation that refers to another's.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, ErrorCode};
use tokio_postgres::{Client, error::SqlState};

use crate::{postgres::migrated, schema};

/// A foreign key: columns of `child`, each with the one of `parent` that it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ForeignKey {
    child: String,
    parent: String,
    columns: BTreeMap<String, String>,
}

/// What an engine says of its tables.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tables {
    /// The columns of each.
    columns: BTreeMap<String, BTreeSet<String>>,
    foreign_keys: BTreeSet<ForeignKey>,
}

/// A column of a table: its own table, and the table and column that it refers to if it does.
type Reference = (String, i64, String, String, String);

const ORG: &str = "org_id";
/// What others call what is ours.
const EXTERNAL: &str = "external_id";
/// Whose ids refer to nothing, because it outlives everything.
const TRAIL: &str = "audit_events";
/// Fewer foreign keys, and the search has missed some.
const PLAUSIBLE: usize = 15;

/// A row in every table that a foreign key leads from or to. What stands in braces is the id of such a thing.
const ORGANISATION: &str = "
    INSERT INTO organisations VALUES ({o}, 'name', NULL, NULL, NULL, 0, 0, NULL);
    INSERT INTO users VALUES ({o}, {u}, 'first', 'last', 'email', 'admin', FALSE, TRUE, NULL, NULL, 0, 0, 0, 'human');
    INSERT INTO logins VALUES ('{number}', {o}, {u});
    INSERT INTO api_keys VALUES ({o}, {k}, {u}, 'name', {k}, 'last', NULL, NULL, NULL, 0, 0, NULL);
    INSERT INTO sessions VALUES ({o}, {s}, {u}, {k}, 0, 0, NULL);
    INSERT INTO refresh_tokens VALUES ({o}, {s}, {s}, FALSE, NULL, NULL, FALSE);
    INSERT INTO password_tokens VALUES ({o}, {u}, {u}, 0);
    INSERT INTO invitations VALUES ({o}, {i}, 'email', 'member', 0, 0, 0);
    INSERT INTO projects VALUES ({o}, {p}, {u}, 'name', NULL, NULL, 0, 0);
    INSERT INTO tasks VALUES ({o}, {t}, {u}, {p}, 'name', NULL, 'open', NULL, 0, 0);
    INSERT INTO tracks VALUES ({o}, {t}, {c}, {u}, 0, 1, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 'human');
    INSERT INTO task_totals VALUES ({o}, {t}, {u}, 1, 1, 0, 0, 0, 0);
    INSERT INTO api_key_projects VALUES ({o}, {k}, {p});
";

impl Tables {
    fn collect(columns: Vec<(String, String)>, references: Vec<Reference>) -> Self {
        let mut tables = Self::default();
        for (table, column) in columns {
            tables.columns.entry(table).or_default().insert(column);
        }
        let mut keys = BTreeMap::new();
        for (child, number, parent, from, to) in references {
            let key = keys.entry((child, number, parent));
            key.or_insert_with(BTreeMap::new).insert(from, to);
        }
        let key = |((child, _, parent), columns)| ForeignKey {
            child,
            parent,
            columns,
        };
        tables.foreign_keys = keys.into_iter().map(key).collect();
        tables
    }

    /// Fails unless every foreign key to what an organisation owns carries the organisation, and every id is of one.
    fn check(&self) {
        assert!(self.foreign_keys.len() > PLAUSIBLE, "{self:#?}");
        for key in &self.foreign_keys {
            let is_owned = self.columns[&key.parent].contains(ORG);
            let carries = key.columns.get(ORG).is_some_and(|column| column == ORG);
            assert!(is_owned && carries, "carries no organisation: {key:?}");
        }
        for (table, columns) in &self.columns {
            let ids = columns
                .iter()
                .filter(|name| name.ends_with("_id") && *name != ORG && *name != EXTERNAL);
            for column in ids {
                let mut keys = self.foreign_keys.iter();
                let is_bound =
                    keys.any(|key| key.child == *table && key.columns.contains_key(column));
                assert_eq!(is_bound, table != TRAIL, "{table}.{column}");
            }
        }
    }

    /// For each foreign key that leads to more than the organisation: what makes the first organisation's rows refer to
    /// rows of the organisation given.
    fn links(&self, to: &str, first: &str) -> Vec<String> {
        let links = self.foreign_keys.iter().filter_map(|key| {
            let (column, of_parent) = key.columns.iter().find(|(column, _)| *column != ORG)?;
            let (child, parent) = (&key.child, &key.parent);
            Some(format!(
                "UPDATE {child} SET {column} = (SELECT {of_parent} FROM {parent} WHERE org_id = {to}) \
                WHERE org_id = {first}"
            ))
        });
        links.collect()
    }
}

/// An id, as an engine writes it.
fn id(kind: char, number: u32, quote: fn(&str) -> String) -> String {
    quote(&format!("{:02x}{number:030x}", u32::from(kind)))
}

/// The rows of an organisation.
fn organisation(number: u32, quote: fn(&str) -> String) -> String {
    let kinds = ['o', 'u', 'k', 's', 'i', 'p', 't', 'c'];
    let text = ORGANISATION.replace("{number}", &number.to_string());
    kinds.into_iter().fold(text, |text, kind| {
        text.replace(&format!("{{{kind}}}"), &id(kind, number, quote))
    })
}

fn for_sqlite(digits: &str) -> String {
    format!("x'{digits}'")
}

/// A hash is no UUID, but takes its text as well.
fn for_postgres(digits: &str) -> String {
    format!("'{digits}'")
}

fn tables_of_sqlite(connection: &Connection) -> Tables {
    let rows = "SELECT t.name, c.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'";
    let mut statement = connection.prepare(rows).expect("a statement");
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let columns = columns.expect("tables").collect::<Result<_, _>>();
    let rows = "SELECT t.name, f.id, f.\"table\", f.\"from\", f.\"to\"
        FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) f";
    let mut statement = connection.prepare(rows).expect("a statement");
    let references = statement.query_map([], |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
        ))
    });
    let references = references.expect("foreign keys").collect::<Result<_, _>>();
    Tables::collect(columns.expect("columns"), references.expect("references"))
}

async fn tables_of_postgres(client: &Client) -> Tables {
    let columns = "SELECT table_name::text, column_name::text FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'refinery_schema_history'";
    let columns = client.query(columns, &[]).await.expect("columns");
    let references = "SELECT child.relname::text, f.oid::bigint, parent.relname::text, a.attname::text, b.attname::text
        FROM pg_constraint f
        JOIN pg_class child ON child.oid = f.conrelid JOIN pg_class parent ON parent.oid = f.confrelid
        CROSS JOIN LATERAL unnest(f.conkey, f.confkey) AS pair (here, there)
        JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = pair.here
        JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = pair.there
        WHERE f.contype = 'f'";
    let references = client.query(references, &[]).await.expect("references");
    Tables::collect(
        columns.iter().map(|row| (row.get(0), row.get(1))).collect(),
        references
            .iter()
            .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)))
            .collect(),
    )
}

#[test]
fn every_foreign_key_carries_the_organisation_on_sqlite() {
    tables_of_sqlite(&schema()).check();
}

#[tokio::test]
async fn every_foreign_key_carries_the_organisation_on_postgresql() {
    let database = migrated().await;
    let tables = tables_of_postgres(&database.connect().await).await;
    tables.check();
    assert_eq!(tables, tables_of_sqlite(&schema()));
}

#[test]
fn no_row_refers_to_another_organisation_s_on_sqlite() {
    let connection = schema();
    let settings = connection.pragma_update(None, "foreign_keys", true);
    settings.expect("a setting");
    let rows = [1, 2].map(|number| organisation(number, for_sqlite));
    let rows = connection.execute_batch(&rows.concat());
    rows.expect("two organisations");
    let [first, second] = [1, 2].map(|number| id('o', number, for_sqlite));
    let tables = tables_of_sqlite(&connection);
    for link in tables.links(&second, &first) {
        let refused = connection.execute(&link, []).expect_err(&link);
        let code = refused.sqlite_error_code();
        assert_eq!(code, Some(ErrorCode::ConstraintViolation), "{link}");
        assert!(refused.to_string().contains("FOREIGN KEY"), "{refused}");
    }
    for link in tables.links(&first, &first) {
        assert_eq!(connection.execute(&link, []), Ok(1), "{link}");
    }
}

#[tokio::test]
async fn no_row_refers_to_another_organisation_s_on_postgresql() {
    let database = migrated().await;
    let client = database.connect().await;
    let rows = [1, 2].map(|number| organisation(number, for_postgres));
    let rows = client.batch_execute(&rows.concat()).await;
    rows.expect("two organisations");
    let [first, second] = [1, 2].map(|number| id('o', number, for_postgres));
    let tables = tables_of_postgres(&client).await;
    for link in tables.links(&second, &first) {
        let refused = client.execute(&link, &[]).await.expect_err(&link);
        let code = refused.code();
        assert_eq!(code, Some(&SqlState::FOREIGN_KEY_VIOLATION), "{link}");
    }
    for link in tables.links(&first, &first) {
        let changed = client.execute(&link, &[]).await;
        assert_eq!(changed.expect(&link), 1, "{link}");
    }
}

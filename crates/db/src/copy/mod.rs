//! Moving house: everything from one database into another, empty one, of either engine. All of it or nothing.

mod store;
mod tables;

use sha2::{Digest, Sha256};

use crate::{Db, Error, Location, Migration, OpenError, Row, Tx, value::Owned};
use store::Store;
use tables::Table;

/// How many rows pass between two reports of progress.
const ROWS_PER_REPORT: u64 = 1_000;

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the databases cannot be opened.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// One of the databases failed.
    #[error("{0}")]
    Database(#[from] Error),
    /// Something forbids it.
    #[error("{0}")]
    Refused(String),
}

/// What a table held, the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// The sum of the SHA-256 of its rows, cut to 16 bytes each, in whatever order.
    pub checksum: u128,
}

/// Copies everything in one snapshot of `from` into `to`, whose schema is made if it is not there, in one transaction.
/// Before it is kept, the copy is read again and compared. `report` hears how many rows are done, of how many; every row
/// counts twice, for it is copied and compared. Blocks.
///
/// # Errors
/// When a server is still connected to either PostgreSQL database, the schemas differ, the target is not empty, the copy
/// is not the same, or either database fails.
pub fn copy(
    from: &Location,
    to: &Location,
    migrations: &[Migration],
    report: &mut dyn FnMut(u64, u64),
) -> Result<Vec<CopiedTable>, CopyError> {
    let mut source = Store::source(from)?;
    Db::migrate(to, migrations)?;
    let mut target = Store::target(to)?;
    for store in [&mut source, &mut target] {
        store.refuse_servers()?;
    }
    source.begin_read()?;
    target.begin_write()?;
    let outcome = copy_all(&mut source.tx(), &mut target.tx(), report);
    match &outcome {
        Ok(_) => target.commit()?,
        Err(_) => target.roll_back(),
    }
    outcome
}

fn copy_all(
    source: &mut Tx<'_>,
    target: &mut Tx<'_>,
    report: &mut dyn FnMut(u64, u64),
) -> Result<Vec<CopiedTable>, CopyError> {
    let tables = tables::list(source)?;
    if !tables::are_same(&tables, &tables::list(target)?) {
        let rule = "the schemas differ: let this version of TimeTracks open the source once";
        return Err(CopyError::Refused(rule.to_owned()));
    }
    let mut total = 0;
    for table in &tables {
        total += 2 * table.count(source)?;
        if table.count(target)? > 0 {
            let rule = format!("the target is not empty: {} has rows", table.name);
            return Err(CopyError::Refused(rule));
        }
    }
    let mut done = 0;
    let mut count = || {
        done += 1;
        if done % ROWS_PER_REPORT == 0 || done == total {
            report(done, total);
        }
    };
    let mut copied = Vec::with_capacity(tables.len());
    for table in &tables {
        copied.push(copy_table(table, source, target, &mut count)?);
    }
    for (table, copied) in tables.iter().zip(&copied) {
        let found = sum(table, target, &mut count)?;
        if found != *copied {
            let rule = format!("the copy of {} differs: {copied:?}, {found:?}", table.name);
            return Err(CopyError::Refused(rule));
        }
    }
    Ok(copied)
}

fn copy_table(
    table: &Table,
    source: &mut Tx<'_>,
    target: &mut Tx<'_>,
    count: &mut dyn FnMut(),
) -> Result<CopiedTable, Error> {
    let mut copied = table.empty();
    source.each(table.select, &[], |row| {
        let values = read(table, row)?;
        target.execute(table.insert, &Owned::parameters(&values))?;
        copied.add(&values);
        count();
        Ok::<(), Error>(())
    })?;
    Ok(copied)
}

fn sum(table: &Table, tx: &mut Tx<'_>, count: &mut dyn FnMut()) -> Result<CopiedTable, Error> {
    let mut found = table.empty();
    tx.each(table.select, &[], |row| {
        found.add(&read(table, row)?);
        count();
        Ok::<(), Error>(())
    })?;
    Ok(found)
}

fn read(table: &Table, row: &mut Row<'_>) -> Result<Vec<Owned>, Error> {
    let columns = table.columns.iter();
    columns.map(|column| column.kind.read(row)).collect()
}

impl CopiedTable {
    fn add(&mut self, values: &[Owned]) {
        let mut hash = Sha256::new();
        for value in values {
            value.digest(&mut hash);
        }
        let hash: [u8; 32] = hash.finalize().into();
        let (start, _) = hash.split_at(16);
        let number = start
            .iter()
            .fold(0, |number, byte| number << 8 | u128::from(*byte));
        self.checksum = self.checksum.wrapping_add(number);
        self.rows += 1;
    }
}

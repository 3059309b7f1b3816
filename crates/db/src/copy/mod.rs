//! Moving house: everything from one database into another, empty one, of either engine. All of it or nothing.

mod progress;
pub(crate) mod store;
pub(crate) mod tables;

use sha2::{Digest, Sha256};

use crate::{Db, Error, Location, Migration, OpenError, Row, Tx, value::Owned};
pub(crate) use progress::Progress;
use store::Store;
use tables::Table;

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
    /// The file system says no.
    #[error("cannot {what} {path}: {source}")]
    File {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: String,
        /// Why it failed.
        source: std::io::Error,
    },
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

pub(crate) fn copy_all(
    source: &mut Tx<'_>,
    target: &mut Tx<'_>,
    report: &mut dyn FnMut(u64, u64),
) -> Result<Vec<CopiedTable>, CopyError> {
    let tables = tables::list(source)?;
    if !tables::are_same(&tables, &tables::list(target)?) {
        let rule = "the schemas differ: let this version of TimeTracks open the source once";
        return Err(CopyError::Refused(rule.to_owned()));
    }
    let mut progress = Progress::new(2 * tables::count(&tables, source)?, report);
    for table in &tables {
        if table.count(target)? > 0 {
            let rule = format!("the target is not empty: {} has rows", table.name);
            return Err(CopyError::Refused(rule));
        }
    }
    let mut copied = Vec::with_capacity(tables.len());
    for table in &tables {
        copied.push(copy_table(table, source, target, &mut progress)?);
    }
    compare(&tables, &copied, target, &mut progress)?;
    Ok(copied)
}

/// Reads a copy, and refuses it unless it is what was copied.
pub(crate) fn compare(
    tables: &[Table],
    copied: &[CopiedTable],
    target: &mut Tx<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), CopyError> {
    for (table, copied) in tables.iter().zip(copied) {
        let found = sum(table, target, progress)?;
        if found != *copied {
            let rule = format!("the copy of {} differs: {copied:?}, {found:?}", table.name);
            return Err(CopyError::Refused(rule));
        }
    }
    Ok(())
}

fn copy_table(
    table: &Table,
    source: &mut Tx<'_>,
    target: &mut Tx<'_>,
    progress: &mut Progress<'_>,
) -> Result<CopiedTable, Error> {
    let mut copied = table.empty();
    source.each(table.select, &[], |row| {
        let values = read(table, row)?;
        target.execute(table.insert, &Owned::parameters(&values))?;
        copied.add(&values);
        progress.step();
        Ok::<(), Error>(())
    })?;
    Ok(copied)
}

/// Reads a table, and says what it holds.
pub(crate) fn sum(
    table: &Table,
    tx: &mut Tx<'_>,
    progress: &mut Progress<'_>,
) -> Result<CopiedTable, Error> {
    let mut found = table.empty();
    tx.each(table.select, &[], |row| {
        found.add(&read(table, row)?);
        progress.step();
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

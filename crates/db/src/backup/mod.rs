//! A backup: everything that one snapshot holds, in one SQLite file, while servers go on writing. There is no file of
//! its name until the copy was compared with the snapshot and is on the disk.

mod file;

use std::path::Path;

use crate::{
    CopiedTable, CopyError, Db, Location, Migration, OpenError,
    copy::{Progress, compare, copy_all, store::Store, sum, tables},
    migrate, sqlite,
};
use file::Partial;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// What each table held, in the snapshot and in the file.
    pub tables: Vec<CopiedTable>,
    /// The size of the file.
    pub bytes: u64,
}

/// Writes everything in one snapshot of `from`, which holds every write answered before this began, into the SQLite
/// file `to`. A server can be started on it. `report` hears how many rows were dealt with, of how many. Blocks.
///
/// # Errors
/// When `to` is there already, the copy is not the same or not sound, or the database or the disk fails. Then there is no
/// `to`.
pub fn backup(
    from: &Location,
    to: &Path,
    migrations: &[Migration],
    report: &mut dyn FnMut(u64, u64),
) -> Result<Backup, CopyError> {
    let mut source = Store::source(from)?;
    let partial = Partial::begin(to)?;
    source.begin_read()?;
    let tables = match source {
        Store::Sqlite(source) => from_sqlite(&source, partial.path(), report)?,
        Store::Postgres(_) => from_postgres(source, partial.path(), migrations, report)?,
    };
    let bytes = partial.publish()?;
    Ok(Backup { tables, bytes })
}

/// Keeps a copy beside a SQLite database before steps that it lacks change its schema: `FILE.before-V3`, in place of an
/// older one of that name.
///
/// # Errors
/// When there can be no copy: then the schema had better not be changed.
pub(crate) fn keep_before_migrating(
    connection: &rusqlite::Connection,
    path: &Path,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    let no_copy = |error: &dyn std::fmt::Display| {
        let rule = "the schema must change, and no copy of the database could be kept before";
        OpenError::Migration(format!("{rule}: {error}"))
    };
    let history = migrate::history(&mut crate::Tx::sqlite(connection));
    let history = history.map_err(|error| no_copy(&error))?;
    let Some(last) = history.last() else {
        return Ok(());
    };
    let mut lacking = migrations.iter().filter_map(Migration::version);
    let Some(next) = lacking.find(|version| *version > last.version) else {
        return Ok(());
    };
    let copy = sqlite::beside(path, &format!(".before-V{next}"));
    match std::fs::remove_file(&copy) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(no_copy(&error)),
        _ => {}
    }
    let from = Location::Sqlite(path.to_owned());
    backup(&from, &copy, migrations, &mut |_, _| {}).map_err(|error| no_copy(&error))?;
    Ok(())
}

/// Page by page, whatever version the schema has.
fn from_sqlite(
    source: &rusqlite::Connection,
    to: &Path,
    report: &mut dyn FnMut(u64, u64),
) -> Result<Vec<CopiedTable>, CopyError> {
    sqlite::refuse_foreign(source)?;
    let mut snapshot = crate::Tx::sqlite(source);
    let tables = tables::list(&mut snapshot)?;
    let mut target = sqlite::open_copy(to)?;
    sqlite::copy_pages(source, &mut target)?;
    let mut progress = Progress::new(2 * tables::count(&tables, &mut snapshot)?, report);
    let mut copied = Vec::with_capacity(tables.len());
    for table in &tables {
        copied.push(sum(table, &mut snapshot, &mut progress)?);
    }
    // While the snapshot is held, the server's log only grows.
    sqlite::run(source, "COMMIT")?;
    let target = Store::Sqlite(target);
    let target = finished(target, |target| {
        compare(&tables, &copied, &mut target.tx(), &mut progress)
    });
    target.map(|()| copied)
}

/// Row by row into a schema of the same version.
fn from_postgres(
    mut source: Store,
    to: &Path,
    migrations: &[Migration],
    report: &mut dyn FnMut(u64, u64),
) -> Result<Vec<CopiedTable>, CopyError> {
    let history = migrate::history(&mut source.tx())?;
    let Some(last) = history.last() else {
        return Err(CopyError::Open(OpenError::Foreign));
    };
    if migrations
        .iter()
        .all(|step| step.version() < Some(last.version))
    {
        let rule =
            "the database belongs to a newer version of TimeTracks: let that one make the backup";
        return Err(CopyError::Refused(rule.to_owned()));
    }
    let steps: Vec<_> = migrations
        .iter()
        .filter(|step| step.version() <= Some(last.version))
        .copied()
        .collect();
    let place = Location::Sqlite(to.to_owned());
    Db::migrate(&place, &steps)?;
    let mut target = Store::target(&place)?;
    target.begin_write()?;
    let copied = copy_all(&mut source.tx(), &mut target.tx(), report)?;
    target.commit()?;
    drop(source);
    finished(target, |_| Ok(()))?;
    Ok(copied)
}

/// Makes one sound file of a copy, and closes it.
fn finished(
    mut target: Store,
    check: impl FnOnce(&mut Store) -> Result<(), CopyError>,
) -> Result<(), CopyError> {
    if let Store::Sqlite(connection) = &target {
        sqlite::leave_log(connection)?;
        let mut faults = sqlite::integrity_faults(connection)?;
        faults.extend(sqlite::foreign_key_faults(connection)?);
        if let Some(fault) = faults.first() {
            return Err(CopyError::Refused(format!(
                "the copy is not sound ({fault}), so the database is damaged: `timetracks doctor` says more"
            )));
        }
    }
    check(&mut target)
}

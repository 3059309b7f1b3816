//! The file of a backup, which has another name until it is whole.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::{fs::OFlags, io::Errno};

use crate::{CopyError, sqlite::beside};

/// What stands behind the name of a file that is not whole yet.
const PARTIAL: &str = ".partial";
/// What stands behind the names of files that SQLite would take for a part of a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The beginning of a file. It is removed with this value unless it was published.
pub(super) struct Partial {
    target: PathBuf,
    path: PathBuf,
    /// Locked, so that another backup to the same file keeps off.
    file: File,
}

impl Partial {
    /// An empty file, readable by its owner alone, beside the one that it is to become.
    pub(super) fn begin(target: &Path) -> Result<Self, CopyError> {
        refuse_existing(target)?;
        let path = beside(target, PARTIAL);
        loop {
            let file = match open(&path) {
                Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
                    return Err(not_plain(&path));
                }
                opened => opened.map_err(failed("make", &path))?,
            };
            if !file.metadata().map_err(failed("read", &path))?.is_file() {
                return Err(not_plain(&path));
            }
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(CopyError::Refused(format!(
                        "another backup to {} is under way: wait for it, or name another file",
                        target.display()
                    )));
                }
                Err(TryLockError::Error(error)) => return Err(failed("lock", &path)(error)),
            }
            if !is_at(&file, &path).map_err(failed("read", &path))? {
                continue;
            }
            if file.metadata().map_err(failed("read", &path))?.len() == 0 {
                let target = target.to_owned();
                return Ok(Self { target, path, file });
            }
            // What a backup left that was cut off. It may have a second name by now, so it is not written to.
            remove(&path).map_err(failed("remove", &path))?;
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name, once all of it is on the disk, and says how many bytes it has.
    pub(super) fn publish(self) -> Result<u64, CopyError> {
        let written = failed("write", &self.path);
        self.file.sync_all().map_err(&written)?;
        let bytes = self.file.metadata().map_err(&written)?.len();
        refuse_existing(&self.target)?;
        match fs::hard_link(&self.path, &self.target) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(exists(&self.target));
            }
            // There are file systems without a second name for a file.
            Err(_) => fs::rename(&self.path, &self.target).map_err(failed("make", &self.target))?,
            Ok(()) => fs::remove_file(&self.path).map_err(failed("remove", &self.path))?,
        }
        let directory = directory(&self.target);
        let kept = File::open(directory).and_then(|directory| directory.sync_all());
        kept.map_err(failed("synchronise", directory))?;
        Ok(bytes)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if is_at(&self.file, &self.path).unwrap_or(false) {
            let _ = remove(&self.path);
        }
    }
}

/// Nothing is overwritten, and no log that is left of another database is taken for a part of this one.
fn refuse_existing(target: &Path) -> Result<(), CopyError> {
    if target.file_name().is_none() {
        return Err(CopyError::Refused(format!(
            "{} is no name of a file",
            target.display()
        )));
    }
    let others = BESIDE.map(|suffix| beside(target, suffix));
    let mut paths = std::iter::once(target).chain(others.iter().map(PathBuf::as_path));
    match paths.find(|path| path.symlink_metadata().is_ok()) {
        Some(path) => Err(exists(path)),
        None => Ok(()),
    }
}

fn exists(path: &Path) -> CopyError {
    CopyError::Refused(format!(
        "{} is there already: nothing is overwritten, so name another file",
        path.display()
    ))
}

fn not_plain(path: &Path) -> CopyError {
    CopyError::Refused(format!(
        "{} is there and is no plain file: remove it, or name another file",
        path.display()
    ))
}

/// Where a symbolic link leads, somebody else decides.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    options.mode(0o600);
    options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    options.open(path)
}

/// Whether a file is still what its name leads to.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    match path.symlink_metadata() {
        Ok(named) => Ok((held.dev(), held.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes a database with what is beside it.
fn remove(path: &Path) -> io::Result<()> {
    for suffix in BESIDE {
        match fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::remove_file(path)
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

fn failed(what: &'static str, path: &Path) -> impl Fn(io::Error) -> CopyError {
    let path = path.display().to_string();
    move |source| CopyError::File {
        what,
        path: path.clone(),
        source,
    }
}

//! Files that are for their owner alone, and where they are.

use std::{
    env,
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// A directory of ours below one that the environment names, or below the home directory.
fn directory(variable: &str, below_home: &str) -> io::Result<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from);
    let parent = named.filter(|path| path.is_absolute()).or_else(|| {
        env::var_os("HOME")
            .filter(|home| !home.is_empty())
            .map(|home| PathBuf::from(home).join(below_home))
    });
    let missing = || io::Error::other(format!("neither HOME nor {variable} is set"));
    Ok(parent.ok_or_else(missing)?.join("timetracks"))
}

/// Where credentials are: `~/.config/timetracks`.
pub(crate) fn config_dir() -> io::Result<PathBuf> {
    directory("XDG_CONFIG_HOME", ".config")
}

/// Where the queue is: `~/.local/state/timetracks`.
pub(crate) fn state_dir() -> io::Result<PathBuf> {
    directory("XDG_STATE_HOME", ".local/state")
}

/// The directory of a file, which is made for its owner alone when it is not there.
pub(crate) fn make_parent(path: &Path) -> io::Result<&Path> {
    let parent = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(parent)?;
    Ok(parent)
}

/// Opens a file for writing, which is made for its owner alone when it is not there.
pub(crate) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    make_parent(path)?;
    options.mode(0o600).open(path)
}

/// Replaces a file. Whenever the machine stops, there is the old one or the new one.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    put(path, text, true)
}

/// Replaces a file. Whenever the process is killed, there is the old one or the new one; not so when the power is cut.
pub(crate) fn replace_unsynced(path: &Path, text: &str) -> io::Result<()> {
    put(path, text, false)
}

fn put(path: &Path, text: &str, synced: bool) -> io::Result<()> {
    let parent = make_parent(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = parent.join(format!(".{name}.{}", std::process::id()));
    let _ = fs::remove_file(&partial);
    let written = (|| {
        let mut file = open(&partial, OpenOptions::new().write(true).create_new(true))?;
        file.write_all(text.as_bytes())?;
        if synced {
            file.sync_all()?;
        }
        fs::rename(&partial, path)?;
        if synced {
            File::open(parent)?.sync_all()?;
        }
        Ok(())
    })();
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

/// The text of a file; `None` when it is not there.
pub(crate) fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Waits until no other process holds this lock, and holds it until the answer is dropped.
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    let file = open(
        path,
        OpenOptions::new().write(true).create(true).truncate(false),
    )?;
    file.lock()?;
    Ok(file)
}

/// As [`lock`], unless another process holds it.
pub(crate) fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let file = open(
        path,
        OpenOptions::new().write(true).create(true).truncate(false),
    )?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

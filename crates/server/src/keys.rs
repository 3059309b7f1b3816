//! The signing key: made on the first start, kept in a file, readable by its owner alone.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

use timetracks_app::{Random, SigningKey};

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file system says no.
    #[error("cannot {what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: String,
        /// Why it failed.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{0} does not hold 32 bytes: it is no signing key of TimeTracks, or was cut short")]
    Malformed(String),
}

/// The signing key in this file. Makes it and its directory when they are not there.
///
/// # Errors
/// When they cannot be made or read.
pub fn load_or_create(path: &Path, random: &Random) -> Result<SigningKey, KeyError> {
    let directory = match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    };
    create_private_dir(directory).map_err(failed("make", directory))?;
    if let Some(key) = load_key(path)? {
        return Ok(key);
    }
    let bytes: [u8; 32] = random.bytes();
    write_new(directory, path, &bytes).map_err(failed("write", path))?;
    Ok(SigningKey::new(bytes))
}

/// The signing key in this file; `None` when it is not there.
///
/// # Errors
/// When it cannot be read, or holds something else.
pub fn load_key(path: &Path) -> Result<Option<SigningKey>, KeyError> {
    match fs::read(path) {
        Ok(bytes) => match <[u8; 32]>::try_from(bytes) {
            Ok(bytes) => Ok(Some(SigningKey::new(bytes))),
            Err(_) => Err(KeyError::Malformed(path.display().to_string())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.display().to_string();
    move |source| KeyError::Io { what, path, source }
}

/// Makes a directory that is its owner's alone, if it is not there.
///
/// # Errors
/// When it cannot be made.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// All of the key or none of it, also when the power fails.
fn write_new(directory: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = path.with_extension("key.partial");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    fs::File::open(directory)?.sync_all()
}

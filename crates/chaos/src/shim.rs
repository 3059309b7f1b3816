//! The library before the server's C library, and how it is told what to break.

use std::{
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Failure;

const SOURCE: &str = include_str!("../shim/faults.c");
/// A page: enough for `struct control`.
const CONTROL_BYTES: u64 = 4096;

/// Compiles it into this directory.
pub(crate) fn compile(directory: &Path) -> Result<PathBuf, Failure> {
    let source = directory.join("faults.c");
    std::fs::write(&source, SOURCE)?;
    let library = directory.join("faults.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]);
    compiler
        .arg(&library)
        .arg(&source)
        .args(["-ldl", "-lpthread"]);
    let output = compiler
        .output()
        .map_err(|error| Failure::Trouble(format!("a C compiler is needed, as `cc`: {error}")))?;
    if !output.status.success() {
        return Failure::trouble(String::from_utf8_lossy(&output.stderr));
    }
    Ok(library)
}

/// Which writes fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    Plenty = 0,
    /// Not one byte can be written.
    None = 1,
    /// What is there can be overwritten, but no file can grow: what a full disk is like.
    NoMore = 2,
}

/// Tells the library what to break. What is set counts at once.
pub(crate) struct Control {
    file: File,
    pub(crate) path: PathBuf,
}

/// The place of a number in `struct control`.
#[derive(Clone, Copy)]
enum Field {
    ClockOffsetMs,
    FailSync,
    DiskFull,
    FailedSyncs,
    FailedWrites,
}

impl Control {
    pub(crate) fn new(path: PathBuf) -> Result<Self, Failure> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(true);
        let file = options.open(&path)?;
        file.set_len(CONTROL_BYTES)?;
        Ok(Self { file, path })
    }

    /// Moves the time of day.
    pub(crate) fn clock_offset_ms(&self, offset: i64) -> Result<(), Failure> {
        self.set(Field::ClockOffsetMs, offset)
    }

    /// Fails the next syncs of a database file, as many as this.
    pub(crate) fn fail_syncs(&self, count: i64) -> Result<(), Failure> {
        self.set(Field::FailSync, count)
    }

    /// Fails every sync of a database file from now on.
    pub(crate) fn fail_all_syncs(&self) -> Result<(), Failure> {
        self.set(Field::FailSync, -1)
    }

    /// Leaves so much room on the disk.
    pub(crate) fn room(&self, room: Room) -> Result<(), Failure> {
        self.set(Field::DiskFull, room as i64)
    }

    /// How many syncs have failed so far.
    pub(crate) fn failed_syncs(&self) -> Result<i64, Failure> {
        self.get(Field::FailedSyncs)
    }

    /// How many writes have failed so far.
    pub(crate) fn failed_writes(&self) -> Result<i64, Failure> {
        self.get(Field::FailedWrites)
    }

    fn set(&self, field: Field, value: i64) -> Result<(), Failure> {
        Ok(self
            .file
            .write_all_at(&value.to_le_bytes(), field as u64 * 8)?)
    }

    fn get(&self, field: Field) -> Result<i64, Failure> {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, field as u64 * 8)?;
        Ok(i64::from_le_bytes(bytes))
    }
}

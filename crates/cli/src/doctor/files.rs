//! The files of an installation: who can read them, and whether there is room.

use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use timetracks_db::{Finding, Location};
use timetracks_server::Settings;

/// What SQLite and the server have beside a database.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", ".lock"];
/// So little room is a warning, in bytes and as a part of the whole.
const LITTLE_BYTES: u64 = 1 << 30;
const LITTLE_PART: u64 = 10;

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let mut files = vec![settings.signing_key.clone()];
    let mut findings = Vec::new();
    if let Location::Sqlite(database) = &settings.database {
        files.extend(BESIDE.map(|suffix| beside(database, suffix)));
        findings.push(room(directory(database)));
    }
    findings.insert(0, data_dir(&settings.data_dir));
    findings.insert(1, private(&files));
    findings
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

fn data_dir(path: &Path) -> Finding {
    let (check, shown) = ("data directory", path.display());
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.mode() & 0o777,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Finding::ok(check, format!("{shown} is not there, so nothing is in it"));
        }
        Err(error) => {
            let says = format!("{shown}: {error}: use the user of the server");
            return Finding::problem(check, says);
        }
    };
    let says = format!("{shown} has the mode {mode:04o}: chmod 700 {shown}");
    match mode {
        // Whoever may write there can put other files in the place of these.
        mode if mode & 0o022 != 0 => Finding::problem(check, says),
        mode if mode & 0o077 != 0 => Finding::warning(check, says),
        _ => Finding::ok(check, format!("{shown} is private")),
    }
}

/// Secrets and names are in these. Each must be of the same user, or the server cannot use them all.
fn private(paths: &[PathBuf]) -> Finding {
    let check = "files";
    let mut found: Vec<(&Path, Metadata)> = Vec::new();
    for path in paths {
        match fs::metadata(path) {
            Ok(metadata) => found.push((path, metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                let says = format!("{}: {error}: use the user of the server", path.display());
                return Finding::problem(check, says);
            }
        }
    }
    let mut faults = Vec::new();
    for (path, metadata) in &found {
        let (shown, mode) = (path.display(), metadata.mode() & 0o777);
        if mode & 0o077 != 0 {
            faults.push(format!(
                "{shown} has the mode {mode:04o}: chmod 600 {shown}"
            ));
        }
        let owner = found[0].1.uid();
        if metadata.uid() != owner {
            let first = found[0].0.display();
            faults.push(format!(
                "{shown} is of the user {} and {first} of {owner}: chown both to the user of the server",
                metadata.uid()
            ));
        }
    }
    match faults.is_empty() {
        true => Finding::ok(check, "readable by their owner alone"),
        false => Finding::problem(check, faults.join("; ")),
    }
}

fn room(directory: &Path) -> Finding {
    let check = "room on disk";
    match rustix::fs::statvfs(directory) {
        Ok(disk) => {
            let unit = disk.f_frsize;
            judge(
                disk.f_bavail.saturating_mul(unit),
                disk.f_blocks.saturating_mul(unit),
            )
        }
        Err(error) => Finding::warning(check, format!("{}: {error}", directory.display())),
    }
}

fn judge(free: u64, total: u64) -> Finding {
    let check = "room on disk";
    let says = format!("{} of {} MiB are free", free >> 20, total >> 20);
    if free < LITTLE_BYTES || free < total / LITTLE_PART {
        return Finding::warning(
            check,
            format!("{says}: make room, for writes are refused once there is none"),
        );
    }
    Finding::ok(check, says)
}

#[cfg(test)]
mod tests {
    use timetracks_db::Level;

    use super::judge;

    #[test]
    fn little_room_is_little_in_bytes_or_as_a_part() {
        const GIB: u64 = 1 << 30;
        for (free, total, level) in [
            (GIB, 10 * GIB, Level::Ok),
            (GIB - 1, 2 * GIB, Level::Warning),
            (2 * GIB, 20 * GIB, Level::Ok),
            (2 * GIB - 1, 20 * GIB, Level::Warning),
            (0, 0, Level::Warning),
        ] {
            assert_eq!(judge(free, total).level, level, "{free} of {total}");
        }
    }
}

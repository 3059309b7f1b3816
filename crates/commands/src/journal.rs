//! What `timetracks run` is doing, for whoever comes when it was killed.
//!
//! While it lives, a run keeps the entry that would wait in the queue if it ended now and, in a second file, the last
//! instant at which it was alive. It holds a lock on the second one, which the kernel takes away with the process: a journal
//! whose lock is free was left behind. Nothing is synchronised to the disk. What was written outlives the process; after
//! a power cut the lease at the server stands for it. docs/cli.md has the moments in which a run may die.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use serde_json::json;
use timetracks_client::domain::Instant;

use super::{entry::Entry, files};

/// As many digits as an instant has at most, so that each covers the one before.
const DIGITS: usize = 20;

/// The journal of a run that lives.
pub(crate) struct Journal {
    path: PathBuf,
    alive: File,
}

impl Journal {
    /// Begins one. The lock is held before there is anything to be found.
    pub(crate) fn begin(directory: &Path, entry: &Entry) -> io::Result<Self> {
        let path = directory.join(format!("{}.json", entry.key));
        // Nobody sweeps meanwhile.
        let beginning = File::open(files::make_parent(&path)?)?;
        beginning.lock_shared()?;
        let mut options = OpenOptions::new();
        let alive = files::open(&alive(&path), options.write(true).create_new(true))?;
        alive.lock()?;
        let journal = Self { path, alive };
        journal.live(Instant::MIN.plus_ms(entry.at));
        files::replace_unsynced(&journal.path, &serde_json::to_string(entry)?)?;
        Ok(journal)
    }

    /// Keeps what is known now. A disk that is full shall not be in the way: then the last that was kept counts.
    pub(crate) fn keep(&self, entry: &Entry) {
        if let Ok(text) = serde_json::to_string(entry) {
            let _ = files::replace_unsynced(&self.path, &text);
        }
    }

    /// Keeps that the run lives: one small write in place, which no signal divides.
    pub(crate) fn live(&self, now: Instant) {
        let digits = format!("{:0DIGITS$}", now.ms());
        let _ = self.alive.write_all_at(digits.as_bytes(), 0);
    }

    /// Removes it: what it holds is at the server, in the queue, or nobody's business.
    pub(crate) fn end(&self) {
        remove(&self.path);
    }
}

/// A journal whose run is dead. Nobody else takes it on meanwhile.
pub(crate) struct Left {
    path: PathBuf,
    _lock: File,
}

impl Left {
    /// What is to be booked: up to where the run was last alive, or to the end of the command if it got as far as that.
    pub(crate) fn entry(&self) -> io::Result<Entry> {
        let mut entry: Entry = serde_json::from_str(&fs::read_to_string(&self.path)?)?;
        if entry.end_meta.is_none() {
            let mut digits = String::new();
            File::open(alive(&self.path))?.read_to_string(&mut digits)?;
            entry.at = entry.at.max(digits.parse().unwrap_or(entry.at));
            entry.end_meta = json!({ "killed": true }).as_object().cloned();
        }
        Ok(entry)
    }

    pub(crate) fn text(&self) -> String {
        fs::read_to_string(&self.path).unwrap_or_default()
    }

    pub(crate) fn remove(&self) {
        remove(&self.path);
    }
}

/// The journals whose runs are dead.
pub(crate) fn left_behind(directory: &Path) -> io::Result<Vec<Left>> {
    let files = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        files => files?,
    };
    let mut left = Vec::new();
    for file in files {
        let path = file?.path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let lock = files::try_lock(&alive(&path))?;
        // Whoever had the lock a moment ago may have removed it.
        if let Some(lock) = lock.filter(|_| path.exists()) {
            left.push(Left { path, _lock: lock });
        }
    }
    Ok(left)
}

/// Removes what is left of runs that were killed before they had a journal, or while they wrote one.
pub(crate) fn sweep(directory: &Path) -> io::Result<()> {
    let Ok(beginning) = File::open(directory) else {
        return Ok(());
    };
    // A run that begins holds it: what it has is no journal yet.
    if beginning.try_lock().is_err() {
        return Ok(());
    }
    for file in fs::read_dir(directory)? {
        let file = file?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let is_partial = name.starts_with('.');
        let key = name.trim_start_matches('.').split('.').next();
        let path = directory.join(format!("{}.json", key.unwrap_or_default()));
        if path.exists() && !is_partial {
            continue;
        }
        if let Some(_lock) = files::try_lock(&alive(&path))? {
            if is_partial {
                let _ = fs::remove_file(&file);
            }
            if !path.exists() {
                let _ = fs::remove_file(alive(&path));
            }
        }
    }
    Ok(())
}

fn alive(path: &Path) -> PathBuf {
    path.with_extension("alive")
}

fn remove(path: &Path) {
    let _ = fs::remove_file(path);
    let _ = fs::remove_file(alive(path));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Action;

    fn entry() -> Entry {
        Entry::new(Action::Book, Some("build"), Instant::MIN.plus_ms(1000))
    }

    #[test]
    fn a_journal_is_found_when_its_run_is_dead_and_not_before() {
        let directory = tempfile::tempdir().unwrap();
        let runs = directory.path().join("runs");
        assert!(left_behind(&runs).unwrap().is_empty());
        let journal = Journal::begin(&runs, &entry()).unwrap();
        journal.live(Instant::MIN.plus_ms(123_456));
        journal.live(Instant::MIN.plus_ms(6000));
        assert!(left_behind(&runs).unwrap().is_empty());
        drop(journal);
        let left = left_behind(&runs).unwrap();
        let found = left[0].entry().unwrap();
        assert_eq!((found.at, found.task.as_deref()), (6000, Some("build")));
        assert_eq!(json!(found.end_meta), json!({ "killed": true }));
        assert!(left_behind(&runs).unwrap().is_empty(), "it is taken");
        left[0].remove();
        assert_eq!(fs::read_dir(&runs).unwrap().count(), 0);
    }

    #[test]
    fn what_was_killed_before_it_had_a_journal_is_swept_and_what_lives_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let runs = directory.path().join("runs");
        sweep(&runs).unwrap();
        let lives = Journal::begin(&runs, &entry()).unwrap();
        let key = lives.path.file_stem().unwrap().to_str().unwrap().to_owned();
        let being_written = format!(".{key}.json.7");
        for name in [
            "cli-1.alive",
            ".cli-1.json.7",
            ".cli-2.json.8",
            &being_written,
        ] {
            fs::write(runs.join(name), "").unwrap();
        }
        let names = || {
            let files = fs::read_dir(&runs).unwrap();
            let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
            names.collect::<std::collections::BTreeSet<_>>()
        };
        let begins = File::open(&runs).unwrap();
        begins.lock_shared().unwrap();
        sweep(&runs).unwrap();
        assert_eq!(names().len(), 6, "somebody begins");
        drop(begins);
        sweep(&runs).unwrap();
        let journal = [format!("{key}.alive"), format!("{key}.json")];
        let living = journal.iter().chain([&being_written]).cloned();
        assert_eq!(names(), living.collect());
        drop(lives);
        sweep(&runs).unwrap();
        assert_eq!(names(), journal.into(), "it is still to be booked");
    }

    #[test]
    fn an_end_that_was_kept_counts_more_than_the_last_sign_of_life() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::begin(directory.path(), &entry()).unwrap();
        let meta = json!({ "exitCode": 0 }).as_object().cloned();
        let ended = Entry {
            at: 5000,
            end_meta: meta,
            ..entry()
        };
        journal.keep(&ended);
        journal.live(Instant::MIN.plus_ms(9000));
        drop(journal);
        let left = left_behind(directory.path()).unwrap();
        assert_eq!(left[0].entry().unwrap(), ended);
        let journal = Journal::begin(directory.path(), &entry()).unwrap();
        journal.end();
        drop(journal);
        assert!(left_behind(directory.path()).unwrap().is_empty());
    }
}

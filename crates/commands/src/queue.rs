//! What could not be sent, written down until it can.
//!
//! One file for each server and account, a line of JSON each, in the order in which it was done. An entry holds its instant
//! and its idempotency key, so that it is the same request however often it is sent. Whoever sends holds a lock.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::PathBuf,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use timetracks_client::{
    api::{Code, tracks::Track},
    domain::Instant,
};

use super::{
    context::Context,
    entry::Entry,
    failure::{CONFIGURATION, Failure},
    files, journal, late, output,
};

/// What the server refused for good.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Refused {
    pub(crate) entry: serde_json::Value,
    pub(crate) because: String,
}

/// What had waited, and the track that it has become.
pub(crate) type Sent = (Entry, Track);

/// The files of one server and account.
pub(crate) struct Queue {
    path: PathBuf,
    /// Where the journals of its runs are.
    pub(crate) runs: PathBuf,
}

fn failed(error: io::Error) -> Failure {
    Failure::new(
        CONFIGURATION,
        format!("the queue of what was not sent: {error}"),
    )
}

impl Queue {
    pub(crate) fn of(server: &str, mark: &str) -> Result<Self, Failure> {
        let digest = Sha256::digest(format!("{server}\0{mark}"));
        let name: String = digest
            .iter()
            .take(12)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let directory = files::state_dir().map_err(failed)?;
        Ok(Self {
            path: directory.join("queue").join(format!("{name}.jsonl")),
            runs: directory.join("runs").join(name),
        })
    }

    fn refused_path(&self) -> PathBuf {
        self.path.with_extension("refused.jsonl")
    }

    fn lock_path(&self) -> PathBuf {
        self.path.with_extension("lock")
    }

    fn lock(&self) -> Result<File, Failure> {
        files::lock(&self.lock_path()).map_err(failed)
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        let is_short = std::fs::metadata(&self.path).map_or(true, |file| file.len() == 0);
        is_short && journal::left_behind(&self.runs).map_or(true, |left| left.is_empty())
    }

    /// Writes these down for later; they are on the disk when it returns.
    pub(crate) fn append(&self, entries: &[Entry]) -> Result<(), Failure> {
        let _turn = self.lock()?;
        append(&self.path, entries)
    }

    /// What was refused for good.
    pub(crate) fn refused(&self) -> Result<Vec<Refused>, Failure> {
        readable(&self.refused_path())
    }

    /// What waits.
    pub(crate) fn waiting(&self) -> Result<Vec<Entry>, Failure> {
        readable(&self.path)
    }

    /// Forgets what was refused for good.
    pub(crate) fn forget_refused(&self) -> Result<(), Failure> {
        let _turn = self.lock()?;
        match std::fs::remove_file(self.refused_path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }

    fn keep(&self, entries: &[Entry]) -> Result<(), Failure> {
        let text: String = entries.iter().map(line).collect();
        files::replace(&self.path, &text).map_err(failed)
    }

    fn set_aside(&self, entry: serde_json::Value, because: String) -> Result<(), Failure> {
        append(&self.refused_path(), &[Refused { entry, because }])
    }

    /// What waits. Lines that nobody can read, as after a power cut, are set aside.
    fn read(&self) -> Result<Vec<Entry>, Failure> {
        let text = files::read(&self.path).map_err(failed)?.unwrap_or_default();
        let mut entries = Vec::new();
        let mut torn = false;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match serde_json::from_str(line) {
                Ok(entry) => entries.push(entry),
                Err(error) => {
                    self.set_aside(line.into(), format!("cannot be read: {error}"))?;
                    torn = true;
                }
            }
        }
        if torn {
            self.keep(&entries)?;
        }
        Ok(entries)
    }

    /// Sends what waits, in order, and answers with what was sent. It ends at the first that must wait longer, with why.
    pub(crate) async fn send(
        &self,
        context: &Context,
    ) -> Result<(Vec<Sent>, Option<Failure>), Failure> {
        let path = self.lock_path();
        // Others may hold it for long, and this process may have other things to do.
        let locked = tokio::task::spawn_blocking(move || files::lock(&path)).await;
        let _turn = locked
            .map_err(io::Error::other)
            .and_then(|locked| locked)
            .map_err(failed)?;
        self.send_in_turn(context).await
    }

    /// As [`Queue::send`], unless another process is at it: it does not wait for that.
    pub(crate) async fn send_if_free(&self, context: &Context) {
        if !self.is_empty()
            && let Ok(Some(_turn)) = files::try_lock(&self.lock_path())
        {
            // It waits on.
            let _ = self.send_in_turn(context).await;
        }
    }

    async fn send_in_turn(
        &self,
        context: &Context,
    ) -> Result<(Vec<Sent>, Option<Failure>), Failure> {
        self.take_in_the_dead()?;
        let mut waiting = self.read()?;
        let mut sent = Vec::new();
        while !waiting.is_empty() {
            let mut entry = waiting[0].clone();
            if entry.handle.is_none() {
                match late::resolve(context, &entry).await {
                    Ok(handle) => {
                        entry.handle = Some(handle);
                        waiting[0] = entry.clone();
                        self.keep(&waiting)?;
                    }
                    Err(failure) if failure.is_passing() => return Ok((sent, Some(failure))),
                    Err(failure) => {
                        self.give_up(context, &mut waiting, failure)?;
                        continue;
                    }
                }
            }
            match late::perform(context, &entry).await {
                Ok(track) => {
                    waiting.remove(0);
                    self.keep(&waiting)?;
                    sent.push((entry, track));
                }
                Err(failure) if failure.is_passing() => return Ok((sent, Some(failure))),
                Err(failure) => self.give_up(context, &mut waiting, failure)?,
            }
        }
        Ok((sent, None))
    }

    /// Writes down what runs did that were killed. It is there before it is gone from their journals: what is there twice is
    /// the same request.
    fn take_in_the_dead(&self) -> Result<(), Failure> {
        for left in journal::left_behind(&self.runs).map_err(failed)? {
            match left.entry() {
                Ok(entry) => append(&self.path, &[entry])?,
                // As after a power cut.
                Err(error) => {
                    let because = format!("the journal of a run cannot be read: {error}");
                    self.set_aside(left.text().into(), because)?;
                }
            }
            left.remove();
        }
        journal::sweep(&self.runs).map_err(failed)
    }

    /// Sets the first aside, unless there was nothing to do: it is written there before it is gone from here.
    fn give_up(
        &self,
        context: &Context,
        waiting: &mut Vec<Entry>,
        failure: Failure,
    ) -> Result<(), Failure> {
        let entry = waiting.remove(0);
        if entry.if_any && failure.code == Some(Code::NotRunning) {
            return self.keep(waiting);
        }
        let at = context.local().zoned(Instant::MIN.plus_ms(entry.at));
        output::note(&format!(
            "the server refuses {}: {}\nIt is kept aside; `timetracks sync` shows it.",
            entry.words(&at.strftime("%F %R").to_string()),
            failure.message
        ));
        let value = serde_json::to_value(&entry).unwrap_or_default();
        self.set_aside(value, failure.message)?;
        self.keep(waiting)
    }
}

/// The lines that can be read.
fn readable<T: DeserializeOwned>(path: &std::path::Path) -> Result<Vec<T>, Failure> {
    let text = files::read(path).map_err(failed)?.unwrap_or_default();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    Ok(lines.collect())
}

fn line<T: Serialize>(value: &T) -> String {
    format!("{}\n", serde_json::to_string(value).unwrap_or_default())
}

fn append<T: Serialize>(path: &std::path::Path, values: &[T]) -> Result<(), Failure> {
    let text: String = values.iter().map(line).collect();
    let written = (|| {
        // A line that was cut off stays one of its own.
        let torn = files::read(path)?.is_some_and(|text| !text.is_empty() && !text.ends_with('\n'));
        let mut file = files::open(path, OpenOptions::new().append(true).create(true))?;
        file.write_all(format!("{}{text}", if torn { "\n" } else { "" }).as_bytes())?;
        file.sync_all()?;
        File::open(path.parent().unwrap_or(path))?.sync_all()
    })();
    written.map_err(failed)
}

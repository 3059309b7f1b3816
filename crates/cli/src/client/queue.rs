//! What could not be sent, written down until it can.
//!
//! One file for each server and account, a line of JSON each, in the order in which it was done. An entry holds its instant
//! and its idempotency key, so that it is the same request however often it is sent. Whoever sends holds a lock.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use timetracks_client::domain::{Instant, TaskId, TrackId};

use super::{
    context::Context,
    details::{Members, Said},
    failure::{CONFIGURATION, Failure},
    files, output, sending,
};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Action {
    /// Clocked in.
    In,
    /// Clocked out.
    Out,
    /// Both, by `timetracks run`.
    Book,
}

/// Which task, once that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Handle {
    Id(TaskId),
    Name(String),
    ExternalId(String),
}

/// A track of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Own {
    pub(crate) task: TaskId,
    pub(crate) track: TrackId,
}

/// Something done at some instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub(crate) action: Action,
    /// The task, as it was typed; for clocking out of the only running one, none.
    pub(crate) task: Option<String>,
    /// The task, as it was found. From then on the request never changes.
    pub(crate) handle: Option<Handle>,
    /// When, in Unix milliseconds.
    pub(crate) at: i64,
    /// Since when, for what was booked as a whole.
    pub(crate) since: Option<i64>,
    /// What makes it safe to send again.
    pub(crate) key: String,
    /// What is said of the track.
    #[serde(flatten)]
    pub(crate) said: Said,
    /// The track of what was booked as a whole, if the server has said which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) track: Option<Own>,
    /// What programs say of its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_meta: Option<Members>,
}

impl Entry {
    pub(crate) fn new(action: Action, task: Option<&str>, at: Instant) -> Self {
        Self {
            action,
            task: task.map(str::to_owned),
            handle: None,
            at: at.ms(),
            since: None,
            key: new_key(),
            said: Said::default(),
            track: None,
            end_meta: None,
        }
    }

    /// For another request than the one that was answered.
    pub(crate) fn renew_key(&mut self) {
        self.key = new_key();
    }

    pub(crate) fn saying(self, said: Said) -> Self {
        Self { said, ..self }
    }

    /// In words, for people.
    pub(crate) fn words(&self, at: &str) -> String {
        let done = match self.action {
            Action::In => "clock in",
            Action::Out => "clock out",
            Action::Book => "a finished run",
        };
        let task = self.task.as_deref().map(|task| format!(" on {task:?}"));
        format!("{done}{} at {at}", task.unwrap_or_default())
    }
}

fn new_key() -> String {
    format!("cli-{:032x}", rand::random::<u128>())
}

/// What the server refused for good.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Refused {
    pub(crate) entry: serde_json::Value,
    pub(crate) because: String,
}

/// The files of one server and account.
pub(crate) struct Queue {
    path: PathBuf,
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
        })
    }

    fn refused_path(&self) -> PathBuf {
        self.path.with_extension("refused.jsonl")
    }

    fn lock(&self) -> Result<File, Failure> {
        files::lock(&self.path.with_extension("lock")).map_err(failed)
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        std::fs::metadata(&self.path).map_or(true, |file| file.len() == 0)
    }

    /// Writes these down for later; they are on the disk when it returns.
    pub(crate) fn append(&self, entries: &[Entry]) -> Result<(), Failure> {
        let _turn = self.lock()?;
        append(&self.path, entries)
    }

    /// What was refused for good.
    pub(crate) fn refused(&self) -> Result<Vec<Refused>, Failure> {
        let text = files::read(&self.refused_path())
            .map_err(failed)?
            .unwrap_or_default();
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        Ok(lines.collect())
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
    ) -> Result<(Vec<Entry>, Option<Failure>), Failure> {
        let _turn = self.lock()?;
        let mut waiting = self.read()?;
        let mut sent = Vec::new();
        while !waiting.is_empty() {
            let mut entry = waiting[0].clone();
            if entry.handle.is_none() {
                match sending::resolve(context, &entry).await {
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
            match sending::perform(context, &entry).await {
                Ok(_) => {
                    waiting.remove(0);
                    self.keep(&waiting)?;
                    sent.push(entry);
                }
                Err(failure) if failure.is_passing() => return Ok((sent, Some(failure))),
                Err(failure) => self.give_up(context, &mut waiting, failure)?,
            }
        }
        Ok((sent, None))
    }

    /// Sets the first aside: it is written there before it is gone from here.
    fn give_up(
        &self,
        context: &Context,
        waiting: &mut Vec<Entry>,
        failure: Failure,
    ) -> Result<(), Failure> {
        let entry = waiting.remove(0);
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

//! What was done, as it waits to be sent.

use serde::{Deserialize, Serialize};
use timetracks_client::domain::{Instant, TaskId, TrackId};

use super::details::{Members, Said};

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
    /// Whether it is no failure that nothing runs: `switch` leaves what there is to leave.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) if_any: bool,
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
            if_any: false,
        }
    }

    /// For another request than the one that was answered.
    pub(crate) fn renew_key(&mut self) {
        self.key = new_key();
    }

    pub(crate) fn saying(self, said: Said) -> Self {
        Self { said, ..self }
    }

    fn is_killed(&self) -> bool {
        let meta = self.end_meta.as_ref();
        meta.is_some_and(|meta| meta.contains_key("killed"))
    }

    /// When.
    pub(crate) fn instant(&self) -> Instant {
        Instant::MIN.plus_ms(self.at)
    }

    /// In words, for people.
    pub(crate) fn words(&self, at: &str) -> String {
        let done = match self.action {
            Action::In => "clock in",
            Action::Out => "clock out",
            Action::Book if self.is_killed() => "a run that was killed",
            Action::Book => "a finished run",
        };
        let task = self.task.as_deref().map(|task| format!(" on {task:?}"));
        format!("{done}{} at {at}", task.unwrap_or_default())
    }
}

fn new_key() -> String {
    format!("cli-{:032x}", rand::random::<u128>())
}

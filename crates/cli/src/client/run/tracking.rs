//! The track of one command, from its begin to its end.

use serde_json::json;
use timetracks_client::api::Code;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    End,
    course::{Course, State},
};
use crate::client::{
    arguments::Common,
    context::Context,
    details::{Members, Said},
    failure::{Failure, UNREACHABLE},
    output::note,
    queue::{Action, Entry, Handle},
    sending,
};

pub(crate) struct Tracking {
    context: Context,
    course: Course,
}

impl Tracking {
    /// From now on.
    pub(crate) fn new(common: &Common, handle: Handle, said: Said) -> Result<Self, Failure> {
        let context = Context::open(common)?;
        let start = context.local().instant();
        let text = match &handle {
            Handle::Id(id) => id.to_string(),
            Handle::Name(text) | Handle::ExternalId(text) => text.clone(),
        };
        let mut entry = Entry::new(Action::Book, Some(&text), start).saying(said);
        entry.handle = Some(handle);
        entry.since = Some(start.ms());
        Ok(Self {
            context,
            course: Course::new(entry),
        })
    }

    /// Clocks in at the moment in which this began.
    pub(crate) async fn clock_in(&mut self) -> Result<(), Failure> {
        self.course.clock_in(&self.context).await
    }

    /// What goes on beside the command, for as long as it runs.
    pub(crate) async fn follow(&mut self) {
        let mut beats = interval(self.course.every());
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if !matches!(self.course.state, State::Unknown) {
            beats.reset();
        }
        loop {
            beats.tick().await;
            self.course.go_on(&self.context).await;
        }
    }

    /// Clocks out, as the command has ended now; or, when it never began, forgets it.
    pub(crate) async fn finish(&mut self, end: Option<&End>) -> Result<(), Failure> {
        match &self.course.state {
            State::Refused => {
                return Err(Failure::refused("the time of the command is not booked"));
            }
            State::Over(why) => {
                note(why);
                return Ok(());
            }
            State::In(_) => {}
            // A command that never began has no time.
            State::Unknown | State::Beside if end.is_none() => return Ok(()),
            State::Unknown | State::Beside => {}
        }
        self.note_end(end);
        let entry = &self.course.entry;
        match sending::perform(&self.context, entry).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_passing() => self.keep(&failure.message),
            Err(failure) if failure.code == Some(Code::NotFound) => {
                note(&failure.message);
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Writes the stretch down as it is now.
    pub(crate) fn write_down(&mut self, end: &End) -> Result<(), Failure> {
        self.note_end(Some(end));
        self.keep("interrupted")
    }

    fn note_end(&mut self, end: Option<&End>) {
        let entry = &mut self.course.entry;
        let start = entry.since.unwrap_or(entry.at);
        // A clock that was put back makes no negative time.
        entry.at = self.context.local().instant().ms().max(start);
        entry.end_meta = end.map(|end| end.members(entry.at - start));
    }

    fn keep(&self, because: &str) -> Result<(), Failure> {
        let entry = std::slice::from_ref(&self.course.entry);
        self.context.queue.append(entry)?;
        Err(Failure::new(
            UNREACHABLE,
            format!(
                "{because}\nThe time of the command is written down and sent later: by the next command that gets through, or `timetracks sync`."
            ),
        ))
    }
}

impl End {
    /// What is said of it.
    pub(crate) fn members(&self, duration_ms: i64) -> Members {
        let mut members = Members::new();
        members.insert("exitCode".to_owned(), json!(self.code));
        members.insert("durationMs".to_owned(), json!(duration_ms));
        if let Some(signal) = self.signal {
            members.insert("signal".to_owned(), json!(signal));
        }
        members
    }
}

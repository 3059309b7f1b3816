//! The track of one command, from its begin to its end.

use std::time::Duration;

use serde_json::json;
use timetracks_client::api::Code;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    End,
    course::{Course, State},
};
use crate::{
    arguments::Common,
    clocking::SENT_BY,
    context::Context,
    details::{Members, Said},
    entry::{Action, Entry, Handle},
    failure::{Failure, UNREACHABLE},
    journal::Journal,
    output::note,
    sending,
};

/// How often it is kept that we live, at least. What is missing after a `kill -9` is no more.
const PULSE: Duration = Duration::from_secs(5);

pub(crate) struct Tracking {
    context: Context,
    course: Course,
    /// For when we are killed; `None` when none can be written.
    journal: Option<Journal>,
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
        let journal = Journal::begin(&context.queue.runs, &entry);
        if let Err(error) = &journal {
            note(&format!("a kill -9 would lose the time: {error}"));
        }
        Ok(Self {
            context,
            course: Course::new(entry),
            journal: journal.ok(),
        })
    }

    /// Clocks in at the moment in which this began.
    pub(crate) async fn clock_in(&mut self) -> Result<(), Failure> {
        let clocked_in = self.course.clock_in(&self.context).await;
        self.course.keep(self.journal.as_ref());
        clocked_in
    }

    /// Ends the journal: nothing is to be booked for us, or it is where it belongs.
    pub(crate) fn close(&self) {
        if let Some(journal) = &self.journal {
            journal.end();
        }
    }

    /// What goes on beside the command, for as long as it runs.
    pub(crate) async fn follow(&mut self) {
        let (context, journal) = (&self.context, self.journal.as_ref());
        let every = self.course.every();
        tokio::join!(
            live(context, journal, every.min(PULSE)),
            beat(context, journal, every, &mut self.course)
        );
    }

    /// Clocks out, as the command has ended now; or, when it never began, forgets it. Then what waits is sent, too: on some
    /// machines nobody ever says anything but `run`.
    pub(crate) async fn finish(&mut self, end: Option<&End>) -> Result<(), Failure> {
        let told = self.tell(end).await;
        if told.is_ok() {
            self.course.state = State::Told;
            self.context.queue.send_if_free(&self.context).await;
        }
        told
    }

    async fn tell(&mut self, end: Option<&End>) -> Result<(), Failure> {
        let told = match &self.course.state {
            State::Refused => Err(Failure::refused("the time of the command is not booked")),
            State::Over(why) => {
                note(why);
                Ok(())
            }
            // A command that never began has no time.
            State::Unknown | State::Beside if end.is_none() => Ok(()),
            _ => {
                self.note_end(end);
                match sending::perform(&self.context, &self.course.entry).await {
                    Ok(_) => Ok(()),
                    Err(failure) if failure.status == UNREACHABLE => {
                        // Nobody is to try again: it is sent by itself.
                        let server = self.context.client.server();
                        return self.put_off(&format!("the server {server} cannot be reached."));
                    }
                    Err(failure) if failure.is_passing() => return self.put_off(&failure.message),
                    Err(failure) if failure.code == Some(Code::NotFound) => {
                        note(&failure.message);
                        Ok(())
                    }
                    Err(failure) => Err(failure),
                }
            }
        };
        self.close();
        told
    }

    /// Writes the stretch down as it is now.
    pub(crate) fn write_down(&mut self, end: &End) -> Result<(), Failure> {
        if matches!(self.course.state, State::Told) {
            return Ok(());
        }
        self.note_end(Some(end));
        self.put_off("interrupted.")
    }

    fn note_end(&mut self, end: Option<&End>) {
        let entry = &mut self.course.entry;
        let start = entry.since.unwrap_or(entry.at);
        // A clock that was put back makes no negative time.
        entry.at = self.context.local().instant().ms().max(start);
        entry.end_meta = end.map(|end| end.members(entry.at - start));
        self.course.keep(self.journal.as_ref());
    }

    fn put_off(&self, because: &str) -> Result<(), Failure> {
        let entry = std::slice::from_ref(&self.course.entry);
        self.context.queue.append(entry)?;
        self.close();
        Err(Failure::new(
            UNREACHABLE,
            format!("{because}\nThe time of the command is written down.\n{SENT_BY}"),
        ))
    }
}

/// Keeps that we live.
async fn live(context: &Context, journal: Option<&Journal>, every: Duration) {
    let Some(journal) = journal else {
        return;
    };
    let mut pulse = interval(every);
    loop {
        pulse.tick().await;
        journal.live(context.local().instant());
    }
}

/// Does what is to be done every so often.
async fn beat(context: &Context, journal: Option<&Journal>, every: Duration, course: &mut Course) {
    let mut beats = interval(every);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    if !matches!(course.state, State::Unknown) {
        beats.reset();
    }
    loop {
        beats.tick().await;
        // What the server hears of, the journal knows.
        if let Some(journal) = journal {
            journal.live(context.local().instant());
        }
        course.go_on(context, journal).await;
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

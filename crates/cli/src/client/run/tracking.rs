//! The track of one command.

use timetracks_client::domain::TaskId;

use crate::client::{
    arguments::Common,
    context::Context,
    failure::{Failure, UNREACHABLE},
    output::note,
    queue::{Action, Entry, Handle},
    sending,
};

/// What is known of the track.
enum State {
    /// Whether we are clocked in is not known yet.
    Unknown,
    /// We are: by a track of our own, or somebody else's runs on the task and ours is booked beside it.
    In { task: TaskId, ours: bool },
    /// The server refuses it.
    Refused,
}

pub(crate) struct Tracking {
    context: Context,
    /// The whole stretch: what is sent when it is over, or written down.
    entry: Entry,
    state: State,
}

impl Tracking {
    /// From now on.
    pub(crate) fn new(common: &Common, handle: Handle) -> Result<Self, Failure> {
        let context = Context::open(common)?;
        let start = context.local().instant();
        let text = match &handle {
            Handle::Id(id) => id.to_string(),
            Handle::Name(text) | Handle::ExternalId(text) => text.clone(),
        };
        let mut entry = Entry::new(Action::Book, Some(&text), start);
        entry.handle = Some(handle);
        entry.since = Some(start.ms());
        Ok(Self {
            context,
            entry,
            state: State::Unknown,
        })
    }

    /// Clocks in at the moment in which this began.
    pub(crate) async fn clock_in(&mut self) -> Result<(), Failure> {
        let Some(handle) = &self.entry.handle else {
            return Ok(());
        };
        let begun = sending::begin_or_beside(&self.context, handle, &self.entry).await;
        match begun {
            Ok((task, ours)) => self.state = State::In { task, ours },
            Err(failure) => {
                if !failure.is_passing() {
                    self.state = State::Refused;
                }
                return Err(failure);
            }
        }
        Ok(())
    }

    /// What goes on beside the command.
    pub(crate) async fn follow(&mut self) {
        if !matches!(self.state, State::Unknown) {
            return;
        }
        if let Err(failure) = self.clock_in().await
            && failure.status != UNREACHABLE
        {
            note(&format!("the command is not tracked: {}", failure.message));
        }
    }

    /// Clocks out, as the command has ended now with this exit status; or, when it never began, forgets it.
    pub(crate) async fn finish(&self, code: Option<u8>) -> Result<(), Failure> {
        let mut entry = self.entry.clone();
        entry.at = self.context.local().instant().ms();
        let sent = match self.state {
            State::Refused => {
                return Err(Failure::refused("the time of the command is not booked"));
            }
            State::In { task, ours } if code.is_some() || ours => {
                sending::finish(&self.context, task, ours, &entry)
                    .await
                    .map_err(Failure::from)
            }
            // A command that never began has no time.
            _ if code.is_none() => return Ok(()),
            _ => sending::perform(&self.context, &entry).await,
        };
        match sent {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_passing() => self.keep(&entry, &failure.message),
            Err(failure) => Err(failure),
        }
    }

    /// Writes the stretch down as it is now.
    pub(crate) fn write_down(&self) -> Result<(), Failure> {
        let mut entry = self.entry.clone();
        entry.at = self.context.local().instant().ms();
        self.keep(&entry, "interrupted")
    }

    fn keep(&self, entry: &Entry, because: &str) -> Result<(), Failure> {
        self.context.queue.append(std::slice::from_ref(entry))?;
        Err(Failure::new(
            UNREACHABLE,
            format!(
                "{because}\nThe time of the command is written down and sent later: by the next command that gets through, or `timetracks sync`."
            ),
        ))
    }
}

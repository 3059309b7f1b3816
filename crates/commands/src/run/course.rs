//! What is known of the track of a command, and how it goes on while the command does.

use std::time::Duration;

use timetracks_client::{api::tracks::UpdateTrack, domain::Change};

use crate::{
    context::Context,
    entry::{Entry, Own},
    failure::{Failure, UNREACHABLE},
    journal::Journal,
    output::note,
    sending::{self, Begun},
    settling::Gone,
};

/// How often it is tried to clock in when there is no lease that says so.
const WITHOUT_LEASE: Duration = Duration::from_secs(60);

/// How far a track has come.
pub(crate) enum State {
    /// Whether we are clocked in is not known yet.
    Unknown,
    /// Somebody else's track runs on the task. Ours is booked beside it at the end, unless that one ends before.
    Beside,
    /// We are clocked in, by this track.
    In(Own),
    /// It is not ours to end any more: somebody ended or deleted it, or it ran for as long as it may.
    Over(String),
    /// The server refuses it.
    Refused,
    /// All is said.
    Told,
}

pub(crate) struct Course {
    /// The whole stretch: what is sent when it is over, or written down.
    pub(crate) entry: Entry,
    pub(crate) state: State,
    /// Whether it was said that there is trouble.
    told: bool,
}

impl Course {
    pub(crate) fn new(entry: Entry) -> Self {
        Self {
            entry,
            state: State::Unknown,
            told: false,
        }
    }

    /// How often there is something to do: three times within a lease, so that one heartbeat may be lost.
    pub(crate) fn every(&self) -> Duration {
        let lease = self.entry.said.lease();
        let seconds = lease.and_then(|lease| u64::try_from(lease.seconds()).ok());
        seconds.map_or(WITHOUT_LEASE, |seconds| Duration::from_secs(seconds) / 3)
    }

    /// Clocks in at the moment in which this began.
    pub(crate) async fn clock_in(&mut self, context: &Context) -> Result<(), Failure> {
        match sending::begin_or_beside(context, &self.entry).await {
            Ok(Begun::Own(own)) => {
                self.entry.track = Some(own);
                self.state = State::In(own);
            }
            Ok(Begun::Beside(_)) => self.state = State::Beside,
            Err(failure) => {
                if !failure.is_passing() {
                    self.state = State::Refused;
                }
                return Err(failure);
            }
        }
        Ok(())
    }

    /// Does what is to be done every so often.
    pub(crate) async fn go_on(&mut self, context: &Context, journal: Option<&Journal>) {
        match self.state {
            State::Unknown => self.try_to_clock_in(context).await,
            State::Beside => {
                // The answer to the old key is known: another track runs.
                self.entry.renew_key();
                self.state = State::Unknown;
                // Before it is used: else whoever comes later would ask with the old one, and book the time twice.
                self.keep(journal);
                self.try_to_clock_in(context).await;
            }
            State::In(own) if self.entry.said.lease.is_some() => self.heartbeat(context, own).await,
            State::In(_) | State::Over(_) | State::Refused | State::Told => return,
        }
        self.keep(journal);
    }

    /// Keeps what would have to be booked if we were killed now.
    pub(crate) fn keep(&self, journal: Option<&Journal>) {
        let Some(journal) = journal else {
            return;
        };
        match self.state {
            State::Over(_) | State::Refused | State::Told => journal.end(),
            State::Unknown | State::Beside | State::In(_) => journal.keep(&self.entry),
        }
    }

    async fn try_to_clock_in(&mut self, context: &Context) {
        if let Err(failure) = self.clock_in(context).await
            && failure.status != UNREACHABLE
            && !self.told
        {
            self.told = true;
            note(&format!("the command is not tracked: {}", failure.message));
        }
    }

    async fn heartbeat(&mut self, context: &Context, own: Own) {
        let call = context.client.heartbeat(own.task, own.track);
        let Err(error) = call.within(self.every()).await else {
            return;
        };
        match Gone::of(&error) {
            Some(gone) if gone.is_by_lease() => self.reopen(context, own).await,
            Some(gone) => self.state = State::Over(gone.words(context)),
            // The next one may get through.
            None => {}
        }
    }

    /// The server was away for longer than the lease. The command still runs, so its track does.
    async fn reopen(&mut self, context: &Context, own: Own) {
        let change = UpdateTrack {
            end: Change::Set(None),
            ..UpdateTrack::default()
        };
        let call = context.client.update_track(own.task, own.track, &change);
        // Should another track run on the task by now, ours is given its end when the command has one.
        if let Ok(track) = call.within(self.every()).await
            && track.end.is_some()
        {
            self.state = State::Over(Gone::Ended(Box::new(track)).words(context));
        }
    }
}

//! Leaving a track that may have ended already: by its lease while the server was away, or because somebody ended it.

use timetracks_client::{
    Error,
    api::{
        Code, Millis,
        tracks::{ClockOut, Track, UpdateTrack},
    },
    domain::{Change, Description, Instant, Meta},
};

use super::{
    context::Context,
    details::Members,
    entry::{Entry, Own},
    failure::Failure,
    log, output,
};

/// Why a track runs no more.
pub(crate) enum Gone {
    Ended(Box<Track>),
    Deleted,
}

impl Gone {
    /// What an answer says of a track that was to be running.
    pub(crate) fn of(error: &Error) -> Option<Self> {
        match error.code()? {
            Code::NotRunning => {
                let track = error.problem()?.track.clone();
                track.map(|track| Self::Ended(Box::new(track)))
            }
            Code::NotFound => Some(Self::Deleted),
            _ => None,
        }
    }

    pub(crate) fn is_by_lease(&self) -> bool {
        matches!(self, Self::Ended(track) if track.ended_by.as_deref() == Some("lease"))
    }

    /// In words, for people.
    pub(crate) fn words(&self, context: &Context) -> String {
        let Self::Ended(track) = self else {
            return "its track was deleted meanwhile".to_owned();
        };
        let by = log::by_itself(track).unwrap_or("hand");
        let end = track.end.map_or(track.start, |end| end);
        let at = context.local().zoned(end.0).strftime("%F %R");
        format!("its track was ended by {by} at {at}, and that stays so")
    }
}

/// Ends a track of ours at the entry's instant.
///
/// The heartbeat tells whether it is still ours that runs: clocking out ends whatever runs on the task. A track that its
/// lease has ended is given the end that it really had, which may lie before: whoever sent this heartbeat an earlier time may
/// not have got any further. One that somebody ended stays as they want it.
pub(crate) async fn end_own(context: &Context, own: Own, entry: &Entry) -> Result<Track, Failure> {
    let client = &context.client;
    let at = Instant::MIN.plus_ms(entry.at);
    let beat = client.heartbeat(own.task, own.track).await;
    let error = match beat {
        Err(error) => error,
        Ok(_) => {
            let body = ClockOut {
                end: Some(Millis(at)),
                note: None,
                meta: entry.end_meta.clone().and_then(|meta| Meta::new(meta).ok()),
            };
            let key = format!("{}-end", entry.key);
            match client.clock_out(own.task, &body).idempotency_key(key).await {
                Ok(track) => return Ok(track),
                Err(error) => error,
            }
        }
    };
    let gone = Gone::of(&error).ok_or(error)?;
    let Gone::Ended(track) = &gone else {
        return Err(Failure {
            code: Some(Code::NotFound),
            ..Failure::refused(gone.words(context))
        });
    };
    if can_be_put_right(track, at) {
        return put_right(context, track, at, None, entry.end_meta.as_ref()).await;
    }
    // Else it was an earlier attempt, whose answer was lost.
    if track.end.map_or(track.start.0, |end| end.0) != at {
        output::note(&gone.words(context));
    }
    Ok((**track).clone())
}

/// Whether somebody who left a track at this instant knows better when it ended. What a person said stays.
pub(crate) fn can_be_put_right(track: &Track, at: Instant) -> bool {
    match track.ended_by.as_deref() {
        Some("lease") => true,
        Some("limit") => track.end.is_some_and(|end| at < end.0),
        _ => false,
    }
}

/// Gives a track that has ended by itself the end that it really had.
pub(crate) async fn put_right(
    context: &Context,
    track: &Track,
    at: Instant,
    note: Option<Description>,
    meta: Option<&Members>,
) -> Result<Track, Failure> {
    let joined = meta.map(|meta| {
        let known = track.meta.clone().unwrap_or_default();
        known.into_iter().chain(meta.clone()).collect()
    });
    let meta = joined.and_then(|members| Meta::new(members).ok());
    let change = UpdateTrack {
        end: Change::Set(Some(Millis(at.max(track.start.0)))),
        note: note.map_or(Change::Keep, |note| Change::Set(Some(note))),
        meta: meta.map_or(Change::Keep, |meta| Change::Set(Some(meta))),
        ..UpdateTrack::default()
    };
    let call = context
        .client
        .update_track(track.task_id, track.id, &change);
    Ok(call.await?)
}

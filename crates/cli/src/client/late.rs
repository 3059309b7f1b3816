//! Sending what was written down before. Meanwhile a track that was to be left may have ended by itself, or the server may
//! have forgotten an earlier attempt, whose answer was lost.

use std::collections::HashMap;

use timetracks_client::{
    api::{
        Code, Millis,
        tracks::{Between, Track, TrackFilter},
    },
    domain::{Instant, TaskId},
};

use super::{
    context::Context,
    entry::{Action, Entry, Handle},
    failure::{Failure, REFUSED},
    log, sending, settling,
};

/// How far back a track is looked for: as long as the longest lease, a day.
const LOOKED_BACK_MS: i64 = 86_400_000;

/// Which task an entry means. What runs comes first, then what has ended by itself.
pub(crate) async fn resolve(context: &Context, entry: &Entry) -> Result<Handle, Failure> {
    let failure = match sending::resolve(context, entry).await {
        Err(failure) if entry.action == Action::Out && failure.status == REFUSED => failure,
        found => return found,
    };
    let mut latest: HashMap<TaskId, Track> = HashMap::new();
    for track in tracks(context, None, entry.at).await? {
        let known = latest.get(&track.task_id);
        if known.is_none_or(|known| known.start.0 <= track.start.0) {
            latest.insert(track.task_id, track);
        }
    }
    let ended = latest
        .into_values()
        .filter(|track| log::by_itself(track).is_some());
    let ended: Vec<_> = ended.collect();
    match ended.is_empty() {
        true => Err(failure),
        false => sending::leave_one_of(context, entry.task.as_deref(), &ended).await,
    }
}

/// Sends an entry whose task is known. Whoever clocked out while the server was away is right about when.
pub(crate) async fn perform(context: &Context, entry: &Entry) -> Result<Track, Failure> {
    let failure = match sending::perform(context, entry).await {
        Err(failure) if entry.action == Action::Out && failure.code == Some(Code::NotRunning) => {
            failure
        }
        done => return done,
    };
    let task = match &entry.handle {
        Some(Handle::Id(task)) => Some(*task),
        _ => failure.track.as_ref().map(|track| track.task_id),
    };
    let known = match tracks(context, task, entry.at).await {
        // A key for pipelines may not read; it was told what stands in the way.
        Err(missing) if missing.code == Some(Code::ScopeMissing) => failure
            .track
            .iter()
            .map(|track| (**track).clone())
            .collect(),
        known => known?,
    };
    let known = known
        .into_iter()
        .filter(|track| Some(track.task_id) == task);
    let known: Vec<_> = known.collect();
    let at = Instant::MIN.plus_ms(entry.at);
    if let Some(there) = known.iter().find(|track| track.end == Some(Millis(at))) {
        return Ok(there.clone());
    }
    let Some(last) = known.iter().max_by_key(|track| track.start.0) else {
        return Err(failure);
    };
    let is_ours = match last.ended_by.as_deref() {
        Some("lease") => true,
        Some("limit") => last.end.is_some_and(|end| at < end.0),
        _ => false,
    };
    match is_ours {
        true => {
            let said = &entry.said;
            settling::put_right(context, last, at, said.note(), said.meta.as_ref()).await
        }
        false => Err(failure),
    }
}

/// Own tracks that have ended and that had begun by this instant.
async fn tracks(
    context: &Context,
    task_id: Option<TaskId>,
    at: i64,
) -> Result<Vec<Track>, Failure> {
    let at = Instant::MIN.plus_ms(at);
    let filter = TrackFilter {
        user_id: Some(context.me().await?),
        task_id,
        between: Between {
            from: Some(Millis(at.plus_ms(-LOOKED_BACK_MS))),
            to: Some(Millis(at)),
        },
        running: Some(false),
        ..TrackFilter::default()
    };
    Ok(context.client.list_tracks(&filter).all().await?)
}

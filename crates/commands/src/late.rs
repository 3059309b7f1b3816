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
    arguments::ClockOut,
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
    let ended = last_by_themselves(tracks(context, None, entry.at).await?);
    match ended.is_empty() {
        true => Err(failure),
        false => sending::leave_one_of(context, entry.task.as_deref(), &ended).await,
    }
}

/// Of each task the last track, if that has ended by itself.
fn last_by_themselves(tracks: Vec<Track>) -> Vec<Track> {
    let mut latest: HashMap<TaskId, Track> = HashMap::new();
    for track in tracks {
        let known = latest.get(&track.task_id);
        if known.is_none_or(|known| known.start.0 <= track.start.0) {
            latest.insert(track.task_id, track);
        }
    }
    let ended = latest.into_values();
    ended
        .filter(|track| log::by_itself(track).is_some())
        .collect()
}

/// Says that a track which somebody wants to leave now was ended by its lease, and what corrects that. Nothing is changed:
/// unlike whoever could not reach the server, they may have been away for hours.
pub(crate) async fn explained(context: &Context, out: &ClockOut, failure: Failure) -> Failure {
    if failure.code != Some(Code::NotRunning) {
        return failure;
    }
    let Ok(Some((track, is_last))) = left_by_lease(context, out.task.as_deref()).await else {
        return failure;
    };
    let local = context.local();
    let end = local.zoned(track.end.map_or(track.start.0, |end| end.0));
    let format = if end.date() == local.today() {
        "%R"
    } else {
        "%F %R"
    };
    let name = if is_last {
        "last".to_owned()
    } else {
        track.id.to_string()
    };
    let message = format!(
        "you are not clocked in: the track was ended by its lease at {}.\n\
         Did you work on? Then correct its end, such as:\n  timetracks edit {name} --end {}",
        end.strftime(format),
        match out.at.as_deref().unwrap_or("now") {
            at if at.contains(' ') => format!("{at:?}"),
            at => at.to_owned(),
        }
    );
    Failure { message, ..failure }
}

/// The track that is meant, if its lease has ended it, and whether it is the last of all.
async fn left_by_lease(
    context: &Context,
    task: Option<&str>,
) -> Result<Option<(Track, bool)>, Failure> {
    let tracks = tracks(context, None, context.local().instant().ms()).await?;
    let last = tracks.iter().max_by_key(|track| (track.start.0, track.id));
    let last = last.cloned();
    let meant = match task {
        None => last.clone(),
        Some(_) => {
            let mut ended = last_by_themselves(tracks);
            match sending::leave_one_of(context, task, &ended).await? {
                Handle::Id(task) => {
                    ended.retain(|track| track.task_id == task);
                    ended.pop()
                }
                _ => None,
            }
        }
    };
    let is_last = meant.as_ref().map(|track| track.id) == last.map(|track| track.id);
    let by_lease = meant.filter(|track| track.ended_by.as_deref() == Some("lease"));
    Ok(by_lease.map(|track| (track, is_last)))
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
    match settling::can_be_put_right(last, at) {
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

//! How what was done reaches the server: which task is meant, and the requests, which are the same whenever they are sent.

use timetracks_client::{
    Error,
    api::{
        Code, Millis,
        tasks::Task,
        tracks::{ClockIn, ClockOut, CreateTrack, Track, TrackFilter},
    },
    domain::{Instant, Meta, TaskId},
};

use super::{
    context::Context,
    details::Said,
    entry::{Action, Entry, Handle, Own},
    failure::{AMBIGUOUS, Failure},
    resolve::{self, Fit, Found},
    settling,
};

/// Own running tracks, of those that had begun by then.
pub(crate) async fn running(context: &Context, by: Option<Instant>) -> Result<Vec<Track>, Failure> {
    let mut filter = TrackFilter {
        user_id: Some(context.me().await?),
        running: Some(true),
        ..TrackFilter::default()
    };
    filter.between.to = by.map(Millis);
    Ok(context.client.list_tracks(&filter).all().await?)
}

/// Which task an entry means.
pub(crate) async fn resolve(context: &Context, entry: &Entry) -> Result<Handle, Failure> {
    if let Some(handle) = &entry.handle {
        return Ok(handle.clone());
    }
    let found = match (entry.action, &entry.task) {
        (Action::Out, text) => to_leave(context, text.as_deref(), entry.at).await,
        (_, text) => to_enter(context, text.as_deref().unwrap_or_default()).await,
    };
    match (found, &entry.task) {
        // A key for pipelines may track and not read: the server finds the task by what it is called.
        (Err(failure), Some(text)) if failure.code == Some(Code::ScopeMissing) => Ok(called(text)),
        (Err(failure), None) if failure.code == Some(Code::ScopeMissing) => Err(Failure::usage(
            "this API key may not read what runs: say the task to clock out of.",
        )),
        (found, _) => found,
    }
}

/// The handle of a task that may not be there yet.
pub(crate) fn called(text: &str) -> Handle {
    match resolve::looks_external(text) {
        true => Handle::ExternalId(text.to_owned()),
        false => Handle::Name(text.to_owned()),
    }
}

async fn to_enter(context: &Context, text: &str) -> Result<Handle, Failure> {
    Ok(match resolve::find_task(&context.client, text).await? {
        Found::One(task) => Handle::Id(task.id),
        // Among several of one name the server knows whose wins.
        Found::Several(_) => Handle::Name(text.to_owned()),
        Found::Nothing => called(text),
    })
}

async fn to_leave(context: &Context, text: Option<&str>, at: i64) -> Result<Handle, Failure> {
    let tracks = running(context, Some(Instant::MIN.plus_ms(at))).await?;
    leave_one_of(context, text, &tracks).await
}

/// The task that is meant, of those of these tracks.
pub(crate) async fn leave_one_of(
    context: &Context,
    text: Option<&str>,
    tracks: &[Track],
) -> Result<Handle, Failure> {
    let mut tasks: Vec<Task> = Vec::new();
    for track in tracks {
        tasks.push(context.client.get_task(track.task_id).await?);
    }
    match (text, tasks.as_slice()) {
        (_, []) => Err(not_running(
            "you are not clocked in. `timetracks in TASK` does that.",
        )),
        (None, [only]) => Ok(Handle::Id(only.id)),
        (None, several) => {
            let names: String = several
                .iter()
                .map(|task| format!("\n  {}  {}", task.id, task.name))
                .collect();
            Err(Failure::new(
                AMBIGUOUS,
                format!("you are clocked in on several tasks. Say which to leave:{names}"),
            ))
        }
        (Some(text), _) => match resolve::choose("running task", text, tasks, Fit::Part)? {
            Some(task) => Ok(Handle::Id(task.id)),
            None => Err(not_running(format!(
                "you are not clocked in on {text:?}. `timetracks status` shows what runs."
            ))),
        },
    }
}

fn not_running(message: impl Into<String>) -> Failure {
    Failure {
        code: Some(Code::NotRunning),
        ..Failure::refused(message)
    }
}

/// Sends an entry whose task is known. Sent again it is the same request.
pub(crate) async fn perform(context: &Context, entry: &Entry) -> Result<Track, Failure> {
    let Some(handle) = &entry.handle else {
        return Err(Failure::refused("the task is not known"));
    };
    match entry.action {
        Action::In => match begin(context, handle, entry).await {
            Ok((track, _)) => Ok(track),
            // Whoever is clocked in already is where they want to be.
            Err(error) => match running_since(&error) {
                Some(track) if track.start.0.ms() <= entry.at => again(context, track, entry).await,
                _ => Err(error.into()),
            },
        },
        Action::Out => Ok(end(context, handle, entry).await?),
        Action::Book => book(context, entry).await,
    }
}

fn running_since(error: &Error) -> Option<Track> {
    let running = error.code() == Some(Code::AlreadyRunning);
    error.problem().filter(|_| running)?.track.clone()
}

fn clock_in_body(start: Millis, said: &Said) -> ClockIn {
    ClockIn {
        start: Some(start),
        lease: said.lease(),
        note: said.note(),
        meta: said.meta(),
    }
}

/// Clocks in; also whether that began a track.
async fn begin(context: &Context, handle: &Handle, entry: &Entry) -> Result<(Track, bool), Error> {
    let start = Instant::MIN.plus_ms(entry.since.unwrap_or(entry.at));
    let body = clock_in_body(Millis(start), &entry.said);
    let client = &context.client;
    let call = match handle {
        Handle::Id(id) => client.clock_in(*id, &body),
        Handle::Name(name) => client.clock_in_by_name(name, &body),
        Handle::ExternalId(id) => client.clock_in_by_external_id(id, &body),
    };
    let answer = call.idempotency_key(&entry.key).answer().await?;
    Ok((answer.body, answer.status == 201))
}

/// Says of the track that runs already what is to be said: to clock in at its very start changes nothing else, and with a
/// lease it is a sign of life.
async fn again(context: &Context, track: Track, entry: &Entry) -> Result<Track, Failure> {
    if entry.said.is_nothing() {
        return Ok(track);
    }
    let body = clock_in_body(track.start, &entry.said);
    let call = context.client.clock_in(track.task_id, &body);
    Ok(call.idempotency_key(format!("{}-again", entry.key)).await?)
}

async fn end(context: &Context, handle: &Handle, entry: &Entry) -> Result<Track, Error> {
    let body = ClockOut {
        end: Some(Millis(Instant::MIN.plus_ms(entry.at))),
        note: entry.said.note(),
        meta: entry.said.meta(),
    };
    let client = &context.client;
    let call = match handle {
        Handle::Id(id) => client.clock_out(*id, &body),
        Handle::Name(name) => client.clock_out_by_name(name, &body),
        Handle::ExternalId(id) => client.clock_out_by_external_id(id, &body),
    };
    call.idempotency_key(&entry.key).await
}

/// What came of clocking in.
pub(crate) enum Begun {
    /// A track of ours.
    Own(Own),
    /// Another one runs on this task: ours is to be booked beside it.
    Beside(TaskId),
}

/// Clocks in at the moment in which a stretch began.
pub(crate) async fn begin_or_beside(context: &Context, entry: &Entry) -> Result<Begun, Failure> {
    let missing = || Failure::refused("the task is not known");
    let handle = entry.handle.as_ref().ok_or_else(missing)?;
    match begin(context, handle, entry).await {
        Ok((track, true)) => Ok(Begun::Own(Own {
            task: track.task_id,
            track: track.id,
        })),
        Ok((track, false)) => Ok(Begun::Beside(track.task_id)),
        Err(error) => match running_since(&error) {
            Some(track) => Ok(Begun::Beside(track.task_id)),
            None => Err(error.into()),
        },
    }
}

/// Books a stretch that is over, with nothing but the right to track: in and out again, or beside the track that runs.
async fn book(context: &Context, entry: &Entry) -> Result<Track, Failure> {
    if let Some(own) = entry.track {
        return settling::end_own(context, own, entry).await;
    }
    match begin_or_beside(context, entry).await? {
        Begun::Own(own) => settling::end_own(context, own, entry).await,
        Begun::Beside(task) => book_beside(context, task, entry).await,
    }
}

async fn book_beside(context: &Context, task: TaskId, entry: &Entry) -> Result<Track, Failure> {
    let moment = |ms: i64| Millis(Instant::MIN.plus_ms(ms));
    let mut members = entry.said.meta.clone().unwrap_or_default();
    members.extend(entry.end_meta.clone().unwrap_or_default());
    let body = CreateTrack {
        start: moment(entry.since.unwrap_or(entry.at)),
        end: Some(moment(entry.at)),
        user_id: None,
        lease: None,
        note: entry.said.note(),
        meta: (!members.is_empty())
            .then(|| Meta::new(members).ok())
            .flatten(),
    };
    let call = context.client.create_track(task, &body);
    Ok(call.idempotency_key(format!("{}-end", entry.key)).await?)
}

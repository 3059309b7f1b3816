//! `add`, `edit` and `rm`.

use timetracks_client::{
    api::{
        Code, Message, Millis,
        tasks::{CreateTask, Task},
        tracks::{Between, CreateTrack, Track, TrackFilter, UpdateTrack},
    },
    domain::{Change, ExternalId, Instant, Name, TrackId},
};

use super::{
    arguments,
    context::Context,
    details::Said,
    entry::{Action, Entry},
    failure::{AMBIGUOUS, Failure},
    output::duration,
    resolve::{self, Fit, Found},
    sending,
};

/// How far back a track is looked for before all of them are: 31 days.
const RECENT_MS: i64 = 31 * 86_400_000;

/// The fewest characters of an id's end.
const SHORTEST: usize = 4;

pub(crate) async fn add(context: &Context, options: arguments::Add) -> Result<(), Failure> {
    let local = context.local();
    let (start, end) = local.range(&options.range, local.day(&options.date)?)?;
    if end.is_some() && options.lease.is_some() {
        return Err(Failure::usage(
            "--lease is for a track that runs: leave its end out, as in 9:00-",
        ));
    }
    let said = options.details.said(options.lease)?;
    let (task, track) = book(context, &options.task, start, end, &said).await?;
    context.output.show(&track, || {
        format!("{}: {}", task.name, words(context, &track))
    })
}

/// Books a stretch on a task, which is made when there is none.
pub(crate) async fn book(
    context: &Context,
    text: &str,
    start: Instant,
    end: Option<Instant>,
    said: &Said,
) -> Result<(Task, Track), Failure> {
    let task = match resolve::find_task(&context.client, text).await? {
        Found::One(task) => *task,
        Found::Several(tasks) => resolve::require("task", text, tasks, Fit::Exact)?,
        Found::Nothing => {
            let external = resolve::looks_external(text);
            let wrong = |rule: timetracks_client::domain::TextError| {
                Failure::usage(format!("the name of a task {rule}"))
            };
            let body = CreateTask {
                name: Name::parse(text).map_err(wrong)?,
                description: None,
                external_id: if external {
                    ExternalId::parse(text).ok()
                } else {
                    None
                },
            };
            match context.client.create_task(&body).await {
                // Who may only track makes tasks by clocking in on them.
                Err(error) if error.code() == Some(Code::ScopeMissing) => {
                    let track = book_by_clocking(context, text, start, end, said).await?;
                    return Ok((context.client.get_task(track.task_id).await?, track));
                }
                made => made?,
            }
        }
    };
    let body = CreateTrack {
        start: Millis(start),
        end: end.map(Millis),
        user_id: None,
        lease: said.lease(),
        note: said.note(),
        meta: said.meta(),
    };
    let track = context.client.create_track(task.id, &body).await?;
    Ok((task, track))
}

async fn book_by_clocking(
    context: &Context,
    text: &str,
    start: Instant,
    end: Option<Instant>,
    said: &Said,
) -> Result<Track, Failure> {
    let (action, at) = end.map_or((Action::In, start), |end| (Action::Book, end));
    if at < start {
        return Err(Failure::usage("the end lies before the start"));
    }
    let mut entry = Entry::new(action, Some(text), at).saying(said.clone());
    entry.since = Some(start.ms());
    entry.handle = Some(sending::called(text));
    sending::perform(context, &entry).await
}

pub(crate) async fn edit(context: &Context, options: arguments::Edit) -> Result<(), Failure> {
    let details = &options.details;
    if options.start.is_none() && options.end.is_none() && details.is_nothing() {
        return Err(Failure::usage(
            "say what is to be different: --start 9:15, --end 10:00, --note, --meta, or several of them",
        ));
    }
    let track = change(context, &options).await?;
    context
        .output
        .show(&track, || format!("now {}", words(context, &track)))
}

/// Changes a track.
pub(crate) async fn change(context: &Context, options: &arguments::Edit) -> Result<Track, Failure> {
    let track = find(context, &options.track).await?;
    let details = &options.details;
    let local = context.local();
    let day = local.zoned(track.start.0).date();
    let moment = |text: &str| local.moment(text, day).map(Millis);
    let start = options.start.as_deref().map(moment).transpose()?;
    let end = match options.end.as_deref() {
        None => Change::Keep,
        Some("running") => Change::Set(None),
        Some(text) => Change::Set(Some(moment(text)?)),
    };
    let body = UpdateTrack {
        start: start.map_or(Change::Keep, Change::Set),
        end,
        note: details.changed_note(),
        meta: details.changed_meta(track.meta.as_ref())?,
    };
    let call = context.client.update_track(track.task_id, track.id, &body);
    Ok(call.await?)
}

pub(crate) async fn remove(context: &Context, options: arguments::Remove) -> Result<(), Failure> {
    let (track, answer) = delete(context, &options.track).await?;
    context
        .output
        .show(&answer, || format!("deleted {}", words(context, &track)))
}

/// Deletes a track, and answers with what it was.
pub(crate) async fn delete(context: &Context, text: &str) -> Result<(Track, Message), Failure> {
    let track = find(context, text).await?;
    let answer = context.client.delete_track(track.task_id, track.id).await?;
    Ok((track, answer))
}

fn words(context: &Context, track: &Track) -> String {
    let local = context.local();
    let clock = |moment: Millis| local.zoned(moment.0).strftime("%a %F %R").to_string();
    let end = track.end.map_or_else(
        || "now".to_owned(),
        |end| local.zoned(end.0).strftime("%R").to_string(),
    );
    format!("{}–{end}, {}", clock(track.start), duration(track.amount))
}

/// An own track, by its id, the end of it, or as the last one.
async fn find(context: &Context, text: &str) -> Result<Track, Failure> {
    let me = context.me().await?;
    let since = context.local().instant().plus_ms(-RECENT_MS);
    for from in [Some(since), None] {
        let filter = TrackFilter {
            user_id: Some(me),
            between: Between {
                from: from.map(Millis),
                to: None,
            },
            ..TrackFilter::default()
        };
        let tracks = context.client.list_tracks(&filter).all().await?;
        if let Some(track) = pick(text, tracks)? {
            return Ok(track);
        }
    }
    Err(Failure::refused(format!(
        "no track of yours fits {text:?}. `timetracks log --from DAY` shows the ends of their ids."
    )))
}

fn pick(text: &str, mut tracks: Vec<Track>) -> Result<Option<Track>, Failure> {
    let text = text.trim().trim_start_matches('…');
    if text == "last" {
        tracks.sort_by_key(|track| (track.start.0, track.id));
        return Ok(tracks.pop());
    }
    let whole = text.parse::<TrackId>().ok();
    if whole.is_none() && text.len() < SHORTEST {
        return Err(Failure::usage(format!(
            "say at least {SHORTEST} characters of the end of a track's id, or last"
        )));
    }
    tracks.retain(|track| {
        whole.map_or_else(|| track.id.to_string().ends_with(text), |id| id == track.id)
    });
    if tracks.len() < 2 {
        return Ok(tracks.pop());
    }
    let line = |track: &Track| format!("\n  {}  {}", track.id, Instant::to_string(&track.start.0));
    let lines: String = tracks.iter().map(line).collect();
    Err(Failure::new(
        AMBIGUOUS,
        format!("several tracks end with {text:?}. Say the id of one of them:{lines}"),
    ))
}

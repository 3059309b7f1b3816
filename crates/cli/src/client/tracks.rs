//! `add`, `edit` and `rm`.

use timetracks_client::{
    api::tasks::CreateTask,
    api::{
        Millis,
        tracks::{Between, CreateTrack, Track, TrackFilter, UpdateTrack},
    },
    domain::{Change, ExternalId, Instant, Name, TrackId},
};

use super::{
    arguments,
    context::Context,
    failure::{AMBIGUOUS, Failure},
    output::duration,
    resolve::{self, Fit, Found},
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
    let text = options.task.as_str();
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
            context.client.create_task(&body).await?
        }
    };
    let body = CreateTrack {
        start: Millis(start),
        end: end.map(Millis),
        user_id: None,
        lease: options.lease,
        note: said.note(),
        meta: said.meta(),
    };
    let track = context.client.create_track(task.id, &body).await?;
    context.output.show(&track, || {
        format!("{}: {}", task.name, words(context, &track))
    })
}

pub(crate) async fn edit(context: &Context, options: arguments::Edit) -> Result<(), Failure> {
    let details = &options.details;
    if options.start.is_none() && options.end.is_none() && details.is_nothing() {
        return Err(Failure::usage(
            "say what is to be different: --start 9:15, --end 10:00, --note, --meta, or several of them",
        ));
    }
    let track = find(context, &options.track).await?;
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
    let track = context
        .client
        .update_track(track.task_id, track.id, &body)
        .await?;
    context
        .output
        .show(&track, || format!("now {}", words(context, &track)))
}

pub(crate) async fn remove(context: &Context, options: arguments::Remove) -> Result<(), Failure> {
    let track = find(context, &options.track).await?;
    let answer = context.client.delete_track(track.task_id, track.id).await?;
    context
        .output
        .show(&answer, || format!("deleted {}", words(context, &track)))
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

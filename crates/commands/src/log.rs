//! `log`: tracks, day by day.

use jiff::civil::Date;
use timetracks_client::{
    api::{
        Millis,
        tracks::{Between, Track, TrackFilter},
    },
    domain::{Instant, Kind},
};

use super::{
    arguments,
    context::Context,
    days::Stretch,
    failure::Failure,
    names,
    output::{Style, duration, table},
    when::Local,
};

/// How much of a track's id tells it from others of the day.
pub(crate) const TAIL: usize = 6;

pub(crate) async fn log(context: &Context, options: arguments::Log) -> Result<(), Failure> {
    let local = context.local();
    let stretch = options.days.stretch(&local, false)?;
    let tracks = own(context, &stretch, options.kind.map(Into::into)).await?;
    let names = match context.output.json {
        true => Default::default(),
        false => names::of_tasks(context, &tracks).await?,
    };
    context.output.show(&tracks, || {
        let name = |track: &Track| names.get(&track.task_id).cloned().unwrap_or_default();
        words(context, &local, &stretch, &tracks, name)
    })
}

/// Own tracks that have time in these days, oldest first.
pub(crate) async fn own(
    context: &Context,
    stretch: &Stretch,
    kind: Option<Kind>,
) -> Result<Vec<Track>, Failure> {
    let filter = TrackFilter {
        user_id: Some(context.me().await?),
        between: Between {
            from: Some(Millis(stretch.start)),
            to: Some(Millis(stretch.end.plus_ms(-1))),
        },
        kind,
        ..TrackFilter::default()
    };
    let mut tracks = context.client.list_tracks(&filter).all().await?;
    // What ended in the very moment in which the days begin has no time in them.
    tracks.retain(|track| {
        track
            .end
            .is_none_or(|end| end.0 > stretch.start || end == track.start)
    });
    tracks.sort_by_key(|track| track.start.0);
    Ok(tracks)
}

/// What is worth to be said of a track beside its times: what ended it if nobody did, and its note.
fn remark(track: &Track) -> String {
    let ended = by_itself(track).map(|what| format!("ended by {what}"));
    let note = track.note.as_deref().filter(|note| !note.is_empty());
    let parts: Vec<_> = ended.as_deref().into_iter().chain(note).collect();
    parts.join("; ")
}

/// What ended a track that nobody ended.
pub(crate) fn by_itself(track: &Track) -> Option<&'static str> {
    match track.ended_by.as_deref()? {
        "lease" => Some("its lease"),
        "limit" => Some("the limit"),
        _ => None,
    }
}

/// Own tracks that nobody ended and that were not over before this instant, oldest first.
pub(crate) async fn ended_by_themselves(
    context: &Context,
    since: Instant,
) -> Result<Vec<Track>, Failure> {
    let filter = TrackFilter {
        user_id: Some(context.me().await?),
        running: Some(false),
        between: Between {
            from: Some(Millis(since)),
            to: None,
        },
        ..TrackFilter::default()
    };
    let mut tracks = context.client.list_tracks(&filter).all().await?;
    tracks.retain(|track| by_itself(track).is_some());
    Ok(tracks)
}

/// What of a track lies in the days.
fn inside(track: &Track, stretch: &Stretch, now: Instant) -> (Instant, Instant) {
    let end = track.end.map_or(now, |end| end.0);
    (track.start.0.max(stretch.start), end.min(stretch.end))
}

/// How long that is, in milliseconds.
pub(crate) fn spent(track: &Track, stretch: &Stretch, now: Instant) -> i64 {
    let (start, end) = inside(track, stretch, now);
    (end.ms() - start.ms()).max(0)
}

fn words(
    context: &Context,
    local: &Local,
    stretch: &Stretch,
    tracks: &[Track],
    name: impl Fn(&Track) -> String,
) -> String {
    if tracks.is_empty() {
        return "Nothing yet. `timetracks in TASK` begins, `timetracks add TASK 9:00-10:30` books."
            .to_owned();
    }
    let now = local.instant();
    let spent = |track: &Track| spent(track, stretch, now);
    let day = |track: &Track| local.zoned(inside(track, stretch, now).0).date();
    let mut days: Vec<Date> = tracks.iter().map(day).collect();
    days.dedup();
    let mut text = String::new();
    for date in &days {
        let of_day = || tracks.iter().filter(|track| day(track) == *date);
        let total = duration(of_day().map(spent).sum());
        let title = context
            .output
            .style(Style::Bold, &date.strftime("%a %F").to_string());
        text.push_str(&format!("{title}  {total}\n"));
        let row = |track: &Track| {
            let (start, end) = inside(track, stretch, now);
            let clock = |moment: Instant| local.zoned(moment).strftime("%R").to_string();
            let end = track.end.map_or_else(|| "now".to_owned(), |_| clock(end));
            let id = track.id.to_string();
            let tail = format!("…{}", &id[id.len() - TAIL..]);
            vec![
                format!("  {}–{end}", clock(start)),
                duration(spent(track)),
                name(track),
                tail,
                remark(track),
            ]
        };
        let rows: Vec<_> = of_day().map(row).collect();
        text.push_str(&table(&rows, &[1]));
    }
    if days.len() > 1 {
        text.push_str(&format!(
            "Total  {}\n",
            duration(tracks.iter().map(spent).sum())
        ));
    }
    text
}

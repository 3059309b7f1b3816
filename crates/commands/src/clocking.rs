//! `in`, `out` and `switch`, now or later.

use serde_json::json;
use timetracks_client::{
    api::{Millis, tracks::Track},
    domain::Instant,
};

use super::{
    arguments,
    context::Context,
    entry::{Action, Entry},
    failure::{Failure, UNREACHABLE},
    late,
    output::{Style, duration},
    sending::{perform, resolve, running},
};

pub(crate) async fn clock_in(
    context: &Context,
    options: arguments::ClockIn,
) -> Result<(), Failure> {
    let done = enter(context, &options).await?;
    show(context, &done).await
}

/// Clocks in, now or later.
pub(crate) async fn enter(
    context: &Context,
    options: &arguments::ClockIn,
) -> Result<Vec<Done>, Failure> {
    let at = at(context, options.at.as_deref())?;
    let said = options.details.said(options.lease)?;
    let entry = Entry::new(Action::In, Some(&options.task), at).saying(said);
    now_or_later(context, vec![entry]).await
}

pub(crate) async fn clock_out(
    context: &Context,
    options: arguments::ClockOut,
) -> Result<(), Failure> {
    match leave(context, &options).await {
        Ok(done) => show(context, &done).await,
        Err(failure) => Err(late::explained(context, &options, failure).await),
    }
}

/// Clocks out, now or later.
pub(crate) async fn leave(
    context: &Context,
    options: &arguments::ClockOut,
) -> Result<Vec<Done>, Failure> {
    let at = at(context, options.at.as_deref())?;
    let said = options.details.said(None)?;
    let entry = Entry::new(Action::Out, options.task.as_deref(), at).saying(said);
    now_or_later(context, vec![entry]).await
}

pub(crate) async fn switch(context: &Context, options: arguments::Switch) -> Result<(), Failure> {
    let at = context.local().instant();
    let leave = Entry {
        if_any: options.from.is_none(),
        ..Entry::new(Action::Out, options.from.as_deref(), at)
    };
    let enter = Entry::new(Action::In, Some(&options.task), at);
    let nothing_runs = match (&options.from, running(context, None).await) {
        (None, Ok(tracks)) => tracks.is_empty(),
        (_, Err(failure)) if failure.status != UNREACHABLE => return Err(failure),
        _ => false,
    };
    let entries = if nothing_runs {
        vec![enter]
    } else {
        vec![leave, enter]
    };
    let done = now_or_later(context, entries).await?;
    show(context, &done).await
}

fn at(context: &Context, text: Option<&str>) -> Result<Instant, Failure> {
    let local = context.local();
    text.map_or_else(
        || Ok(local.instant()),
        |text| local.moment(text, local.today()),
    )
}

/// What came of it.
pub(crate) enum Done {
    Now(Action, Box<Track>),
    Later(Box<Entry>),
}

/// Does these in order, behind what waits already; or writes them down when the server cannot be reached.
async fn now_or_later(context: &Context, entries: Vec<Entry>) -> Result<Vec<Done>, Failure> {
    let mut done = Vec::new();
    let mut left = entries.into_iter();
    // Whatever still waits comes first.
    let mut reached = context.queue.is_empty();
    while reached {
        let Some(mut entry) = left.next() else {
            return Ok(done);
        };
        let outcome = async {
            entry.handle = Some(resolve(context, &entry).await?);
            perform(context, &entry).await
        };
        match outcome.await {
            Ok(track) => done.push(Done::Now(entry.action, Box::new(track))),
            Err(failure) if failure.status == UNREACHABLE => {
                reached = false;
                left = [vec![entry], left.collect()].concat().into_iter();
            }
            Err(failure) => return Err(failure),
        }
    }
    let later: Vec<_> = left.collect();
    context.queue.append(&later)?;
    done.extend(later.into_iter().map(Box::new).map(Done::Later));
    Ok(done)
}

async fn show(context: &Context, done: &[Done]) -> Result<(), Failure> {
    let json: Vec<_> = done
        .iter()
        .map(|done| match done {
            Done::Now(_, track) => json!(track),
            Done::Later(entry) => json!({ "queued": entry }),
        })
        .collect();
    if context.output.json {
        return match json.as_slice() {
            [one] => context.output.show(one, String::new),
            all => context.output.show(all, String::new),
        };
    }
    let mut later = Vec::new();
    for done in done {
        match done {
            Done::Now(action, track) => {
                let line = words(context, *action, track).await;
                context.output.line(&line)?;
            }
            Done::Later(entry) => later.push(&**entry),
        }
    }
    if later.is_empty() {
        return Ok(());
    }
    let what = written_down(context, &later);
    context.output.line(&format!("{what}\n{SENT_BY}"))
}

/// Who sends what waits.
pub(crate) const SENT_BY: &str =
    "The next command that gets through sends it, or `timetracks sync`.";

/// What became of entries that wait, a line each; who sends them is still to be said.
pub(crate) fn written_down(context: &Context, entries: &[&Entry]) -> String {
    let mut text = "The server cannot be reached. Written down, to be sent later, once:".to_owned();
    for entry in entries {
        let at = context.local().zoned(entry.instant());
        text.push_str("\n  ");
        text.push_str(&entry.words(&at.strftime("%R").to_string()));
    }
    text
}

async fn words(context: &Context, action: Action, track: &Track) -> String {
    // The key may not be allowed to read it.
    let task = context.client.get_task(track.task_id).await.ok();
    let name = task.map_or_else(|| track.task_id.to_string(), |task| task.name);
    let name = context.output.style(Style::Bold, &name);
    let local = context.local();
    let clock = |moment: Millis| {
        let moment = local.zoned(moment.0);
        let format = if moment.date() == local.today() {
            "%R"
        } else {
            "%F %R"
        };
        moment.strftime(format).to_string()
    };
    match (action, track.end) {
        (Action::In, _) | (_, None) => {
            let dot = context.output.style(Style::Green, "●");
            format!("{dot} {name}, since {}", clock(track.start))
        }
        (_, Some(end)) => format!(
            "{name}: {}–{}, {}",
            clock(track.start),
            clock(end),
            duration(track.amount)
        ),
    }
}

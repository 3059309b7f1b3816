//! `status`: what runs; on a terminal as it goes on.

use std::{
    collections::HashMap,
    fmt::Write,
    io::{self, IsTerminal},
    pin::Pin,
    time::Duration,
};

use timetracks_client::{
    api::tracks::Track,
    domain::{Instant, TaskId},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{MissedTickBehavior, interval},
};

use super::{
    arguments,
    context::Context,
    failure::Failure,
    log, names,
    output::{Style, duration, table},
    sending, terminal,
};

/// Every so many seconds the server is asked again.
const ASK_EVERY: u64 = 5;

/// How far back it is told of tracks that have ended by themselves: a day.
const TOLD_MS: i64 = 86_400_000;

/// What runs.
struct Running {
    tracks: Vec<Track>,
    /// What has ended by itself of late, for people.
    ended: Vec<Track>,
    names: HashMap<TaskId, String>,
}

pub(crate) async fn status(context: &Context, options: arguments::Status) -> Result<(), Failure> {
    let running = load(context).await?;
    let live = context.output.terminal
        && io::stdin().is_terminal()
        && !context.output.json
        && !options.once;
    if live {
        return watch(context, running).await;
    }
    let refused = context.queue.refused()?.len();
    if refused > 0 {
        super::output::note(&format!(
            "{refused} entries were refused by the server: `timetracks sync` shows them"
        ));
    }
    context.output.show(&running.tracks, || {
        words(context, &running, context.local().instant())
    })
}

async fn load(context: &Context) -> Result<Running, Failure> {
    let tracks = sending::running(context, None).await?;
    let mut ended = Vec::new();
    let mut named = tracks.clone();
    if !context.output.json {
        let since = context.local().instant().plus_ms(-TOLD_MS);
        ended = log::ended_by_themselves(context, since).await?;
        named.extend(ended.iter().cloned());
    }
    Ok(Running {
        names: names::of_tasks(context, &named).await?,
        ended,
        tracks,
    })
}

/// Lines on what nobody ended.
fn ended(context: &Context, running: &Running) -> String {
    let local = context.local();
    let line = |track: &Track| {
        let name = running.names.get(&track.task_id);
        let by = log::by_itself(track).unwrap_or_default();
        let at = local.zoned(track.end.map_or(track.start.0, |end| end.0));
        let format = match at.date() == local.today() {
            true => "%R",
            false => "%F %R",
        };
        format!(
            "{} was ended by {by}, at {}, after {}\n",
            name.map_or("", String::as_str),
            at.strftime(format),
            duration(track.amount)
        )
    };
    running.ended.iter().map(line).collect()
}

fn words(context: &Context, running: &Running, now: Instant) -> String {
    let output = &context.output;
    if running.tracks.is_empty() {
        let hint = "Not clocked in. `timetracks in TASK` does that.\n";
        return format!("{hint}{}", ended(context, running));
    }
    let local = context.local();
    let row = |track: &Track| {
        let name = running
            .names
            .get(&track.task_id)
            .cloned()
            .unwrap_or_default();
        let start = local.zoned(track.start.0);
        let format = if start.date() == local.today() {
            "since %R"
        } else {
            "since %F %R"
        };
        let spent = now.ms() - track.start.0.ms();
        let exact = match output.terminal {
            true => format!(
                "{}:{:02}:{:02}",
                spent / 3_600_000,
                spent / 60_000 % 60,
                spent / 1000 % 60
            ),
            false => duration(spent),
        };
        vec![
            "●".to_owned(),
            name,
            exact,
            start.strftime(format).to_string(),
        ]
    };
    let rows: Vec<_> = running.tracks.iter().map(row).collect();
    let rows = table(&rows, &[2]).replace('●', &output.style(Style::Green, "●"));
    format!("{rows}{}", ended(context, running))
}

/// A question under way.
type Asking<'a> = Pin<Box<dyn Future<Output = Result<Running, Failure>> + 'a>>;

async fn watch(context: &Context, mut running: Running) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::refused(format!("signals: {error}"));
    let mut interrupted = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
    let (_keys, mut pressed) = terminal::listen()?;
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut asking: Option<Asking<'_>> = None;
    let (mut ticked, mut drawn, mut trouble) = (0_u64, 0_usize, None::<String>);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if ticked > 0 && ticked.is_multiple_of(ASK_EVERY) && asking.is_none() {
                    asking = Some(Box::pin(load(context)));
                }
                ticked += 1;
            }
            answer = async { match &mut asking { Some(asking) => asking.await, None => std::future::pending().await } } => {
                asking = None;
                match answer {
                    Ok(now) => (running, trouble) = (now, None),
                    Err(failure) => trouble = Some(failure.message),
                }
            }
            key = pressed.recv() => {
                if matches!(key, None | Some(b'q' | b'Q' | 3 | 4 | 27)) {
                    return Ok(());
                }
                continue;
            }
            _ = interrupted.recv() => return Ok(()),
            _ = terminated.recv() => return Ok(()),
        }
        drawn = draw(context, &running, trouble.as_deref(), drawn)?;
    }
}

/// Draws over what was drawn before, and answers with how many lines that is.
fn draw(
    context: &Context,
    running: &Running,
    trouble: Option<&str>,
    drawn: usize,
) -> Result<usize, Failure> {
    let mut lines = words(context, running, context.local().instant());
    if let Some(trouble) = trouble {
        let _ = writeln!(lines, "as far as is known: {trouble}");
    }
    let _ = writeln!(
        lines,
        "{}",
        context
            .output
            .style(Style::Dim, "q ends this view, and no timer")
    );
    let width = context.output.width();
    let mut text = match drawn {
        0 => String::new(),
        lines => format!("\x1b[{lines}A"),
    };
    let mut count = 0;
    for line in lines.lines() {
        // A longer line would become two, and the next drawing would miss it.
        let fits = line.chars().count() <= width || line.contains('\x1b');
        let line = if fits {
            line.to_owned()
        } else {
            line.chars().take(width).collect()
        };
        let _ = writeln!(text, "\r\x1b[K{line}");
        count += 1;
    }
    text.push_str("\x1b[J");
    context.output.text(&text)?;
    Ok(count)
}

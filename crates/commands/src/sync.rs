//! `sync`: sends what was written down.

use serde_json::json;

use super::{
    arguments,
    context::Context,
    entry::Entry,
    failure::{Failure, UNREACHABLE},
    output,
    queue::{Refused, Sent},
};

pub(crate) async fn sync(context: &Context, options: arguments::Sync) -> Result<(), Failure> {
    if options.forget_refused {
        context.queue.forget_refused()?;
    }
    let (sent, stopped) = context.queue.send(context).await?;
    let sent: Vec<_> = sent.into_iter().map(|(entry, _)| entry).collect();
    let refused = context.queue.refused()?;
    if stopped.is_none() || !sent.is_empty() {
        context
            .output
            .show(&json!({ "sent": sent, "refused": refused }), || {
                let mut lines: Vec<_> = sent
                    .iter()
                    .map(|entry| format!("sent: {}", words(context, entry)))
                    .collect();
                for entry in &refused {
                    lines.push(format!("refused: {}", refusal(context, entry)));
                }
                if !refused.is_empty() {
                    lines.push(
                        "`timetracks sync --forget-refused` forgets what was refused.".to_owned(),
                    );
                }
                if lines.is_empty() {
                    lines.push("Nothing waits.".to_owned());
                }
                lines.join("\n")
            })?;
    }
    stopped.map_or(Ok(()), Err)
}

/// What was refused, and why.
pub(crate) fn refusal(context: &Context, refused: &Refused) -> String {
    let entry = serde_json::from_value::<Entry>(refused.entry.clone());
    let what = entry.map_or_else(
        |_| refused.entry.to_string(),
        |entry| words(context, &entry),
    );
    format!("{what}: {}", refused.because)
}

fn words(context: &Context, entry: &Entry) -> String {
    let at = context.local().zoned(entry.instant());
    entry.words(&at.strftime("%F %R").to_string())
}

/// Before other commands: sends what waits, and goes on when that cannot be. Answers with what was sent.
pub(crate) async fn before(context: &Context) -> Result<Vec<Sent>, Failure> {
    if context.queue.is_empty() {
        return Ok(Vec::new());
    }
    let (sent, stopped) = context.queue.send(context).await?;
    for (entry, _) in &sent {
        output::note(&format!("sent what had waited: {}", words(context, entry)));
    }
    if let Some(failure) = stopped.filter(|failure| failure.status != UNREACHABLE) {
        output::note(&format!("what waits is not sent yet: {}", failure.message));
    }
    Ok(sent)
}

//! `sync`: sends what was written down.

use serde_json::json;
use timetracks_client::domain::Instant;

use super::{arguments, context::Context, entry::Entry, failure::Failure, output};

pub(crate) async fn sync(context: &Context, options: arguments::Sync) -> Result<(), Failure> {
    if options.forget_refused {
        context.queue.forget_refused()?;
    }
    let (sent, stopped) = context.queue.send(context).await?;
    let refused = context.queue.refused()?;
    if stopped.is_none() || !sent.is_empty() {
        context
            .output
            .show(&json!({ "sent": sent, "refused": refused }), || {
                let mut lines: Vec<_> = sent
                    .iter()
                    .map(|entry| format!("sent: {}", words(context, entry)))
                    .collect();
                for refused in &refused {
                    let entry = serde_json::from_value::<Entry>(refused.entry.clone());
                    let what = entry.map_or_else(
                        |_| refused.entry.to_string(),
                        |entry| words(context, &entry),
                    );
                    lines.push(format!("refused: {what}: {}", refused.because));
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

fn words(context: &Context, entry: &Entry) -> String {
    let at = context.local().zoned(Instant::MIN.plus_ms(entry.at));
    entry.words(&at.strftime("%F %R").to_string())
}

/// Before other commands: sends what waits, and goes on when that cannot be.
pub(crate) async fn before(context: &Context) -> Result<(), Failure> {
    if context.queue.is_empty() {
        return Ok(());
    }
    let (sent, stopped) = context.queue.send(context).await?;
    for entry in sent {
        output::note(&format!("sent what had waited: {}", words(context, &entry)));
    }
    match stopped {
        Some(failure) if failure.status != super::failure::UNREACHABLE => {
            output::note(&format!("what waits is not sent yet: {}", failure.message));
            Ok(())
        }
        _ => Ok(()),
    }
}

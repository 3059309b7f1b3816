//! `run`: a command whose time is tracked.
//!
//! The command starts at once; clocking in goes on beside it, so that a server that hangs delays nothing. What could not be
//! told while the command ran is told when it has ended, or written down as a finished stretch. With --strict the command
//! waits until it is clocked in. Its track has a lease, which heartbeats extend beside the command: should this machine be
//! gone, it ends by itself.

mod about;
mod course;
mod signals;
mod task;
mod tracking;

use std::{
    io::ErrorKind,
    os::unix::process::ExitStatusExt,
    process::{ExitCode, ExitStatus},
};

use tokio::process::{Child, Command};

use super::{
    arguments::{Common, Run},
    failure::{Failure, REFUSED, USAGE},
    output::note,
};
use signals::Signals;
use tracking::Tracking;

/// What shells say when there is no such command, and when it cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_RUNNABLE: u8 = 126;

pub(crate) async fn run(options: Run, common: &Common) -> ExitCode {
    let strict = options.strict;
    let tracking = match begin(&options, common).await {
        Ok(tracking) => Some(tracking),
        Err(failure) => {
            note(&failure.message);
            if strict {
                return ExitCode::from(failure.status);
            }
            note("the command runs without being tracked");
            None
        }
    };
    // Before the command is there, so that no signal is missed.
    let mut signals = Signals::listen();
    let child = match spawn(&options) {
        Ok(child) => child,
        Err(error) => {
            let command = options.command[0].to_string_lossy().into_owned();
            note(&format!("{command}: {error}"));
            if let Some(mut tracking) = tracking {
                let _ = tracking.finish(None).await;
            }
            return ExitCode::from(match error.kind() {
                ErrorKind::NotFound => NOT_FOUND,
                _ => NOT_RUNNABLE,
            });
        }
    };
    let Some(mut tracking) = tracking else {
        let status = wait(child, &mut signals, std::future::pending()).await;
        return ExitCode::from(End::of(status).code);
    };
    let status = wait(child, &mut signals, tracking.follow()).await;
    let end = End::of(status);
    let code = end.code;
    let finished = tokio::select! {
        finished = tracking.finish(Some(&end)) => finished,
        // Whoever is impatient now does not lose the time.
        () = signals.impatience() => tracking.write_down(&end),
    };
    match finished {
        Ok(()) => ExitCode::from(code),
        Err(failure) => {
            note(&failure.message);
            ExitCode::from(if strict && code == 0 { REFUSED } else { code })
        }
    }
}

async fn begin(options: &Run, common: &Common) -> Result<Tracking, Failure> {
    let handle = task::handle(options).ok_or_else(|| {
        Failure::new(
            USAGE,
            "no task: say --task NAME or --external-id ID, or set TIMETRACKS_TASK.",
        )
    })?;
    let mut tracking = Tracking::new(common, handle, about::said(options)?)?;
    if options.strict
        && let Err(failure) = tracking.clock_in().await
    {
        tracking.close();
        return Err(failure);
    }
    Ok(tracking)
}

fn spawn(options: &Run) -> std::io::Result<Child> {
    Command::new(&options.command[0])
        .args(&options.command[1..])
        .spawn()
}

/// Waits for the command, passes signals on to it, and lets `beside` go on meanwhile.
async fn wait(
    mut child: Child,
    signals: &mut Signals,
    beside: impl Future<Output = ()>,
) -> std::io::Result<ExitStatus> {
    let id = child.id();
    let mut beside = Box::pin(beside);
    let mut over = false;
    loop {
        tokio::select! {
            // First: there is nobody to pass a signal on to when it has ended.
            biased;
            status = child.wait() => return status,
            number = signals.next() => {
                if let Some(id) = id {
                    signals::send(id, number);
                }
            }
            () = &mut beside, if !over => over = true,
        }
    }
}

/// How a command has ended.
struct End {
    /// As shells say it: 128 and the signal's number when a signal ended it.
    code: u8,
    signal: Option<i32>,
}

impl End {
    fn of(status: std::io::Result<ExitStatus>) -> Self {
        let Ok(status) = status else {
            return Self {
                code: REFUSED,
                signal: None,
            };
        };
        let signal = status.signal();
        let code = status.code().or_else(|| signal.map(|number| 128 + number));
        Self {
            code: code
                .and_then(|code| u8::try_from(code).ok())
                .unwrap_or(u8::MAX),
            signal,
        }
    }
}

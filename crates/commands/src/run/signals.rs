//! Signals that are meant for the command.

use std::{fs::File, future::poll_fn, task::Poll, time::Duration};

use rustix::process::{Pid, Signal as Number, kill_process};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::timeout,
};

/// Those that one process sends another to say something.
const PASSED_ON: [Number; 6] = [
    Number::INT,
    Number::TERM,
    Number::HUP,
    Number::QUIT,
    Number::USR1,
    Number::USR2,
];

/// How long signals are still those of a command that has ended. Nearly always its time is told by then.
const MOMENT: Duration = Duration::from_secs(1);

/// What has arrived.
pub(crate) struct Signals(Vec<(Number, Signal)>);

impl Signals {
    /// Listens to all that are passed on, but for those that whoever started us has told us to ignore (as `nohup` does):
    /// the command shall ignore them too.
    pub(crate) fn listen() -> Self {
        let ignored = ignored();
        let heard = PASSED_ON
            .into_iter()
            .filter(|number| ignored & (1 << (number.as_raw() - 1)) == 0);
        let streams = heard.filter_map(|number| {
            let stream = signal(SignalKind::from_raw(number.as_raw())).ok()?;
            Some((number, stream))
        });
        Self(streams.collect())
    }

    /// The next one that the command has not had from the terminal already.
    pub(crate) async fn next(&mut self) -> Number {
        loop {
            let number = self.any().await;
            let by_keyboard = matches!(number, Number::INT | Number::QUIT) && is_in_foreground();
            if !by_keyboard {
                return number;
            }
        }
    }

    /// Ends when somebody wants us to end, although the command has. What arrives in the first moment was meant for the
    /// command: Ctrl-C reaches both, and who cancels a job may signal one process after the other.
    pub(crate) async fn impatience(&mut self) {
        let meant_for_the_command = async {
            loop {
                self.any().await;
            }
        };
        let _: Result<(), _> = timeout(MOMENT, meant_for_the_command).await;
        while !matches!(
            self.any().await,
            Number::INT | Number::TERM | Number::HUP | Number::QUIT
        ) {}
    }

    async fn any(&mut self) -> Number {
        poll_fn(|context| {
            for (number, stream) in &mut self.0 {
                if stream.poll_recv(context).is_ready() {
                    return Poll::Ready(*number);
                }
            }
            Poll::Pending
        })
        .await
    }
}

pub(crate) fn send(id: u32, number: Number) {
    let id = i32::try_from(id).ok().and_then(Pid::from_raw);
    if let Some(id) = id {
        // It may have ended a moment ago.
        let _ = kill_process(id, number);
    }
}

/// Whether we are what the keyboard talks to. Then a terminal sends Ctrl-C to the command as well, which must not get it
/// twice: to many programs the second one means "at once".
fn is_in_foreground() -> bool {
    let foreground = File::open("/dev/tty")
        .ok()
        .and_then(|terminal| rustix::termios::tcgetpgrp(terminal).ok());
    foreground == Some(rustix::process::getpgrp())
}

/// The signals that this process was started to ignore, a bit each. Only Linux says.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

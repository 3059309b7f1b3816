//! A run that goes on until somebody ends it.

use std::process::{Child, Command, Stdio};

use crate::{
    run::{signal, started},
    support::{Home, Ran, now},
};

/// A run on the task `build`, whose command ends with 3.
pub(crate) struct Going(Child);

impl Going {
    /// Waits until the command has begun.
    pub(crate) fn on(home: &Home, options: &[&str]) -> Self {
        Self::patient(home, "1", options)
    }

    /// As [`Going::on`], with patience for so many seconds.
    pub(crate) fn patient(home: &Home, timeout: &str, options: &[&str]) -> Self {
        let script = ["--", "sh", "-c", "echo ready; read line; exit 3"];
        let run = ["run", "--task", "build", "--timeout", timeout];
        let mut command: Command = home.command(&[&run, options, &script].concat());
        command.stdin(Stdio::piped());
        Self(started(command).0)
    }

    /// Lets the command end.
    pub(crate) fn let_go(&mut self) {
        drop(self.0.stdin.take());
    }

    /// Lets the command end and waits for the run.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ran {
        self.let_go();
        let ran: Ran = self.0.wait_with_output().unwrap().into();
        assert_eq!(ran.code, Some(3), "{ran:?}");
        ran
    }

    /// Kills the run, and answers with a moment at which it was dead. The command hears the end of its input.
    pub(crate) fn kill(mut self) -> i64 {
        signal(&self.0, "KILL");
        self.0.wait().unwrap();
        now()
    }
}

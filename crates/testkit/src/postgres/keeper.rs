//! The process that starts PostgreSQL, and that ends it when the test process ends.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Stdio},
    sync::{Mutex, PoisonError},
};

use super::programs;

/// A shell beside the test process that does everything to one cluster. Statics are never dropped and kill -9 asks
/// nobody, but the end of this process always closes the pipe that the shell reads from, and then it cleans up.
pub(super) struct Keeper {
    child: Child,
    pipes: Mutex<Option<Pipes>>,
    directory: PathBuf,
}

struct Pipes {
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Keeper {
    /// Starts the shell, which makes an empty directory that nobody else may read: in memory, if so wished and there is
    /// room.
    ///
    /// # Panics
    /// When there are no programs, or no directory can be made.
    pub(super) fn new(in_memory: bool) -> Self {
        let mut child = programs::unprivileged("sh")
            .args(["-c", include_str!("keeper.sh"), "timetracks-test-postgres"])
            .args([programs::directory(), std::env::temp_dir()])
            .args(in_memory.then_some("/dev/shm"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C")
            .current_dir("/")
            // Not ended by the Ctrl-C or the time limit that ends the tests.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts (as root, through `setpriv`)");
        let mut pipes = Pipes {
            orders: child.stdin.take().expect("a pipe"),
            answers: BufReader::new(child.stdout.take().expect("a pipe")),
        };
        let directory = PathBuf::from(pipes.line());
        assert!(directory.is_dir(), "no directory: {}", directory.display());
        Self {
            child,
            pipes: Mutex::new(Some(pipes)),
            directory,
        }
    }

    /// What everything of the cluster is in.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Calls a function of the shell's, and answers with what it printed: as an error, when it failed.
    pub(super) fn try_call(&self, function: &str, arguments: &[String]) -> Result<String, String> {
        let mut order = function.to_owned();
        for argument in arguments {
            order += &format!(" '{}'", argument.replace('\'', r"'\''"));
        }
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let pipes = pipes.as_mut().expect("open until it is dropped");
        writeln!(pipes.orders, "{order}").expect("the keeper of the cluster was ended by somebody");
        let mut said = String::new();
        loop {
            let line = pipes.line();
            let Some(text) = line.strip_prefix(' ') else {
                return if line == "0" { Ok(said) } else { Err(said) };
            };
            said += text;
            said.push('\n');
        }
    }

    /// As [`Keeper::try_call`], when it is not expected to fail.
    ///
    /// # Panics
    /// When it fails.
    pub(super) fn call(&self, function: &str, arguments: &[String]) -> String {
        self.try_call(function, arguments)
            .unwrap_or_else(|said| panic!("`{function} {arguments:?}` failed:\n{said}"))
    }
}

impl Pipes {
    /// The next line of the answer, without its end.
    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.answers.read_line(&mut line);
        assert!(
            read.is_ok_and(|length| length > 0),
            "the keeper of the cluster was ended by somebody"
        );
        line.trim_end_matches('\n').to_owned()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let pipes = self.pipes.get_mut();
        pipes.unwrap_or_else(PoisonError::into_inner).take();
        let _ = self.child.wait();
    }
}

//! Processes that are measured: started, watched, ended.

use std::{
    ffi::OsStr,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

use crate::Outcome;

/// How many ticks the kernel counts a second, on every Linux there is.
const TICKS: f64 = 100.0;

/// A process that says in its first line where it listens. It is ended with this value.
pub(crate) struct Process {
    child: Child,
    /// `ADDRESS:PORT`.
    pub(crate) address: String,
}

impl Process {
    /// A server on a free port, with nothing limited but what is measured.
    pub(crate) fn server<I: AsRef<OsStr>>(
        binary: &Path,
        data: &Path,
        options: impl IntoIterator<Item = I>,
    ) -> Outcome<Self> {
        let mut command = Command::new(binary);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .args(options);
        Self::start(command)
    }

    /// This program, as something else.
    pub(crate) fn own<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments);
        Self::start(command)
    }

    pub(crate) fn start(mut command: Command) -> Outcome<Self> {
        let mut child = clean(&mut command)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        take_log(child.stderr.take().ok_or("no log")?);
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let url = line
            .split_whitespace()
            .find_map(|word| word.strip_prefix("http://"));
        let Some(address) = url else {
            let _ = child.kill();
            return Err(format!("did not start, but said: {line}").into());
        };
        Ok(Self {
            address: address.trim_end_matches([',', '/']).to_owned(),
            child,
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as an operator would.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        match self.child.wait()? {
            status if status.success() => Ok(()),
            status => Err(format!("a server ended with {status}").into()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The settings of this shell are not the server's.
fn clean(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TIMETRACKS_") {
            command.env_remove(name);
        }
    }
    command.env("TIMETRACKS_RATE_LIMIT", "off")
}

/// Takes what a process logs, as whoever supervises it would: the cost of a log is part of what is measured. What is worse
/// than `INFO`, the level of the lines on requests, is passed on.
fn take_log(log: impl Read + Send + 'static) {
    thread::spawn(move || {
        let mut log = BufReader::with_capacity(64 * 1024, log);
        let mut line = Vec::new();
        while log.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            // The level is behind the time, which has 24 characters.
            if line
                .get(40..)
                .is_none_or(|rest| !rest.starts_with(b"\"level\":\"INFO\""))
            {
                let _ = io::stderr().write_all(&line);
            }
            line.clear();
        }
    });
}

/// Runs a program to its end, with this as its input, and answers with what it printed.
pub(crate) fn output(command: &mut Command, input: &str) -> Outcome<String> {
    let mut child = clean(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    let text = String::from_utf8(output.stdout)?;
    if output.status.success() {
        return Ok(text);
    }
    Err(format!(
        "{} ended with {}: {text}",
        command.get_program().display(),
        output.status
    )
    .into())
}

/// Processor time of processes and of the children that they have or had, in microseconds.
pub(crate) fn cpu_us(processes: &[u32]) -> Outcome<f64> {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // One that ended meanwhile has nothing to tell.
        let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else {
            continue;
        };
        let Some(spent) = Spent::read(&stat) else {
            continue;
        };
        if processes.contains(&process) {
            // What a child spent is its parent's once it has ended.
            ticks += spent.itself + spent.ended_children;
        } else if processes.contains(&spent.parent) {
            ticks += spent.itself;
        }
    }
    Ok(ticks as f64 / TICKS * 1e6)
}

/// The processor time of a process, in ticks.
#[derive(Debug, PartialEq, Eq)]
struct Spent {
    parent: u32,
    itself: u64,
    ended_children: u64,
}

impl Spent {
    /// Reads `/proc/PID/stat`. The name of a program, in brackets, may hold anything.
    fn read(stat: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let ticks = |field: usize| fields.get(field)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            itself: ticks(11)? + ticks(12)?,
            ended_children: ticks(13)? + ticks(14)?,
        })
    }
}

/// `VmRSS` or `VmHWM` of a process, in MiB.
pub(crate) fn memory_mib(process: u32, name: &str) -> Outcome<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line
        .and_then(|line| line.split_whitespace().next())
        .ok_or("no memory")?;
    Ok(kib.parse::<f64>()? / 1024.0)
}

/// From now on `VmHWM` is the most since now.
pub(crate) fn forget_peak(process: u32) -> Outcome<()> {
    Ok(fs::write(format!("/proc/{process}/clear_refs"), "5")?)
}

/// How long a small write takes to reach this disk, in microseconds: the median of some.
pub(crate) fn sync_us(directory: &Path) -> Outcome<f64> {
    let path = directory.join("sync");
    let mut file = fs::File::create(&path)?;
    let mut took = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        took.push(began.elapsed().as_secs_f64() * 1e6);
    }
    fs::remove_file(path)?;
    Ok(crate::statistics::median(took))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_a_strange_name_is_understood() {
        let stat = "12 (a) b) S 7 12 12 0 -1 4194560 1 0 0 0 30 12 5 4 20 0 1 0 100 1 1";
        let expected = Spent {
            parent: 7,
            itself: 42,
            ended_children: 9,
        };
        assert_eq!(Spent::read(stat), Some(expected));
    }

    #[test]
    fn what_this_process_spends_is_counted() {
        let process = [std::process::id()];
        let before = cpu_us(&process).unwrap();
        let began = Instant::now();
        while cpu_us(&process).unwrap() < before + 50_000.0 {
            assert!(
                began.elapsed().as_secs() < 60,
                "60 s of work are less than 50 ms"
            );
        }
        assert!(memory_mib(process[0], "VmRSS").unwrap() > 1.0);
    }
}

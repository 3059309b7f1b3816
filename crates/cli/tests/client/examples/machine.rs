//! The machine that a job runs on: a home, a working directory, and commands that do what the test says.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::{
        fs::{PermissionsExt, symlink},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use super::until;
use crate::{server::read, support::Ran};

/// What the commands of the examples do here: say that they have begun, wait if they are to, and end as they are to.
const WORK: &str = r#"#!/bin/sh
work=$(dirname "$0")/../work
echo "$*" >> "$work/done"
[ ! -p "$work/gate" ] || read -r line < "$work/gate"
date +%s%3N > "$work/ended"
[ ! -e "$work/fail-$1" ] || exit 7
"#;

/// A machine, which is no more when this goes out of scope.
pub(super) struct Machine {
    directory: TempDir,
    pub(super) environment: BTreeMap<String, String>,
    groups: Vec<u32>,
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Machine {
    /// One with `make` and `backup`, and `timetracks` if that is to be there already.
    pub(super) fn new(has_timetracks: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        for name in ["bin", "home", "project", "work", "temp"] {
            fs::create_dir(path.join(name)).unwrap();
        }
        for name in ["make", "backup"] {
            let file = path.join("bin").join(name);
            fs::write(&file, WORK).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        if has_timetracks {
            let file = path.join("bin/timetracks");
            symlink(env!("CARGO_BIN_EXE_timetracks"), file).unwrap();
        }
        let system = std::env::var("PATH").unwrap();
        let bin = path.join("bin");
        let environment = [
            ("HOME", path.join("home").display().to_string()),
            ("PATH", format!("{}:{system}", bin.display())),
            ("LANG", "C".to_owned()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value));
        Self {
            directory,
            environment: environment.into(),
            groups: Vec::new(),
        }
    }

    /// Puts the binary where runners can get it. Answers with its address and its checksum.
    pub(super) fn published(&self) -> (String, String) {
        let file = self.path("published");
        // Not a copy: a debug build is large.
        let text = format!(
            "#!/bin/sh\nexec '{}' \"$@\"\n",
            env!("CARGO_BIN_EXE_timetracks")
        );
        fs::write(&file, text).unwrap();
        let sum = Command::new("sha256sum").arg(&file).output().unwrap();
        let sum = String::from_utf8(sum.stdout).unwrap();
        let sum = sum.split(' ').next().unwrap();
        (format!("file://{}", file.display()), sum.to_owned())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// From now on `make ARGUMENT` fails with 7.
    pub(super) fn break_work(&self, argument: &str) {
        fs::write(self.path(&format!("work/fail-{argument}")), "").unwrap();
    }

    /// From now on work that has begun does not end.
    pub(super) fn hold_work(&self) {
        let gate = self.path("work/gate");
        assert!(Command::new("mkfifo").arg(gate).status().unwrap().success());
    }

    /// Lets the work that is held end.
    pub(super) fn release_work(&self) {
        let gate = self.path("work/gate");
        fs::write(&gate, "go\n").unwrap();
        fs::remove_file(gate).unwrap();
    }

    /// What work has begun.
    pub(super) fn work(&self) -> Vec<String> {
        let path = self.path("work/done");
        if !path.exists() {
            return Vec::new();
        }
        read(&path).lines().map(str::to_owned).collect()
    }

    /// Asserts that a track is no shorter than the work that was done last.
    #[track_caller]
    pub(super) fn assert_covered(&self, track: &Value) {
        let ended = read(&self.path("work/ended"));
        let ended: i64 = ended.trim().parse().unwrap();
        assert!(track["end"].as_i64().unwrap() >= ended, "{track}");
    }

    /// Waits until that much work has begun.
    pub(super) async fn working(&self, count: usize) {
        until("work", async || (self.work().len() >= count).then_some(())).await;
    }

    /// A command in the project, with the environment of the machine and no other.
    pub(super) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .envs(&self.environment)
            .current_dir(self.path("project"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        command
    }

    /// Starts a command of [`Machine::command`].
    pub(super) fn start(&mut self, command: &mut Command) -> Child {
        let child = command.spawn().unwrap();
        self.groups.push(child.id());
        child
    }

    /// Runs one to its end, which is when it has ended itself: what it leaves behind may go on.
    pub(super) fn run(&mut self, command: &mut Command) -> Ran {
        let (out, err) = (self.path("out"), self.path("err"));
        command
            .stdout(fs::File::create(&out).unwrap())
            .stderr(fs::File::create(&err).unwrap());
        let code = self.start(command).wait().unwrap().code();
        Ran {
            code,
            stdout: read(&out),
            stderr: read(&err),
        }
    }

    /// Kills everything that was started, at once, as when the machine is lost. Answers with the instant.
    pub(super) fn kill(&mut self) -> i64 {
        let groups: Vec<_> = self.groups.drain(..).map(|id| format!("-{id}")).collect();
        if !groups.is_empty() {
            // Some have ended.
            let mut kill = Command::new("kill");
            kill.args(["-s", "KILL", "--"]).args(groups);
            let _ = kill.stderr(Stdio::null()).status();
        }
        now_ms()
    }
}

pub(super) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

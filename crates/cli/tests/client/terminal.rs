//! What is different on a terminal.

use std::{
    fs::File,
    io::{Read, Write},
    process::{Child, Command, Stdio},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};

use crate::{
    server::PASSWORD,
    support::{Home, PATIENCE, World},
};

/// A program on a terminal of its own, which it is the foreground of.
struct Terminal {
    child: Child,
    keyboard: File,
    seen: String,
}

impl Terminal {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let slave = File::options().read(true).write(true).open(name).unwrap();
        let inner = home.command(arguments);
        let mut command = Command::new("setsid");
        command
            .args(["--ctty", "--wait"])
            .arg(inner.get_program())
            .args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(home.path());
        let end = || Stdio::from(slave.try_clone().unwrap());
        let child = command
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        Self {
            child,
            keyboard: File::from(master),
            seen: String::new(),
        }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads on; answers with whether there was something. A terminal that nobody holds any more is an error on Linux.
    #[track_caller]
    fn read(&mut self) -> bool {
        let mut ready = [PollFd::new(&self.keyboard, PollFlags::IN)];
        let limit = PATIENCE.try_into().unwrap();
        let is_ready = poll(&mut ready, Some(&limit)).unwrap() > 0;
        assert!(is_ready, "nothing comes after {:?}", self.seen);
        let mut piece = [0; 4096];
        let read = self.keyboard.read(&mut piece).unwrap_or(0);
        self.seen.push_str(&String::from_utf8_lossy(&piece[..read]));
        read > 0
    }

    /// Reads until it has seen this; answers with everything since the last time.
    #[track_caller]
    fn until(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.seen.find(text) {
                let rest = self.seen.split_off(at + text.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            let goes_on = self.read();
            assert!(goes_on, "it ended without {text:?}: {:?}", self.seen);
        }
    }

    /// Reads to the end; answers with the rest and the exit status.
    fn end(mut self) -> (String, Option<i32>) {
        while self.read() {}
        (self.seen, self.child.wait().unwrap().code())
    }
}

#[tokio::test]
async fn a_password_is_not_shown() {
    let world = World::start().await;
    let home = Home::new();
    let mut terminal = Terminal::start(&home, &["login", &world.server().base]);
    terminal.until("Email: ");
    terminal.press("ada@example.com\n");
    terminal.until("Password: ");
    terminal.press(&format!("{PASSWORD}\n"));
    let (seen, code) = terminal.end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(
        seen.contains("ada@example.com at http") && !seen.contains(PASSWORD),
        "{seen}"
    );
    home.json(&["whoami"]);
}

#[tokio::test]
async fn status_goes_on_until_q_or_ctrl_c() {
    let world = World::start().await;
    let home = world.ada();
    home.json(&["in", "Write docs"]);
    for key in ["q", "\x03"] {
        let mut terminal = Terminal::start(&home, &["status"]);
        terminal.until("Write docs");
        // Drawn again, over what was there.
        terminal.until("\x1b[2A");
        terminal.until("Write docs");
        terminal.press(key);
        let (seen, code) = terminal.end();
        assert_eq!(code, Some(0), "{seen}");
    }
    assert_eq!(
        home.json(&["status"]).as_array().unwrap().len(),
        1,
        "no timer ends with the view"
    );
}

#[tokio::test]
async fn status_shows_what_others_do_meanwhile() {
    let world = World::start().await;
    let home = world.ada();
    let mut terminal = Terminal::start(&home, &["status"]);
    terminal.until("Not clocked in");
    home.json(&["in", "Write docs"]);
    terminal.until("Write docs");
    terminal.press("q");
    assert_eq!(terminal.end().1, Some(0));
}

#[tokio::test]
async fn colours_and_bars_are_for_terminals_unless_nobody_wants_them() {
    let world = World::start().await;
    let home = world.ada();
    home.json(&["add", "Write docs", "9:00-10:00", "--date", "2026-07-01"]);
    let arguments = ["report", "--from", "2026-07-01", "--to", "2026-07-01"];
    let (seen, _) = Terminal::start(&home, &arguments).end();
    assert!(seen.contains("\x1b[1m") && seen.contains('█'), "{seen}");
    assert!(!home.run(&arguments).well().contains(['█', '\x1b']));
    let home = home.with("NO_COLOR", "1");
    let (seen, _) = Terminal::start(&home, &arguments).end();
    assert!(!seen.contains('\x1b') && seen.contains('█'), "{seen}");
}

/// A shell that answers to Ctrl-C until it is given a line. It looks up from reading now and then: a signal that arrives
/// just before it blocks would else wait for that line.
const ANSWERS: &str = "trap 'echo caught' INT; echo ready; until read -t 0.1 line; do :; done";

fn run_in_bash(home: &Home, script: &str) -> Terminal {
    let arguments = ["run", "--task", "build", "--", "bash", "-c", script];
    Terminal::start(home, &arguments)
}

#[tokio::test]
async fn ctrl_c_reaches_a_command_once() {
    let world = World::start().await;
    let home = world.ada();
    let mut terminal = run_in_bash(&home, ANSWERS);
    terminal.until("ready");
    terminal.press("\x03");
    terminal.until("caught");
    terminal.press("end\n");
    let (seen, code) = terminal.end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(!seen.contains("caught"), "{seen}");
    assert!(world.tracks().await[0]["end"].is_i64(), "{seen}");
}

#[tokio::test]
async fn the_time_of_a_command_that_ctrl_c_ends_is_told() {
    let world = World::start().await;
    let home = world.ada();
    let mut terminal = run_in_bash(&home, "echo ready; exec sleep 600");
    terminal.until("ready");
    terminal.press("\x03");
    let (seen, code) = terminal.end();
    assert_eq!(code, Some(130), "{seen}");
    let tracks = world.tracks().await;
    assert!(tracks.len() == 1 && tracks[0]["end"].is_i64(), "{seen}");
    assert_eq!(tracks[0]["meta"]["exitCode"], 130);
    assert!(home.queued().is_empty());
}

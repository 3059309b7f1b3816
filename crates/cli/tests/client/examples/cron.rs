//! `crontab`, by what cron does with it.

use std::process::Command;

use super::{example, machine::Machine, with_short_lease};
use crate::support::World;

const NAME: &str = "crontab";

/// What a crontab says.
struct Crontab {
    environment: Vec<(String, String)>,
    commands: Vec<String>,
}

impl Crontab {
    fn parse(text: &str) -> Self {
        let mut crontab = Self {
            environment: Vec::new(),
            commands: Vec::new(),
        };
        let lines = text.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with(|first: char| first.is_ascii_uppercase()) {
                let (name, value) = line.split_once('=').unwrap();
                crontab
                    .environment
                    .push((name.to_owned(), value.to_owned()));
                continue;
            }
            let mut fields = line.splitn(6, ' ');
            for limit in [59, 23, 31, 12, 7] {
                let field = fields.next().unwrap();
                let is_number = field.parse::<u8>().is_ok_and(|number| number <= limit);
                assert!(field == "*" || is_number, "{line}");
            }
            let command = fields.next().unwrap();
            assert!(!command.contains('%'), "to cron that is a new line: {line}");
            crontab.commands.push(command.to_owned());
        }
        crontab
    }
}

/// The command of the only job, as cron starts it on a machine where an administrator has installed `timetracks`.
async fn job(world: &World, text: &str) -> (Machine, Command) {
    let machine = Machine::new(true);
    let crontab = Crontab::parse(text);
    let [line] = crontab.commands.as_slice() else {
        panic!("{:?}", crontab.commands);
    };
    let mut command = machine.command("/bin/sh");
    // What cron gives to each job, and nothing else.
    command
        .env_clear()
        .env("HOME", machine.path("home"))
        .env("LOGNAME", "ada")
        .env("SHELL", "/bin/sh")
        .env("PATH", "/usr/bin:/bin")
        .current_dir(machine.path("home"))
        .args(["-c", line]);
    let installed = machine.path("bin").display().to_string();
    let key = world.ci_key().await;
    for (name, value) in &crontab.environment {
        let value = value
            .replace("/usr/local/bin", &installed)
            .replace("https://time.example.com", &world.server().base)
            .replace("tt_…", &key);
        command.env(name, value);
    }
    (machine, command)
}

#[tokio::test]
async fn the_job_is_tracked_and_prints_nothing_that_would_be_mailed() {
    let world = World::start().await;
    let (mut machine, mut command) = job(&world, &example(NAME)).await;
    let ran = machine.run(&mut command);
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (Some(0), "", "")
    );
    assert_eq!(machine.work(), ["--all"]);
    let tracks = world.booked("nightly backup", None, "user").await;
    assert_eq!(tracks.len(), 1);
    machine.assert_covered(&tracks[0]);
    assert_eq!(tracks[0]["kind"], "ci");
    assert_eq!(tracks[0]["meta"]["exitCode"], 0, "{tracks:?}");
}

#[tokio::test]
async fn a_job_that_fails_says_so_to_cron() {
    let world = World::start().await;
    let (mut machine, mut command) = job(&world, &example(NAME)).await;
    machine.break_work("--all");
    assert_eq!(machine.run(&mut command).code, Some(7));
    let tracks = world.booked("nightly backup", None, "user").await;
    assert_eq!(tracks[0]["meta"]["exitCode"], 7);
}

#[tokio::test]
async fn a_machine_that_dies_books_no_more_than_it_ran() {
    let world = World::start().await;
    let (mut machine, mut command) = job(&world, &with_short_lease(&example(NAME))).await;
    machine.hold_work();
    let mut job = machine.start(&mut command);
    world.beating().await;
    let killed = machine.kill();
    job.wait().unwrap();
    world.ends_by_its_lease(killed).await;
}

//! `git-post-checkout`, by git itself.

use std::{fs, process::Command, time::Instant};

use super::{machine::Machine, path};
use crate::{
    cable::{Cable, Wired},
    support::{Home, Ran, World},
};

const NAME: &str = "git-post-checkout";

/// A repository with the hook, of somebody who is logged in.
struct Repository {
    machine: Machine,
    home: Home,
}

impl Repository {
    fn new(has_timetracks: bool, url: &str) -> Self {
        let mut machine = Machine::new(has_timetracks);
        let home = Home::new();
        home.log_in(url, "ada");
        machine.set("HOME", home.path().to_str().unwrap());
        machine.set("GIT_CONFIG_NOSYSTEM", "1");
        let mut repository = Self { machine, home };
        repository.git(&["init", "-q", "-b", "main"]).well();
        fs::copy(
            path(NAME),
            repository.machine.path("project/.git/hooks/post-checkout"),
        )
        .unwrap();
        let author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
        let commit = ["commit", "-q", "--allow-empty", "-m", "begin"];
        repository
            .git(&[author.as_slice(), &commit].concat())
            .well();
        repository
    }

    fn git(&mut self, arguments: &[&str]) -> Ran {
        let mut command = self.machine.command("git");
        self.machine.run(command.args(arguments))
    }
}

/// The names of the tasks that run.
async fn running(world: &World) -> Vec<String> {
    let mut names = Vec::new();
    for track in world.tracks().await {
        if track["end"].is_null() {
            let path = format!("/tasks/{}", track["taskId"].as_str().unwrap());
            let task = crate::server::json_of(world.server().get(&path, &world.token), 200).await;
            names.push(task["externalId"].as_str().unwrap().to_owned());
        }
    }
    names
}

#[tokio::test]
async fn whoever_switches_branches_switches_tickets() {
    let world = World::start().await;
    let mut repository = Repository::new(true, &world.server().base);
    for (arguments, ticket) in [
        (
            ["switch", "-c", "feature/JIRA-492-retry"].as_slice(),
            "JIRA-492",
        ),
        (&["switch", "main"], "JIRA-492"),
        (&["switch", "-c", "OPS2-7"], "OPS2-7"),
        (&["switch", "-c", "experiment"], "OPS2-7"),
        (&["switch", "-c", "ada/SHOP-11/part-2"], "SHOP-11"),
        (&["checkout", "feature/JIRA-492-retry"], "JIRA-492"),
        (&["switch", "--detach", "OPS2-7"], "JIRA-492"),
    ] {
        repository.git(arguments).well();
        assert_eq!(running(&world).await, [ticket], "{arguments:?}");
    }
    assert_eq!(world.tracks().await.len(), 4);
}

#[tokio::test]
async fn files_that_are_checked_out_switch_nothing() {
    let world = World::start().await;
    let mut repository = Repository::new(true, &world.server().base);
    fs::write(repository.machine.path("project/file"), "").unwrap();
    repository.git(&["add", "file"]).well();
    repository.git(&["checkout", "-q", "-b", "JIRA-492"]).well();
    let before = world.tracks().await;
    assert_eq!(before.len(), 1);
    repository.git(&["checkout", "--", "file"]).well();
    assert_eq!(world.tracks().await.len(), 1);
}

#[tokio::test]
async fn git_neither_fails_nor_waits_for_long_without_a_server() {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let mut repository = Repository::new(true, &wired.url);
    repository.git(&["switch", "-c", "JIRA-0"]).well();
    for (state, branch) in [(Cable::Cut, "JIRA-1"), (Cable::Hangs, "JIRA-2")] {
        wired.set(state);
        let began = Instant::now();
        repository.git(&["switch", "-c", branch]).well();
        assert!(began.elapsed().as_secs() < 8, "{:?}", began.elapsed());
    }
    wired.set(Cable::Whole);
    repository.home.json(&["sync"]);
    assert!(repository.home.refused().is_empty());
    assert_eq!(running(&world).await, ["JIRA-2"]);
}

#[tokio::test]
async fn git_does_not_fail_where_nobody_is_logged_in_or_nothing_is_installed() {
    let world = World::start().await;
    let mut repository = Repository::new(false, &world.server().base);
    repository.git(&["switch", "-c", "JIRA-1"]).well();
    let mut repository = Repository::new(true, &world.server().base);
    repository.home.run(&["logout"]).well();
    repository.git(&["switch", "-c", "JIRA-1"]).well();
    assert!(world.tracks().await.is_empty());
}

#[test]
fn the_hook_can_be_run_as_it_is_copied() {
    let mut machine = Machine::new(false);
    let copy = machine.path("project/post-checkout");
    fs::copy(path(NAME), &copy).unwrap();
    let mut command: Command = machine.command(copy);
    machine.run(command.args(["old", "new", "0"])).well();
}

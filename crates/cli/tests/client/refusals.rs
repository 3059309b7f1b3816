//! What is said when it does not go well, and how the program ends.

use std::process::Stdio;

use crate::{
    cable::{Cable, Wired},
    support::World,
};

#[tokio::test]
async fn a_server_out_of_reach_is_said_and_has_a_status_of_its_own() {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let home = crate::support::Home::new();
    home.log_in(&wired.url, "ada");
    home.json(&["whoami"]);
    for state in [Cable::Cut, Cable::Hangs] {
        wired.set(state);
        for command in ["whoami", "log", "projects", "status"] {
            let said = home.run(&[command, "--timeout", "1"]).failed(5);
            assert!(
                said.contains("try again") || said.contains("Try again"),
                "{said}"
            );
        }
    }
    wired.set(Cable::Whole);
    home.json(&["whoami"]);
}

#[tokio::test]
async fn something_else_at_that_address_is_no_server() {
    let world = World::start().await;
    let base = format!("{}/elsewhere", world.server().base);
    let home = crate::support::Home::with_key(&base, "tt_x");
    let ran = home.run(&["whoami"]);
    assert!(matches!(ran.code, Some(1)), "{ran:?}");
}

#[tokio::test]
async fn a_reader_that_has_enough_is_no_failure() {
    let world = World::start().await;
    let home = world.ada();
    home.json(&["in", "Write docs"]);
    let mut command = home.command(&["tasks"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_command_line_that_makes_no_sense_is_2() {
    let home = crate::support::Home::new();
    for arguments in [
        &["in"][..],
        &["nonsense"],
        &["run", "--task", "x"],
        &["log", "--week", "--from", "today"],
    ] {
        assert_eq!(home.run(arguments).code, Some(2), "{arguments:?}");
    }
}

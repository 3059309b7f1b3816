//! Completions and manual pages.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::support::Home;

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = home.run(&["completions", shell]).well();
        for word in ["switch", "whoami", "completions", "external-id"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    let script = home.run(&["completions", "bash"]).well();
    let mut bash = Command::new("bash")
        .arg("-n")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    bash.stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    assert!(bash.wait().unwrap().success());
}

#[test]
fn every_command_has_a_manual_page() {
    let home = Home::new();
    let directory = home.path().join("man1");
    home.run(&["man", directory.to_str().unwrap()]).well();
    for name in [
        "timetracks",
        "timetracks-in",
        "timetracks-run",
        "timetracks-keys-create",
        "timetracks-serve",
    ] {
        let page = std::fs::read_to_string(directory.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".TH"), "{name}");
    }
}

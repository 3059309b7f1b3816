//! Logging in and out, and what is kept.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::{
    server::PASSWORD,
    support::{Home, World},
};

fn stored(home: &Home) -> Value {
    serde_json::from_str(&std::fs::read_to_string(home.credentials()).unwrap()).unwrap()
}

fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_login_is_kept_for_its_owner_alone_and_forgotten_at_logout() {
    let world = World::start().await;
    let home = Home::new();
    let base = &world.server().base;
    let answer = home
        .run_with_input(
            &["login", base, "--json"],
            &format!("ada@example.com\n{PASSWORD}\n"),
        )
        .well();
    let me: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(me["user"]["email"], "ada@example.com");
    assert_eq!(mode(&home.credentials()), 0o600);
    assert_eq!(mode(home.credentials().parent().unwrap()), 0o700);
    assert!(!stored(&home).to_string().contains(PASSWORD));
    assert_eq!(home.json(&["whoami"])["org"]["name"], "Engines");
    let sessions = home.json(&["sessions"]);
    let agents: Vec<_> = sessions
        .as_array()
        .unwrap()
        .iter()
        .map(|session| session["userAgent"].clone())
        .collect();
    assert!(agents.contains(&json!("timetracks/0.1.0")), "{agents:?}");
    assert_eq!(home.json(&["logout"])["message"], "logged out");
    assert!(!home.credentials().exists());
    home.run(&["whoami"]).failed(3);
    home.run(&["logout"]).failed(3);
}

#[tokio::test]
async fn a_key_is_read_from_standard_input_and_the_environment_wins_over_the_file() {
    let world = World::start().await;
    let base = &world.server().base;
    let key = world.key(&["read", "track"]).await;
    let home = Home::new();
    home.run_with_input(&["login", base, "--api-key"], &format!("{key}\n"))
        .well();
    assert_eq!(home.json(&["whoami"])["scopes"], json!(["read", "track"]));
    let other = world.key(&["read"]).await;
    let home = home
        .with("TIMETRACKS_URL", base)
        .with("TIMETRACKS_API_KEY", &other);
    assert_eq!(home.json(&["whoami"])["scopes"], json!(["read"]));
}

#[tokio::test]
async fn what_is_wrong_with_a_login_is_said_with_what_to_do() {
    let world = World::start().await;
    let base = &world.server().base;
    let home = Home::new();
    let arguments = ["login", base, "--email", "ada@example.com"];
    let said = home
        .run_with_input(&arguments, "wrong horse battery\n")
        .failed(3);
    assert!(said.contains("wrong"), "{said}");
    home.run_with_input(&["login", base, "--api-key"], "tt_wrong\n")
        .failed(3);
    assert!(!home.credentials().exists());
    let said = home.run(&["status"]).failed(3);
    assert!(said.contains("timetracks login"), "{said}");
    home.run(&arguments).failed(2);
    home.run_with_input(&["login", "nonsense", "--api-key"], "x\n")
        .failed(78);
    let alone = Home::new().with("TIMETRACKS_API_KEY", "tt_x");
    assert!(alone.run(&["status"]).failed(78).contains("TIMETRACKS_URL"));
    let revoked = Home::with_key(base, "tt_x");
    revoked.run(&["status"]).failed(3);
}

#[tokio::test]
async fn credentials_that_others_may_read_are_not_used() {
    let world = World::start().await;
    let home = world.ada();
    std::fs::set_permissions(home.credentials(), PermissionsExt::from_mode(0o644)).unwrap();
    assert!(home.run(&["whoami"]).failed(78).contains("chmod 600"));
    std::fs::set_permissions(home.credentials(), PermissionsExt::from_mode(0o600)).unwrap();
    home.run(&["whoami"]).well();
}

#[tokio::test]
async fn a_login_for_one_server_is_not_shown_to_another() {
    let world = World::start().await;
    let home = world.ada().with("TIMETRACKS_URL", "http://127.0.0.1:9");
    assert!(home.run(&["whoami"]).failed(3).contains("127.0.0.1:9"));
}

/// Makes the kept access token one that has ended.
fn age(home: &Home) -> String {
    let mut old = stored(home);
    old["session"]["expiresIn"] = json!(1000);
    std::fs::write(home.credentials(), old.to_string()).unwrap();
    old["session"]["refreshToken"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_old_token_is_renewed_and_kept_by_processes_that_take_turns() {
    let world = World::start().await;
    let home = world.ada();
    let before = age(&home);
    let spawn = |_| {
        let mut command = home.command(&["whoami", "--json"]);
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let children: Vec<_> = (0..8).map(spawn).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert_ne!(stored(&home)["session"]["refreshToken"], json!(before));
    assert_eq!(mode(&home.credentials()), 0o600);
    home.run(&["whoami"]).well();
    age(&home);
    home.run(&["whoami"]).well();
}

//! Settings, right and wrong.

use std::process::Command;

use crate::support::{Process, json_of, timetracks};

#[test]
fn a_wrong_setting_is_refused_by_its_name_and_makes_no_file() {
    type Change = fn(&mut Command);
    let table: [(&str, Change); 15] = [
        ("listen", |c| {
            c.args(["--listen", "nowhere"]);
        }),
        ("listen", |c| {
            c.env("TIMETRACKS_LISTEN", "127.0.0.1:x");
        }),
        ("listen", |c| {
            c.args(["--listen", "203.0.113.1:1"]);
        }),
        ("database", |c| {
            c.args(["--database", "oracle:x"]);
        }),
        ("database", |c| {
            c.env("TIMETRACKS_DATABASE", "sqlite:");
        }),
        ("data-dir", |c| {
            c.args(["--data-dir", "/dev/null"]);
        }),
        ("public-url", |c| {
            c.env("TIMETRACKS_PUBLIC_URL", "time.example.com");
        }),
        ("config", |c| {
            c.args(["--config", "missing.toml"]);
        }),
        ("TIMETRACKS_LOG", |c| {
            c.env("TIMETRACKS_LOG", "timetracks=nonsense");
        }),
        ("require-current-password", |c| {
            c.env("TIMETRACKS_REQUIRE_CURRENT_PASSWORD", "maybe");
        }),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", |c| {
            c.env("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318");
        }),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", |c| {
            c.env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://collector");
        }),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", |c| {
            c.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector");
            c.env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        }),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", |c| {
            c.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector");
            c.env("OTEL_EXPORTER_OTLP_TIMEOUT", "10s");
        }),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", |c| {
            c.env("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector");
            c.env("OTEL_EXPORTER_OTLP_CERTIFICATE", "missing.pem");
        }),
    ];
    for (setting, change) in table {
        let directory = tempfile::tempdir().unwrap();
        let mut command = timetracks();
        command.arg("serve").current_dir(directory.path());
        change(&mut command);
        let output = command.output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(78), "{setting}: {message}");
        assert!(message.contains(&format!("`{setting}`")), "{message}");
        let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().collect();
        assert!(left.is_empty(), "{setting} left {left:?}");
    }
}

#[test]
fn a_wrong_settings_file_is_refused() {
    for text in [
        "listen = 5",
        "lisen = \"127.0.0.1:0\"",
        "listen =",
        "listen = \"x\"",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("timetracks.toml");
        std::fs::write(&file, text).unwrap();
        let mut command = timetracks();
        command.arg("serve").arg("--config").arg(&file);
        let output = command.current_dir(directory.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(78), "{text}");
    }
}

#[tokio::test]
async fn flags_come_before_the_environment_and_the_environment_before_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("timetracks.toml");
    let text = "public-url = \"https://file.example.com\"\nrequire-current-password = true\n";
    std::fs::write(&file, text).unwrap();
    let data = directory.path().join("data");
    let process = Process::start_with(&data, |command| {
        command
            .arg("--config")
            .arg(&file)
            .env("TIMETRACKS_PUBLIC_URL", "https://env.example.com/")
            .env(
                "TIMETRACKS_LISTEN",
                "not looked at, because there is a flag",
            );
    });
    let token = process.sign_up().await;
    let body = serde_json::json!({ "email": "bob@example.com" });
    let created = json_of(process.post("/invitations", &token, &body), 201).await;
    let link = created["invitation"]["link"].as_str().unwrap();
    assert!(
        link.starts_with("https://env.example.com/api/v1/"),
        "{link}"
    );

    let me = json_of(process.get("/account/me", &token), 200).await;
    let user = me["user"]["id"].as_str().unwrap();
    let request = reqwest::Client::new()
        .put(format!("{}/api/v1/users/{user}/password", process.base))
        .bearer_auth(&token)
        .json(&serde_json::json!({ "password": "another good password" }));
    let problem = json_of(request, 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/currentPassword");
}

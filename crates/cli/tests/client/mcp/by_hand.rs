//! The protocol byte by byte, as a host would see it that is not by the official SDK.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use serde_json::{Value, json};

use super::agents_home;
use crate::support::{Home, World};

/// A host that writes and reads lines.
pub(super) struct Host {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Host {
    pub(super) fn at(home: &Home, arguments: &[&str]) -> Self {
        let mut command = home.command(arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    fn line(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
        input.flush().unwrap();
    }

    pub(super) fn say(&mut self, message: &Value) {
        self.line(&message.to_string());
    }

    /// The next line, which is a message and nothing else.
    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let message: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        message
    }

    /// The answer to this.
    pub(super) fn ask(&mut self, message: &Value) -> Value {
        self.say(message);
        let answer = self.hear();
        assert_eq!(answer["id"], message["id"], "{answer}");
        answer
    }

    pub(super) fn shake_hands(&mut self) -> Value {
        let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "by hand", "version": "0" },
        }});
        let answer = self.ask(&hello);
        self.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        answer["result"].clone()
    }

    /// Closes standard input. The exit status, and what was said on standard error.
    pub(super) fn leave(mut self) -> (Option<i32>, String) {
        self.input = None;
        let (mut rest, mut errors) = (String::new(), String::new());
        let mut said = self.child.stderr.take().unwrap();
        said.read_to_string(&mut errors).unwrap();
        self.output.read_to_string(&mut rest).unwrap();
        for line in rest.lines() {
            serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        }
        (self.child.wait().unwrap().code(), errors)
    }
}

pub(super) fn call(id: u32, tool: &str, arguments: Value) -> Value {
    let params = json!({ "name": tool, "arguments": arguments });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

async fn host() -> (World, Host) {
    let world = World::start().await;
    let home = agents_home(&world, &world.server().base);
    let host = Host::at(&home, &["mcp"]);
    (world, host)
}

#[tokio::test]
async fn lines_of_json_are_enough_to_book_time() {
    let (world, mut host) = host().await;
    let info = host.shake_hands();
    assert_eq!(info["protocolVersion"], "2025-06-18");
    assert_eq!(info["serverInfo"]["name"], "timetracks");
    assert_eq!(info["capabilities"], json!({ "tools": {} }));
    let list = host.ask(&json!({ "jsonrpc": "2.0", "id": "a", "method": "tools/list" }));
    let tools = list["result"]["tools"].as_array().unwrap();
    let delete = tools
        .iter()
        .find(|tool| tool["name"] == "delete_track")
        .unwrap();
    assert_eq!(delete["annotations"]["destructiveHint"], true);
    assert_eq!(delete["inputSchema"]["required"], json!(["track"]));
    let answer = host.ask(&call(2, "clock_in", json!({ "task": "Write docs" })));
    assert_eq!(
        answer["result"]["structuredContent"]["track"]["task"],
        "Write docs"
    );
    assert_eq!(answer["result"]["content"][0]["type"], "text");
    // No arguments at all are none.
    let params = json!({ "name": "clock_out" });
    let out =
        host.ask(&json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": params }));
    assert!(
        out["result"]["structuredContent"]["track"]["end"].is_string(),
        "{out}"
    );
    assert_eq!(host.leave().0, Some(0));
    assert_eq!(world.tracks().await.len(), 1);
}

#[tokio::test]
async fn garbage_is_survived_and_faults_of_the_protocol_are_errors_of_the_protocol() {
    let (_world, mut host) = host().await;
    host.line("hello?");
    host.line("");
    host.shake_hands();
    host.line("{\"jsonrpc\": \"2.0\", ");
    host.line("\u{0}\u{1b}[31m");
    host.line(&format!("\"{}\"", "x".repeat(2 * 1024 * 1024)));
    let code = |answer: Value| answer["error"]["code"].as_i64();
    let unknown = json!({ "jsonrpc": "2.0", "id": 5, "method": "tracks/fly" });
    assert_eq!(code(host.ask(&unknown)), Some(-32601));
    assert_eq!(code(host.ask(&call(6, "fly", json!({})))), Some(-32602));
    let params = json!({ "name": "clock_in", "arguments": "Write docs" });
    host.say(&json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params }));
    assert!(host.hear()["error"].is_object());
    // What the model can put right is told to the model.
    let wrong = host.ask(&call(8, "clock_in", json!({})));
    assert_eq!(wrong["result"]["isError"], true, "{wrong}");
    assert_eq!(
        host.ask(&json!({ "jsonrpc": "2.0", "id": 9, "method": "ping" }))["result"],
        json!({})
    );
    assert_eq!(host.leave().0, Some(0));
}

#[tokio::test]
async fn a_host_that_leaves_ends_it() {
    let (_world, host) = host().await;
    assert_eq!(host.leave().0, Some(0));
}

#[tokio::test]
async fn nothing_but_the_protocol_is_on_standard_output() {
    let world = World::start().await;
    let wired = crate::cable::Wired::to(&world.address());
    let home = agents_home(&world, &wired.url);
    let mut host = Host::at(&home, &["mcp", "--timeout", "1"]);
    host.shake_hands();
    wired.set(crate::cable::Cable::Cut);
    host.ask(&call(2, "clock_out", json!({ "task": "Write docs" })));
    wired.set(crate::cable::Cable::Whole);
    // The server refuses what had waited, which is noted where people look.
    host.ask(&call(3, "clock_in", json!({ "task": "Write docs" })));
    let (code, said) = host.leave();
    assert_eq!(code, Some(0));
    assert!(
        said.contains("refuses clock out on \"Write docs\""),
        "{said}"
    );
}

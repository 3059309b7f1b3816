//! `timetracks mcp`, as agents meet it: by the client of the official SDK, and by hand.

mod by_hand;
mod mistakes;
mod offline;
mod tools;
mod tracking;

use std::time::Duration;

use rmcp::{
    RoleClient, ServiceExt,
    model::{CallToolRequestParams, CallToolResult, Tool},
    service::{RunningService, ServiceError},
    transport::TokioChildProcess,
};
use serde_json::{Value, json};

use crate::support::{Home, World};

/// A real client that has started the binary.
struct Agent {
    client: RunningService<RoleClient, ()>,
    tools: Vec<Tool>,
}

impl Agent {
    async fn at(home: &Home) -> Self {
        Self::with(home, &["mcp"]).await
    }

    async fn with(home: &Home, arguments: &[&str]) -> Self {
        let command = tokio::process::Command::from(home.command(arguments));
        let client = ().serve(TokioChildProcess::new(command).unwrap()).await.unwrap();
        let tools = client.list_all_tools().await.unwrap();
        Self { client, tools }
    }

    async fn try_call(&self, tool: &str, arguments: Value) -> Result<CallToolResult, ServiceError> {
        let Value::Object(arguments) = arguments else {
            panic!("arguments are an object");
        };
        let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let answer = self.client.call_tool(call);
        tokio::time::timeout(Duration::from_secs(60), answer)
            .await
            .expect("an answer")
    }

    /// The structured answer, which is what the tool has promised, and the same in words.
    async fn call(&self, tool: &str, arguments: Value) -> Value {
        let described = self.tools.iter().find(|known| known.name == tool).unwrap();
        let input = Value::Object(described.input_schema.as_ref().clone());
        assert!(
            jsonschema::is_valid(&input, &arguments),
            "{tool}: {arguments}"
        );
        let result = self.try_call(tool, arguments).await.unwrap();
        assert_ne!(result.is_error, Some(true), "{tool}: {result:?}");
        let answer = result.structured_content.unwrap();
        let promised = described.output_schema.as_ref().unwrap().as_ref().clone();
        let promised = Value::Object(promised);
        if let Err(broken) = jsonschema::validate(&promised, &answer) {
            panic!("{tool}: {broken}: {answer}");
        }
        assert_all_described(tool, &promised, &answer);
        let text = &result.content[0].as_text().unwrap().text;
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), answer);
        answer
    }

    /// What the model is told of a tool that failed.
    async fn failure(&self, tool: &str, arguments: Value) -> String {
        let result = self.try_call(tool, arguments).await.unwrap();
        assert_eq!(result.is_error, Some(true), "{tool}: {result:?}");
        let text = result.content[0].as_text().unwrap().text.clone();
        // The model has tools and no command line.
        for command in [
            "`timetracks in",
            "`timetracks status",
            "`timetracks log ",
            "`timetracks tasks",
        ] {
            assert!(!text.contains(command), "{text}");
        }
        text
    }

    /// Closes the connection as a host does, and waits until the process has gone.
    async fn leave(self) {
        self.client.cancel().await.unwrap();
    }
}

/// A member that the schema does not know would pass as well: schemas of answers are open.
fn assert_all_described(path: &str, schema: &Value, value: &Value) {
    match value {
        Value::Object(members) => {
            // What programs say of a track is theirs.
            let Some(known) = schema.get("properties") else {
                assert_eq!(schema["additionalProperties"], json!(true), "{path}");
                return;
            };
            for (name, value) in members {
                let known = known.get(name).unwrap_or_else(|| panic!("{path}/{name}"));
                // An object or null.
                let choices = known.get("anyOf").and_then(Value::as_array);
                let known = choices.map_or(known, |choices| &choices[0]);
                assert_all_described(&format!("{path}/{name}"), known, value);
            }
        }
        Value::Array(items) => {
            for item in items {
                assert_all_described(path, &schema["items"], item);
            }
        }
        _ => {}
    }
}

/// Waits until it is so.
async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    assert!(waited.is_ok(), "never {what}");
}

/// A server, and somebody's agent with a key of its own.
async fn world_with_agent() -> (World, Agent) {
    let world = World::start().await;
    let home = agents_home(&world, &world.server().base);
    let agent = Agent::at(&home).await;
    (world, agent)
}

/// A home with a key made as docs/agents.md says, by ada's command line.
fn agents_home(world: &World, url: &str) -> Home {
    let arguments = [
        "keys",
        "create",
        "claude",
        "--kind",
        "agent",
        "--scopes",
        "read,track",
    ];
    let key = world.ada().json(&arguments);
    Home::with_key(url, key["apiKey"].as_str().unwrap())
}

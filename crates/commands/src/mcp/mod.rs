//! `mcp`: the commands as tools of the Model Context Protocol, on standard input and output, for agents.
//!
//! A call is a command: it opens the credentials anew, so that somebody may log in while the host runs. Standard output belongs to
//! the protocol; what is to be said besides goes to standard error.

mod calls;
mod changes;
mod keeping;
mod outputs;
mod questions;
mod tools;
mod values;

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
        JsonObject, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig,
        Tool,
    },
    service::{RequestContext, ServerInitializeError, serve_server},
    transport::async_rw::AsyncRwTransport,
};
use serde::Serialize;
use serde_json::Value;
use timetracks_client::api::{Body, Fields};

use super::{arguments::Common, failure::Failure};
use calls::Session;
use keeping::Keeper;

/// The longest message that is read.
const LONGEST_BYTES: usize = 1024 * 1024;

const INSTRUCTIONS: &str = "TimeTracks books time on tasks. Book your own work: clock_in with the task (a ticket's id such as \
JIRA-492, or a name) when you begin, clock_out with a note on what you did when you are done or turn to something else. Look \
with list_tasks for the task that is meant before you make a new one. When you forgot to clock in, add_track books what is \
over; never book time that nobody spent. What you clock in ends by itself some minutes after this session is gone. Times \
without a zone are local; answers have the offset. Days begin at local midnight.";

/// Serves until standard input ends.
pub(crate) async fn serve(common: &Common) -> Result<(), Failure> {
    let session = Arc::new(Session {
        common: *common,
        keeper: Keeper::new(*common),
        turn: tokio::sync::Mutex::default(),
    });
    let server = Server {
        session: Arc::clone(&session),
        tools: tools::all(),
    };
    let transport = AsyncRwTransport::new_server(tokio::io::stdin(), tokio::io::stdout())
        .with_max_line_length(LONGEST_BYTES);
    let failed = |error: String| Failure::refused(format!("MCP: {error}"));
    let running = match serve_server(server, transport).await {
        Ok(running) => running,
        // Who leaves before saying a word is free to.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(failed(error.to_string())),
    };
    let ended = running.waiting().await;
    // What is being done is not left half done: written down at least.
    let _turn = session.turn.lock().await;
    session.keeper.end().await;
    ended.map(|_| ()).map_err(|error| failed(error.to_string()))
}

struct Server {
    session: Arc<Session>,
    tools: Vec<Tool>,
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let about = Implementation::new("timetracks", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(about.with_title("TimeTracks"))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.clone()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = self.tools.iter().find(|tool| tool.name == request.name) else {
            let unknown = format!("there is no tool {:?}", request.name);
            return Err(ErrorData::invalid_params(unknown, None));
        };
        let reads = tool
            .annotations
            .as_ref()
            .and_then(|hints| hints.read_only_hint);
        let (session, name) = (Arc::clone(&self.session), tool.name.clone());
        let call = Call {
            known: Arc::clone(&tool.input_schema),
            arguments: request.arguments.unwrap_or_default(),
        };
        // On a task of its own, so that a fault of ours is an answer and not a silence.
        let mut work = tokio::spawn(async move { session.dispatch(&name, call).await });
        let answer = tokio::select! {
            answer = &mut work => answer,
            // What changes something is never left half done. There is no answer either way.
            () = context.ct.cancelled(), if reads == Some(true) => {
                work.abort();
                return Err(ErrorData::internal_error("cancelled", None));
            }
        };
        match answer {
            Ok(Ok(value)) => Ok(CallToolResult::structured(value).into()),
            Ok(Err(failure)) => {
                let message = ContentBlock::text(in_tools(&failure.message));
                Ok(CallToolResult::error(vec![message]).into())
            }
            Err(fault) => Err(ErrorData::internal_error(fault.to_string(), None)),
        }
    }
}

/// Arguments, and the schema of those that there are.
struct Call {
    known: Arc<JsonObject>,
    arguments: JsonObject,
}

impl Call {
    /// Does the work with these arguments, if they fit.
    async fn to<I, O, Work>(self, work: impl FnOnce(I) -> Work) -> Result<Value, Failure>
    where
        I: Body,
        O: Serialize,
        Work: Future<Output = Result<O, Failure>>,
    {
        let known = |name: &String| {
            let arguments = self.known.get("properties");
            arguments.is_some_and(|known| known.get(name).is_some())
        };
        let mut wrong: Vec<String> = Vec::new();
        for name in self.arguments.keys().filter(|name| !known(name)) {
            wrong.push(format!("`{name}` is no argument of this tool"));
        }
        let input = Fields::read(Value::Object(self.arguments)).map_err(|errors| {
            let broken = errors
                .iter()
                .map(|error| match error.pointer.trim_start_matches('/') {
                    "" => error.detail.clone(),
                    name => format!("`{name}`: {}", error.detail),
                });
            wrong.extend(broken);
        });
        match input {
            Ok(input) if wrong.is_empty() => {
                let output = work(input).await?;
                serde_json::to_value(output).map_err(|error| Failure::refused(error.to_string()))
            }
            _ => Err(Failure::usage(format!(
                "Nothing was done, the arguments do not fit: {}.",
                wrong.join("; ")
            ))),
        }
    }
}

impl Session {
    async fn dispatch(&self, tool: &str, call: Call) -> Result<Value, Failure> {
        match tool {
            "clock_in" => call.to(|input| self.clock_in(input)).await,
            "clock_out" => call.to(|input| self.clock_out(input)).await,
            "status" => call.to(|input| self.status(input)).await,
            "list_tasks" => call.to(|input| self.list_tasks(input)).await,
            "list_projects" => call.to(|input| self.list_projects(input)).await,
            "log" => call.to(|input| self.log(input)).await,
            "report" => call.to(|input| self.report(input)).await,
            "add_track" => call.to(|input| self.add_track(input)).await,
            "edit_track" => call.to(|input| self.edit_track(input)).await,
            "delete_track" => call.to(|input| self.delete_track(input)).await,
            _ => Err(Failure::refused("there is no such tool")),
        }
    }
}

/// What the commands say of commands, said of tools.
fn in_tools(message: &str) -> String {
    let words = [
        ("`timetracks in TASK`", "`clock_in`"),
        ("`timetracks status`", "`status`"),
        ("`timetracks tasks`", "`list_tasks`"),
        ("`timetracks projects`", "`list_projects`"),
        ("`timetracks users`", "`report` by user"),
        ("`timetracks log --from DAY`", "`log`"),
        ("--from", "`from`"),
    ];
    let replaced = |text: String, (command, tool): (&str, &str)| text.replace(command, tool);
    words.into_iter().fold(message.to_owned(), replaced)
}

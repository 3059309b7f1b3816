//! The tools, as a model meets them.

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};
use timetracks_client::api::Body;

use super::{changes, outputs, questions};

/// What a tool does to the world, all of which is one server.
enum Effect {
    Reads,
    /// Adds, or ends what runs; done twice it is done `once` if that is so.
    Adds {
        once: bool,
    },
    /// Loses what was there.
    Destroys {
        once: bool,
    },
}

impl Effect {
    fn hints(&self) -> ToolAnnotations {
        let (reads, destroys, once) = match self {
            Self::Reads => (true, false, true),
            Self::Adds { once } => (false, false, *once),
            Self::Destroys { once } => (false, true, *once),
        };
        ToolAnnotations::new()
            .read_only(reads)
            .destructive(destroys)
            .idempotent(once)
            .open_world(false)
    }
}

pub(super) fn all() -> Vec<Tool> {
    vec![
        tool::<changes::ClockIn, outputs::Clocked>(
            "clock_in",
            "Clock in",
            "Begin to book time on a task, when you begin to work on it. A task that runs already goes on, so calling this \
             again is harmless; several tasks may run at once, and each counts. When the server cannot be reached it is \
             written down and sent later: the answer then has `queued`, and there is nothing to repeat.",
            Effect::Adds { once: true },
        ),
        tool::<changes::ClockOut, outputs::Clocked>(
            "clock_out",
            "Clock out",
            "Stop booking time, when you are done with a task, wait for somebody, or turn to another task. Say in `note` \
             what was done. When the server cannot be reached it is written down and sent later, as with clock_in.",
            Effect::Adds { once: false },
        ),
        tool::<questions::Nothing, outputs::Status>(
            "status",
            "What runs",
            "What is clocked in now, with ids, and what was not sent to the server yet or was refused by it.",
            Effect::Reads,
        ),
        tool::<questions::ListTasks, outputs::Tasks>(
            "list_tasks",
            "Tasks",
            "Tasks that time can be booked on, newest first, at most 100. Look here for the right one before you make a new \
             one by clocking in on it.",
            Effect::Reads,
        ),
        tool::<questions::Nothing, outputs::Projects>(
            "list_projects",
            "Projects",
            "The projects of the organisation. Each has tasks; a task need not have one.",
            Effect::Reads,
        ),
        tool::<questions::Log, outputs::Logged>(
            "log",
            "Log",
            "The own tracks of some days, one by one, with ids and notes: today's unless days are given. Those that booked \
             by the same account count too, such as the user's own.",
            Effect::Reads,
        ),
        tool::<questions::Report, outputs::Reported>(
            "report",
            "Report",
            "Sums of time by project, task, person or kind (human, ci, agent): this week's unless days are given. Members \
             see their own time, admins everyone's.",
            Effect::Reads,
        ),
        tool::<changes::AddTrack, outputs::Booked>(
            "add_track",
            "Book a stretch",
            "Book a stretch of work that is over and was not clocked. Calling it again books it again. What goes on now is \
             for clock_in.",
            Effect::Adds { once: false },
        ),
        tool::<changes::EditTrack, outputs::Booked>(
            "edit_track",
            "Change a track",
            "Change start, end, note or meta of an own track. What it said before is lost. A track that ended by itself, by \
             its lease, is put right so.",
            Effect::Destroys { once: false },
        ),
        tool::<changes::DeleteTrack, outputs::Booked>(
            "delete_track",
            "Delete a track",
            "Delete an own track for good. Ask the user before, unless you booked it by mistake yourself.",
            Effect::Destroys { once: true },
        ),
    ]
}

fn tool<I: JsonSchema + Body, O: JsonSchema>(
    name: &'static str,
    title: &str,
    about: &'static str,
    effect: Effect,
) -> Tool {
    let mut input = schema::<I>();
    never_null(&mut input);
    input.insert("additionalProperties".to_owned(), false.into());
    input.insert("examples".to_owned(), json!([I::example()]));
    Tool::new(name, about, input)
        .with_title(title)
        .with_raw_output_schema(Arc::new(schema::<O>()))
        .with_annotations(effect.hints())
}

/// A schema without references, which some hosts cannot follow.
fn schema<T: JsonSchema>() -> JsonObject {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<T>();
    match schema.to_value() {
        Value::Object(mut members) => {
            // The name of a type of ours.
            members.remove("title");
            members
        }
        _ => JsonObject::new(),
    }
}

/// An argument that may be left out need not be null too, which some hosts cannot say.
fn never_null(schema: &mut JsonObject) {
    let arguments = schema.get_mut("properties").and_then(Value::as_object_mut);
    for argument in arguments.into_iter().flat_map(|all| all.values_mut()) {
        let kinds = argument["type"].as_array();
        if let Some(kind) = kinds.and_then(|kinds| kinds.iter().find(|kind| *kind != "null")) {
            argument["type"] = kind.clone();
        }
    }
}

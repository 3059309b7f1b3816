//! `/tasks` and clocking in and out: contract rows 30 to 37, 58 and 59.

use std::sync::Arc;

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    Code, FieldError, Message,
    tasks::{CreateTask, Task, TaskFilter, UpdateTask},
    tracks::{ClockIn, ClockOut, Track},
};
use timetracks_app::{
    Error, Work, lane_of,
    tasks::{self, Handle},
    tracks::{self, ClockedIn},
};
use timetracks_domain::{self as domain, Caller, ExternalId, Instant, Name, TaskId, TextError};

use crate::{
    Server, Shared,
    http::{
        Authenticated, ClockedInAnswer, Created, Json, List, OptionalJson, Paging, Path, Query,
    },
    openapi::Operation,
    problem::Problem,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskPath {
    /// The task.
    pub(super) task_id: TaskId,
}

#[derive(Deserialize, JsonSchema)]
struct NamePath {
    /// The exact name of the task, percent-encoded: `Write%20docs`.
    #[schemars(length(min = 1, max = 200))]
    name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ExternalIdPath {
    /// The task's id in another system, percent-encoded: `owner%2Frepo%2342` is one segment.
    #[schemars(length(min = 1, max = 255))]
    external_id: String,
}

pub(super) fn routes() -> ApiRouter<Arc<Server>> {
    ApiRouter::new()
        .api_route(
            "/tasks",
            get_with(list, LIST.document()).post_with(create, CREATE.document()),
        )
        .api_route(
            "/tasks/{taskId}",
            get_with(read, READ.document())
                .put_with(update, UPDATE.document())
                .patch_with(update, UPDATE.patch())
                .delete_with(delete, DELETE.document()),
        )
        .api_route(
            "/tasks/{taskId}/clock-in",
            post_with(clock_in, CLOCK_IN.document()),
        )
        .api_route(
            "/tasks/{taskId}/clock-out",
            post_with(clock_out, CLOCK_OUT.document()),
        )
        .api_route(
            "/tasks/by-name/{name}/clock-in",
            post_with(clock_in_by_name, CLOCK_IN_BY_NAME.document()),
        )
        .api_route(
            "/tasks/by-name/{name}/clock-out",
            post_with(clock_out_by_name, CLOCK_OUT_BY_NAME.document()),
        )
        .api_route(
            "/tasks/by-external-id/{externalId}/clock-in",
            post_with(clock_in_by_external_id, CLOCK_IN_BY_EXTERNAL_ID.document()),
        )
        .api_route(
            "/tasks/by-external-id/{externalId}/clock-out",
            post_with(
                clock_out_by_external_id,
                CLOCK_OUT_BY_EXTERNAL_ID.document(),
            ),
        )
        .with_path_items(|item| item.tag("Tasks"))
}

const LIST: Operation = Operation {
    id: "listTasks",
    summary: "List tasks",
    description: "The tasks of your organisation that match every given filter.",
    codes: &[Code::NotFound],
};

async fn list(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Query(query): Query<TaskFilter>,
    paging: Paging,
) -> Result<List<Task>, Problem> {
    let filter = tasks::TaskFilter {
        project: query.project_id,
        status: query.status,
        external_id: query.external_id,
        name: query.name,
    };
    List::of(
        &server,
        paging,
        move |work, page, visit| tasks::list(work, &caller, &filter, page, visit),
        |task, _| (task.id.uuid(), task.into()),
    )
    .await
}

const CREATE: Operation = Operation {
    id: "createTask",
    summary: "Create a task",
    description: "A standalone task, owned by you. Its status is `open`.",
    codes: &[Code::ExternalIdTaken],
};

async fn create(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Json(body): Json<CreateTask>,
) -> Result<Created<Task>, Problem> {
    let request = tasks::CreateTask {
        project: None,
        name: body.name,
        description: body.description,
        external_id: body.external_id,
    };
    let task = server
        .app
        .write(lane_of(&caller), move |work| {
            tasks::create(work, &caller, request)
        })
        .await
        .map_err(|error| server.problem(error))?;
    let path = format!("/tasks/{}", task.id);
    Ok(Created::at(&path, task.into()))
}

const READ: Operation = Operation {
    id: "getTask",
    summary: "Get a task",
    description: "A task of your organisation.",
    codes: &[],
};

async fn read(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(TaskPath { task_id }): Path<TaskPath>,
) -> Result<Json<Task>, Problem> {
    let task = server
        .app
        .read(move |work| tasks::read(work, &caller, task_id))
        .await;
    task.map(|task| Json(task.into()))
        .map_err(|error| server.problem(error))
}

const UPDATE: Operation = Operation {
    id: "updateTask",
    summary: "Change a task",
    description: "A member that is left out stays as it is; null clears a nullable one.",
    codes: &[Code::ExternalIdTaken],
};

async fn update(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(TaskPath { task_id }): Path<TaskPath>,
    Json(body): Json<UpdateTask>,
) -> Result<Json<Task>, Problem> {
    let change = tasks::UpdateTask {
        name: body.name,
        description: body.description,
        status: body.status,
        external_id: body.external_id,
    };
    let task = server
        .app
        .write(lane_of(&caller), move |work| {
            tasks::update(work, &caller, task_id, change)
        })
        .await;
    task.map(|task| Json(task.into()))
        .map_err(|error| server.problem(error))
}

const DELETE: Operation = Operation {
    id: "deleteTask",
    summary: "Delete a task",
    description: "Your own or, for admins, any. The task and all its time are gone for good.",
    codes: &[],
};

async fn delete(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(TaskPath { task_id }): Path<TaskPath>,
) -> Result<Json<Message>, Problem> {
    server
        .app
        .write(lane_of(&caller), move |work| {
            tasks::delete(work, &caller, task_id)
        })
        .await
        .map_err(|error| server.problem(error))?;
    Ok(Json(Message::new("Task deleted")))
}

const CLOCK_IN: Operation = Operation {
    id: "clockIn",
    summary: "Clock in",
    description: "Starts a track, now or at `start`. When you are clocked in already the answer is 200 \
        and the running track, so a retry is harmless.",
    codes: &[Code::AlreadyRunning],
};

async fn clock_in(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(TaskPath { task_id }): Path<TaskPath>,
    OptionalJson(body): OptionalJson<ClockIn>,
) -> Result<ClockedInAnswer, Problem> {
    let start = body.start.map(|start| start.0);
    answer_clock_in(&server, &caller.clone(), move |work| {
        tracks::clock_in(work, &caller, task_id, start)
    })
    .await
}

const CLOCK_IN_BY_NAME: Operation = Operation {
    id: "clockInByName",
    summary: "Clock in by name",
    description: "As clocking in by id, on the task of exactly this name, which is made when there is \
        none. Among several of that name your own wins.",
    codes: &[Code::AlreadyRunning, Code::AmbiguousTask],
};

async fn clock_in_by_name(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(NamePath { name }): Path<NamePath>,
    OptionalJson(body): OptionalJson<ClockIn>,
) -> Result<ClockedInAnswer, Problem> {
    let handle = name_handle(&name)?;
    let start = body.start.map(|start| start.0);
    answer_clock_in(&server, &caller.clone(), move |work| {
        tracks::clock_in_by_handle(work, &caller, handle, start)
    })
    .await
}

const CLOCK_IN_BY_EXTERNAL_ID: Operation = Operation {
    id: "clockInByExternalId",
    summary: "Clock in by external id",
    description: "As clocking in by id, on the task with this external id, such as `JIRA-492`. It is \
        made, and named after it, when there is none.",
    codes: &[Code::AlreadyRunning],
};

async fn clock_in_by_external_id(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(ExternalIdPath { external_id }): Path<ExternalIdPath>,
    OptionalJson(body): OptionalJson<ClockIn>,
) -> Result<ClockedInAnswer, Problem> {
    let handle = external_id_handle(&external_id)?;
    let start = body.start.map(|start| start.0);
    answer_clock_in(&server, &caller.clone(), move |work| {
        tracks::clock_in_by_handle(work, &caller, handle, start)
    })
    .await
}

const CLOCK_OUT: Operation = Operation {
    id: "clockOut",
    summary: "Clock out",
    description: "Ends your running track, now or at `end`.",
    codes: &[Code::NotRunning],
};

async fn clock_out(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(TaskPath { task_id }): Path<TaskPath>,
    OptionalJson(body): OptionalJson<ClockOut>,
) -> Result<Json<Track>, Problem> {
    let end = body.end.map(|end| end.0);
    answer_clock_out(&server, &caller.clone(), move |work| {
        tracks::clock_out(work, &caller, task_id, end)
    })
    .await
}

const CLOCK_OUT_BY_NAME: Operation = Operation {
    id: "clockOutByName",
    summary: "Clock out by name",
    description: "Ends your running track on the task of exactly this name. Never makes a task.",
    codes: &[Code::NotRunning, Code::AmbiguousTask],
};

async fn clock_out_by_name(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(NamePath { name }): Path<NamePath>,
    OptionalJson(body): OptionalJson<ClockOut>,
) -> Result<Json<Track>, Problem> {
    let handle = name_handle(&name)?;
    let end = body.end.map(|end| end.0);
    answer_clock_out(&server, &caller.clone(), move |work| {
        tracks::clock_out_by_handle(work, &caller, &handle, end)
    })
    .await
}

const CLOCK_OUT_BY_EXTERNAL_ID: Operation = Operation {
    id: "clockOutByExternalId",
    summary: "Clock out by external id",
    description: "Ends your running track on the task with this external id. Never makes a task.",
    codes: &[Code::NotRunning],
};

async fn clock_out_by_external_id(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(ExternalIdPath { external_id }): Path<ExternalIdPath>,
    OptionalJson(body): OptionalJson<ClockOut>,
) -> Result<Json<Track>, Problem> {
    let handle = external_id_handle(&external_id)?;
    let end = body.end.map(|end| end.0);
    answer_clock_out(&server, &caller.clone(), move |work| {
        tracks::clock_out_by_handle(work, &caller, &handle, end)
    })
    .await
}

async fn answer_clock_in(
    server: &Server,
    caller: &Caller,
    job: impl FnOnce(&mut Work) -> Result<ClockedIn, Error> + Send + 'static,
) -> Result<ClockedInAnswer, Problem> {
    let job = move |work: &mut Work| Ok((job(work)?, work.now));
    let (clocked_in, now) = server
        .app
        .write(lane_of(caller), job)
        .await
        .map_err(|error| server.problem(error))?;
    Ok(match clocked_in {
        ClockedIn::Now(track) => {
            let path = format!("/tasks/{}/tracks/{}", track.task, track.id);
            ClockedInAnswer::Now(Created::at(&path, Track::at(&track, now)))
        }
        ClockedIn::Already(track) => ClockedInAnswer::Already(Track::at(&track, now)),
    })
}

async fn answer_clock_out(
    server: &Server,
    caller: &Caller,
    job: impl FnOnce(&mut Work) -> Result<domain::Track, Error> + Send + 'static,
) -> Result<Json<Track>, Problem> {
    let track = server.app.write(lane_of(caller), job).await;
    // An ended track is as long at any moment.
    track
        .map(|track| Json(Track::at(&track, Instant::MIN)))
        .map_err(|error| server.problem(error))
}

fn name_handle(name: &str) -> Result<Handle, Problem> {
    Name::parse(name)
        .map(Handle::Name)
        .map_err(|rule| invalid("name", rule))
}

fn external_id_handle(external_id: &str) -> Result<Handle, Problem> {
    ExternalId::parse(external_id)
        .map(Handle::ExternalId)
        .map_err(|rule| invalid("externalId", rule))
}

fn invalid(parameter: &str, rule: TextError) -> Problem {
    Problem::invalid(vec![FieldError {
        pointer: format!("/{parameter}"),
        detail: rule.to_string(),
    }])
}

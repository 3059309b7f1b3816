//! `/tasks`: contract rows 30 to 33 and 59.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    Code, Message,
    tasks::{CreateTask, Task, TaskFilter, UpdateTask},
};
use timetracks_app::tasks;
use timetracks_domain::TaskId;

use crate::{
    Shared,
    http::{
        Authenticated, Changing, Created, Json, List, Paging, Path, Query, Versioned, Writing,
        Written,
    },
    openapi::Operation,
    problem::Problem,
    route::Routes,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub(super) struct TaskPath {
    /// The task.
    pub(super) task_id: TaskId,
}

pub(super) fn routes() -> Routes {
    Routes::about("Tasks")
        .get("/api/v1/tasks", list, &LIST)
        .post("/api/v1/tasks", create, &CREATE)
        .get("/api/v1/tasks/{taskId}", read, &READ)
        .update("/api/v1/tasks/{taskId}", update, &UPDATE)
        .delete("/api/v1/tasks/{taskId}", delete, &DELETE)
}

const LIST: Operation = Operation {
    id: "listTasks",
    summary: "List tasks",
    description: "The tasks of your organisation that match every given filter. An unknown `projectId` is a 404.",
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
        caller.org,
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
    writing: Writing,
    Json(body): Json<CreateTask>,
) -> Result<Written<Created<Versioned<Task>>>, Problem> {
    let request = tasks::CreateTask {
        project: None,
        name: body.name,
        description: body.description,
        external_id: body.external_id,
    };
    writing
        .run(move |work, caller| {
            let task = tasks::create(work, caller, request)?;
            let path = format!("/tasks/{}", task.id);
            Ok(Created::at(&path, Versioned(task.into())))
        })
        .await
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
) -> Result<Versioned<Task>, Problem> {
    let task = server
        .app
        .look(move |work| tasks::read(work, &caller, task_id))
        .await?;
    Ok(Versioned(task.into()))
}

const UPDATE: Operation = Operation {
    id: "updateTask",
    summary: "Change a task",
    description: "A member that is left out stays as it is; null clears a nullable one.",
    codes: &[Code::ExternalIdTaken],
};

async fn update(
    changing: Changing,
    Path(TaskPath { task_id }): Path<TaskPath>,
    Json(body): Json<UpdateTask>,
) -> Result<Written<Versioned<Task>>, Problem> {
    let change = tasks::UpdateTask {
        name: body.name,
        description: body.description,
        status: body.status,
        external_id: body.external_id,
    };
    changing
        .run(
            move |work, caller| tasks::current(work, caller, task_id).map(Task::from),
            move |work, caller| {
                let task = tasks::update(work, caller, task_id, change)?;
                Ok(Versioned(task.into()))
            },
        )
        .await
}

const DELETE: Operation = Operation {
    id: "deleteTask",
    summary: "Delete a task",
    description: "Your own or, for admins, any. The task and all its time are gone for good.",
    codes: &[],
};

async fn delete(
    changing: Changing,
    Path(TaskPath { task_id }): Path<TaskPath>,
) -> Result<Written<Json<Message>>, Problem> {
    changing
        .run(
            move |work, caller| tasks::current(work, caller, task_id).map(Task::from),
            move |work, caller| {
                tasks::delete(work, caller, task_id)?;
                Ok(Json(Message::new("Task deleted")))
            },
        )
        .await
}

//! `/projects/{projectId}/tasks`: contract rows 24 to 29.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    Code, Message,
    tasks::{CreateTask, MoveTask, Task},
};
use timetracks_app::{Error, Work, tasks};
use timetracks_domain::{self as domain, Caller, ProjectId, TaskId};

use super::projects::ProjectPath;
use crate::{
    Shared,
    http::{
        Authenticated, Changing, Created, Json, List, Paging, Path, Versioned, Writing, Written,
    },
    openapi::Operation,
    problem::Problem,
    route::Routes,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct ProjectTaskPath {
    /// The project.
    project_id: ProjectId,
    /// The task.
    task_id: TaskId,
}

pub(super) fn routes() -> Routes {
    Routes::about("Projects")
        .get("/api/v1/projects/{projectId}/tasks", list, &LIST)
        .post("/api/v1/projects/{projectId}/tasks", create, &CREATE)
        .delete(
            "/api/v1/projects/{projectId}/tasks/{taskId}",
            delete,
            &DELETE,
        )
        .post(
            "/api/v1/projects/{projectId}/tasks/{taskId}/move",
            move_to_project,
            &MOVE_TO_PROJECT,
        )
        .post(
            "/api/v1/projects/{projectId}/tasks/{taskId}/detach",
            detach,
            &DETACH,
        )
        .post(
            "/api/v1/projects/{projectId}/tasks/{taskId}/attach",
            attach,
            &ATTACH,
        )
}

const LIST: Operation = Operation {
    id: "listProjectTasks",
    summary: "List the tasks of a project",
    description: "Oldest first.",
    codes: &[],
};

async fn list(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(ProjectPath { project_id }): Path<ProjectPath>,
    paging: Paging,
) -> Result<List<Task>, Problem> {
    List::of(
        &server,
        caller.org,
        paging,
        move |work, page, visit| tasks::list_of_project(work, &caller, project_id, page, visit),
        |task, _| (task.id.uuid(), task.into()),
    )
    .await
}

const CREATE: Operation = Operation {
    id: "createProjectTask",
    summary: "Create a task in a project",
    description: "A task, owned by you. Its status is `open`.",
    codes: &[Code::ExternalIdTaken],
};

async fn create(
    writing: Writing,
    Path(ProjectPath { project_id }): Path<ProjectPath>,
    Json(body): Json<CreateTask>,
) -> Result<Written<Created<Versioned<Task>>>, Problem> {
    let request = tasks::CreateTask {
        project: Some(project_id),
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

const DELETE: Operation = Operation {
    id: "deleteProjectTask",
    summary: "Delete a task of a project",
    description: "Your own or, for admins, any. The task and all its time are gone for good.",
    codes: &[],
};

async fn delete(
    changing: Changing,
    Path(path): Path<ProjectTaskPath>,
) -> Result<Written<Json<Message>>, Problem> {
    let task = path.task_id;
    changing
        .run(
            move |work, caller| tasks::current(work, caller, task).map(Task::from),
            move |work, caller| {
                tasks::delete_in_project(work, caller, path.project_id, task)?;
                Ok(Json(Message::new("Task deleted")))
            },
        )
        .await
}

const MOVE_TO_PROJECT: Operation = Operation {
    id: "moveTask",
    summary: "Move a task",
    description: "Moves a task of this project to another one.",
    codes: &[],
};

async fn move_to_project(
    changing: Changing,
    Path(path): Path<ProjectTaskPath>,
    Json(body): Json<MoveTask>,
) -> Result<Written<Versioned<Task>>, Problem> {
    change(changing, path.task_id, move |work, caller| {
        tasks::move_to_project(work, caller, path.project_id, path.task_id, body.project_id)
    })
    .await
}

const DETACH: Operation = Operation {
    id: "detachTask",
    summary: "Detach a task",
    description: "Makes a task of this project standalone. It keeps its time.",
    codes: &[],
};

async fn detach(
    changing: Changing,
    Path(path): Path<ProjectTaskPath>,
) -> Result<Written<Versioned<Task>>, Problem> {
    change(changing, path.task_id, move |work, caller| {
        tasks::detach(work, caller, path.project_id, path.task_id)
    })
    .await
}

const ATTACH: Operation = Operation {
    id: "attachTask",
    summary: "Attach a task",
    description: "Puts a standalone task into this project. One that is in another project must be \
        moved.",
    codes: &[Code::TaskInProject],
};

async fn attach(
    changing: Changing,
    Path(path): Path<ProjectTaskPath>,
) -> Result<Written<Versioned<Task>>, Problem> {
    change(changing, path.task_id, move |work, caller| {
        tasks::attach(work, caller, path.project_id, path.task_id)
    })
    .await
}

async fn change(
    changing: Changing,
    task: TaskId,
    job: impl FnOnce(&mut Work, &Caller) -> Result<domain::Task, Error> + Clone + Send + 'static,
) -> Result<Written<Versioned<Task>>, Problem> {
    changing
        .run(
            move |work, caller| tasks::current(work, caller, task).map(Task::from),
            move |work, caller| Ok(Versioned(job(work, caller)?.into())),
        )
        .await
}

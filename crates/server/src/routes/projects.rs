//! `/projects`: contract rows 20 to 23 and 57.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    Code, Message,
    projects::{CreateProject, Project, UpdateProject},
};
use timetracks_app::projects;
use timetracks_domain::ProjectId;

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
pub(super) struct ProjectPath {
    /// The project.
    pub(super) project_id: ProjectId,
}

pub(super) fn routes() -> Routes {
    Routes::about("Projects")
        .get("/api/v1/projects", list, &LIST)
        .post("/api/v1/projects", create, &CREATE)
        .get("/api/v1/projects/{projectId}", read, &READ)
        .update("/api/v1/projects/{projectId}", update, &UPDATE)
        .delete("/api/v1/projects/{projectId}", delete, &DELETE)
}

const LIST: Operation = Operation {
    id: "listProjects",
    summary: "List projects",
    description: "Every project of your organisation.",
    codes: &[],
};

async fn list(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    paging: Paging,
) -> Result<List<Project>, Problem> {
    List::of(
        &server,
        caller.org,
        paging,
        move |work, page, visit| projects::list(work, &caller, page, visit),
        |project, _| (project.id.uuid(), project.into()),
    )
    .await
}

const CREATE: Operation = Operation {
    id: "createProject",
    summary: "Create a project",
    description: "A project, owned by you.",
    codes: &[Code::ExternalIdTaken],
};

async fn create(
    writing: Writing,
    Json(body): Json<CreateProject>,
) -> Result<Written<Created<Versioned<Project>>>, Problem> {
    let request = projects::CreateProject {
        name: body.name,
        description: body.description,
        external_id: body.external_id,
    };
    writing
        .run(move |work, caller| {
            let project = projects::create(work, caller, request)?;
            let path = format!("/projects/{}", project.id);
            Ok(Created::at(&path, Versioned(project.into())))
        })
        .await
}

const READ: Operation = Operation {
    id: "getProject",
    summary: "Get a project",
    description: "A project of your organisation.",
    codes: &[],
};

async fn read(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(ProjectPath { project_id }): Path<ProjectPath>,
) -> Result<Versioned<Project>, Problem> {
    let project = server
        .app
        .look(move |work| projects::read(work, &caller, project_id))
        .await?;
    Ok(Versioned(project.into()))
}

const UPDATE: Operation = Operation {
    id: "updateProject",
    summary: "Change a project",
    description: "A member that is left out stays as it is; null clears a nullable one.",
    codes: &[Code::ExternalIdTaken],
};

async fn update(
    changing: Changing,
    Path(ProjectPath { project_id }): Path<ProjectPath>,
    Json(body): Json<UpdateProject>,
) -> Result<Written<Versioned<Project>>, Problem> {
    let change = projects::UpdateProject {
        name: body.name,
        description: body.description,
        external_id: body.external_id,
    };
    changing
        .run(
            move |work, caller| projects::current(work, caller, project_id).map(Project::from),
            move |work, caller| {
                let project = projects::update(work, caller, project_id, change)?;
                Ok(Versioned(project.into()))
            },
        )
        .await
}

const DELETE: Operation = Operation {
    id: "deleteProject",
    summary: "Delete a project",
    description: "Your own or, for admins, any. Its tasks become standalone and keep their time.",
    codes: &[],
};

async fn delete(
    changing: Changing,
    Path(ProjectPath { project_id }): Path<ProjectPath>,
) -> Result<Written<Json<Message>>, Problem> {
    changing
        .run(
            move |work, caller| projects::current(work, caller, project_id).map(Project::from),
            move |work, caller| {
                projects::delete(work, caller, project_id)?;
                Ok(Json(Message::new("Project deleted")))
            },
        )
        .await
}

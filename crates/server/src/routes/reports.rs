//! `/reports`: contract rows 47 to 51.

use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{Operation as AideOperation, Response as Documented},
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    reports::{
        ProjectHead, ProjectTasksReport, ProjectUser, ProjectUsersReport, ReportFilter,
        ReportProject, ReportRange, ReportTask, TaskHead, TaskReport, TaskUser, TaskUsersReport,
        UserReport, kind_times, scope_word,
    },
    tracks::Track,
};
use timetracks_app::reports;
use timetracks_domain::{Project, UserId};

use super::{projects::ProjectPath, tasks::TaskPath};
use crate::{
    Shared,
    http::{Authenticated, Json, JsonStream, Path, Query},
    openapi::{self, Operation},
    problem::Problem,
    route::Routes,
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct UserPath {
    /// The user.
    user_id: UserId,
}

pub(super) fn routes() -> Routes {
    Routes::about("Reports")
        .get("/api/v1/reports/tasks/{taskId}", task, &TASK)
        .get(
            "/api/v1/reports/tasks/{taskId}/users",
            task_users,
            &TASK_USERS,
        )
        .get(
            "/api/v1/reports/projects/{projectId}/users",
            project_users,
            &PROJECT_USERS,
        )
        .get(
            "/api/v1/reports/projects/{projectId}/tasks",
            project_tasks,
            &PROJECT_TASKS,
        )
        .get("/api/v1/reports/users/{userId}", user, &USER)
}

/// A report on a task, which may have very many tracks.
struct TaskReportStream(JsonStream);

impl IntoResponse for TaskReportStream {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl OperationOutput for TaskReportStream {
    type Inner = TaskReport;

    fn inferred_responses(
        ctx: &mut GenContext,
        _: &mut AideOperation,
    ) -> Vec<(Option<u16>, Documented)> {
        vec![(Some(200), openapi::answer::<TaskReport>(ctx, ""))]
    }
}

const TASK: Operation = Operation {
    id: "reportTask",
    summary: "Report on a task",
    description: "What was spent on a task, track by track. As a member, your own time.",
    codes: &[],
};

async fn task(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(TaskPath { task_id }): Path<TaskPath>,
    Query(filter): Query<ReportFilter>,
) -> Result<TaskReportStream, Problem> {
    let stream = JsonStream::produce(&server, caller.org, move |work, sink| {
        let report = reports::task(work, &caller, task_id, filter.kind)?;
        let head = TaskHead::new(report.scope, report.task.clone(), report.total);
        sink.open_object(&head, "tracks")?;
        let (now, mut separator) = (work.now, "");
        reports::tracks_of_task(work, &report, &mut |track| {
            sink.text(std::mem::replace(&mut separator, ","));
            sink.item(&Track::at(&track, now))
        })?;
        sink.text("]}");
        Ok(())
    });
    Ok(TaskReportStream(stream.await?))
}

const TASK_USERS: Operation = Operation {
    id: "reportTaskUsers",
    summary: "Report on a task by person",
    description: "What each person spent on a task. As a member, your own time.",
    codes: &[],
};

async fn task_users(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(TaskPath { task_id }): Path<TaskPath>,
    Query(filter): Query<ReportFilter>,
) -> Result<Json<TaskUsersReport>, Problem> {
    let report = server
        .app
        .read(move |work| reports::task_users(work, &caller, task_id, filter.kind))
        .await?;
    let project = report.project.as_ref();
    let users = report.users.into_iter().map(|row| TaskUser {
        user_id: row.user.id,
        first_name: row.user.first_name,
        last_name: row.user.last_name,
        project_id: project.map(|project: &Project| project.id),
        project_name: project.map(|project| project.name.clone()),
        sum: row.amount.total().into(),
    });
    Ok(Json(TaskUsersReport {
        users: users.collect(),
        head: TaskHead::new(report.scope, report.task, report.total),
    }))
}

const PROJECT_USERS: Operation = Operation {
    id: "reportProjectUsers",
    summary: "Report on a project by person",
    description: "What each person spent on the tasks of a project. As a member, your own time.",
    codes: &[],
};

async fn project_users(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(ProjectPath { project_id }): Path<ProjectPath>,
    Query(filter): Query<ReportFilter>,
) -> Result<Json<ProjectUsersReport>, Problem> {
    let report = server
        .app
        .read(move |work| reports::project_users(work, &caller, project_id, filter.kind))
        .await?;
    Ok(Json(ProjectUsersReport {
        head: ProjectHead::new(report.scope, report.project, report.total),
        users: report.users.into_iter().map(ProjectUser::from).collect(),
    }))
}

const PROJECT_TASKS: Operation = Operation {
    id: "reportProjectTasks",
    summary: "Report on a project by task",
    description: "What was spent on each task of a project. As a member, your own time.",
    codes: &[],
};

async fn project_tasks(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(ProjectPath { project_id }): Path<ProjectPath>,
    Query(filter): Query<ReportFilter>,
) -> Result<Json<ProjectTasksReport>, Problem> {
    let report = server
        .app
        .read(move |work| reports::project_tasks(work, &caller, project_id, filter.kind))
        .await?;
    Ok(Json(ProjectTasksReport {
        head: ProjectHead::new(report.scope, report.project, report.total),
        tasks: report.tasks.into_iter().map(ReportTask::from).collect(),
    }))
}

const USER: Operation = Operation {
    id: "reportUser",
    summary: "Report on a person",
    description: "What a person spent between two instants at most 7 days apart, both inclusive, by \
        project and task; without them, in the last 7 days. Of a track that reaches over an \
        end only the part inside counts. Members report on themselves.",
    codes: &[],
};

async fn user(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(UserPath { user_id }): Path<UserPath>,
    Query(range): Query<ReportRange>,
) -> Result<Json<UserReport>, Problem> {
    let start = range.start_date.map(|start| start.0);
    let (end, kind) = (range.end_date.map(|end| end.0), range.filter.kind);
    let report = server
        .app
        .read(move |work| reports::user(work, &caller, user_id, start, end, kind))
        .await?;
    Ok(Json(UserReport {
        scope: scope_word(report.scope).into(),
        user_id: report.user.id,
        user_name: report.user.display_name(),
        sum: report.total.total().into(),
        kinds: kind_times(report.total),
        projects: report
            .projects
            .into_iter()
            .map(ReportProject::from)
            .collect(),
    }))
}

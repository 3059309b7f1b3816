//! `/tasks/{taskId}/tracks` and `/tracks`: contract rows 38 to 42 and 60.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    Code, Message,
    tracks::{Between, CreateTrack, Track, TrackFilter, UpdateTrack},
};
use timetracks_app::tracks;
use timetracks_domain::{TaskId, TrackId};

use super::tasks::TaskPath;
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
struct TrackPath {
    /// The task.
    task_id: TaskId,
    /// The track.
    track_id: TrackId,
}

pub(super) fn routes() -> Routes {
    Routes::about("Time tracks")
        .get("/api/v1/tracks", list, &LIST)
        .get("/api/v1/tasks/{taskId}/tracks", list_of_task, &LIST_OF_TASK)
        .post("/api/v1/tasks/{taskId}/tracks", create, &CREATE)
        .get("/api/v1/tasks/{taskId}/tracks/{trackId}", read, &READ)
        .update("/api/v1/tasks/{taskId}/tracks/{trackId}", update, &UPDATE)
        .delete("/api/v1/tasks/{taskId}/tracks/{trackId}", delete, &DELETE)
        .post(
            "/api/v1/tasks/{taskId}/tracks/{trackId}/heartbeat",
            heartbeat,
            &HEARTBEAT,
        )
}

const LIST: Operation = Operation {
    id: "listTracks",
    summary: "List tracks across tasks",
    description: "The tracks of your organisation that match every given filter; as a member, your \
        own.",
    codes: &[Code::NotFound],
};

async fn list(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Query(query): Query<TrackFilter>,
    paging: Paging,
) -> Result<List<Track>, Problem> {
    let filter = tracks::TrackFilter {
        user: query.user_id,
        project: query.project_id,
        task: query.task_id,
        from: query.between.from.map(|from| from.0),
        to: query.between.to.map(|to| to.0),
        running: query.running,
        kind: query.kind,
    };
    List::of(
        &server,
        caller.org,
        paging,
        move |work, page, visit| tracks::list(work, &caller, filter, page, visit),
        |track, now| (track.id.uuid(), Track::at(&track, now)),
    )
    .await
}

const LIST_OF_TASK: Operation = Operation {
    id: "listTaskTracks",
    summary: "List the tracks of a task",
    description: "Oldest first; as a member, your own.",
    codes: &[],
};

async fn list_of_task(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(TaskPath { task_id }): Path<TaskPath>,
    Query(between): Query<Between>,
    paging: Paging,
) -> Result<List<Track>, Problem> {
    let filter = tracks::TrackFilter {
        task: Some(task_id),
        from: between.from.map(|from| from.0),
        to: between.to.map(|to| to.0),
        ..tracks::TrackFilter::default()
    };
    List::of(
        &server,
        caller.org,
        paging,
        move |work, page, visit| tracks::list(work, &caller, filter, page, visit),
        |track, now| (track.id.uuid(), Track::at(&track, now)),
    )
    .await
}

const CREATE: Operation = Operation {
    id: "createTrack",
    summary: "Book a track",
    description: "A track from `start` to `end`; without `end` it runs, with a `lease` as after clocking in.",
    codes: &[Code::AlreadyRunning],
};

async fn create(
    writing: Writing,
    Path(TaskPath { task_id }): Path<TaskPath>,
    Json(body): Json<CreateTrack>,
) -> Result<Written<Created<Versioned<Track>>>, Problem> {
    let request = tracks::CreateTrack {
        user: body.user_id,
        start: body.start.0,
        end: body.end.map(|end| end.0),
        lease: body.lease,
        details: tracks::Details {
            note: body.note,
            meta: body.meta,
        },
    };
    writing
        .run(move |work, caller| {
            let track = tracks::create(work, caller, task_id, request)?;
            let path = format!("/tasks/{}/tracks/{}", track.task, track.id);
            Ok(Created::at(&path, Versioned(Track::at(&track, work.now))))
        })
        .await
}

const READ: Operation = Operation {
    id: "getTrack",
    summary: "Get a track",
    description: "Your own or, for admins, anyone's.",
    codes: &[],
};

async fn read(
    State(server): Shared,
    Authenticated(caller): Authenticated,
    Path(path): Path<TrackPath>,
) -> Result<Versioned<Track>, Problem> {
    let (track, now) = server
        .app
        .look(move |work| {
            let track = tracks::read(work, &caller, path.task_id, path.track_id)?;
            Ok((track, work.now))
        })
        .await?;
    Ok(Versioned(Track::at(&track, now)))
}

const UPDATE: Operation = Operation {
    id: "updateTrack",
    summary: "Correct a track",
    description: "Your own or, for admins, anyone's. A member that is left out stays as it is; `end: \
        null` makes the track run again, and its lease with it.",
    codes: &[Code::AlreadyRunning],
};

async fn update(
    changing: Changing,
    Path(path): Path<TrackPath>,
    Json(body): Json<UpdateTrack>,
) -> Result<Written<Versioned<Track>>, Problem> {
    let change = tracks::UpdateTrack {
        start: body.start.map(|start| start.0),
        end: body.end.map(|end| end.map(|end| end.0)),
        note: body.note,
        meta: body.meta,
    };
    changing
        .run(
            move |work, caller| {
                tracks::current(work, caller, path.task_id, path.track_id)
                    .map(|track| Track::at(&track, work.now))
            },
            move |work, caller| {
                let track = tracks::update(work, caller, path.task_id, path.track_id, change)?;
                Ok(Versioned(Track::at(&track, work.now)))
            },
        )
        .await
}

const DELETE: Operation = Operation {
    id: "deleteTrack",
    summary: "Delete a track",
    description: "Your own or, for admins, anyone's. It is gone for good.",
    codes: &[],
};

async fn delete(
    changing: Changing,
    Path(path): Path<TrackPath>,
) -> Result<Written<Json<Message>>, Problem> {
    changing
        .run(
            move |work, caller| {
                tracks::current(work, caller, path.task_id, path.track_id)
                    .map(|track| Track::at(&track, work.now))
            },
            move |work, caller| {
                tracks::delete(work, caller, path.task_id, path.track_id)?;
                Ok(Json(Message::new("Time track deleted")))
            },
        )
        .await
}

const HEARTBEAT: Operation = Operation {
    id: "sendHeartbeat",
    summary: "Send a heartbeat",
    description: "Extends the lease of a running track from now; your own or, for admins, anyone's. A track without a \
        lease needs no heartbeat and stays as it is. One that has ended, by its lease too, is refused and comes with \
        the refusal.",
    codes: &[Code::NotRunning],
};

async fn heartbeat(
    writing: Writing,
    Path(path): Path<TrackPath>,
) -> Result<Written<Versioned<Track>>, Problem> {
    writing
        .run(move |work, caller| {
            let track = tracks::heartbeat(work, caller, path.task_id, path.track_id)?;
            Ok(Versioned(Track::at(&track, work.now)))
        })
        .await
}

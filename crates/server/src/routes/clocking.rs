//! Clocking in and out, by a task's id, name or external id: contract rows 34 to 37 and 58.

use schemars::JsonSchema;
use serde::Deserialize;
use timetracks_api::{
    Code, FieldError,
    tracks::{ClockIn, ClockOut, Track},
};
use timetracks_app::{
    Error, Work,
    tasks::Handle,
    tracks::{self, ClockedIn, Details},
};
use timetracks_domain::{self as domain, Caller, ExternalId, Name, TextError};

use super::tasks::TaskPath;
use crate::{
    http::{Changing, ClockedInAnswer, Created, OptionalJson, Path, Versioned, Writing, Written},
    openapi::Operation,
    problem::Problem,
    route::Routes,
};

#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
struct NamePath {
    /// The exact name of the task.
    #[schemars(with = "Name")]
    name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct ExternalIdPath {
    /// The task's id in another system, such as `owner/repo#42`: one segment, in the path `owner%2Frepo%2342`.
    #[schemars(with = "ExternalId")]
    external_id: String,
}

pub(super) fn routes() -> Routes {
    Routes::about("Tasks")
        .post("/api/v1/tasks/{taskId}/clock-in", clock_in, &CLOCK_IN)
        .post("/api/v1/tasks/{taskId}/clock-out", clock_out, &CLOCK_OUT)
        .post(
            "/api/v1/tasks/by-name/{name}/clock-in",
            clock_in_by_name,
            &CLOCK_IN_BY_NAME,
        )
        .post(
            "/api/v1/tasks/by-name/{name}/clock-out",
            clock_out_by_name,
            &CLOCK_OUT_BY_NAME,
        )
        .post(
            "/api/v1/tasks/by-external-id/{externalId}/clock-in",
            clock_in_by_external_id,
            &CLOCK_IN_BY_EXTERNAL_ID,
        )
        .post(
            "/api/v1/tasks/by-external-id/{externalId}/clock-out",
            clock_out_by_external_id,
            &CLOCK_OUT_BY_EXTERNAL_ID,
        )
}

const CLOCK_IN: Operation = Operation {
    id: "clockIn",
    summary: "Clock in",
    description: "Starts a track, now or at `start`. When you are clocked in already the answer is 200 \
        and the running track, so a retry is harmless; a `lease` then counts as a heartbeat and is the track's from \
        now on. A track with a lease ends by itself at its last heartbeat.",
    codes: &[Code::AlreadyRunning],
};

async fn clock_in(
    writing: Writing,
    Path(TaskPath { task_id }): Path<TaskPath>,
    OptionalJson(body): OptionalJson<ClockIn>,
) -> Result<Written<ClockedInAnswer>, Problem> {
    let request = clock_in_request(body);
    answer_clock_in(writing, move |work, caller| {
        tracks::clock_in(work, caller, task_id, request)
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
    writing: Writing,
    Path(NamePath { name }): Path<NamePath>,
    OptionalJson(body): OptionalJson<ClockIn>,
) -> Result<Written<ClockedInAnswer>, Problem> {
    let handle = name_handle(&name)?;
    let request = clock_in_request(body);
    answer_clock_in(writing, move |work, caller| {
        tracks::clock_in_by_handle(work, caller, handle, request)
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
    writing: Writing,
    Path(ExternalIdPath { external_id }): Path<ExternalIdPath>,
    OptionalJson(body): OptionalJson<ClockIn>,
) -> Result<Written<ClockedInAnswer>, Problem> {
    let handle = external_id_handle(&external_id)?;
    let request = clock_in_request(body);
    answer_clock_in(writing, move |work, caller| {
        tracks::clock_in_by_handle(work, caller, handle, request)
    })
    .await
}

const CLOCK_OUT: Operation = Operation {
    id: "clockOut",
    summary: "Clock out",
    description: "Ends your running track, now or at `end`. One that has ended by itself stays as it is and comes with \
        the refusal, so that you can correct its end.",
    codes: &[Code::NotRunning],
};

async fn clock_out(
    changing: Changing,
    Path(TaskPath { task_id }): Path<TaskPath>,
    OptionalJson(body): OptionalJson<ClockOut>,
) -> Result<Written<Versioned<Track>>, Problem> {
    let request = clock_out_request(body);
    answer_clock_out(
        changing,
        move |work, caller| tracks::current_running(work, caller, task_id),
        move |work, caller| tracks::clock_out(work, caller, task_id, request),
    )
    .await
}

const CLOCK_OUT_BY_NAME: Operation = Operation {
    id: "clockOutByName",
    summary: "Clock out by name",
    description: "Ends your running track on the task of exactly this name. Never makes a task.",
    codes: &[Code::NotRunning, Code::AmbiguousTask],
};

async fn clock_out_by_name(
    changing: Changing,
    Path(NamePath { name }): Path<NamePath>,
    OptionalJson(body): OptionalJson<ClockOut>,
) -> Result<Written<Versioned<Track>>, Problem> {
    let handle = name_handle(&name)?;
    clock_out_by_handle(changing, handle, clock_out_request(body)).await
}

const CLOCK_OUT_BY_EXTERNAL_ID: Operation = Operation {
    id: "clockOutByExternalId",
    summary: "Clock out by external id",
    description: "Ends your running track on the task with this external id. Never makes a task.",
    codes: &[Code::NotRunning],
};

async fn clock_out_by_external_id(
    changing: Changing,
    Path(ExternalIdPath { external_id }): Path<ExternalIdPath>,
    OptionalJson(body): OptionalJson<ClockOut>,
) -> Result<Written<Versioned<Track>>, Problem> {
    let handle = external_id_handle(&external_id)?;
    clock_out_by_handle(changing, handle, clock_out_request(body)).await
}

async fn answer_clock_in(
    writing: Writing,
    job: impl FnOnce(&mut Work, &Caller) -> Result<ClockedIn, Error> + Clone + Send + 'static,
) -> Result<Written<ClockedInAnswer>, Problem> {
    writing
        .run(move |work, caller| {
            Ok(match job(work, caller)? {
                ClockedIn::Now(track) => {
                    let path = format!("/tasks/{}/tracks/{}", track.task, track.id);
                    ClockedInAnswer::Now(Created::at(&path, Versioned(Track::at(&track, work.now))))
                }
                ClockedIn::Already(track) => {
                    ClockedInAnswer::Already(Versioned(Track::at(&track, work.now)))
                }
            })
        })
        .await
}

async fn clock_out_by_handle(
    changing: Changing,
    handle: Handle,
    request: tracks::ClockOut,
) -> Result<Written<Versioned<Track>>, Problem> {
    let same = handle.clone();
    answer_clock_out(
        changing,
        move |work, caller| tracks::current_running_by_handle(work, caller, &same),
        move |work, caller| tracks::clock_out_by_handle(work, caller, &handle, request),
    )
    .await
}

async fn answer_clock_out(
    changing: Changing,
    current: impl FnOnce(&mut Work, &Caller) -> Result<domain::Track, Error> + Clone + Send + 'static,
    job: impl FnOnce(&mut Work, &Caller) -> Result<domain::Track, Error> + Clone + Send + 'static,
) -> Result<Written<Versioned<Track>>, Problem> {
    changing
        .run(
            move |work, caller| Ok(Track::at(&current(work, caller)?, work.now)),
            move |work, caller| Ok(Versioned(Track::at(&job(work, caller)?, work.now))),
        )
        .await
}

fn clock_in_request(body: ClockIn) -> tracks::ClockIn {
    tracks::ClockIn {
        start: body.start.map(|start| start.0),
        lease: body.lease,
        details: Details {
            note: body.note,
            meta: body.meta,
        },
    }
}

fn clock_out_request(body: ClockOut) -> tracks::ClockOut {
    tracks::ClockOut {
        end: body.end.map(|end| end.0),
        details: Details {
            note: body.note,
            meta: body.meta,
        },
    }
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

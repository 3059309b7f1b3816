//! Limits (a) and (b) together: the rows of clock-ins and clock-outs, behind the same HTTP stack. What is checked waits for
//! the one thread that writes, which commits all that waits, without looking first. So clients get no more than this however
//! little is done for them.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, mpsc},
    thread,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use rusqlite::Connection;
use timetracks_domain::TaskId;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{Place, http, sqlite};
use crate::{Outcome, fill::Ids};

struct Server {
    check: http::Check,
    jobs: mpsc::Sender<Job>,
}

struct Job {
    task: TaskId,
    is_in: bool,
    answer: oneshot::Sender<()>,
}

/// Serves on a free port until it is killed. Prints where.
pub(crate) fn run(signing_key: &Path, database: &Path) -> Outcome<()> {
    let (jobs, waiting) = mpsc::channel();
    let mut writer = Writer::open(database)?;
    thread::spawn(move || {
        // Its clients are not answered then, and the run fails.
        if let Err(failure) = writer.serve(&waiting) {
            eprintln!("bench: {failure}");
        }
    });
    let check = http::Check::with(signing_key)?;
    let server = Arc::new(Server { check, jobs });
    http::serve(Router::new().fallback(answer).with_state(server))
}

/// `/api/v1/tasks/{taskId}/clock-in` or `clock-out`.
async fn answer(State(server): State<Arc<Server>>, uri: Uri, headers: HeaderMap) -> Response {
    if !server.check.is_good(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut parts = uri.path().rsplit('/');
    let is_in = parts.next() == Some("clock-in");
    let Some(Ok(task)) = parts.next().map(str::parse) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (answer, answered) = oneshot::channel();
    let job = Job {
        task,
        is_in,
        answer,
    };
    let is_done = server.jobs.send(job).is_ok() && answered.await.is_ok();
    match (is_done, is_in) {
        (true, true) => (StatusCode::CREATED, http::constant()).into_response(),
        (true, false) => http::constant(),
        (false, _) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

struct Writer {
    connection: Connection,
    places: HashMap<Uuid, Place>,
    /// The id and the beginning of what runs, by task.
    running: HashMap<Uuid, (Uuid, i64)>,
    ids: Ids,
}

impl Writer {
    fn open(database: &Path) -> Outcome<Self> {
        let connection = sqlite::open(database)?;
        let places = sqlite::places(&connection)?.into_iter();
        Ok(Self {
            places: places.map(|place| (place.task, place)).collect(),
            running: HashMap::new(),
            ids: Ids::from_now(),
            connection,
        })
    }

    fn serve(&mut self, jobs: &mpsc::Receiver<Job>) -> Outcome<()> {
        while let Ok(first) = jobs.recv() {
            let mut group = Vec::new();
            let mut next = Some(first);
            self.connection
                .prepare_cached("BEGIN IMMEDIATE")?
                .execute([])?;
            self.ids.refresh();
            while let Some(job) = next {
                self.write(&job)?;
                group.push(job);
                let has_room = group.len() < sqlite::LARGEST_GROUP;
                next = has_room.then(|| jobs.try_recv().ok()).flatten();
            }
            self.connection.prepare_cached("COMMIT")?.execute([])?;
            for job in group {
                let _ = job.answer.send(());
            }
        }
        Ok(())
    }

    fn write(&mut self, job: &Job) -> Outcome<()> {
        let (task, now) = (job.task.uuid(), self.ids.ms());
        let place = *self.places.get(&task).ok_or("an unknown task")?;
        if job.is_in {
            let id = self.ids.next();
            self.running.insert(task, (id, now));
            sqlite::clock_in(&self.connection, place, id, now)
        } else {
            let running = self.running.remove(&task);
            let (id, start) = running.ok_or("clocked out without being in")?;
            sqlite::clock_out(&self.connection, place, id, start, now)
        }
    }
}

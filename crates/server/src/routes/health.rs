//! `/health`: whether the process lives, and whether it can do its work.

use axum::extract::State;
use timetracks_api::{Code, Message};

use crate::{Shared, http::Json, openapi::Operation, problem::Problem, route::Routes};

pub(crate) fn routes() -> Routes {
    Routes::about("Server")
        .get("/health/live", live, &LIVE)
        .get("/health/ready", ready, &READY)
}

const LIVE: Operation = Operation {
    id: "getLiveness",
    summary: "Is it alive?",
    description: "Answers as long as the process does. Restart it when it does not.",
    codes: &[],
};

async fn live() -> Json<Message> {
    Json(Message::new("alive"))
}

const READY: Operation = Operation {
    id: "getReadiness",
    summary: "Is it ready?",
    description: "503 while the server cannot do its work or is shutting down. Send requests elsewhere \
        until it is ready.",
    codes: &[Code::Unavailable],
};

async fn ready(State(server): Shared) -> Result<Json<Message>, Problem> {
    if !server.is_ready() {
        return Err(Problem::of(Code::Unavailable));
    }
    // A read shows that the storage answers.
    server.app.read(|_| Ok(())).await?;
    Ok(Json(Message::new("ready")))
}

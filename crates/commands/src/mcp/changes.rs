//! What tools take that change something. The comments are what the model reads.

use schemars::JsonSchema;
use serde_json::{Value, json};
use timetracks_client::{
    api::{self, Body, Example, Fields},
    domain::{Description, LeaseLength, Meta, TrackId},
};

use super::values::{End, Lease, Text, Time, Track};
use crate::{arguments, details::Details};

/// The lease of a track unless another is asked for: 5 minutes.
const LEASE_SECONDS: i64 = 300;

#[derive(JsonSchema)]
pub(super) struct ClockIn {
    /// What you work on: a task's name, its external id (JIRA-492, owner/repo#42) or its id. A task that is not there is made.
    #[schemars(with = "String", length(min = 1, max = 255))]
    #[schemars(extend("examples" = ["Write docs", "JIRA-492"]))]
    pub(super) task: Text,
    /// Since when: RFC 3339, or in the local time zone 9:15 (of today), "yesterday 17:00" or 2026-11-24T09:15. At most 60 s
    /// from now. Now by default.
    #[schemars(with = "Option<String>", extend("examples" = ["9:15", "2026-11-24T09:15:00+01:00"]))]
    pub(super) at: Option<Time>,
    /// What you are about to do, in a sentence, for the people who read the log.
    pub(super) note: Option<Description>,
    /// What programs are to know of the track, as a small JSON object of at most 4,096 bytes.
    #[schemars(extend("examples" = [{ "session": "5f3c2a1", "branch": "main" }]))]
    pub(super) meta: Option<Meta>,
    /// Seconds. The track ends by itself when this session is gone for so long; as long as the session is there, it is kept
    /// running. 0: it runs until it is clocked out, whatever becomes of the session. 300 by default.
    #[schemars(with = "Option<i64>", range(min = 0, max = 86_400), extend("default" = LEASE_SECONDS))]
    pub(super) lease: Option<Lease>,
}

impl From<ClockIn> for arguments::ClockIn {
    fn from(input: ClockIn) -> Self {
        let usual = LeaseLength::from_seconds(LEASE_SECONDS).ok();
        Self {
            task: input.task.0,
            at: input.at.map(|at| at.0),
            lease: input.lease.map_or(usual, |lease| lease.0),
            details: details(input.note, input.meta),
        }
    }
}

impl Body for ClockIn {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let task = fields.required("task");
        let at = fields.optional("at");
        let (note, meta) = (fields.optional("note"), fields.optional("meta"));
        let lease = fields.optional("lease");
        Some(Self {
            task: task?,
            at,
            note,
            meta,
            lease,
        })
    }

    fn example() -> Value {
        json!({ "task": "JIRA-492", "note": "Find out why the build is slow" })
    }
}

#[derive(JsonSchema)]
pub(super) struct ClockOut {
    /// Which of the running tasks to leave: name or a part of it, external id or id. Needed when several run.
    #[schemars(with = "Option<String>", length(min = 1, max = 255), extend("examples" = ["Write docs"]))]
    pub(super) task: Option<Text>,
    /// Until when, as `at` of `clock_in`; not before the start. Now by default.
    #[schemars(with = "Option<String>", extend("examples" = ["17:45"]))]
    pub(super) at: Option<Time>,
    /// What you did, in a sentence; it takes the place of an earlier note.
    pub(super) note: Option<Description>,
    /// What programs are to know of the track; its members join those given before. At most 4,096 bytes in all.
    #[schemars(extend("examples" = [{ "commit": "5f3c2a1" }]))]
    pub(super) meta: Option<Meta>,
}

impl From<ClockOut> for arguments::ClockOut {
    fn from(input: ClockOut) -> Self {
        Self {
            task: input.task.map(|task| task.0),
            at: input.at.map(|at| at.0),
            details: details(input.note, input.meta),
        }
    }
}

impl Body for ClockOut {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            task: fields.optional("task"),
            at: fields.optional("at"),
            note: fields.optional("note"),
            meta: fields.optional("meta"),
        })
    }

    fn example() -> Value {
        json!({ "note": "Found it: the cache was never read" })
    }
}

#[derive(JsonSchema)]
pub(super) struct AddTrack {
    /// What it was spent on: a task's name, external id or id. A task that is not there is made.
    #[schemars(with = "String", length(min = 1, max = 255), extend("examples" = ["Write docs", "JIRA-492"]))]
    pub(super) task: Text,
    /// From when: RFC 3339, or in the local time zone 9:15 (of today), "yesterday 17:00" or 2026-11-24T09:15.
    #[schemars(with = "String", extend("examples" = ["9:00", "2026-11-24T09:15:00+01:00"]))]
    pub(super) start: Time,
    /// Until when, as `start`; `now` for this moment.
    #[schemars(with = "String", extend("examples" = ["10:30", "now"]))]
    pub(super) end: Time,
    /// What was done, in a sentence.
    pub(super) note: Option<Description>,
    /// What programs are to know of the track, as a small JSON object of at most 4,096 bytes.
    #[schemars(extend("examples" = [{ "commit": "5f3c2a1" }]))]
    pub(super) meta: Option<Meta>,
}

impl Body for AddTrack {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let task = fields.required("task");
        let (start, end) = (fields.required("start"), fields.required("end"));
        let (note, meta) = (fields.optional("note"), fields.optional("meta"));
        Some(Self {
            task: task?,
            start: start?,
            end: end?,
            note,
            meta,
        })
    }

    fn example() -> Value {
        json!({ "task": "Write docs", "start": "9:00", "end": "10:30", "note": "The chapter on leases" })
    }
}

#[derive(JsonSchema)]
pub(super) struct EditTrack {
    /// The id of the track, as `status` and `log` answer it.
    #[schemars(with = "TrackId")]
    pub(super) track: Track,
    /// From when: RFC 3339, or in the local time zone 9:15 (of the day of the track) or 2026-11-24T09:15.
    #[schemars(with = "Option<String>", extend("examples" = ["9:15"]))]
    pub(super) start: Option<Time>,
    /// Until when, as `start`; `running` lets the track run again.
    #[schemars(with = "Option<String>", extend("examples" = ["10:30", "now", "running"]))]
    pub(super) end: Option<End>,
    /// The new note; an empty one takes it away.
    pub(super) note: Option<Description>,
    /// Members that join those given before; null takes one away.
    #[schemars(extend("examples" = [{ "commit": "5f3c2a1" }]))]
    pub(super) meta: Option<Meta>,
}

impl From<EditTrack> for arguments::Edit {
    fn from(input: EditTrack) -> Self {
        Self {
            track: input.track.0.to_string(),
            start: input.start.map(|start| start.0),
            end: input.end.map(|end| end.0),
            details: details(input.note, input.meta),
        }
    }
}

impl Body for EditTrack {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let track = fields.required("track");
        let (start, end) = (fields.optional("start"), fields.optional("end"));
        let (note, meta) = (fields.optional("note"), fields.optional("meta"));
        if start.is_none() && end.is_none() && note.is_none() && meta.is_none() {
            fields.refuse(
                "",
                "say what is to be different: start, end, note or meta".to_owned(),
            );
        }
        Some(Self {
            track: track?,
            start,
            end,
            note,
            meta,
        })
    }

    fn example() -> Value {
        json!({ "track": api::tracks::Track::example().id, "end": "17:30" })
    }
}

#[derive(JsonSchema)]
pub(super) struct DeleteTrack {
    /// The id of the track, as `status` and `log` answer it.
    #[schemars(with = "TrackId")]
    pub(super) track: Track,
}

impl Body for DeleteTrack {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let track = fields.required("track");
        Some(Self { track: track? })
    }

    fn example() -> Value {
        json!({ "track": api::tracks::Track::example().id })
    }
}

pub(super) fn details(note: Option<Description>, meta: Option<Meta>) -> Details {
    Details {
        note: note.map(String::from),
        meta: meta.iter().map(|meta| meta.members().clone()).collect(),
    }
}

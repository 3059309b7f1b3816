//! Time tracks on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use timetracks_domain::{
    self as domain, Change, Duration, Instant, ProjectId, Split, TaskId, TrackId, UserId,
};

use crate::{Body, DateTime, Example, Fields, Millis, Parameters, QueryString, example};

/// A stretch of one person's time on one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct Track {
    /// Its id.
    pub id: TrackId,
    /// On what.
    pub task_id: TaskId,
    /// Whose.
    pub user_id: UserId,
    /// From when.
    pub start_time: DateTime,
    /// Until when; null while it runs.
    pub end_time: Option<DateTime>,
    /// From when, in Unix milliseconds.
    pub start: Millis,
    /// Until when, in Unix milliseconds; null while it runs.
    pub end: Option<Millis>,
    /// How long, in milliseconds; while it runs, up to the moment of the answer.
    pub amount: i64,
    /// The whole hours of `amount`.
    pub hours: i64,
    /// Its whole minutes beyond the hours.
    pub minutes: i64,
    /// Its whole seconds beyond the minutes.
    pub seconds: i64,
    /// `amount` for people.
    pub time_formatted: String,
    /// When it was made.
    pub created_at: DateTime,
    /// When it was last changed.
    pub updated_at: DateTime,
}

impl Track {
    /// A track as it is at this moment.
    #[must_use]
    pub fn at(track: &domain::Track, now: Instant) -> Self {
        let amount: Duration = track.amount(now);
        let Split {
            hours,
            minutes,
            seconds,
        } = amount.split();
        Self {
            id: track.id,
            task_id: track.task,
            user_id: track.user,
            start_time: DateTime(track.start),
            end_time: track.end.map(DateTime),
            start: Millis(track.start),
            end: track.end.map(Millis),
            amount: amount.ms(),
            hours,
            minutes,
            seconds,
            time_formatted: amount.to_string(),
            created_at: DateTime(track.created_at),
            updated_at: DateTime(track.updated_at),
        }
    }
}

impl Track {
    /// A track that has been running for 1 hour, 35 minutes and 5 seconds.
    #[must_use]
    pub fn running_example() -> Self {
        let track = domain::Track {
            id: example::id(6),
            task: example::id(5),
            user: example::id(2),
            start: example::morning(),
            end: None,
            created_at: example::morning(),
            updated_at: example::morning(),
        };
        Self::at(&track, example::later())
    }
}

impl Example for Track {
    fn example() -> Self {
        let track = domain::Track {
            id: example::id(6),
            task: example::id(5),
            user: example::id(2),
            start: example::morning(),
            end: Some(example::later()),
            created_at: example::morning(),
            updated_at: example::later(),
        };
        Self::at(&track, example::later())
    }
}

/// A track to be.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateTrack {
    /// From when, in Unix milliseconds; of a running track at most 60 s from now.
    pub start: Millis,
    /// Until when, in Unix milliseconds. Without this member the track runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Millis>,
    /// Whose; for admins. Without this member, yours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
}

impl Body for CreateTrack {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let start = fields.required("start");
        let (end, user_id) = (fields.optional("end"), fields.optional("userId"));
        Some(Self {
            start: start?,
            end,
            user_id,
        })
    }

    fn example() -> Value {
        json!({ "start": example::morning().ms(), "end": example::later().ms() })
    }
}

/// What is to be different; a member that is left out stays as it is.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(transform = crate::schema::some_field_is_required)]
pub struct UpdateTrack {
    /// From when, in Unix milliseconds.
    #[schemars(with = "Millis")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub start: Change<Millis>,
    /// Until when, in Unix milliseconds; null makes the track run again.
    #[schemars(with = "Option<Millis>")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub end: Change<Option<Millis>>,
}

impl Body for UpdateTrack {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let body = Self {
            start: fields.change("start"),
            end: fields.change_or_clear("end"),
        };
        fields.require_a_change("start, end");
        Some(body)
    }

    fn example() -> Value {
        json!({ "end": example::later().ms() })
    }
}

/// When to clock in. The whole body may be left out.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ClockIn {
    /// From when, in Unix milliseconds; at most 60 s from now. Without this member, now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Millis>,
}

impl Body for ClockIn {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            start: fields.optional("start"),
        })
    }

    fn example() -> Value {
        json!({ "start": example::morning().ms() })
    }
}

/// When to clock out. The whole body may be left out.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ClockOut {
    /// Until when, in Unix milliseconds; not before the start. Without this member, now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Millis>,
}

impl Body for ClockOut {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            end: fields.optional("end"),
        })
    }

    fn example() -> Value {
        json!({ "end": example::later().ms() })
    }
}

/// Between when; a track counts when any of it lies between.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Between {
    /// Only tracks that were not over before this instant, in Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Millis>,
    /// Only tracks that had begun by this instant, in Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Millis>,
}

impl Parameters for Between {
    fn from_query(query: &mut QueryString) -> Self {
        let (from, to) = (query.optional("from"), query.optional("to"));
        if let (Some(Millis(from)), Some(Millis(to))) = (from, to)
            && to < from
        {
            query.refuse("to", "must not lie before from");
        }
        Self { from, to }
    }
}

/// Which tracks to list; a parameter that is left out does not matter.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct TrackFilter {
    /// This person's. Members see only their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// On tasks of this project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// On this task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// Between when.
    #[serde(flatten)]
    pub between: Between,
    /// Only those that run, or only those that do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<bool>,
}

impl Parameters for TrackFilter {
    fn from_query(query: &mut QueryString) -> Self {
        Self {
            user_id: query.optional("userId"),
            project_id: query.optional("projectId"),
            task_id: query.optional("taskId"),
            between: Between::from_query(query),
            running: query.optional("running"),
        }
    }
}

//! Time tracks on the wire.

mod filter;
mod text;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use timetracks_domain::{
    self as domain, Change, Description, Duration, End, EndedBy, Instant, Kind, LeaseLength, Meta,
    Split, TaskId, TrackId, UserId,
};

pub use filter::{Between, TrackFilter};

use crate::{Body, DateTime, Example, Fields, Millis, example, users::KindWord};

/// The schema of what ended a track.
pub struct EndedByWord;

impl JsonSchema for EndedByWord {
    fn schema_name() -> Cow<'static, str> {
        "EndedBy".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": EndedBy::ALL.map(EndedBy::as_str) })
    }
}

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
    /// What booked it: what the key or the user with which it was booked was then.
    #[schemars(with = "KindWord")]
    pub kind: Cow<'static, str>,
    /// From when.
    pub start_time: DateTime,
    /// Until when; null while it runs.
    pub end_time: Option<DateTime>,
    /// From when, in Unix milliseconds.
    pub start: Millis,
    /// Until when, in Unix milliseconds; null while it runs.
    pub end: Option<Millis>,
    /// What ended it: you or an admin (`user`), no heartbeat within its `lease`, or the organisation's `maxRunning`
    /// (`limit`); null while it runs.
    #[schemars(with = "Option<EndedByWord>")]
    pub ended_by: Option<Cow<'static, str>>,
    /// For how many seconds a heartbeat is good; null for a track that needs none.
    pub lease: Option<i64>,
    /// When the lease runs out unless a heartbeat comes, in Unix milliseconds; null for a track without one and for one
    /// that has ended.
    pub lease_expires_at: Option<Millis>,
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
    /// What people say of it.
    pub note: Option<String>,
    /// What programs say of it, as they said it.
    #[schemars(with = "Option<Meta>")]
    pub meta: Option<Map<String, Value>>,
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
            kind: track.kind.as_str().into(),
            start_time: DateTime(track.start),
            end_time: track.end.map(|end| DateTime(end.at)),
            start: Millis(track.start),
            end: track.end.map(|end| Millis(end.at)),
            ended_by: track.end.map(|end| end.by.as_str().into()),
            lease: track.lease.map(|lease| lease.length.seconds()),
            lease_expires_at: match (track.end, track.lease) {
                (None, Some(lease)) => Some(Millis(lease.expires_at())),
                _ => None,
            },
            amount: amount.ms(),
            hours,
            minutes,
            seconds,
            time_formatted: amount.text(),
            note: track.note.clone(),
            meta: track.meta.as_ref().map(|meta| meta.members().clone()),
            created_at: DateTime(track.created_at),
            updated_at: DateTime(track.updated_at),
        }
    }
}

impl Track {
    /// A track that has been running for 1 hour, 35 minutes and 5 seconds.
    #[must_use]
    pub fn running_example() -> Self {
        Self::at(&sample(), example::later())
    }
}

impl Example for Track {
    fn example() -> Self {
        let track = domain::Track {
            end: Some(End {
                at: example::later(),
                by: EndedBy::User,
            }),
            updated_at: example::later(),
            ..sample()
        };
        Self::at(&track, example::later())
    }
}

/// A running track.
fn sample() -> domain::Track {
    domain::Track {
        id: example::id(6),
        task: example::id(5),
        user: example::id(2),
        kind: Kind::Human,
        start: example::morning(),
        end: None,
        lease: None,
        ends_at: None,
        note: None,
        meta: None,
        created_at: example::morning(),
        updated_at: example::morning(),
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
    /// Of a running track: it ends by itself at the last heartbeat when none comes for so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<LeaseLength>,
    /// What people say of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Description>,
    /// What programs say of it: at most 4,096 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Meta>,
}

impl Body for CreateTrack {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let start = fields.required("start");
        let (end, user_id) = (fields.optional("end"), fields.optional("userId"));
        let lease = fields.optional("lease");
        let (note, meta) = (fields.optional("note"), fields.optional("meta"));
        if end.is_some() && lease.is_some() {
            fields.refuse("lease", "must not be given together with end".to_owned());
        }
        Some(Self {
            start: start?,
            end,
            user_id,
            lease,
            note,
            meta,
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
    /// What people say of it; null clears it.
    #[schemars(with = "Option<Description>")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub note: Change<Option<Description>>,
    /// What programs say of it, all of it: at most 4,096 bytes; null clears it.
    #[schemars(with = "Option<Meta>")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub meta: Change<Option<Meta>>,
}

impl Body for UpdateTrack {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let body = Self {
            start: fields.change("start"),
            end: fields.change_or_clear("end"),
            note: fields.change_or_clear("note"),
            meta: fields.change_or_clear("meta"),
        };
        fields.require_a_change("start, end, note, meta");
        Some(body)
    }

    fn example() -> Value {
        json!({ "end": example::later().ms(), "note": "Until the review" })
    }
}

/// When to clock in. The whole body may be left out.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ClockIn {
    /// From when, in Unix milliseconds; at most 60 s from now. Without this member, now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Millis>,
    /// The track ends by itself at the last heartbeat when none comes for so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<LeaseLength>,
    /// What people say of the track.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Description>,
    /// What programs say of it: at most 4,096 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Meta>,
}

impl Body for ClockIn {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            start: fields.optional("start"),
            lease: fields.optional("lease"),
            note: fields.optional("note"),
            meta: fields.optional("meta"),
        })
    }

    fn example() -> Value {
        json!({
            "start": example::morning().ms(),
            "lease": 300,
            "meta": { "runUrl": "https://ci.example.com/runs/42", "commit": "5f3c2a1" }
        })
    }
}

/// When to clock out. The whole body may be left out.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ClockOut {
    /// Until when, in Unix milliseconds; not before the start. Without this member, now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Millis>,
    /// What people say of the track, in place of what they said before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Description>,
    /// What programs say of it: its members join those said before, in place of any of the same names. At most 4,096
    /// bytes in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Meta>,
}

impl Body for ClockOut {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            end: fields.optional("end"),
            note: fields.optional("note"),
            meta: fields.optional("meta"),
        })
    }

    fn example() -> Value {
        json!({ "end": example::later().ms(), "meta": { "exitCode": 0 } })
    }
}

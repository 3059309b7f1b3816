//! What the operator of a server sees on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use timetracks_domain as domain;

use crate::{DateTime, Example, example, organisations::Organisation};

/// An organisation, as its operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct OperatedOrganisation {
    /// The organisation.
    #[serde(flatten)]
    pub organisation: Organisation,
    /// Since when its tokens and keys are refused; null when they are not.
    pub suspended_at: Option<DateTime>,
}

impl From<domain::Organisation> for OperatedOrganisation {
    fn from(org: domain::Organisation) -> Self {
        Self {
            suspended_at: org.suspended_at.map(DateTime),
            organisation: org.into(),
        }
    }
}

impl Example for OperatedOrganisation {
    fn example() -> Self {
        Self {
            organisation: Organisation::example(),
            suspended_at: None,
        }
    }
}

/// How much there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Users, inactive ones too.
    pub users: i64,
    /// Tasks.
    pub tasks: i64,
    /// Time tracks.
    pub tracks: i64,
    /// Sessions that are still good.
    pub live_sessions: i64,
}

impl Example for Counts {
    fn example() -> Self {
        Self {
            users: 12,
            tasks: 340,
            tracks: 18_204,
            live_sessions: 9,
        }
    }
}

/// An organisation and how much it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CountedOrganisation {
    /// The organisation.
    #[serde(flatten)]
    pub organisation: OperatedOrganisation,
    /// How much it has.
    #[serde(flatten)]
    pub counts: Counts,
}

impl Example for CountedOrganisation {
    fn example() -> Self {
        Self {
            organisation: OperatedOrganisation::example(),
            counts: Counts::example(),
        }
    }
}

/// How much the server holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// Organisations.
    pub organisations: i64,
    /// What they have together.
    #[serde(flatten)]
    pub counts: Counts,
    /// The size of the database on disk, in bytes.
    pub storage_bytes: i64,
    /// The version of the server.
    pub version: String,
    /// The moment of the answer.
    pub now: DateTime,
}

impl Example for Stats {
    fn example() -> Self {
        Self {
            organisations: 3,
            counts: Counts::example(),
            storage_bytes: 4_194_304,
            version: "0.1.0".to_owned(),
            now: DateTime(example::morning()),
        }
    }
}

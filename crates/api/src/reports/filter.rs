//! Which time a report is about.

use schemars::JsonSchema;
use serde::Serialize;
use timetracks_domain::Kind;

use crate::{Millis, Parameters, QueryString, users::KindWord};

/// Which time a report counts.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct ReportFilter {
    /// Only what this kind of people or programs booked.
    #[schemars(with = "Option<KindWord>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
}

impl Parameters for ReportFilter {
    fn from_query(query: &mut QueryString) -> Self {
        Self {
            kind: query.optional("kind"),
        }
    }
}

/// The days of a user report. Both, or neither for the last 7 days.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct ReportRange {
    /// The first instant inside, in Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Millis>,
    /// The last instant inside, in Unix milliseconds; at most 604800000 (7 days) after `startDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<Millis>,
    /// Of which time.
    #[serde(flatten)]
    pub filter: ReportFilter,
}

impl Parameters for ReportRange {
    fn from_query(query: &mut QueryString) -> Self {
        Self {
            start_date: query.optional("startDate"),
            end_date: query.optional("endDate"),
            filter: ReportFilter::from_query(query),
        }
    }
}

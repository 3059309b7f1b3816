//! What tools take that only ask. The comments are what the model reads.

use schemars::JsonSchema;
use serde_json::{Value, json};
use timetracks_client::api::{Body, Fields};

use super::values::{Day, Text, word, words};
use crate::arguments::{self, By, Days, KindWord};

#[derive(JsonSchema)]
pub(super) struct Nothing {}

impl Body for Nothing {
    fn from_fields(_: &mut Fields) -> Option<Self> {
        Some(Self {})
    }

    fn example() -> Value {
        json!({})
    }
}

#[derive(JsonSchema)]
pub(super) struct ListTasks {
    /// Only tasks in whose name or external id this occurs, in upper or lower case.
    #[schemars(with = "Option<String>", length(min = 1, max = 255), extend("examples" = ["docs"]))]
    pub(super) search: Option<Text>,
    /// Only tasks of this project: name or a part of it, external id or id.
    #[schemars(with = "Option<String>", length(min = 1, max = 255))]
    pub(super) project: Option<Text>,
}

impl Body for ListTasks {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            search: fields.optional("search"),
            project: fields.optional("project"),
        })
    }

    fn example() -> Value {
        json!({ "search": "docs" })
    }
}

#[derive(JsonSchema)]
pub(super) struct Log {
    /// The first day in the local time zone: today, yesterday, a weekday (the last one), or 2026-11-24. Today by default.
    #[schemars(with = "Option<String>", extend("examples" = ["yesterday", "2026-11-24"]))]
    pub(super) from: Option<Day>,
    /// The last day, as `from`. Today by default.
    #[schemars(with = "Option<String>", extend("examples" = ["2026-11-27"]))]
    pub(super) to: Option<Day>,
    /// Only what this kind booked.
    #[schemars(with = "Option<String>", extend("enum" = words::<KindWord>()))]
    pub(super) kind: Option<KindWord>,
}

impl From<Log> for arguments::Log {
    fn from(input: Log) -> Self {
        Self {
            days: days(input.from, input.to),
            kind: input.kind,
        }
    }
}

impl Body for Log {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            from: fields.optional("from"),
            to: fields.optional("to"),
            kind: word(fields, "kind"),
        })
    }

    fn example() -> Value {
        json!({ "from": "monday" })
    }
}

#[derive(JsonSchema)]
pub(super) struct Report {
    /// By what: project, task, user (everyone whose time you may see) or kind. By project by default.
    #[schemars(with = "Option<String>", extend("enum" = words::<By>()))]
    pub(super) by: Option<By>,
    /// Whose time: email, name or a part of it, or id; others' is for admins. Yours by default. Not together with `by` user.
    #[schemars(with = "Option<String>", length(min = 1, max = 255), extend("examples" = ["grace@example.com"]))]
    pub(super) user: Option<Text>,
    /// The first day in the local time zone: today, yesterday, a weekday (the last one), or 2026-11-24. Monday by default.
    #[schemars(with = "Option<String>", extend("examples" = ["2026-11-01"]))]
    pub(super) from: Option<Day>,
    /// The last day, as `from`. Today by default.
    #[schemars(with = "Option<String>", extend("examples" = ["2026-11-30"]))]
    pub(super) to: Option<Day>,
    /// Only what this kind booked.
    #[schemars(with = "Option<String>", extend("enum" = words::<KindWord>()))]
    pub(super) kind: Option<KindWord>,
}

impl From<Report> for arguments::Report {
    fn from(input: Report) -> Self {
        Self {
            days: days(input.from, input.to),
            by: input.by.unwrap_or(By::Project),
            user: input.user.map(|user| user.0),
            kind: input.kind,
        }
    }
}

impl Body for Report {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let by = word(fields, "by");
        let user = fields.optional("user");
        if by == Some(By::User) && user.is_some() {
            fields.refuse(
                "user",
                "must not be given together with by: user".to_owned(),
            );
        }
        Some(Self {
            by,
            user,
            from: fields.optional("from"),
            to: fields.optional("to"),
            kind: word(fields, "kind"),
        })
    }

    fn example() -> Value {
        json!({ "by": "task", "from": "2026-11-01", "to": "2026-11-30" })
    }
}

fn days(from: Option<Day>, to: Option<Day>) -> Days {
    Days {
        week: false,
        from: from.map(|day| day.0),
        to: to.map(|day| day.0),
    }
}

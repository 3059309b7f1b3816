//! What is said to commands that begin, end and change tracks.

use clap::Args;
use timetracks_client::domain::LeaseLength;

use crate::details::{self, Details};

#[derive(Args)]
pub(crate) struct ClockIn {
    /// Name, external id (JIRA-492) or id of the task
    pub(crate) task: String,
    /// Since when: 8:45, or "yesterday 17:00" [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// The track ends by itself at the last sign of life when none comes for so long: 90, 90s, 15m, 2h. Doing the same
    /// again is a sign of life
    #[arg(long, value_name = "SECONDS", value_parser = details::lease)]
    pub(crate) lease: Option<LeaseLength>,
    #[command(flatten)]
    pub(crate) details: Details,
}

#[derive(Args)]
pub(crate) struct ClockOut {
    /// Name, external id or id of the task [default: the only one that runs]
    pub(crate) task: Option<String>,
    /// Until when [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    #[command(flatten)]
    pub(crate) details: Details,
}

#[derive(Args)]
pub(crate) struct Switch {
    /// Name, external id or id of the task
    pub(crate) task: String,
    /// The task to leave, when several run
    #[arg(long, value_name = "TASK")]
    pub(crate) from: Option<String>,
}

#[derive(Args)]
pub(crate) struct Add {
    /// Name, external id or id of the task, which is made when there is none
    pub(crate) task: String,
    /// From when until when: 9:00-10:30; without an end, as in 9:00-, it runs
    pub(crate) range: String,
    /// On which day: yesterday, monday, 2026-11-24
    #[arg(long, value_name = "DAY", default_value = "today")]
    pub(crate) date: String,
    /// Of a track that runs: it ends by itself at the last sign of life when none comes for so long: 90, 90s, 15m, 2h
    #[arg(long, value_name = "SECONDS", value_parser = details::lease)]
    pub(crate) lease: Option<LeaseLength>,
    #[command(flatten)]
    pub(crate) details: Details,
}

#[derive(Args)]
pub(crate) struct Edit {
    /// The id of the track, the end of it (as `log` shows it), or `last`
    pub(crate) track: String,
    /// From when: 9:15 of the same day, or "2026-11-24 9:15"
    #[arg(long, value_name = "TIME")]
    pub(crate) start: Option<String>,
    /// Until when; `running` lets it run again
    #[arg(long, value_name = "TIME")]
    pub(crate) end: Option<String>,
    #[command(flatten)]
    pub(crate) details: Details,
}

#[derive(Args)]
pub(crate) struct Remove {
    /// The id of the track, the end of it (as `log` shows it), or `last`
    pub(crate) track: String,
}

#[derive(Args)]
pub(crate) struct Run {
    /// The name of the task [default: TIMETRACKS_TASK, or what GitHub or GitLab call the job, or the Git repository's name]
    #[arg(long, value_name = "NAME", conflicts_with = "external_id")]
    pub(crate) task: Option<String>,
    /// The external id of the task
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// The track ends by itself at the last sign of life when none comes for so long, as when this machine is gone; 0 for
    /// never: 90, 90s, 15m, 2h
    #[arg(long, value_name = "SECONDS", default_value = "2m", value_parser = details::lease_or_none)]
    pub(crate) lease: i64,
    /// As --lease 0
    #[arg(long, conflicts_with = "lease")]
    pub(crate) no_lease: bool,
    #[command(flatten)]
    pub(crate) details: Details,
    /// Fail when tracking does: do not start the command unless clocked in, and end with a failure unless clocked out
    #[arg(long)]
    pub(crate) strict: bool,
    /// The command and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    pub(crate) command: Vec<std::ffi::OsString>,
}

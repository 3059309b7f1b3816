//! The command line of the client.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Subcommand)]
pub(crate) enum ClientCommand {
    /// Log in at a server
    ///
    /// The password or the key is asked for without being shown, or read from standard input. What opens the door is kept
    /// in ~/.config/timetracks/credentials.json, for your eyes alone. TIMETRACKS_URL and TIMETRACKS_API_KEY win over it.
    Login(With<Login>),
    /// Log out and forget who you are
    Logout(With<Nothing>),
    /// Clock in on a task, which is made when there is none
    ///
    /// When the server cannot be reached, it is written down and sent later, once.
    In(With<ClockIn>),
    /// Clock out: of the only running task, or of this one
    Out(With<ClockOut>),
    /// Clock out of what runs and in on this task, at the same moment
    Switch(With<Switch>),
    /// What runs now; on a terminal, as it goes on, until q or Ctrl-C
    Status(With<Status>),
    /// Your tracks: today's, or of other days
    Log(With<Log>),
    /// Book a stretch of time
    Add(With<Add>),
    /// Change a track
    Edit(With<Edit>),
    /// Delete a track
    Rm(With<Remove>),
    /// Who spent how long on what: this week, or other days
    Report(With<Report>),
    /// The projects
    Projects(With<Nothing>),
    /// The tasks
    Tasks(With<Tasks>),
    /// The users
    Users(With<Nothing>),
    /// Invite somebody, for admins; hand the link over yourself
    Invite(With<Invite>),
    /// Your API keys
    Keys(With<Keys>),
    /// The sessions that are logged in
    Sessions(With<Sessions>),
    /// Who you are, and where
    Whoami(With<Nothing>),
    /// Send what was written down while the server could not be reached
    Sync(With<Sync>),
    /// Run a command and track its time
    ///
    /// Standard streams and signals are the command's own, and so is the exit status: 128 and the signal's number when a
    /// signal ended it. The command never fails because tracking did, unless --strict.
    Run(With<Run>),
    /// Print a script that completes commands in your shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a directory
    Man {
        /// Where to
        directory: PathBuf,
    },
}

/// The options of a command, and those that all have.
#[derive(Args)]
pub(crate) struct With<T: Args> {
    #[command(flatten)]
    pub(crate) own: T,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args)]
pub(crate) struct Common {
    /// Answer with JSON: the objects of the API
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// How long to try before the server counts as out of reach
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
}

#[derive(Args)]
pub(crate) struct Nothing {}

#[derive(Args)]
pub(crate) struct Login {
    /// The server's address [default: TIMETRACKS_URL, or where you were last, or http://127.0.0.1:8080]
    pub(crate) server: Option<String>,
    /// With an API key instead of email and password
    #[arg(long, conflicts_with = "email")]
    pub(crate) api_key: bool,
    /// Your email address; asked for when it is left out
    #[arg(long)]
    pub(crate) email: Option<String>,
}

#[derive(Args)]
pub(crate) struct ClockIn {
    /// Name, external id (JIRA-492) or id of the task
    pub(crate) task: String,
    /// Since when: 8:45, or "yesterday 17:00" [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Args)]
pub(crate) struct ClockOut {
    /// Name, external id or id of the task [default: the only one that runs]
    pub(crate) task: Option<String>,
    /// Until when [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
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
pub(crate) struct Status {
    /// Print it once, on a terminal too
    #[arg(long)]
    pub(crate) once: bool,
}

/// Which days.
#[derive(Args)]
pub(crate) struct Days {
    /// This week, from Monday on
    #[arg(long, conflicts_with_all = ["from", "to"])]
    pub(crate) week: bool,
    /// The first day: today, yesterday, monday, 2026-11-24
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<String>,
    /// The last day [default: today]
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<String>,
}

#[derive(Args)]
pub(crate) struct Log {
    #[command(flatten)]
    pub(crate) days: Days,
}

#[derive(Args)]
pub(crate) struct Add {
    /// Name, external id or id of the task, which is made when there is none
    pub(crate) task: String,
    /// From when until when: 9:00-10:30
    pub(crate) range: String,
    /// On which day: yesterday, monday, 2026-11-24
    #[arg(long, value_name = "DAY", default_value = "today")]
    pub(crate) date: String,
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
}

#[derive(Args)]
pub(crate) struct Remove {
    /// The id of the track, the end of it (as `log` shows it), or `last`
    pub(crate) track: String,
}

#[derive(Clone, Copy, ValueEnum, PartialEq, Eq)]
pub(crate) enum By {
    Project,
    Task,
    User,
}

#[derive(Args)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) days: Days,
    /// By what
    #[arg(long, value_enum, default_value_t = By::Project)]
    pub(crate) by: By,
    /// Whose time: email, name or id [default: yours; with --by user, everyone's that you may see]
    #[arg(long, conflicts_with = "by")]
    pub(crate) user: Option<String>,
}

#[derive(Args)]
pub(crate) struct Tasks {
    /// Those of this project
    #[arg(long)]
    pub(crate) project: Option<String>,
}

#[derive(Args)]
pub(crate) struct Invite {
    /// Whom
    pub(crate) email: String,
    /// As an admin
    #[arg(long)]
    pub(crate) admin: bool,
}

#[derive(Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) command: Option<KeysCommand>,
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// List them
    List,
    /// Make one; the secret is shown once
    Create {
        /// What you call it
        name: String,
        /// What it may be used for, several with commas: read, track, manage, admin [default: everything that you may]
        #[arg(long, value_delimiter = ',')]
        scopes: Vec<String>,
        /// The one project that it is good for
        #[arg(long)]
        project: Option<String>,
        /// The last day that it is good for [default: no end]
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
        /// Who or what uses it: human, ci or agent [default: as you are]
        #[arg(long)]
        kind: Option<String>,
    },
    /// Give one a new secret; the old one is dead at once
    Rotate {
        /// Its name or id
        key: String,
    },
    /// Delete one
    Delete {
        /// Its name or id
        key: String,
    },
}

#[derive(Args)]
pub(crate) struct Sessions {
    #[command(subcommand)]
    pub(crate) command: Option<SessionsCommand>,
}

#[derive(Subcommand)]
pub(crate) enum SessionsCommand {
    /// List them
    List,
    /// End one
    End {
        /// Its id
        session: String,
    },
}

#[derive(Args)]
pub(crate) struct Sync {
    /// Forget what the server has refused for good
    #[arg(long)]
    pub(crate) forget_refused: bool,
}

#[derive(Args)]
pub(crate) struct Run {
    /// The name of the task [default: TIMETRACKS_TASK, or what GitHub or GitLab call the job, or the Git repository's name]
    #[arg(long, value_name = "NAME", conflicts_with = "external_id")]
    pub(crate) task: Option<String>,
    /// The external id of the task
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
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

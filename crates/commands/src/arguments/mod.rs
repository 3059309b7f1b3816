//! The command line of the client.

mod tracking;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use timetracks_client::domain::Kind;

pub(crate) use tracking::{Add, ClockIn, ClockOut, Edit, Remove, Run, Switch};

#[derive(Subcommand)]
pub(crate) enum Command {
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
    /// Let an AI agent book its own time: a server of the Model Context Protocol on standard input and output
    ///
    /// A host such as an editor starts it and talks to it. Its tools are the commands of this program; what it clocks in ends by
    /// itself when the host has gone. It is logged in as you are, or as TIMETRACKS_URL and TIMETRACKS_API_KEY say.
    Mcp(With<Nothing>),
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

#[derive(Args, Clone, Copy)]
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
    /// Only what this kind booked
    #[arg(long, value_enum)]
    pub(crate) kind: Option<KindWord>,
}

#[derive(Clone, Copy, ValueEnum, PartialEq, Eq)]
pub(crate) enum By {
    Project,
    Task,
    User,
    Kind,
}

/// Who or what books time.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum KindWord {
    Human,
    Ci,
    Agent,
}

impl From<KindWord> for Kind {
    fn from(word: KindWord) -> Self {
        match word {
            KindWord::Human => Self::Human,
            KindWord::Ci => Self::Ci,
            KindWord::Agent => Self::Agent,
        }
    }
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
    /// Only what this kind booked
    #[arg(long, value_enum)]
    pub(crate) kind: Option<KindWord>,
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
        /// Who or what uses it [default: as you are]
        #[arg(long, value_enum)]
        kind: Option<KindWord>,
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

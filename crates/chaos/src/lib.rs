//! Breaks a real `timetracks serve` on SQLite in every way that a machine can, and looks whether it kept its promises.
//!
//! Each experiment stands in a file of its own. It runs the server's own binary with a small library before its C library
//! (`shim/faults.c`), which fails calls, moves the clock and writes down what reaches the disk. It needs Linux and a C
//! compiler.

mod audit;
mod clock;
mod disconnect;
mod disk;
mod disk_full;
mod failure;
mod kill;
mod ledger;
mod load;
mod login_flood;
mod login_times;
mod power_cut;
mod process;
mod raw;
mod retry;
mod shim;
mod stop;
mod sync_error;
mod trace;
mod wire;

use std::path::{Path, PathBuf};

use clap::ValueEnum;

pub use failure::Failure;

/// What can be done to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Experiment {
    /// `kill -9` under load, again and again.
    Kill,
    /// Every state that a power cut could have left on the disk.
    PowerCut,
    /// A disk without room.
    DiskFull,
    /// An fsync that fails.
    SyncError,
    /// A clock that jumps.
    Clock,
    /// SIGTERM under load.
    Stop,
    /// Clients that leave in the middle of a request.
    Disconnect,
    /// `kill -9` before an answer arrives, and requests that are sent again.
    Retry,
    /// More logins at once than can be looked at.
    LoginFlood,
    /// Logins that fail, each for another reason, held against a watch.
    LoginTimes,
}

impl Experiment {
    /// Every experiment.
    pub const ALL: [Self; 10] = [
        Self::Kill,
        Self::PowerCut,
        Self::DiskFull,
        Self::SyncError,
        Self::Clock,
        Self::Stop,
        Self::Disconnect,
        Self::Retry,
        Self::LoginFlood,
        Self::LoginTimes,
    ];

    /// How many rounds prove the promise, rather than show that it can be kept.
    #[must_use]
    pub const fn full_rounds(self) -> usize {
        match self {
            Self::Kill => 1_000,
            Self::PowerCut => 500,
            Self::DiskFull | Self::SyncError => 50,
            Self::Clock => 1_000,
            Self::Stop => 200,
            Self::Disconnect => 10_000,
            Self::Retry => 300,
            Self::LoginFlood => 20,
            Self::LoginTimes => 400,
        }
    }

    /// Runs it, and answers with a line of figures.
    ///
    /// # Errors
    /// A promise that was broken, or why the experiment could not be done.
    pub async fn run(self, plan: &Plan) -> Result<String, Failure> {
        let directory = tempfile::tempdir()?;
        let place = Place::new(plan, directory.path())?;
        let outcome = match self {
            Self::Kill => kill::run(&place).await,
            Self::PowerCut => power_cut::run(&place).await,
            Self::DiskFull => disk_full::run(&place).await,
            Self::SyncError => sync_error::run(&place).await,
            Self::Clock => clock::run(&place).await,
            Self::Stop => stop::run(&place).await,
            Self::Disconnect => disconnect::run(&place).await,
            Self::Retry => retry::run(&place).await,
            Self::LoginFlood => login_flood::run(&place).await,
            Self::LoginTimes => login_times::run(&place).await,
        };
        outcome.map_err(|failure| {
            let kept = directory.keep();
            failure.with(&format!(
                "seed {}, {} rounds; data and log are in {}",
                plan.seed,
                plan.rounds,
                kept.display()
            ))
        })
    }
}

/// How to do an experiment.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server's binary.
    pub server: PathBuf,
    /// What chance follows from, as far as threads allow.
    pub seed: u64,
    /// How much of it.
    pub rounds: usize,
}

/// Where an experiment takes place.
pub(crate) struct Place {
    pub(crate) server: PathBuf,
    pub(crate) shim: PathBuf,
    /// Its own, and empty.
    pub(crate) directory: PathBuf,
    pub(crate) seed: u64,
    pub(crate) rounds: usize,
}

impl Place {
    fn new(plan: &Plan, directory: &Path) -> Result<Self, Failure> {
        Ok(Self {
            server: plan.server.canonicalize()?,
            shim: shim::compile(directory)?,
            directory: directory.to_owned(),
            seed: plan.seed,
            rounds: plan.rounds,
        })
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.data().join(DATABASE)
    }
}

/// The database's name in the data directory.
pub(crate) const DATABASE: &str = "timetracks.db";

/// The server's binary in the directory that this program, or this test, was built into.
///
/// # Errors
/// When it was not built.
pub fn server_beside(program: &Path) -> Result<PathBuf, Failure> {
    let directories = program.ancestors().skip(1).take(2);
    let found = directories
        .map(|directory| directory.join("timetracks"))
        .find(|path| path.is_file());
    found.ok_or_else(|| {
        Failure::Trouble(format!(
            "there is no `timetracks` beside {}: run `cargo build -p timetracks` with the same profile first",
            program.display()
        ))
    })
}

//! What can go wrong between a job and the disk.

/// Why a job could not be run or kept. It was not kept, except as [`Error::Unavailable`] says.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Too much is waiting already.
    #[error("too many jobs are waiting for the database")]
    Busy,
    /// Others were in the way until the time was up.
    #[error("others were in the way: {0}")]
    Contended(String),
    /// The disk has no room left.
    #[error("the disk is full")]
    Full,
    /// The database stopped; whether a commit under way was kept is unknown.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The job panicked.
    #[error("a job panicked")]
    Panicked,
    /// The job went on after a statement had failed.
    #[error("a statement was run after another had failed")]
    AfterFailure,
    /// A statement failed: a constraint that the use case should have looked at first, or wrong SQL.
    #[error("a statement failed: {0}")]
    Statement(String),
}

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be made or read.
    #[error("cannot open {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Another program made it.
    #[error("it is a database of another program")]
    Foreign,
    /// SQLite refuses it.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL refuses it, cannot be reached, or does not promise what we rely on.
    #[error("PostgreSQL: {0}")]
    Postgres(String),
    /// SQLite does not promise what we rely on.
    #[error("SQLite answers `{found}` to `{asked}`, and TimeTracks needs `{needed}`")]
    Promise {
        /// The question.
        asked: &'static str,
        /// Its answer.
        found: String,
        /// The answer that is needed.
        needed: &'static str,
    },
    /// The schema is newer than this program, was changed by hand, or could not be brought up to date.
    #[error("migrations: {0}")]
    Migration(String),
    /// The system gives no thread.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

/// What went wrong while PostgreSQL was being opened.
impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Postgres(error.to_string())
    }
}

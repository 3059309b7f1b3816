//! A transaction on its way to the thread that runs it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use crate::{Error, Tx};

/// A job as the threads see it. It may have to run again when the engine could not keep what it did, so what it came
/// to the last time counts.
pub(crate) trait Job: Send {
    /// Runs it, and says whether what it wrote is to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Answers the caller: with what the job came to, or with why that does not count.
    fn answer(self: Box<Self>, fate: Result<(), Error>);
    /// Whether the caller still waits.
    fn is_wanted(&self) -> bool;
}

/// What the caller waits for.
pub(crate) type Outcome<T, E> = oneshot::Receiver<Result<T, E>>;

struct Call<F, T, E> {
    job: F,
    outcome: Option<Result<T, E>>,
    caller: oneshot::Sender<Result<T, E>>,
}

/// Makes a job of a function of a transaction.
pub(crate) fn new<T, E>(
    job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Clone + Send + 'static,
) -> (Box<dyn Job>, Outcome<T, E>)
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let (caller, receiver) = oneshot::channel();
    let call = Call {
        job,
        outcome: None,
        caller,
    };
    (Box::new(call), receiver)
}

impl<F, T, E> Job for Call<F, T, E>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Clone + Send,
    T: Send,
    E: From<Error> + Send,
{
    /// A panic, or a statement that failed unnoticed, is a failure of this job alone.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let job = self.job.clone();
        let outcome = match catch_unwind(AssertUnwindSafe(|| job(tx))) {
            Ok(Ok(_)) if tx.failure().is_some() => Err(Error::AfterFailure.into()),
            Ok(outcome) => outcome,
            Err(_) => Err(Error::Panicked.into()),
        };
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, fate: Result<(), Error>) {
        let never_run = || Err(Error::Unavailable("the job was never run".to_owned()).into());
        let answer = match fate {
            // Even a refusal may rest on what others of its group wrote, which is now lost.
            Err(error) => Err(error.into()),
            Ok(()) => self.outcome.unwrap_or_else(never_run),
        };
        // The job may hold what the caller waits for the end of.
        drop(self.job);
        let _ = self.caller.send(answer);
    }

    fn is_wanted(&self) -> bool {
        !self.caller.is_closed()
    }
}

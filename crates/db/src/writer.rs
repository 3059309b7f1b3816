//! Group commit: what arrives together shares one fsync, each job in a savepoint of its own.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use rusqlite::Connection;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{Error, Lane, Listener, OpenError, Tx};

/// The most jobs that share a commit, so that the first of them is not kept waiting for ever.
const LARGEST_GROUP: usize = 256;

/// Tells the caller how it went, once the fate of the group is known.
type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;
/// Runs the use case, or learns why it cannot be run; says whether to keep what it wrote.
type Job = Box<dyn FnOnce(Result<&mut Tx<'_>, Error>) -> (bool, Answer) + Send>;

/// The thread that owns the writing connection. It ends when this is dropped, after what waits is done.
pub(crate) struct Writer {
    queue: Option<Sender<Job>>,
    alive: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        queue: usize,
        listener: Listener,
    ) -> Result<Self, OpenError> {
        let (queue, jobs) = crossbeam_channel::bounded(queue);
        let alive = Arc::new(AtomicBool::new(true));
        let mut group = Group {
            connection,
            listener,
            alive: Arc::clone(&alive),
        };
        let thread = thread::Builder::new()
            .name("write".to_owned())
            .spawn(move || group.serve(&jobs))
            .map_err(OpenError::Thread)?;
        Ok(Self {
            queue: Some(queue),
            alive,
            thread: Some(thread),
        })
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }

    /// SQLite has one writer, so the lane makes no difference here.
    pub(crate) async fn run<T, E>(
        &self,
        _lane: Lane,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |tx| {
            let outcome = tx.map_err(E::from).and_then(|tx| attempt(tx, job));
            let keep = outcome.is_ok();
            let answer: Answer = Box::new(move |committed| {
                let _ = sender.send(outcome.and_then(|value| match committed {
                    Ok(()) => Ok(value),
                    Err(error) => Err(error.into()),
                }));
            });
            (keep, answer)
        });
        let stopped = || Error::Unavailable("the writer stopped".to_owned());
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => stopped(),
        })?;
        receiver.await.unwrap_or_else(|_| Err(stopped().into()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Runs the job so that a panic, or a statement that failed unnoticed, counts as a failure of the job alone.
fn attempt<T, E: From<Error>>(
    tx: &mut Tx<'_>,
    job: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    match catch_unwind(AssertUnwindSafe(|| job(tx))) {
        Ok(Ok(_)) if tx.has_failed() => Err(Error::AfterFailure.into()),
        Ok(outcome) => outcome,
        Err(_) => Err(Error::Panicked.into()),
    }
}

struct Group {
    connection: Connection,
    listener: Listener,
    alive: Arc<AtomicBool>,
}

impl Group {
    fn serve(&mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            if let Err(error) = self.commit_group(first, jobs) {
                // A later fsync that succeeds would prove nothing about this one: write no more.
                tracing::error!(%error, "a commit failed: no further write is accepted");
                self.alive.store(false, Ordering::Release);
                for job in jobs {
                    job(Err(error.clone())).1(Err(error.clone()));
                }
                return;
            }
        }
    }

    /// Runs and commits the first job and whatever waits behind it.
    ///
    /// Fails only when the storage can no longer be trusted.
    fn commit_group(&self, first: Job, jobs: &Receiver<Job>) -> Result<(), Error> {
        if let Err(error) = self.run("BEGIN IMMEDIATE") {
            first(Err(error.clone())).1(Err(error));
            return Ok(());
        }
        let mut answers = Vec::new();
        let mut announcements = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            let (answer, announced) = self.run_in_savepoint(job);
            answers.push(answer);
            announcements.extend(announced);
            next = (answers.len() < LARGEST_GROUP)
                .then(|| jobs.try_recv().ok())
                .flatten();
        }
        let committed = self.run("COMMIT");
        if committed.is_ok() {
            for topic in announcements {
                (self.listener)(topic);
            }
        } else if !self.connection.is_autocommit() {
            let _ = self.run("ROLLBACK");
        }
        for answer in answers {
            answer(committed.clone());
        }
        match committed {
            Err(error @ Error::Unavailable(_)) => Err(error),
            _ => Ok(()),
        }
    }

    fn run_in_savepoint(&self, job: Job) -> (Answer, Vec<Uuid>) {
        if let Err(error) = self.run("SAVEPOINT job") {
            return (job(Err(error)).1, Vec::new());
        }
        let mut tx = Tx::new(&self.connection);
        let (keep, answer) = job(Ok(&mut tx));
        let announcements = tx.into_announcements();
        if keep {
            match self.run("RELEASE job") {
                Ok(()) => return (answer, announcements),
                Err(error) => return (Box::new(move |_| answer(Err(error))), Vec::new()),
            }
        }
        // An error such as a full disk may have ended the whole transaction; COMMIT will say so.
        let _ = self.run("ROLLBACK TO job");
        let _ = self.run("RELEASE job");
        (answer, Vec::new())
    }

    fn run(&self, text: &str) -> Result<(), Error> {
        Ok(self
            .connection
            .prepare_cached(text)?
            .raw_execute()
            .map(|_| ())?)
    }
}

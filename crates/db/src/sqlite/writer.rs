//! Group commit: what arrives together shares one fsync, each job in a savepoint of its own.

use std::{sync::Arc, thread, time::Instant};

use crossbeam_channel::{Receiver, Sender};
use rusqlite::Connection;
use uuid::Uuid;

use super::run;
use crate::{
    Announcement, Error, Listener, OpenError, PoolStatistics, Tx,
    alive::{Alive, Life},
    job::{self, Job},
    statistics::{Busy, Commits},
};

/// The most jobs that share a commit, so that the first of them is not kept waiting for ever.
const LARGEST_GROUP: usize = 256;

/// The thread that owns the writing connection. It ends when this is dropped, after what waits is done.
pub(crate) struct Writer {
    queue: Option<Sender<Box<dyn Job>>>,
    alive: Alive,
    thread: Option<thread::JoinHandle<()>>,
    busy: Busy,
}

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        queue: usize,
        listener: Listener,
        commits: Arc<Commits>,
    ) -> Result<Self, OpenError> {
        let (queue, jobs) = crossbeam_channel::bounded(queue);
        let alive = Alive::new();
        let busy = Busy::default();
        let mut group = Group {
            connection,
            listener,
            life: alive.life(),
            commits,
            busy: busy.clone(),
        };
        let thread = thread::Builder::new()
            .name("write".to_owned())
            .spawn(move || group.serve(&jobs))
            .map_err(OpenError::Thread)?;
        Ok(Self {
            queue: Some(queue),
            alive,
            thread: Some(thread),
            busy,
        })
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.alive.is_true()
    }

    /// Completes once no write can be kept any more: its commit failed, or its thread died.
    pub(crate) async fn lost(&self) {
        self.alive.ended().await;
    }

    /// Hands a job over. There is a single writer, so all lanes are one.
    pub(crate) fn submit(&self, job: Box<dyn Job>) -> Result<(), Error> {
        job::submit(self.queue.as_ref(), job)
    }

    pub(crate) fn statistics(&self) -> PoolStatistics {
        PoolStatistics {
            name: "write",
            size: 1,
            busy: self.busy.count(),
            waiting: self.queue.as_ref().map_or(0, Sender::len),
        }
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

/// A job that ran, and what became of it already.
type Done = (Box<dyn Job>, Result<(), Error>);

struct Group {
    connection: Connection,
    listener: Listener,
    life: Life,
    commits: Arc<Commits>,
    busy: Busy,
}

impl Group {
    fn serve(&mut self, jobs: &Receiver<Box<dyn Job>>) {
        while let Ok(first) = jobs.recv() {
            let _busy = self.busy.enter();
            if let Err(error) = self.commit_group(first, jobs) {
                // A later fsync that succeeds would prove nothing about this one: write no more.
                tracing::error!(%error, "a commit failed: no further write is accepted");
                self.life.end();
                for job in jobs {
                    job.answer(Err(error.clone()));
                }
                return;
            }
        }
    }

    /// Runs and commits the first job and whatever waits behind it.
    ///
    /// Fails only when the storage can no longer be trusted.
    fn commit_group(
        &self,
        first: Box<dyn Job>,
        jobs: &Receiver<Box<dyn Job>>,
    ) -> Result<(), Error> {
        if let Err(error) = self.run("BEGIN IMMEDIATE") {
            first.answer(Err(error));
            return Ok(());
        }
        let mut done: Vec<Done> = Vec::new();
        let (mut announcements, mut has_kept) = (Vec::new(), false);
        let mut next = Some(first);
        while let Some(mut job) = next {
            let kept = self.run_in_savepoint(job.as_mut(), &mut announcements);
            has_kept |= matches!(kept, Ok(true));
            done.push((job, kept.map(|_| ())));
            next = (done.len() < LARGEST_GROUP)
                .then(|| jobs.try_recv().ok())
                .flatten();
        }
        let began = Instant::now();
        let committed = self.run("COMMIT");
        if committed.is_ok() {
            if has_kept {
                self.commits.count(done.len(), began.elapsed());
            }
            for topic in announcements {
                (self.listener)(Announcement::Of(topic));
            }
        } else if !self.connection.is_autocommit() {
            let _ = self.run("ROLLBACK");
        }
        for (job, fate) in done {
            job.answer(fate.and(committed.clone()));
        }
        match committed {
            Err(error @ Error::Unavailable(_)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Says whether what the job wrote is kept.
    fn run_in_savepoint(
        &self,
        job: &mut dyn Job,
        announcements: &mut Vec<Uuid>,
    ) -> Result<bool, Error> {
        self.run("SAVEPOINT job")?;
        let mut tx = Tx::sqlite(&self.connection);
        let keep = job.run(&mut tx);
        if keep {
            let announced = tx.into_announcements();
            self.run("RELEASE job")?;
            announcements.extend(announced);
        } else {
            // An error such as a full disk may have ended the whole transaction; COMMIT will say so.
            let _ = self.run("ROLLBACK TO job");
            let _ = self.run("RELEASE job");
        }
        Ok(keep)
    }

    fn run(&self, text: &str) -> Result<(), Error> {
        run(&self.connection, text)
    }
}

//! Group commit: what arrives together shares one fsync. A job that fails takes no other with it.

use std::{sync::Arc, thread, time::Instant};

use rusqlite::Connection;
use uuid::Uuid;

use super::run;
use crate::{
    Announcement, Error, Listener, OpenError, PoolStatistics, Tx,
    alive::{Alive, Life},
    job::Job,
    queue::{Consumer, Queue},
    statistics::{Busy, Commits},
};

/// The most jobs that share a commit, so that the first of them is not kept waiting for ever.
const LARGEST_GROUP: usize = 256;

/// The thread that owns the writing connection. It ends when this is dropped, after what waits is done.
pub(crate) struct Writer {
    queue: Arc<Queue<Box<dyn Job>>>,
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
        let queue = Queue::new(queue);
        let jobs = queue.consumer();
        let alive = Alive::new();
        let busy = Busy::default();
        let mut thread = Thread {
            connection,
            listener,
            life: alive.life(),
            commits,
            busy: busy.clone(),
        };
        let handle = thread::Builder::new()
            .name("write".to_owned())
            .spawn(move || thread.serve(&jobs))
            .map_err(OpenError::Thread)?;
        Ok(Self {
            queue,
            alive,
            thread: Some(handle),
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
        self.queue.push(job)
    }

    pub(crate) fn statistics(&self) -> PoolStatistics {
        PoolStatistics {
            name: "write",
            size: 1,
            busy: self.busy.count(),
            waiting: self.queue.len(),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The jobs that share a transaction, and what they came to.
#[derive(Default)]
struct Group {
    /// Those that ran.
    done: Vec<Box<dyn Job>>,
    announcements: Vec<Uuid>,
    /// Whether the transaction holds what some job wrote.
    has_kept: bool,
    /// What ended the transaction before its time.
    lost: Option<Error>,
}

impl Group {
    fn keep(&mut self, tx: Tx<'_>) {
        self.announcements.extend(tx.into_announcements());
        self.has_kept = true;
    }
}

/// What the writing thread works with.
struct Thread {
    connection: Connection,
    listener: Listener,
    life: Life,
    commits: Arc<Commits>,
    busy: Busy,
}

impl Thread {
    fn serve(&mut self, jobs: &Consumer<Box<dyn Job>>) {
        while let Some(first) = jobs.pop() {
            let _busy = self.busy.enter();
            if let Err(error) = self.commit_group(first, jobs) {
                // A later fsync that succeeds would prove nothing about this one: write no more.
                tracing::error!(%error, "a commit failed: no further write is accepted");
                self.life.end();
                while let Some(job) = jobs.pop() {
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
        jobs: &Consumer<Box<dyn Job>>,
    ) -> Result<(), Error> {
        if let Err(error) = self.run("BEGIN IMMEDIATE") {
            first.answer(Err(error));
            return Ok(());
        }
        let mut group = Group::default();
        let mut next = Some(first);
        while let Some(mut job) = next {
            let is_sound = self.run_bare(job.as_mut(), &mut group);
            group.done.push(job);
            if !is_sound {
                group = self.run_again(group);
                break;
            }
            next = (group.done.len() < LARGEST_GROUP)
                .then(|| jobs.try_pop())
                .flatten();
        }
        let began = Instant::now();
        let committed = match group.lost.take() {
            Some(error) => Err(error),
            None => self.run("COMMIT"),
        };
        if committed.is_ok() {
            if group.has_kept {
                self.commits.count(group.done.len(), began.elapsed());
            }
            for topic in group.announcements {
                (self.listener)(Announcement::Of(topic));
            }
        } else if !self.connection.is_autocommit() {
            let _ = self.run("ROLLBACK");
        }
        for job in group.done {
            job.answer(committed.clone());
        }
        match committed {
            Err(error @ Error::Unavailable(_)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Runs a job without a savepoint, which would cost as much as many a job: nearly all that fail do so before they
    /// write. Says whether the transaction holds nothing of a job that failed.
    fn run_bare(&self, job: &mut dyn Job, group: &mut Group) -> bool {
        let changes = self.connection.total_changes();
        let mut tx = Tx::sqlite(&self.connection);
        if job.run(&mut tx) {
            group.keep(tx);
            return true;
        }
        self.connection.total_changes() == changes && !self.connection.is_autocommit()
    }

    /// Runs the jobs of a group again, in a new transaction and each in a savepoint, so that what fails is undone alone.
    fn run_again(&self, group: Group) -> Group {
        if !self.connection.is_autocommit() {
            let _ = self.run("ROLLBACK");
        }
        let mut again = Group {
            lost: self.run("BEGIN IMMEDIATE").err(),
            ..Group::default()
        };
        for mut job in group.done {
            if again.lost.is_none() {
                self.run_in_savepoint(job.as_mut(), &mut again);
            }
            again.done.push(job);
        }
        again
    }

    fn run_in_savepoint(&self, job: &mut dyn Job, group: &mut Group) {
        if let Err(error) = self.run("SAVEPOINT job") {
            group.lost = Some(error);
            return;
        }
        let mut tx = Tx::sqlite(&self.connection);
        let is_kept = job.run(&mut tx);
        let undone = if is_kept {
            Ok(())
        } else {
            self.run("ROLLBACK TO job")
        };
        match undone.and_then(|()| self.run("RELEASE job")) {
            // An error such as a full disk may have ended the whole transaction.
            Err(error) => group.lost = Some(tx.failure().cloned().unwrap_or(error)),
            Ok(()) if is_kept => group.keep(tx),
            Ok(()) => {}
        }
    }

    fn run(&self, text: &str) -> Result<(), Error> {
        run(&self.connection, text)
    }
}

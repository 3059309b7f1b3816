//! Group commit in lanes: what waits in a lane becomes one transaction, with one commit for all.

use std::{
    collections::VecDeque,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use uuid::Uuid;

use super::{
    CHANNEL,
    lanes::{Lanes, begin},
    session::{Session, Tries},
};
use crate::{
    Announcement, Error, Lane, Listener, OpenError, PoolStatistics, Tx,
    alive::{Alive, Life},
    job::Job,
    statistics::{Busy, Commits},
};

/// The most jobs that share a commit. Should they need savepoints: PostgreSQL keeps 64 subtransactions at hand.
const LARGEST_GROUP: usize = 64;

/// The threads that write. They end when this is dropped, after what waits is done.
pub(crate) struct Writers {
    lanes: Arc<Lanes>,
    threads: Vec<thread::JoinHandle<()>>,
    busy: Busy,
    alive: Alive,
}

impl Writers {
    pub(super) fn start(
        threads: usize,
        queue: usize,
        listener: &Listener,
        commits: &Arc<Commits>,
        connect: impl Fn() -> Session,
    ) -> Result<Self, OpenError> {
        let mut writers = Self {
            lanes: Arc::new(Lanes::new(queue)),
            threads: Vec::with_capacity(threads),
            busy: Busy::default(),
            alive: Alive::new(),
        };
        for number in 0..threads {
            let mut writer = Writer {
                lanes: Arc::clone(&writers.lanes),
                session: connect(),
                listener: Arc::clone(listener),
                commits: Arc::clone(commits),
                busy: writers.busy.clone(),
                _life: writers.alive.life(),
            };
            let thread = thread::Builder::new()
                .name(format!("write-{number}"))
                .spawn(move || writer.serve())
                .map_err(OpenError::Thread)?;
            writers.threads.push(thread);
        }
        Ok(writers)
    }

    /// Hands a job over.
    pub(crate) fn submit(&self, lane: Lane, job: Box<dyn Job>) -> Result<(), Error> {
        self.lanes.push(lane, job)
    }

    /// Whether none of them has died, which leaves its lane without service.
    pub(crate) fn are_alive(&self) -> bool {
        self.alive.is_true()
    }

    pub(crate) fn statistics(&self) -> PoolStatistics {
        PoolStatistics {
            name: "write",
            size: self.threads.len(),
            busy: self.busy.count(),
            waiting: self.lanes.count(),
        }
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        self.lanes.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

struct Writer {
    lanes: Arc<Lanes>,
    session: Session,
    listener: Listener,
    commits: Arc<Commits>,
    busy: Busy,
    _life: Life,
}

/// What a group in a transaction has come to.
#[derive(Default)]
struct Group {
    /// The jobs that ran, with what became of each already.
    done: Vec<(Box<dyn Job>, Result<(), Error>)>,
    announcements: Vec<Uuid>,
    /// Whether the transaction holds what some job wrote.
    has_kept: bool,
    /// Whether COMMIT was sent: a connection lost from then on leaves nobody knowing.
    is_committing: bool,
    is_committed: bool,
    commit_took: Duration,
}

impl Group {
    fn keep(&mut self, announced: Vec<Uuid>) {
        self.announcements.extend(announced);
        self.has_kept = true;
    }

    fn can_retry(&self, error: &Error) -> bool {
        !self.is_committing || matches!(error, Error::Contended(_))
    }
}

impl Writer {
    fn serve(&mut self) {
        while let Some((lane, first)) = self.lanes.enter() {
            let _busy = self.busy.enter();
            self.commit_group(lane, first);
            self.lanes.leave(lane);
        }
    }

    /// Runs and commits the first job and whatever waits behind it. All of them are run again when the engine could not
    /// keep them for a reason that passes, and when one of them failed after it wrote: then each in a savepoint.
    fn commit_group(&mut self, lane: Lane, first: Box<dyn Job>) {
        let mut tries = Tries::begin();
        let mut jobs = VecDeque::from([first]);
        let mut in_savepoints = false;
        let (group, committed) = loop {
            let mut group = Group::default();
            let outcome = match in_savepoints {
                true => self.run_in_savepoints(lane, &mut jobs, &mut group),
                false => self.run_bare(lane, &mut jobs, &mut group),
            };
            if !group.is_committed {
                self.session.reset("ROLLBACK");
            }
            match outcome {
                Err(ref error) if !is_of_group(error) && !in_savepoints => in_savepoints = true,
                Err(ref error) if group.can_retry(error) && tries.again(error) => {}
                outcome => break (group, outcome),
            }
            for (job, _) in group.done.into_iter().rev() {
                jobs.push_front(job);
            }
        };
        if group.is_committed {
            self.commits.count(group.done.len(), group.commit_took);
        }
        if committed.is_ok() {
            for topic in group.announcements {
                (self.listener)(Announcement::Of(topic));
            }
        }
        for (job, fate) in group.done {
            job.answer(fate.and(committed.clone()));
        }
        for job in jobs {
            job.answer(committed.clone());
        }
    }

    /// One transaction, without savepoints: what a job writes travels with what the next one asks, and nearly all jobs
    /// that fail do so before they write. Moves each job that ran into the group; when this fails nothing is kept, except
    /// that nobody knows once the group was committing.
    fn run_bare(
        &mut self,
        lane: Lane,
        jobs: &mut VecDeque<Box<dyn Job>>,
        group: &mut Group,
    ) -> Result<(), Error> {
        self.session.live_connection()?.begin(begin(lane));
        while group.done.len() < LARGEST_GROUP
            && let Some(mut job) = jobs.pop_front().or_else(|| self.lanes.next(lane))
        {
            let ran = self.run_one(job.as_mut(), group);
            group.done.push((job, Ok(())));
            ran?;
        }
        self.commit(group)
    }

    fn run_one(&mut self, job: &mut dyn Job, group: &mut Group) -> Result<(), Error> {
        let connection = self.session.held()?;
        let writes = connection.writes();
        let mut tx = Tx::postgres(connection);
        let keep = job.run(&mut tx);
        if let Some(error) = tx.failure() {
            return Err(error.clone());
        }
        let announced = tx.into_announcements();
        if keep {
            group.keep(announced);
        } else if self.session.held()?.writes() != writes {
            return Err(Error::AfterFailure);
        }
        Ok(())
    }

    /// As [`Writer::run_bare`], of these jobs, each in a savepoint, so that what fails is undone alone.
    fn run_in_savepoints(
        &mut self,
        lane: Lane,
        jobs: &mut VecDeque<Box<dyn Job>>,
        group: &mut Group,
    ) -> Result<(), Error> {
        self.session.live_connection()?.begin(begin(lane));
        while let Some(mut job) = jobs.pop_front() {
            match self.run_in_savepoint(job.as_mut(), group) {
                Err(error) if is_of_group(&error) => {
                    jobs.push_front(job);
                    return Err(error);
                }
                fate => group.done.push((job, fate)),
            }
        }
        self.commit(group)
    }

    fn run_in_savepoint(&mut self, job: &mut dyn Job, group: &mut Group) -> Result<(), Error> {
        let connection = self.session.held()?;
        connection.batch("SAVEPOINT job")?;
        let mut tx = Tx::postgres(connection);
        let keep = job.run(&mut tx);
        if let Some(error) = tx.failure().filter(|error| is_of_group(error)) {
            return Err(error.clone());
        }
        let announced = tx.into_announcements();
        let connection = self.session.held()?;
        let released = match keep {
            // Here a statement fails that was sent late.
            true => connection.batch("RELEASE job"),
            false => Ok(()),
        };
        match released {
            Ok(()) if keep => group.keep(announced),
            Err(error) if is_of_group(&error) => return Err(error),
            _ => {
                connection.drop_pending();
                let undone = connection.batch("ROLLBACK TO job; RELEASE job");
                undone.map_err(|error| Error::Unavailable(error.to_string()))?;
            }
        }
        released
    }

    /// Commits what is to be kept. A transaction in which a statement failed that was sent late is not committed.
    fn commit(&mut self, group: &mut Group) -> Result<(), Error> {
        if !group.has_kept {
            return Ok(());
        }
        let notify: String = group
            .announcements
            .iter()
            .map(|topic| format!("SELECT pg_notify('{CHANNEL}', '{topic}'); "))
            .collect();
        let connection = self.session.held()?;
        group.is_committing = true;
        let began = Instant::now();
        connection.batch(&format!("{notify}COMMIT"))?;
        group.commit_took = began.elapsed();
        group.is_committed = true;
        Ok(())
    }
}

/// Whether nothing of a transaction can be kept with this error. After any other the rest can be, without the job that
/// failed.
fn is_of_group(error: &Error) -> bool {
    matches!(error, Error::Contended(_) | Error::Unavailable(_))
}

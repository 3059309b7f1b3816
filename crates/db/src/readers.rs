//! Threads that answer reads, each with a connection of its own.

use std::{sync::Arc, thread};

use crate::{Error, OpenError, PoolStatistics, job::Job, queue::Queue, statistics::Busy};

/// A pool of reading threads. They end when it is dropped.
pub(crate) struct Readers {
    queue: Arc<Queue<Box<dyn Job>>>,
    threads: Vec<thread::JoinHandle<()>>,
    name: &'static str,
    busy: Busy,
}

impl Readers {
    /// Starts so many threads, each of which runs jobs with what `connect` gives it. At most `queue` jobs wait.
    pub(crate) fn start<Run: FnMut(Box<dyn Job>) + Send + 'static>(
        name: &'static str,
        threads: usize,
        queue: usize,
        connect: impl Fn() -> Result<Run, OpenError>,
    ) -> Result<Self, OpenError> {
        let queue = Queue::<Box<dyn Job>>::new(queue);
        let mut running = Vec::with_capacity(threads);
        let busy = Busy::default();
        for number in 0..threads {
            let mut run = connect()?;
            let (jobs, busy) = (queue.consumer(), busy.clone());
            let thread = thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || {
                    while let Some(job) = jobs.pop() {
                        if job.is_wanted() {
                            let _busy = busy.enter();
                            run(job);
                        }
                    }
                })
                .map_err(OpenError::Thread)?;
            running.push(thread);
        }
        Ok(Self {
            queue,
            threads: running,
            name,
            busy,
        })
    }

    /// Hands a job over.
    pub(crate) fn submit(&self, job: Box<dyn Job>) -> Result<(), Error> {
        self.queue.push(job)
    }

    pub(crate) fn statistics(&self) -> PoolStatistics {
        PoolStatistics {
            name: self.name,
            size: self.threads.len(),
            busy: self.busy.count(),
            waiting: self.queue.len(),
        }
    }
}

/// The writer is to close last: then SQLite empties its log into the file.
impl Drop for Readers {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

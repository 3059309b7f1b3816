//! Threads that answer reads, each with a connection of its own.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use crossbeam_channel::{Receiver, Sender};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{Error, OpenError, Settings, Tx, sqlite};

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// A pool of reading threads. They end when it is dropped.
pub(crate) struct Readers {
    queue: Option<Sender<Job>>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Readers {
    pub(crate) fn start(
        name: &str,
        threads: usize,
        settings: &Settings,
    ) -> Result<Self, OpenError> {
        let (queue, jobs) = crossbeam_channel::bounded::<Job>(settings.queue);
        let mut running = Vec::with_capacity(threads);
        for number in 0..threads {
            let connection = sqlite::open_reader(&settings.path)?;
            let jobs: Receiver<Job> = jobs.clone();
            let thread = thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || {
                    for job in jobs {
                        job(&connection);
                    }
                })
                .map_err(OpenError::Thread)?;
            running.push(thread);
        }
        Ok(Self {
            queue: Some(queue),
            threads: running,
        })
    }

    pub(crate) async fn run<T, E>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            if !sender.is_closed() {
                let _ = sender.send(on_snapshot(connection, job));
            }
        });
        let queue = self.queue.as_ref().ok_or(Error::Busy)?;
        queue.try_send(job).map_err(|_| Error::Busy)?;
        receiver
            .await
            .unwrap_or_else(|_| Err(Error::Unavailable("a reader died".to_owned()).into()))
    }
}

/// The writer is to close last: then SQLite empties its log into the file.
impl Drop for Readers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// One transaction a job: every statement of it sees the same state.
fn on_snapshot<T, E: From<Error>>(
    connection: &Connection,
    job: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    run(connection, "BEGIN")?;
    let outcome = catch_unwind(AssertUnwindSafe(|| job(&mut Tx::new(connection))));
    run(connection, "COMMIT")?;
    outcome.unwrap_or_else(|_| Err(Error::Panicked.into()))
}

fn run(connection: &Connection, text: &str) -> Result<(), Error> {
    Ok(connection.prepare_cached(text)?.raw_execute().map(|_| ())?)
}

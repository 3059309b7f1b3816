//! What gathers lines and writes them together. Each request has a line: a system call for each, made while the others
//! wait for their turn at the same file, took a quarter of what the server could read.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits for more.
const PATIENCE: Duration = Duration::from_millis(10);
/// How many bytes wait at most. Whoever finds more writes them, and waits as long as that takes.
const MOST: usize = 256 * 1024;

/// Lines on their way to where they are written.
pub(super) struct Sink<W> {
    waiting: Mutex<Waiting>,
    filled: Condvar,
    /// Locked before `waiting`, so that lines are written in their order.
    out: Mutex<Out<W>>,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Nobody waits with lines any more.
    is_closed: bool,
}

struct Out<W> {
    writer: W,
    /// What was written last, for its room.
    written: Vec<u8>,
}

impl<W: Write> Sink<W> {
    pub(super) fn new(writer: W) -> Self {
        Self {
            waiting: Mutex::default(),
            filled: Condvar::new(),
            out: Mutex::new(Out {
                writer,
                written: Vec::new(),
            }),
        }
    }

    fn add(&self, line: &[u8], is_urgent: bool) {
        let mut waiting = lock(&self.waiting);
        let is_first = waiting.lines.is_empty();
        waiting.lines.extend_from_slice(line);
        let is_due = is_urgent || waiting.is_closed || waiting.lines.len() > MOST;
        drop(waiting);
        if is_due {
            self.flush();
        } else if is_first {
            self.filled.notify_one();
        }
    }

    /// Writes what waits.
    fn flush(&self) {
        let mut out = lock(&self.out);
        let Out { writer, written } = &mut *out;
        written.clear();
        mem::swap(written, &mut lock(&self.waiting).lines);
        // There is nowhere to say that a log cannot be written.
        let _ = writer.write_all(written);
        let _ = writer.flush();
    }

    /// Writes whatever comes, in a while, until it is closed.
    fn flush_until_closed(&self) {
        loop {
            let waiting = lock(&self.waiting);
            let has_none = |waiting: &mut Waiting| waiting.lines.is_empty() && !waiting.is_closed;
            let waiting = unpoisoned(self.filled.wait_while(waiting, has_none));
            let is_open = |waiting: &mut Waiting| !waiting.is_closed;
            let (waiting, _) =
                unpoisoned(self.filled.wait_timeout_while(waiting, PATIENCE, is_open));
            let is_closed = waiting.is_closed;
            drop(waiting);
            self.flush();
            if is_closed {
                return;
            }
        }
    }

    fn close(&self) {
        lock(&self.waiting).is_closed = true;
        self.filled.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    unpoisoned(mutex.lock())
}

/// Lines are whole whatever became of a thread that added one.
fn unpoisoned<T>(result: Result<T, PoisonError<T>>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}

/// The thread that writes.
pub(super) struct Flusher<W: Write + Send + 'static> {
    sink: Arc<Sink<W>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl<W: Write + Send + 'static> Flusher<W> {
    /// Without a thread each line is written at once.
    pub(super) fn start(sink: Arc<Sink<W>>) -> Self {
        let flushed = Arc::clone(&sink);
        let thread = thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || flushed.flush_until_closed())
            .ok();
        if thread.is_none() {
            sink.close();
        }
        Self { sink, thread }
    }
}

/// Writes what waits. What is logged after that is written at once.
impl<W: Write + Send + 'static> Drop for Flusher<W> {
    fn drop(&mut self) {
        self.sink.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The way to a sink for what `tracing` logs. What is worse than `INFO` is written at once: it may be the last that is
/// heard.
pub(super) struct Entrances<W>(pub(super) Arc<Sink<W>>);

impl<'a, W: Write + 'static> MakeWriter<'a> for Entrances<W> {
    type Writer = Entrance<'a, W>;

    fn make_writer(&'a self) -> Self::Writer {
        Entrance {
            sink: &self.0,
            is_urgent: true,
        }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        Entrance {
            sink: &self.0,
            is_urgent: *metadata.level() <= Level::WARN,
        }
    }
}

/// Takes lines of one level.
pub(super) struct Entrance<'a, W> {
    sink: &'a Sink<W>,
    is_urgent: bool,
}

impl<W: Write> Write for Entrance<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.sink.add(line, self.is_urgent);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// Each write goes to whoever listens, who has to take it.
    struct Told(SyncSender<Vec<u8>>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if !bytes.is_empty() {
                self.0.send(bytes.to_vec()).unwrap();
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn sink(unread: usize) -> (Arc<Sink<Told>>, Receiver<Vec<u8>>) {
        let (sender, receiver) = sync_channel(unread);
        (Arc::new(Sink::new(Told(sender))), receiver)
    }

    fn text(receiver: &Receiver<Vec<u8>>) -> String {
        let bytes = receiver.iter().flatten().collect();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn lines_wait_for_each_other_and_are_written_in_order() {
        let (sink, receiver) = sink(8);
        sink.add(b"one\n", false);
        sink.add(b"two\n", false);
        assert!(receiver.try_recv().is_err(), "nobody has written them yet");
        let flusher = Flusher::start(Arc::clone(&sink));
        assert_eq!(receiver.recv().unwrap(), b"one\ntwo\n");
        sink.add(b"three\n", false);
        drop(flusher);
        assert_eq!(receiver.recv().unwrap(), b"three\n");
    }

    #[test]
    fn an_urgent_line_is_written_at_once_behind_those_that_waited() {
        let (sink, receiver) = sink(8);
        sink.add(b"one\n", false);
        sink.add(b"bad\n", true);
        assert_eq!(receiver.try_recv().unwrap(), b"one\nbad\n");
    }

    #[test]
    fn a_line_is_urgent_when_it_is_worse_than_info() {
        use tracing_subscriber::layer::SubscriberExt;
        let (sink, receiver) = sink(8);
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(Entrances(sink));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info!("fine");
            assert!(receiver.try_recv().is_err());
            tracing::warn!("worse");
            let written = String::from_utf8(receiver.try_recv().unwrap()).unwrap();
            assert!(
                written.contains("fine") && written.contains("worse"),
                "{written}"
            );
            tracing::error!("bad");
            assert!(receiver.try_recv().is_ok());
        });
    }

    #[test]
    fn a_line_after_the_end_is_written_at_once() {
        let (sink, receiver) = sink(8);
        drop(Flusher::start(Arc::clone(&sink)));
        sink.add(b"late\n", false);
        assert_eq!(receiver.try_recv().unwrap(), b"late\n");
    }

    #[test]
    fn many_threads_lose_no_line_when_the_reader_is_slow() {
        const EACH: usize = 2_000;
        // So long that the bound is met again and again; and nobody takes more than one write at a time.
        let padding = "x".repeat(500);
        let (sink, receiver) = sink(0);
        let flusher = Flusher::start(Arc::clone(&sink));
        let reader = thread::spawn(move || text(&receiver));
        thread::scope(|scope| {
            for thread in 0..4 {
                let (sink, padding) = (&sink, &padding);
                scope.spawn(move || {
                    for line in 0..EACH {
                        sink.add(format!("{thread} {line} {padding}\n").as_bytes(), false);
                    }
                });
            }
        });
        drop(flusher);
        drop(sink);
        let text = reader.join().unwrap();
        for thread in 0..4 {
            let own = format!("{thread} ");
            let of_thread: Vec<_> = text.lines().filter(|line| line.starts_with(&own)).collect();
            let expected: Vec<_> = (0..EACH)
                .map(|line| format!("{thread} {line} {padding}"))
                .collect();
            assert_eq!(of_thread, expected, "thread {thread}");
        }
    }
}

//! Writers that keep a server busy, each on tasks of its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::{
    Failure,
    ledger::{Ledger, Step, Times},
    process::LOOK,
    wire::{Answer, Client},
};

/// Every so many tasks one is deleted again.
const DELETED: usize = 4;
/// How long a busy server may take for what a writer waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// One task from its beginning to its end, as somebody sends it.
pub(crate) struct Life<'a> {
    client: &'a Client,
    ledger: &'a Ledger,
    name: String,
    times: Times,
    /// Known once the task was made.
    task_id: String,
}

impl<'a> Life<'a> {
    pub(crate) fn begin(client: &'a Client, ledger: &'a Ledger, name: String) -> Self {
        let times = ledger.open(&name);
        let task_id = String::new();
        Self {
            client,
            ledger,
            name,
            times,
            task_id,
        }
    }

    /// Takes a step, and writes down what is known of it. A step that was refused may be taken again.
    pub(crate) async fn step(&mut self, step: Step) -> Result<Answer, Failure> {
        self.ledger.send(&self.name, step);
        let answer = match step {
            Step::In => self.client.clock_in(&self.name, self.times).await,
            Step::Out => self.client.clock_out(&self.name, self.times).await,
            Step::Delete => {
                let path = format!("/tasks/{}", self.task_id);
                self.client.ask(Method::DELETE, &path, None).await
            }
        };
        match &answer {
            Answer::Done(track) => {
                self.ledger.acknowledge(&self.name, step)?;
                self.must_be(step, track)?;
                if let Some(id) = track["taskId"].as_str() {
                    id.clone_into(&mut self.task_id);
                }
            }
            // Of 503 it is documented that the outcome is not known.
            Answer::Refused(503, _) | Answer::Cut => {}
            Answer::Refused(..) => self.ledger.refuse(&self.name, step),
        }
        Ok(answer)
    }

    fn must_be(&self, step: Step, track: &Value) -> Result<(), Failure> {
        let end = (step == Step::Out).then_some(self.times.end);
        let right = track["start"] == self.times.start && track["end"].as_i64() == end;
        if step == Step::Delete || right {
            return Ok(());
        }
        Failure::broken(format!(
            "{step:?} of {} was answered with {track}",
            self.name
        ))
    }
}

/// What a writer does next.
pub(crate) enum Next {
    GoOn,
    /// The same step, a moment later.
    Again,
    End,
}

/// Says which answers are as promised.
pub(crate) trait Judge: Send + Sync + 'static {
    /// Asked before a request is sent; what it says is told back with the answer.
    fn is_broken_already(&self) -> bool {
        false
    }

    /// What to do about an answer, or which promise it breaks.
    fn judge(&self, answer: &Answer, was_broken: bool) -> Result<Next, Failure>;
}

/// Every answer must be a success, until the server is gone.
pub(crate) struct MustSucceed;

impl Judge for MustSucceed {
    fn judge(&self, answer: &Answer, _: bool) -> Result<Next, Failure> {
        match answer {
            Answer::Done(_) => Ok(Next::GoOn),
            Answer::Cut => Ok(Next::End),
            Answer::Refused(status, problem) => {
                Failure::broken(format!("a write was answered {status}: {problem}"))
            }
        }
    }
}

/// Writers at work.
pub(crate) struct Load {
    ledger: Arc<Ledger>,
    stop: Arc<AtomicBool>,
    writers: Vec<JoinHandle<Result<(), Failure>>>,
}

impl Load {
    /// Sets so many writers to work. `label` keeps the names of their tasks apart from all others.
    pub(crate) fn start(
        client: &Client,
        ledger: &Arc<Ledger>,
        label: &str,
        writers: usize,
    ) -> Self {
        Self::start_with(client, ledger, label, writers, &Arc::new(MustSucceed))
    }

    /// As [`Load::start`], with another judge.
    pub(crate) fn start_with<J: Judge>(
        client: &Client,
        ledger: &Arc<Ledger>,
        label: &str,
        writers: usize,
        judge: &Arc<J>,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let begin = |writer| {
            let writer = Writer {
                client: client.clone(),
                ledger: Arc::clone(ledger),
                label: format!("{label}-{writer}"),
                stop: Arc::clone(&stop),
                judge: Arc::clone(judge),
            };
            tokio::spawn(async move { writer.write().await })
        };
        let writers = (0..writers).map(begin).collect();
        Self {
            ledger: Arc::clone(ledger),
            stop,
            writers,
        }
    }

    /// Waits until so much more was acknowledged.
    pub(crate) async fn wait_for(&self, more: usize) -> Result<(), Failure> {
        let goal = self.ledger.acknowledged(u64::MAX) + more;
        self.wait_until(|| self.ledger.acknowledged(u64::MAX) >= goal)
            .await
    }

    /// Waits until this is so, or until all writers have ended: then [`Load::stop`] says why.
    pub(crate) async fn wait_until(&self, is_so: impl Fn() -> bool) -> Result<(), Failure> {
        let began = Instant::now();
        while !is_so() && !self.writers.iter().all(JoinHandle::is_finished) {
            if began.elapsed() > PATIENCE {
                return Failure::broken(format!(
                    "the writers waited for {PATIENCE:?} and got nowhere"
                ));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Lets each writer finish the step it takes, and looks whether any saw something it should not.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        self.stop.store(true, Ordering::SeqCst);
        self.ended().await
    }

    /// Waits until each writer was cut off.
    pub(crate) async fn ended(self) -> Result<(), Failure> {
        for writer in self.writers {
            writer.await??;
        }
        Ok(())
    }
}

struct Writer<J> {
    client: Client,
    ledger: Arc<Ledger>,
    label: String,
    stop: Arc<AtomicBool>,
    judge: Arc<J>,
}

impl<J: Judge> Writer<J> {
    /// Writes until it is cut off or told to stop.
    async fn write(&self) -> Result<(), Failure> {
        for number in 0.. {
            let name = format!("{}-{number}", self.label);
            let mut life = Life::begin(&self.client, &self.ledger, name);
            let steps = [Step::In, Step::Out, Step::Delete];
            let mut steps = steps[..if number % DELETED == 0 { 3 } else { 2 }].iter();
            let mut next = steps.next();
            while let Some(step) = next {
                if self.stop.load(Ordering::SeqCst) {
                    return Ok(());
                }
                let was_broken = self.judge.is_broken_already();
                let answer = life.step(*step).await?;
                match self.judge.judge(&answer, was_broken)? {
                    Next::GoOn => next = steps.next(),
                    Next::Again => tokio::time::sleep(LOOK).await,
                    Next::End => return Ok(()),
                }
            }
        }
        Ok(())
    }
}

//! Signs of life for tracks that were begun here, as long as this process is there.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use timetracks_client::{
    api::tracks::Track,
    domain::{TaskId, TrackId},
};
use tokio::task::JoinHandle;

use crate::{arguments::Common, context::Context, failure::Failure, output::note};

/// So many signs of life in the time of a lease: two may be lost.
const BEATS: u64 = 3;

/// How long the last ones may take.
const LAST: Duration = Duration::from_secs(2);

/// The tracks that are kept running.
pub(super) struct Keeper {
    common: Common,
    kept: Mutex<HashMap<TrackId, Kept>>,
}

struct Kept {
    task: TaskId,
    beats: JoinHandle<()>,
}

impl Keeper {
    pub(super) fn new(common: Common) -> Self {
        Self {
            common,
            kept: Mutex::default(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<TrackId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a track running if it has a lease.
    pub(super) fn keep(&self, track: &Track) {
        self.forget(track.id);
        let lease = track.lease.and_then(|seconds| u64::try_from(seconds).ok());
        let (Some(lease), None) = (lease, track.end) else {
            return;
        };
        let every = Duration::from_millis(lease * 1000 / BEATS);
        let (common, id, task) = (self.common, track.id, track.task_id);
        let beats = tokio::spawn(async move {
            loop {
                tokio::time::sleep(every).await;
                match beat(&common, task, id).await {
                    Err(failure) if !failure.is_passing() => {
                        note(&format!(
                            "track {id} is not kept running: {}",
                            failure.message
                        ));
                        return;
                    }
                    _ => {}
                }
            }
        });
        self.kept().insert(track.id, Kept { task, beats });
    }

    /// Lets a track go its way.
    pub(super) fn forget(&self, track: TrackId) {
        if let Some(kept) = self.kept().remove(&track) {
            kept.beats.abort();
        }
    }

    /// A last sign of life of each, as this is where their time ends if nobody takes them up again.
    pub(super) async fn end(&self) {
        let kept: Vec<_> = self.kept().drain().collect();
        let last = kept.into_iter().map(|(id, kept)| {
            kept.beats.abort();
            let common = self.common;
            tokio::spawn(async move { beat(&common, kept.task, id).await })
        });
        let last: Vec<_> = last.collect();
        let all = async {
            for beat in last {
                let _ = beat.await;
            }
        };
        let _ = tokio::time::timeout(LAST, all).await;
    }
}

async fn beat(common: &Common, task: TaskId, track: TrackId) -> Result<(), Failure> {
    let context = Context::open(common)?;
    context.client.heartbeat(task, track).await?;
    Ok(())
}

//! Hears of what other instances changed, and whether the database is there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::{StreamExt, stream};
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};
use tokio_postgres::AsyncMessage;

use super::{CHANNEL, target::Target};
use crate::{Announcement, Error, Listener, OpenError, alive::Alive};

const PAUSE: Duration = Duration::from_millis(250);
/// How often the database is asked whether it is there.
const PERIOD: Duration = Duration::from_secs(2);
/// How long it may take to say so.
const PATIENCE: Duration = Duration::from_secs(5);

/// The thread that listens. It ends when this is dropped.
pub(crate) struct Watch {
    alive: Alive,
    is_connected: Arc<AtomicBool>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Watch {
    pub(super) fn start(target: Arc<Target>, listener: Listener) -> Result<Self, OpenError> {
        let is_connected = Arc::new(AtomicBool::new(true));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(OpenError::Thread)?;
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&is_connected);
        let alive = Alive::new();
        let life = alive.life();
        let thread = thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || {
                let _life = life;
                runtime.block_on(async {
                    tokio::select! {
                        () = watch(&target, &listener, &shared) => {}
                        _ = stopped => {}
                    }
                });
            })
            .map_err(OpenError::Thread)?;
        Ok(Self {
            alive,
            is_connected,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Whether the database was there when it was last asked.
    pub(crate) fn is_connected(&self) -> bool {
        self.alive.is_true() && self.is_connected.load(Ordering::Acquire)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn watch(target: &Target, listener: &Listener, is_connected: &AtomicBool) {
    loop {
        if let Err(error) = listen(target, listener, is_connected).await
            && is_connected.swap(false, Ordering::AcqRel)
        {
            tracing::warn!(%error, "the database is gone");
        }
        sleep(PAUSE).await;
    }
}

/// Listens until the connection is lost.
async fn listen(
    target: &Target,
    listener: &Listener,
    is_connected: &AtomicBool,
) -> Result<(), Error> {
    let gone = || Error::Unavailable("the connection was lost".to_owned());
    let (client, mut connection) = target.connect().await?;
    let (lost, mut loss) = oneshot::channel();
    let heard = Arc::clone(listener);
    tokio::spawn(async move {
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notification(notification) = message {
                heard(match notification.payload().parse() {
                    Ok(topic) => Announcement::Of(topic),
                    Err(_) => Announcement::Missed,
                });
            }
        }
        let _ = lost.send(());
    });
    let start = format!("{}; LISTEN {CHANNEL}", target.preparation);
    timeout(PATIENCE, client.batch_execute(&start))
        .await
        .map_err(|_| gone())??;
    // Whatever was announced while nobody listened.
    listener(Announcement::Missed);
    if !is_connected.swap(true, Ordering::AcqRel) {
        tracing::info!("the database is back");
    }
    loop {
        tokio::select! {
            _ = &mut loss => return Err(gone()),
            () = sleep(PERIOD) => {
                let answer = timeout(PATIENCE, client.batch_execute("SELECT 1")).await;
                // The others would each find out for themselves, one after the other and holding their lanes.
                answer.inspect_err(|_| target.give_up()).map_err(|_| gone())??;
            }
        }
    }
}

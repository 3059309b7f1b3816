//! Whether the threads that must not end have not.

use std::{sync::Arc, thread};

use tokio::sync::watch;

/// Said of one or several threads: true until the first of them ends, however it ends.
#[derive(Clone)]
pub(crate) struct Alive(Arc<watch::Sender<bool>>);

impl Alive {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(true)))
    }

    pub(crate) fn is_true(&self) -> bool {
        *self.0.borrow()
    }

    /// Completes when it is true no more.
    pub(crate) async fn ended(&self) {
        let _ = self.0.subscribe().wait_for(|alive| !*alive).await;
    }

    /// Held by a thread for as long as it lives.
    pub(crate) fn life(&self) -> Life {
        Life(Arc::clone(&self.0))
    }
}

/// See [`Alive::life`].
pub(crate) struct Life(Arc<watch::Sender<bool>>);

impl Life {
    /// What the thread is for can be done no more, though it goes on for a while.
    pub(crate) fn end(&self) {
        self.0.send_replace(false);
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.end();
        if thread::panicking() {
            let thread = thread::current();
            let thread = thread.name().unwrap_or_default();
            tracing::error!(
                thread,
                "a thread of the database died: the server is to be restarted"
            );
        }
    }
}

//! What has versions.

use crate::Item;

/// A single thing with a state of its own, which clients may change.
pub trait Resource: Item + Send + Sized + 'static {
    /// What is the same until somebody changes it; `None` when all of it is.
    fn still(&self) -> Option<Self> {
        None
    }
}

impl Resource for crate::api_keys::ApiKey {
    /// Its use is no change of it.
    fn still(&self) -> Option<Self> {
        Some(Self {
            last_used_at: crate::Millis(timetracks_domain::Instant::MIN),
            ..self.clone()
        })
    }
}

impl Resource for crate::organisations::Organisation {}

impl Resource for crate::projects::Project {}

impl Resource for crate::tasks::Task {}

impl Resource for crate::tracks::Track {
    /// While it runs, neither what counts up nor a heartbeat is a change of it.
    fn still(&self) -> Option<Self> {
        Some(Self {
            amount: 0,
            hours: 0,
            minutes: 0,
            seconds: 0,
            time_formatted: String::new(),
            lease_expires_at: None,
            ..self.clone()
        })
    }
}

impl Resource for crate::users::User {}

//! What has versions.

use serde::Serialize;

/// A single thing with a state of its own, which clients may change.
pub trait Resource: Serialize + Send + 'static {
    /// What is different for every state: all of it, unless parts of it change by themselves.
    fn version(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Resource for crate::api_keys::ApiKey {
    /// Its use is no change of it.
    fn version(&self) -> Vec<u8> {
        let unused = Self {
            last_used_at: crate::Millis(timetracks_domain::Instant::MIN),
            ..self.clone()
        };
        serde_json::to_vec(&unused).unwrap_or_default()
    }
}

impl Resource for crate::organisations::Organisation {}

impl Resource for crate::projects::Project {}

impl Resource for crate::tasks::Task {}

impl Resource for crate::tracks::Track {
    /// While it runs, neither what counts up nor a heartbeat is a change of it.
    fn version(&self) -> Vec<u8> {
        let still = Self {
            amount: 0,
            hours: 0,
            minutes: 0,
            seconds: 0,
            time_formatted: String::new(),
            lease_expires_at: None,
            ..self.clone()
        };
        serde_json::to_vec(&still).unwrap_or_default()
    }
}

impl Resource for crate::users::User {}

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
    /// While it runs, what counts up is no change of it.
    fn version(&self) -> Vec<u8> {
        let state = (
            self.id,
            self.user_id,
            self.start.0.ms(),
            self.end.map(|end| end.0.ms()),
        );
        serde_json::to_vec(&(state, self.updated_at.0.ms())).unwrap_or_default()
    }
}

impl Resource for crate::users::User {}

//! What lists hold, as JSON text.

use serde::Serialize;

/// One of many. What is asked for by the thousand may write its text by hand: serde looks at each byte of each member's
/// name and value for characters that JSON must escape, which is most of what a long list costs.
pub trait Item: Serialize {
    /// Adds its JSON text, the same that serde writes.
    ///
    /// # Errors
    /// When it cannot be said in JSON.
    fn write(&self, json: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(json, self)
    }
}

impl Item for crate::account::Session {}
impl Item for crate::api_keys::ApiKey {}
impl Item for crate::audit::AuditEvent {}
impl Item for crate::internal::OperatedOrganisation {}
impl Item for crate::invitations::Invitation {}
impl Item for crate::organisations::Organisation {}
impl Item for crate::projects::Project {}
impl Item for crate::tasks::Task {}
impl Item for crate::users::User {}

/// The members of an object that is being written. Names are given with what goes before and behind them, `"name":`.
pub(crate) struct Members<'j>(&'j mut Vec<u8>);

impl<'j> Members<'j> {
    /// Of a new object.
    pub(crate) fn begin(json: &'j mut Vec<u8>) -> Self {
        json.push(b'{');
        Self(json)
    }

    /// A text without any character that JSON must escape: an id, a date, a word of ours.
    pub(crate) fn plain(&mut self, name: &'static str, text: impl AsRef<[u8]>) {
        self.name(name);
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_ref());
        self.0.push(b'"');
    }

    pub(crate) fn optional_plain(&mut self, name: &'static str, text: Option<impl AsRef<[u8]>>) {
        match text {
            Some(text) => self.plain(name, text),
            None => self.null(name),
        }
    }

    /// Whatever serde can write.
    pub(crate) fn value(
        &mut self,
        name: &'static str,
        value: &impl Serialize,
    ) -> serde_json::Result<()> {
        self.name(name);
        serde_json::to_writer(&mut *self.0, value)
    }

    pub(crate) fn end(self) {
        self.0.push(b'}');
    }

    fn null(&mut self, name: &'static str) {
        self.name(name);
        self.0.extend_from_slice(b"null");
    }

    fn name(&mut self, name: &'static str) {
        if self.0.last() != Some(&b'{') {
            self.0.push(b',');
        }
        self.0.extend_from_slice(name.as_bytes());
    }
}

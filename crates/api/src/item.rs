//! What lists hold, as JSON text.

use serde::Serialize;
use timetracks_domain::AsciiText;

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

/// An object that is being written. Each name is given with all that goes before its value: `{"name":` or `,"name":`. The
/// lengths of names and of most texts are known when this is compiled, so that copying them takes a few instructions.
pub(crate) struct Members<'j>(pub(crate) &'j mut Vec<u8>);

impl Members<'_> {
    /// A text without any character that JSON must escape: an id, a date.
    pub(crate) fn plain<const B: usize, const N: usize>(
        &mut self,
        before: &[u8; B],
        text: AsciiText<N>,
    ) {
        self.0.extend_from_slice(before);
        self.0.push(b'"');
        self.0.extend_from_slice(text.bytes());
        self.0.push(b'"');
    }

    /// A word of ours, likewise.
    pub(crate) fn word<const B: usize>(&mut self, before: &[u8; B], word: &str) {
        self.0.extend_from_slice(before);
        self.0.push(b'"');
        self.0.extend_from_slice(word.as_bytes());
        self.0.push(b'"');
    }

    pub(crate) fn null<const B: usize>(&mut self, before: &[u8; B]) {
        self.0.extend_from_slice(before);
        self.0.extend_from_slice(b"null");
    }

    /// Whatever serde can write.
    pub(crate) fn value<const B: usize>(
        &mut self,
        before: &[u8; B],
        value: &impl Serialize,
    ) -> serde_json::Result<()> {
        self.0.extend_from_slice(before);
        serde_json::to_writer(&mut *self.0, value)
    }

    pub(crate) fn end(self) {
        self.0.push(b'}');
    }
}

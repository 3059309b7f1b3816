//! What people and programs say of a track.

use timetracks_domain::{Description, Meta, Track};

use crate::Refusal;

/// What is said of a track when it is booked or ended; what is `None` changes nothing.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// For people. It replaces what was said before.
    pub note: Option<Description>,
    /// For programs. Its members replace those of the same names that were said before.
    pub meta: Option<Meta>,
}

impl Details {
    /// Says it of a track.
    pub(super) fn apply(self, track: &mut Track) -> Result<(), Refusal> {
        if let Some(note) = self.note {
            track.note = Some(note.into());
        }
        if let Some(newer) = self.meta {
            let merged = match track.meta.take() {
                Some(meta) => meta.merged(newer).map_err(|rule| Refusal::Invalid {
                    field: "meta",
                    rule: format!("{rule} together with what was said before"),
                })?,
                None => newer,
            };
            track.meta = Some(merged);
        }
        Ok(())
    }
}

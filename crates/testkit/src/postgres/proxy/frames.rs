//! Messages out of a stream of bytes.

/// Puts messages together out of what was read, wherever the reads began and ended.
#[derive(Default)]
pub(super) struct Frames {
    unread: Vec<u8>,
}

impl Frames {
    /// Takes what was read.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
    }

    /// The next message with a type: the type, and what follows the length. None until all of it is there.
    pub(super) fn typed(&mut self) -> Option<(u8, Vec<u8>)> {
        let kind = *self.unread.first()?;
        let body = self.body(1)?;
        Some((kind, body))
    }

    /// The next message without a type, as a client's first ones are: what follows the length.
    pub(super) fn untyped(&mut self) -> Option<Vec<u8>> {
        self.body(0)
    }

    /// The next byte, when it is no message.
    pub(super) fn byte(&mut self) -> Option<u8> {
        (!self.unread.is_empty()).then(|| self.unread.remove(0))
    }

    /// What follows the length that stands at `start`. The length counts itself: four bytes.
    fn body(&mut self, start: usize) -> Option<Vec<u8>> {
        let length = self.unread.get(start..start + 4)?;
        let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
        let body = self.unread.get(start + 4..start + length)?.to_vec();
        self.unread.drain(..start + length);
        Some(body)
    }
}

/// The text that ends with a zero byte, and what follows it.
pub(super) fn text(body: &[u8]) -> (String, &[u8]) {
    let end = body.iter().position(|byte| *byte == 0);
    let (text, rest) = body.split_at(end.unwrap_or(body.len()));
    let text = String::from_utf8_lossy(text).into_owned();
    (text, rest.get(1..).unwrap_or_default())
}

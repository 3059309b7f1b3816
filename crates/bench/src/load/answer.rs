//! Reads one answer of HTTP/1.1 from pieces, as they come.

use crate::Outcome;

/// More lines than any of the servers sends.
const MOST_HEADERS: usize = 64;

/// An answer that is being read.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Whether it is the last on its connection: no request may follow it there.
    pub(crate) is_last: bool,
    /// Bytes of the body so far, without what frames chunks.
    pub(crate) body_bytes: u64,
    /// The first bytes of the body, as many as were asked for.
    pub(crate) start: Vec<u8>,
    wanted: usize,
    head: Vec<u8>,
    rest: Rest,
}

/// What is still to come.
#[derive(Default, Clone, Copy, PartialEq)]
enum Rest {
    #[default]
    Head,
    Bytes(u64),
    /// The line with the size of the next chunk; so much of it was read.
    Size(u64),
    Chunk(u64),
    /// The line end behind a chunk.
    ChunkEnd,
    /// The line end behind the last chunk.
    LastEnd,
    Nothing,
}

impl Answer {
    /// An answer of whose body the first bytes are kept.
    pub(crate) fn keeping(wanted: usize) -> Self {
        Self {
            wanted,
            ..Self::default()
        }
    }

    /// Takes what came. `true` once the answer is whole.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Outcome<bool> {
        if self.rest != Rest::Head {
            return self.take_body(bytes);
        }
        self.head.extend_from_slice(bytes);
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(end) = parsed.parse(&self.head)? else {
            return Ok(false);
        };
        self.status = parsed.code.unwrap_or_default();
        self.rest = Rest::Bytes(0);
        for header in parsed.headers.iter() {
            if header.name.eq_ignore_ascii_case("content-length") {
                self.rest = Rest::Bytes(std::str::from_utf8(header.value)?.trim().parse()?);
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                self.rest = Rest::Size(0);
            } else if header.name.eq_ignore_ascii_case("connection") {
                self.is_last = header.value.eq_ignore_ascii_case(b"close");
            }
        }
        let head = std::mem::take(&mut self.head);
        self.take_body(&head[end..])
    }

    fn take_body(&mut self, mut bytes: &[u8]) -> Outcome<bool> {
        loop {
            self.rest = match self.rest {
                Rest::Bytes(0) => Rest::Nothing,
                Rest::Bytes(left) if !bytes.is_empty() => Rest::Bytes(self.keep(&mut bytes, left)),
                Rest::Chunk(0) => Rest::ChunkEnd,
                Rest::Chunk(left) if !bytes.is_empty() => Rest::Chunk(self.keep(&mut bytes, left)),
                Rest::Nothing if bytes.is_empty() => return Ok(true),
                Rest::Nothing => return Err("bytes behind the end of an answer".into()),
                rest => match bytes.split_first() {
                    None => return Ok(false),
                    Some((byte, others)) => {
                        bytes = others;
                        next(rest, *byte)?
                    }
                },
            };
        }
    }

    /// Takes what there is of so many bytes, and says how many are missing.
    fn keep(&mut self, bytes: &mut &[u8], left: u64) -> u64 {
        let there = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let (now, later) = bytes.split_at(there);
        let wanted = self.wanted.saturating_sub(self.start.len()).min(there);
        self.start.extend_from_slice(&now[..wanted]);
        self.body_bytes += there as u64;
        *bytes = later;
        left - there as u64
    }

    /// A text member out of what was kept of the body.
    pub(crate) fn member(&self, name: &str) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.start).ok()?;
        Some(body.get(name)?.as_str()?.to_owned())
    }
}

/// A byte of what frames chunks.
fn next(rest: Rest, byte: u8) -> Outcome<Rest> {
    Ok(match (rest, byte) {
        (Rest::Size(0), b'\n') => Rest::LastEnd,
        (Rest::Size(size), b'\n') => Rest::Chunk(size),
        (Rest::ChunkEnd, b'\n') => Rest::Size(0),
        (Rest::LastEnd, b'\n') => Rest::Nothing,
        (rest, b'\r') => rest,
        (Rest::Size(size), digit) => {
            let digit = char::from(digit)
                .to_digit(16)
                .ok_or("the size of a chunk is no number")?;
            Rest::Size(size * 16 + u64::from(digit))
        }
        _ => return Err("an answer is framed wrongly".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZED: &[u8] = b"HTTP/1.1 201 Created\r\nContent-Length: 11\r\n\r\n{\"a\":\"b c\"}";
    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n10\r\n\"0123456789abc\"}\r\n0\r\n\r\n";

    #[test]
    fn an_answer_is_whole_at_its_last_byte_however_it_is_cut() {
        for (text, status, length) in [(SIZED, 201, 11), (CHUNKED, 200, 21)] {
            for cut in 1..text.len() {
                let mut answer = Answer::keeping(100);
                assert!(!answer.take(&text[..cut]).unwrap(), "cut at {cut}");
                assert!(answer.take(&text[cut..]).unwrap(), "cut at {cut}");
                assert_eq!((answer.status, answer.body_bytes), (status, length));
                assert!(answer.member("a").is_some());
            }
        }
    }

    #[test]
    fn an_answer_without_a_body_ends_with_its_head() {
        let mut answer = Answer::default();
        assert!(answer.take(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap());
        assert_eq!(answer.status, 204);
    }

    #[test]
    fn an_answer_says_whether_another_may_follow_on_its_connection() {
        for (value, is_last) in [("close", true), ("Close", true), ("keep-alive", false)] {
            let text = format!("HTTP/1.1 204 No Content\r\nConnection: {value}\r\n\r\n");
            let mut answer = Answer::default();
            answer.take(text.as_bytes()).unwrap();
            assert_eq!(answer.is_last, is_last, "{value}");
        }
    }

    #[test]
    fn what_no_server_may_send_is_refused() {
        let more = [SIZED, b"x"].concat();
        assert!(Answer::default().take(&more).is_err());
        let framed = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n";
        assert!(Answer::default().take(framed).is_err());
    }

    #[test]
    fn only_so_much_of_a_body_is_kept_as_was_asked_for() {
        let mut answer = Answer::keeping(3);
        answer.take(SIZED).unwrap();
        assert_eq!(answer.start, b"{\"a");
    }
}

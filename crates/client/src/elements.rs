//! The elements of a JSON array, one by one, as its bytes arrive.

/// What has arrived and was not taken.
#[derive(Default)]
pub(crate) struct Elements {
    bytes: Vec<u8>,
    /// How far `bytes` was looked at.
    seen: usize,
    /// How many brackets and braces are open, that of the array among them.
    depth: usize,
    in_text: bool,
    escaped: bool,
    over: bool,
}

impl Elements {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether the array is closed.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// The text of the next element, once all of it is there.
    pub(crate) fn take(&mut self) -> Option<Vec<u8>> {
        while let Some(&byte) = self.bytes.get(self.seen) {
            self.seen += 1;
            if self.in_text {
                self.in_text = self.escaped || byte != b'"';
                self.escaped = !self.escaped && byte == b'\\';
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'[' | b'{' => {
                    self.depth += 1;
                    if self.depth == 1 {
                        self.forget();
                    }
                }
                b',' if self.depth == 1 => return self.cut(),
                b']' | b'}' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        self.over = true;
                        return self.cut();
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// What stands before the byte that was seen last; `None` when that is nothing, as in an empty array.
    fn cut(&mut self) -> Option<Vec<u8>> {
        let element = self.bytes[..self.seen - 1].to_vec();
        self.forget();
        (!element.trim_ascii().is_empty()).then_some(element)
    }

    fn forget(&mut self) {
        self.bytes.drain(..self.seen);
        self.seen = 0;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn taken(text: &str, piece: usize) -> (Vec<Value>, bool) {
        let mut elements = Elements::default();
        let mut taken = Vec::new();
        for piece in text.as_bytes().chunks(piece) {
            elements.push(piece);
            while let Some(element) = elements.take() {
                taken.push(serde_json::from_slice(&element).unwrap());
            }
        }
        (taken, elements.is_over())
    }

    #[test]
    fn elements_are_the_same_however_the_bytes_are_cut() {
        let array =
            json!([{ "a": "],\"[{\\" }, [], {}, [1, [2]], "é\"", 5, null, {"b": [{"c": ","}]}]);
        for text in [array.to_string(), format!(" {array:#}\n"), "[ ]".to_owned()] {
            let whole: Vec<Value> = serde_json::from_str(&text).unwrap();
            for piece in 1..=text.len() {
                assert_eq!(taken(&text, piece), (whole.clone(), true), "{piece}");
            }
        }
    }

    #[test]
    fn an_array_that_is_cut_off_is_not_over() {
        assert_eq!(taken("[1,{\"a\":2}", 3), (vec![json!(1)], false));
    }
}

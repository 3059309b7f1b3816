//! What is to be asked, by how many, for how long.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Stands in a body for what the last answer gave.
pub(crate) const CARRIED: &str = "{carried}";
/// Stands in a request for a number that no other request has.
pub(crate) const NUMBER: &str = "{number}";

/// What `bench load` is to do.
#[derive(Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Where to connect to, in turn.
    pub(crate) addresses: Vec<String>,
    /// One for each connection.
    pub(crate) scripts: Vec<Script>,
    /// Not counted.
    pub(crate) warm_up_seconds: f64,
    pub(crate) seconds: f64,
    /// After each answer.
    pub(crate) pause_ms: u64,
}

/// What one connection does, over and over. What was begun is done to the end when the time is over.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
    /// What [`CARRIED`] is at first.
    pub(crate) carried: String,
}

/// One request.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Step {
    /// What it is counted as.
    pub(crate) name: String,
    /// Method and path.
    pub(crate) line: String,
    /// Lines of the head.
    pub(crate) headers: Vec<String>,
    /// JSON, if there is any.
    pub(crate) body: String,
    /// Any other status ends the run.
    pub(crate) statuses: Vec<u16>,
    /// The text member of the answer that is carried into the next request.
    pub(crate) carry: Option<String>,
}

impl Step {
    pub(crate) fn new(name: &str, status: u16, line: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            line: line.into(),
            statuses: vec![status],
            ..Self::default()
        }
    }

    pub(crate) fn header(mut self, line: impl Into<String>) -> Self {
        self.headers.push(line.into());
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header(format!("Authorization: Bearer {token}"))
    }

    pub(crate) fn body(mut self, json: impl Into<String>) -> Self {
        self.body = json.into();
        self
    }

    /// Whether each request of this step is the same.
    pub(crate) fn is_constant(&self) -> bool {
        !self.body.contains(CARRIED) && !self.body.contains(NUMBER) && !self.line.contains(NUMBER)
    }

    /// What goes over the wire.
    pub(crate) fn request(&self, carried: &str, number: u64) -> Vec<u8> {
        let fill = |text: &str| text.replace(NUMBER, &number.to_string());
        let line: Cow<'_, str> = fill(&self.line).into();
        let body = fill(&self.body).replace(CARRIED, carried);
        let mut request = format!("{line} HTTP/1.1\r\nHost: localhost\r\n");
        for header in &self.headers {
            request += header;
            request += "\r\n";
        }
        if !body.is_empty() {
            request += &format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            );
        } else if line.starts_with('P') {
            request += "Content-Length: 0\r\n";
        }
        request += "\r\n";
        request += &body;
        request.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_how_long_its_body_is_once_its_marks_are_filled_in() {
        let step = Step::new("refresh", 200, "POST /refresh")
            .bearer("abc")
            .body(r#"{"token":"{carried}","n":{number}}"#);
        assert!(!step.is_constant());
        let text = String::from_utf8(step.request("xyz", 17)).unwrap();
        assert!(text.starts_with(
            "POST /refresh HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer abc\r\n"
        ));
        assert!(text.contains("\r\nContent-Length: 22\r\n\r\n{\"token\":\"xyz\",\"n\":17}"));
    }

    #[test]
    fn a_post_without_a_body_says_so_and_a_get_says_nothing() {
        let post = Step::new("in", 201, "POST /clock-in").request("", 0);
        assert!(
            String::from_utf8(post)
                .unwrap()
                .ends_with("Content-Length: 0\r\n\r\n")
        );
        let get = Step::new("read", 200, "GET /tasks/1");
        assert!(get.is_constant());
        assert!(
            !String::from_utf8(get.request("", 0))
                .unwrap()
                .contains("Content")
        );
    }
}

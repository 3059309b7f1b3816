//! An event as a line of JSON. By hand, because each request has one and the formatter of `tracing-subscriber` takes
//! many times as long.

use std::{
    fmt::{self, Debug},
    str,
};

use serde::Serialize;
use timetracks_app::Clock;
use timetracks_domain::Instant;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// `{"timestamp":…,"level":…,` the event's own fields `,"target":…}`, each in a line by itself. The time is this clock's.
pub(super) struct JsonLine(pub(super) Clock);

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut line = Line::begin(self.0.now());
        line.member("level", metadata.level().as_str());
        event.record(&mut line);
        line.member("target", metadata.target());
        let bytes = line.end();
        writer.write_str(str::from_utf8(&bytes).map_err(|_| fmt::Error)?)
    }
}

/// A line that is being written.
struct Line(Vec<u8>);

impl Line {
    fn begin(at: Instant) -> Self {
        let mut line = Vec::with_capacity(256);
        line.extend_from_slice(b"{\"timestamp\":\"");
        line.extend_from_slice(at.text().as_ref());
        line.push(b'"');
        Self(line)
    }

    /// Writes a member, whose name is an identifier of the code.
    fn member(&mut self, name: &str, value: impl Serialize) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
        // Fails for none of the types that a field can have.
        let _ = serde_json::to_writer(&mut self.0, &value);
    }

    fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"}\n");
        self.0
    }
}

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.member(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field.name(), value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.member(field.name(), format_args!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
        time::Duration,
    };

    use serde_json::{Value, json};
    use tracing_subscriber::{fmt::MakeWriter, layer::SubscriberExt};

    use super::*;

    fn clock() -> Clock {
        let now = Instant::parse("2026-02-28T23:59:59.007Z").unwrap();
        Clock::new(move || now, || Duration::ZERO)
    }

    /// What is logged is kept here.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Kept {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    /// The line of each event.
    fn lines(events: impl FnOnce()) -> Vec<Value> {
        let kept = Kept::default();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(kept.clone())
            .event_format(JsonLine(clock()));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), events);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "{text}");
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn a_line_holds_each_field_in_its_own_type() {
        let absent: Option<&str> = None;
        let lines = lines(|| {
            let error = io::Error::other("it broke");
            tracing::warn!(
                %error,
                text = "word",
                many = 7_u64,
                less = -7,
                ms = 0.25,
                is_so = true,
                list = ?[1, 2],
                absent,
                "said {}",
                "so"
            );
        });
        let [line] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        let expected = json!({
            "timestamp": "2026-02-28T23:59:59.007Z", "level": "WARN", "message": "said so", "error": "it broke", "text": "word", "many": 7, "less": -7,
            "ms": 0.25, "is_so": true, "list": "[1, 2]", "target": module_path!(),
        });
        assert_eq!(*line, expected);
    }

    #[test]
    fn no_field_ends_its_line_or_its_text() {
        let evil = "one\n{\"level\":\"ERROR\"}\u{1}\\\"\u{2028}";
        let lines = lines(|| {
            tracing::info!(evil, shown = %evil, "{evil}");
            tracing::info!("two");
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
        for name in ["evil", "shown", "message"] {
            assert_eq!(lines[0][name], evil, "{name}");
        }
    }
}

//! What people and programs get to see.

use std::{
    env,
    io::{self, IsTerminal, Write},
};

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::failure::Failure;

/// How standard output is written to.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) terminal: bool,
    colour: bool,
}

/// How a text stands out on a terminal.
#[derive(Clone, Copy)]
pub(crate) enum Style {
    Bold,
    Dim,
    Green,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self {
            json,
            terminal,
            colour: terminal && !plain,
        }
    }

    /// Prints text. A reader that has gone, as `head` does, is no failure.
    pub(crate) fn text(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::refused(format!("standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn line(&self, text: &str) -> Result<(), Failure> {
        self.text(&format!("{text}\n"))
    }

    /// JSON when it is asked for, else what people read.
    pub(crate) fn show<T: Serialize + ?Sized>(
        &self,
        value: &T,
        words: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if !self.json {
            return self.line(words().trim_end_matches('\n'));
        }
        let text = match self.terminal {
            true => serde_json::to_string_pretty(value),
            false => serde_json::to_string(value),
        };
        self.line(&text.map_err(|error| Failure::refused(error.to_string()))?)
    }

    pub(crate) fn style(&self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Green => "32",
        };
        match self.colour {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }

    /// How many columns there are.
    pub(crate) fn width(&self) -> usize {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
        let columns = size.map(|size| usize::from(size.ws_col));
        columns.filter(|columns| *columns > 0).unwrap_or(80)
    }
}

/// A note on standard error, which is no part of the answer.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "timetracks: {text}");
}

/// A bar for a part of the most.
pub(crate) fn bar(part: i64, most: i64, width: usize) -> String {
    if most <= 0 || part <= 0 {
        return String::new();
    }
    let eighths = usize::try_from(part.saturating_mul(8).saturating_mul(width as i64) / most);
    let eighths = eighths.unwrap_or(0).clamp(1, width * 8);
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    format!("{}{rest}", "█".repeat(eighths / 8))
}

/// Rows in columns as wide as they need to be. The columns named here stand to the right.
pub(crate) fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column] - cell.width());
            let padded = match right.contains(&column) {
                true => format!("{pad}{cell}  "),
                false => format!("{cell}{pad}  "),
            };
            line.push_str(&padded);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Milliseconds as `1h 35m`; below a minute as seconds.
pub(crate) fn duration(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m"),
        (hours, minutes) => format!("{hours}h {minutes:02}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_seen() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [
            row(["a", "1m", "x"]),
            row(["日本", "10m", ""]),
            row(["é", "", "z"]),
        ];
        assert_eq!(
            table(&rows, &[1]),
            "a      1m  x\n日本  10m\né          z\n"
        );
    }

    #[test]
    fn bars_are_never_longer_than_the_most_nor_nothing_for_something() {
        assert_eq!(bar(10, 10, 4), "████");
        assert_eq!(bar(5, 10, 3), "█▌");
        assert_eq!(bar(1, 1_000_000, 4), "▏");
        assert_eq!(bar(0, 10, 4), "");
    }

    #[test]
    fn durations_are_short() {
        for (ms, text) in [
            (0, "0s"),
            (59_999, "59s"),
            (60_000, "1m"),
            (5_705_000, "1h 35m"),
            (360_000_000, "100h 00m"),
        ] {
            assert_eq!(duration(ms), text);
        }
    }
}

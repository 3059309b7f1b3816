//! Idle memory, cold start and size, as `checks/figures` finds them.

use std::process::Command;

use crate::{Outcome, bench::Bench, process::output, results::Bound};

pub(super) fn run(bench: &mut Bench) -> Outcome<()> {
    let text = output(Command::new("checks/figures").arg(&bench.server), "")?;
    for (line, what, most, unit) in [
        ("resident memory, idle", "idle memory", 15.0, "MiB"),
        (
            "start to ready, existing database",
            "cold start",
            50.0,
            "ms",
        ),
        ("binary", "binary", 20.0, "MiB"),
    ] {
        let figure = figure(&text, line).ok_or_else(|| format!("no `{line}` in: {text}"))?;
        bench.goal(what, Bound::AtMost(most), unit, figure);
    }
    Ok(())
}

/// The number behind a name.
fn figure(text: &str, name: &str) -> Option<f64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))?;
    line.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn a_figure_stands_behind_its_name() {
        let text = "start to ready, new database: 61 ms\nbinary: 17.5 MiB\n";
        assert_eq!(figure(text, "binary"), Some(17.5));
        assert_eq!(figure(text, "start to ready, new database"), Some(61.0));
        assert_eq!(figure(text, "start to ready"), None);
    }
}

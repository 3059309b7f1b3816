//! Results as tables of Markdown, which a terminal shows well enough.

use std::fmt::Write as _;

use crate::results::{Bound, Goal, Results, Row};

/// Everything.
pub(crate) fn all(results: &Results) -> String {
    let mut text = String::new();
    if !results.goals.is_empty() {
        text += "| goal | bound | measured | met |\n|---|---|---|---|\n";
        results
            .goals
            .iter()
            .for_each(|goal| text += &goal_line(goal));
        text += "\n";
    }
    text += "| what | of | connections | a second | median | 99 % | CPU each | of what it is against |\n";
    text += "|---|---|---:|---:|---:|---:|---:|---|\n";
    for row in &results.rows {
        text += &line(row);
        text += "\n";
    }
    for note in &results.notes {
        let _ = write!(text, "\n- {note}");
    }
    text += "\n\n| condition | |\n|---|---|\n";
    for (name, condition) in &results.conditions {
        let _ = writeln!(text, "| {name} | {condition} |");
    }
    text
}

fn goal_line(goal: &Goal) -> String {
    let (side, bound) = match goal.bound {
        Bound::AtLeast(bound) => ("≥", bound),
        Bound::AtMost(bound) => ("≤", bound),
    };
    let measured = goal.measured.map_or("–".to_owned(), |it| {
        format!("{} {}", digits(it), goal.unit)
    });
    let met = match goal.is_met() {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "not measured",
    };
    let what = &goal.what;
    format!(
        "| {what} | {side} {bound} {} | {measured} | {met} |\n",
        goal.unit
    )
}

/// One row.
pub(crate) fn line(row: &Row) -> String {
    let figures = row.figures;
    let compared = row.ratio.map_or(String::new(), |ratio| {
        format!(
            "**{}** ({}–{}) of {}",
            digits(ratio.median),
            digits(ratio.least),
            digits(ratio.most),
            row.against.as_deref().unwrap_or_default()
        )
    });
    let cpu = match figures.cpu_us {
        0.0 => "–".to_owned(),
        cpu => format!("{} µs", digits(cpu)),
    };
    format!(
        "| {} | {} | {} | {} | {} ms | {} ms | {cpu} | {compared} |",
        row.what,
        row.of,
        row.connections,
        digits(figures.rate),
        digits(figures.p50_ms),
        digits(figures.p99_ms)
    )
}

/// As many digits as mean something.
fn digits(number: f64) -> String {
    let decimals = match number.abs() {
        100.0.. => 0,
        10.0.. => 1,
        0.1.. => 2,
        0.01.. => 3,
        0.0001.. => 4,
        _ => 2,
    };
    format!("{number:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{Ratio, Sample};

    fn row() -> Row {
        Row {
            what: "read".to_owned(),
            of: "us".to_owned(),
            connections: 64,
            figures: Sample {
                rate: 12345.6,
                p50_ms: 1.234,
                p99_ms: 12.34,
                cpu_us: 0.0,
            },
            against: Some("limit".to_owned()),
            ratio: Some(Ratio {
                median: 0.5,
                least: 0.4,
                most: 0.6,
            }),
            runs: 3,
        }
    }

    #[test]
    fn a_row_shows_the_ratio_with_its_spread_beside_the_raw_figures() {
        let expected =
            "| read | us | 64 | 12346 | 1.23 ms | 12.3 ms | – | **0.50** (0.40–0.60) of limit |";
        assert_eq!(line(&row()), expected);
    }

    #[test]
    fn small_figures_keep_two_digits_that_mean_something() {
        let texts = [0.0, 0.001_23, 0.012_3, 0.123, 1.23, 12.3, 123.4].map(digits);
        let expected = ["0.00", "0.0012", "0.012", "0.12", "1.23", "12.3", "123"];
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_goal_that_is_missed_cannot_be_overlooked() {
        let mut results = Results::default();
        results
            .goals
            .push(Goal::new("fast", Bound::AtLeast(0.7), "×", 0.5));
        results
            .goals
            .push(Goal::new("small", Bound::AtMost(15.0), "MiB", f64::NAN));
        let text = all(&results);
        assert!(
            text.contains("| fast | ≥ 0.7 × | 0.50 × | **no** |"),
            "{text}"
        );
        assert!(
            text.contains("| small | ≤ 15 MiB | – | not measured |"),
            "{text}"
        );
    }
}

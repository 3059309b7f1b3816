//! Throughput and latency against concurrency, as a picture (SVG).

use std::fmt::Write as _;

use crate::results::Row;

const WIDTH: f64 = 330.0;
const HEIGHT: f64 = 190.0;
/// Room for the numbers on the left of a plot, and for the rest around it.
const LEFT: f64 = 52.0;
const MARGIN: f64 = 34.0;
const LEGEND: f64 = 22.0;
const COLOURS: [&str; 6] = [
    "#0b6e99", "#d9822b", "#4f8a3d", "#8e4ec6", "#b3261e", "#555555",
];

/// A line in a plot: for each concurrency a value.
struct Line {
    colour: &'static str,
    is_dashed: bool,
    points: Vec<(usize, f64)>,
}

/// Draws everything that was measured at more than one concurrency.
pub(crate) fn draw(rows: &[Row]) -> String {
    let shown = shown(rows);
    let mut whats: Vec<&str> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for row in &shown {
        for (all, one) in [
            (&mut whats, row.what.as_str()),
            (&mut names, row.of.as_str()),
        ] {
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    let width = (LEFT + WIDTH) * whats.len().max(1) as f64 + MARGIN;
    let legend = LEGEND * (names.len() as f64 + 1.0);
    let height = 2.0 * (HEIGHT + 2.0 * MARGIN) + legend;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">
<rect width="{width}" height="{height}" fill="#ffffff"/>
"##
    );
    for (column, what) in whats.iter().enumerate() {
        let left = LEFT + (LEFT + WIDTH) * column as f64;
        let of_what = || shown.iter().copied().filter(|row| row.what == *what);
        let rates = lines(of_what(), &names, false, |row| row.figures.rate);
        plot(
            &mut svg,
            (left, MARGIN),
            &format!("{what}: a second"),
            &rates,
            false,
        );
        let mut times = lines(of_what(), &names, false, |row| row.figures.p50_ms);
        times.extend(lines(of_what(), &names, true, |row| row.figures.p99_ms));
        let top = HEIGHT + 3.0 * MARGIN;
        plot(
            &mut svg,
            (left, top),
            &format!("{what}: ms (median, dashed 99 %)"),
            &times,
            true,
        );
    }
    for (place, name) in names.iter().enumerate() {
        let y = height - legend + LEGEND * (place as f64 + 0.5);
        let colour = COLOURS[place % COLOURS.len()];
        let _ = writeln!(
            svg,
            r#"<rect x="{LEFT}" y="{}" width="14" height="4" fill="{colour}"/><text x="{}" y="{y}">{}</text>"#,
            y - 6.0,
            LEFT + 22.0,
            escaped(name)
        );
    }
    svg + "</svg>\n"
}

/// The same thing at several concurrencies, once at each: later questions may measure it again, as their reference.
fn shown(rows: &[Row]) -> Vec<&Row> {
    let is_first = |row: &Row| {
        let mut same = rows.iter().filter(|other| {
            other.what == row.what && other.of == row.of && other.connections == row.connections
        });
        same.next().is_some_and(|first| std::ptr::eq(first, row))
    };
    let has_levels = |row: &Row| {
        rows.iter().any(|other| {
            other.what == row.what && other.of == row.of && other.connections != row.connections
        })
    };
    let is_shown = |row: &&Row| has_levels(row) && is_first(row);
    rows.iter().filter(is_shown).collect()
}

fn lines<'r>(
    rows: impl Iterator<Item = &'r Row> + Clone,
    names: &[&str],
    is_dashed: bool,
    value: impl Fn(&Row) -> f64,
) -> Vec<Line> {
    let line = |(place, name): (usize, &&str)| {
        let own = rows.clone().filter(|row| row.of == *name);
        Line {
            colour: COLOURS[place % COLOURS.len()],
            is_dashed,
            points: own.map(|row| (row.connections, value(row))).collect(),
        }
    };
    names.iter().enumerate().map(line).collect()
}

fn plot(svg: &mut String, (left, top): (f64, f64), title: &str, lines: &[Line], is_log: bool) {
    let points = || lines.iter().flat_map(|line| &line.points);
    let most = points()
        .map(|point| point.1)
        .fold(f64::MIN_POSITIVE, f64::max);
    let least = points()
        .map(|point| point.1)
        .fold(most, f64::min)
        .max(most / 1e6);
    let ticks = match is_log {
        true => powers(least, most),
        false => (0..=4)
            .map(|quarter| round_up(most) * f64::from(quarter) / 4.0)
            .collect(),
    };
    let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
    let place = |value: f64| match is_log {
        true => (value.max(low) / low).ln() / (high / low).ln(),
        false => value / high,
    };
    let y = |value: f64| top + HEIGHT * (1.0 - place(value));
    let widest = points().map(|point| point.0).max().unwrap_or(1).max(2) as f64;
    let x = |connections: usize| left + WIDTH * 0.94 * (connections as f64).ln() / widest.ln();
    let _ = writeln!(
        svg,
        r#"<text x="{left}" y="{}" font-weight="bold">{}</text>"#,
        top - 10.0,
        escaped(title)
    );
    for tick in ticks {
        let at = y(tick);
        let _ = writeln!(
            svg,
            r##"<line x1="{left}" y1="{at:.1}" x2="{:.1}" y2="{at:.1}" stroke="#dddddd"/><text x="{:.1}" y="{:.1}" text-anchor="end">{tick}</text>"##,
            left + WIDTH * 0.94,
            left - 6.0,
            at + 4.0
        );
    }
    let mut levels: Vec<usize> = points().map(|point| point.0).collect();
    levels.sort_unstable();
    levels.dedup();
    for level in levels {
        let _ = writeln!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="middle">{level}</text>"#,
            x(level),
            top + HEIGHT + 15.0
        );
    }
    for line in lines {
        let path: Vec<String> = line
            .points
            .iter()
            .map(|point| format!("{:.1},{:.1}", x(point.0), y(point.1)))
            .collect();
        let dash = if line.is_dashed {
            r#" stroke-dasharray="5 4""#
        } else {
            ""
        };
        let _ = writeln!(
            svg,
            r#"<polyline points="{}" fill="none" stroke="{}" stroke-width="2"{dash}/>"#,
            path.join(" "),
            line.colour
        );
    }
}

/// Powers of ten around both.
fn powers(least: f64, most: f64) -> Vec<f64> {
    let first = least.log10().floor() as i32;
    let last = (most.log10().ceil() as i32).max(first + 1);
    (first..=last).map(|power| 10f64.powi(power)).collect()
}

/// The next number with one digit that counts, which four divides well.
fn round_up(number: f64) -> f64 {
    let unit = 10f64.powf(number.log10().floor());
    [1.0, 2.0, 4.0, 8.0, 10.0]
        .map(|digit| digit * unit)
        .into_iter()
        .find(|it| *it >= number)
        .unwrap_or(number)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Sample;

    fn row(of: &str, connections: usize, rate: f64) -> Row {
        Row {
            what: "read & write".to_owned(),
            of: of.to_owned(),
            connections,
            figures: Sample {
                rate,
                p50_ms: 1.0,
                p99_ms: 30.0,
                cpu_us: 0.0,
            },
            against: None,
            ratio: None,
            runs: 1,
        }
    }

    #[test]
    fn what_was_measured_at_several_concurrencies_is_drawn() {
        let rows = [
            row("us", 1, 5000.0),
            row("us", 64, 70_000.0),
            row("them", 64, 9.0),
        ];
        let svg = draw(&rows);
        // One line for rates, two for times.
        assert_eq!(svg.matches("<polyline").count(), 3, "{svg}");
        assert!(
            svg.contains(">80000</text>") && svg.contains("read &amp; write"),
            "{svg}"
        );
        assert!(!svg.contains("them") && !svg.contains("NaN"), "{svg}");
    }

    #[test]
    fn what_was_measured_again_is_drawn_once() {
        let once = [row("us", 1, 5000.0), row("us", 64, 70_000.0)];
        let again = [once[0].clone(), once[1].clone(), row("us", 64, 60_000.0)];
        assert_eq!(draw(&again), draw(&once));
    }

    #[test]
    fn nothing_measured_is_an_empty_picture() {
        assert!(draw(&[]).ends_with("</svg>\n"));
    }

    #[test]
    fn axes_end_at_round_numbers() {
        assert_eq!(
            [7.0, 1300.0, 4000.0, 0.3].map(round_up),
            [8.0, 2000.0, 4000.0, 0.4]
        );
        assert_eq!(powers(0.3, 12.0), [0.1, 1.0, 10.0, 100.0]);
    }
}

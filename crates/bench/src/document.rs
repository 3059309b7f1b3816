//! Puts results into a page, so that nobody copies figures by hand.

use std::{fs, path::Path};

use crate::{Outcome, results::Results, table};

const BEGIN: &str = "<!-- results: written by bench/run --write-docs -->\n";
const PICTURE: &str = "![Throughput and latency against concurrency](../bench/results/latest.svg)

All figures, for programs: [latest.json](../bench/results/latest.json).
";
const END: &str = "<!-- end of results -->\n";

/// Replaces the results in a page.
pub(crate) fn write(results: &Results, page: &Path) -> Outcome<()> {
    let text = fs::read_to_string(page)?;
    let new = replaced(&text, &format!("{PICTURE}\n{}", table::all(results)))
        .ok_or_else(|| format!("{} has no place for results", page.display()))?;
    Ok(fs::write(page, new)?)
}

fn replaced(page: &str, results: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{results}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_results_take_the_place_of_old_ones_and_leave_the_rest_of_the_page() {
        let page = format!("# Speed\n{BEGIN}\nold\n{END}\nthe end\n");
        let once = replaced(&page, "| new |").unwrap();
        assert_eq!(once, format!("# Speed\n{BEGIN}\n| new |\n{END}\nthe end\n"));
        assert_eq!(replaced(&once, "| new |").unwrap(), once);
        assert_eq!(replaced("# Speed\n", "| new |"), None);
    }
}

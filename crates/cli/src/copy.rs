//! `timetracks copy`.

use std::{fs::File, path::Path};

use indicatif::{ProgressBar, ProgressStyle};
use timetracks_app::MIGRATIONS;
use timetracks_db::{CopiedTable, Location};
use timetracks_server::{ConfigError, parse_location};

use crate::{Failure, arguments::CopyOptions, serve::lock};

const BAR: &str = "{wide_bar} {percent}% of {len} rows, {eta} left";

/// Copies one database into another.
pub(crate) fn run(options: &CopyOptions) -> Result<(), Failure> {
    let none = Path::new("");
    let from = parse_location("from", &options.from, none)?;
    let to = parse_location("to", &options.to, none)?;
    if from == to {
        let rule = "must be another database than --from".to_owned();
        return Err(Failure::Config(ConfigError {
            setting: "to",
            rule,
        }));
    }
    let _locks = (lock_if_file(&from)?, lock_if_file(&to)?);
    let bar = bar();
    let copied = timetracks_db::copy(&from, &to, MIGRATIONS, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let copied = copied.map_err(|error| Failure::Other(format!("nothing was copied: {error}")))?;
    print_tables(&copied);
    println!("Everything was copied, read again, and is the same.");
    println!("Start the server with the signing key that it had: --signing-key FILE.");
    Ok(())
}

/// Shows how far a copy is.
pub(crate) fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    match ProgressStyle::with_template(BAR) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// One line for each table.
pub(crate) fn print_tables(tables: &[CopiedTable]) {
    for table in tables {
        println!(
            "{:<16} {:>12} rows  {:032x}",
            table.name, table.rows, table.checksum
        );
    }
}

/// A server that uses a file holds its lock. A source that is not there is left so.
fn lock_if_file(location: &Location) -> Result<Option<File>, Failure> {
    match location {
        Location::Sqlite(path) if path.is_file() => lock(path).map(Some),
        _ => Ok(None),
    }
}

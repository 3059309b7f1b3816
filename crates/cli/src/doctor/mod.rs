//! `timetracks doctor`.

mod database;
mod files;

use timetracks_db::{Finding, Level, Location};
use timetracks_server::Settings;

use crate::{Failure, arguments::StorageOptions};

/// Looks at everything that the settings name, and says what it found.
pub(crate) fn run(storage: StorageOptions) -> Result<(), Failure> {
    let (given, file) = storage.given();
    let settings = Settings::load(given, file.as_deref())?;
    let mut report = Report::default();
    report.say(&Finding::ok("settings", told(&settings)));
    report.say_all(&files::examine(&settings));
    report.say_all(&database::examine(&settings));
    report.end()
}

fn told(settings: &Settings) -> String {
    let data_dir = settings.data_dir.display();
    match &settings.database {
        Location::Sqlite(path) => format!("database {}, data directory {data_dir}", path.display()),
        // Without its password.
        Location::Postgres(url) => format!("database {url:?}, data directory {data_dir}"),
    }
}

/// Prints findings, and counts the problems.
#[derive(Default)]
struct Report {
    problems: usize,
}

impl Report {
    fn say_all(&mut self, findings: &[Finding]) {
        for finding in findings {
            self.say(finding);
        }
    }

    fn say(&mut self, finding: &Finding) {
        let level = match finding.level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Problem => {
                self.problems += 1;
                "problem"
            }
        };
        println!("{level:<8} {:<18} {}", finding.check, finding.says);
    }

    fn end(self) -> Result<(), Failure> {
        match self.problems {
            0 => Ok(()),
            1 => Err(Failure::Other("there is a problem".to_owned())),
            count => Err(Failure::Other(format!("there are {count} problems"))),
        }
    }
}

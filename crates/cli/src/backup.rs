//! `timetracks backup`.

use std::path::Path;

use timetracks_app::MIGRATIONS;
use timetracks_db::Location;
use timetracks_server::{ConfigError, Settings};

use crate::{
    Failure,
    arguments::StorageOptions,
    copy::{bar, print_tables},
};

/// Writes everything into a file.
pub(crate) fn run(to: &Path, storage: StorageOptions) -> Result<(), Failure> {
    let (given, file) = storage.given();
    let settings = Settings::load(given, file.as_deref())?;
    if let Location::Sqlite(path) = &settings.database
        && !path.is_file()
    {
        let shown = path.display();
        let rule =
            format!("there is no database at {shown}: name it with --database or --data-dir");
        return Err(Failure::Config(ConfigError {
            setting: "database",
            rule,
        }));
    }
    let bar = bar();
    let backup = timetracks_db::backup(&settings.database, to, MIGRATIONS, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let backup = backup.map_err(|error| Failure::Other(format!("no backup was made: {error}")))?;
    print_tables(&backup.tables);
    let (to, key) = (to.display(), settings.signing_key.display());
    println!(
        "{to} holds all of this in {} bytes. It was compared with the database, and is sound.",
        backup.bytes
    );
    println!("The signing key {key} is not in it: keep a copy of that elsewhere.");
    println!("To restore: timetracks serve --database sqlite:{to} --signing-key {key}");
    Ok(())
}

//! Where PostgreSQL's programs are, and as whom they run.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

const NEEDED: [&str; 4] = ["initdb", "postgres", "pg_ctl", "pg_basebackup"];

/// The directory with all the programs that a cluster needs: on PATH, or else where Debian puts the highest version.
///
/// # Panics
/// When there is none.
pub(super) fn directory() -> PathBuf {
    on_path().or_else(of_debian).unwrap_or_else(|| {
        panic!(
            "no PostgreSQL here: install Debian's `postgresql` package, or set TIMETRACKS_TEST_POSTGRES to the URL of \
             a server where databases can be created"
        )
    })
}

/// PATH may hold links to some of the programs: the others are beside what the links point to.
fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter_map(|directory| directory.join("initdb").canonicalize().ok())
        .filter_map(|program| program.parent().map(Path::to_owned))
        .find(|directory| is_complete(directory))
}

fn of_debian() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, directory)| is_complete(directory))
        .collect();
    versions.sort();
    versions.pop().map(|(_, directory)| directory)
}

fn is_complete(directory: &Path) -> bool {
    NEEDED
        .iter()
        .all(|program| directory.join(program).is_file())
}

/// A command that runs a program as somebody PostgreSQL agrees to run as: oneself, but never root.
pub(super) fn unprivileged(program: &str) -> Command {
    if id(&["-u"]).as_deref() != Some("0") {
        return Command::new(program);
    }
    let user = ["postgres", "nobody"]
        .into_iter()
        .find(|user| id(&["-u", user]).is_some())
        .expect("root needs a user `postgres` or `nobody` to run PostgreSQL as");
    let number = |what| id(&[what, user]).unwrap_or_default();
    let mut command = Command::new("setpriv");
    command.args(["--clear-groups", "--reuid", &number("-u")]);
    command.args(["--regid", &number("-g"), program]);
    command
}

fn id(arguments: &[&str]) -> Option<String> {
    let output = Command::new("id").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

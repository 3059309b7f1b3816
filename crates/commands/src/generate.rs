//! Completions and manual pages, made of the command line itself.

use std::{io::Write, path::Path};

use super::failure::Failure;

pub(crate) fn completions(
    shell: clap_complete::Shell,
    mut program: clap::Command,
) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, "timetracks", &mut script);
    let mut out = std::io::stdout().lock();
    out.write_all(&script)
        .map_err(|error| Failure::refused(format!("standard output: {error}")))
}

pub(crate) fn man(directory: &Path, program: clap::Command) -> Result<(), Failure> {
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(program, directory))
        .map_err(|error| Failure::file(directory, &error))
}

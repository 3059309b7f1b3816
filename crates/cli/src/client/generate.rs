//! Completions and manual pages, made of the command line itself.

use std::{io::Write, path::Path};

use clap::CommandFactory;

use super::failure::Failure;
use crate::arguments::Arguments;

pub(crate) fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "timetracks", &mut script);
    let mut out = std::io::stdout().lock();
    out.write_all(&script)
        .map_err(|error| Failure::refused(format!("standard output: {error}")))
}

pub(crate) fn man(directory: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(Arguments::command(), directory))
        .map_err(|error| Failure::file(directory, &error))
}

//! The binary `timetracks`.

mod arguments;
mod backup;
mod copy;
mod doctor;
mod serve;
mod signing_key;
mod superuser;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command, SigningKeyCommand, SuperuserCommand};

/// What a wrong setting ends with: EX_CONFIG of sysexits.
const EXIT_CONFIG: u8 = 78;

/// What a disk that fails ends with: EX_IOERR of sysexits.
const EXIT_STORAGE: u8 = 74;

/// Why the program ends without having done its work.
enum Failure {
    /// A setting makes no sense.
    Config(timetracks_server::ConfigError),
    /// The disk failed to keep a write.
    Storage,
    /// Anything else, in words.
    Other(String),
}

impl From<timetracks_server::ConfigError> for Failure {
    fn from(error: timetracks_server::ConfigError) -> Self {
        Self::Config(error)
    }
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(options) => serve::run(options),
        Command::Superuser(SuperuserCommand::Add { email, storage }) => {
            superuser::add(&email, storage)
        }
        Command::Copy(options) => copy::run(&options),
        Command::Backup { file, storage } => backup::run(&file, storage),
        Command::Doctor { storage } => doctor::run(storage),
        Command::SigningKey(SigningKeyCommand::Accept { storage }) => signing_key::accept(storage),
        Command::Openapi => print_openapi(),
        Command::Client(command) => return timetracks_commands::main(command, Arguments::command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Config(error)) => {
            eprintln!("timetracks: {error}");
            ExitCode::from(EXIT_CONFIG)
        }
        Err(Failure::Storage) => {
            eprintln!(
                "timetracks: the disk failed to keep a write; nothing is served that may be lost"
            );
            ExitCode::from(EXIT_STORAGE)
        }
        Err(Failure::Other(message)) => {
            eprintln!("timetracks: {message}");
            ExitCode::FAILURE
        }
    }
}

fn print_openapi() -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(&timetracks_server::document())
        .map_err(|error| Failure::Other(error.to_string()))?;
    println!("{text}");
    Ok(())
}

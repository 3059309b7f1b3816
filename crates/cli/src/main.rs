//! The binary `timetracks`.

mod arguments;
mod copy;
mod serve;
mod signing_key;
mod superuser;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command, SigningKeyCommand, SuperuserCommand};

/// What a wrong setting ends with: EX_CONFIG of sysexits.
const EXIT_CONFIG: u8 = 78;

/// Why the program ends without having done its work.
enum Failure {
    /// A setting makes no sense.
    Config(timetracks_server::ConfigError),
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
        Command::SigningKey(SigningKeyCommand::Accept { storage }) => signing_key::accept(storage),
        Command::Openapi => print_openapi(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Config(error)) => {
            eprintln!("timetracks: {error}");
            ExitCode::from(EXIT_CONFIG)
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

//! `bench`: what the server does, held against its limits and its peers. `bench/run` is how to use it.

mod bench;
mod cases;
mod document;
mod fill;
mod instructions;
mod limits;
mod load;
mod picture;
mod process;
mod profile;
mod raw;
mod results;
mod run;
mod site;
mod statistics;
mod table;

use std::{error::Error, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;

/// Why there is no result.
type Failure = Box<dyn Error + Send + Sync>;
type Outcome<T> = Result<T, Failure>;

/// Measures the server against its limits and its peers.
#[derive(Parser)]
enum Command {
    /// Measure, and write down what was found
    Run(run::Options),
    /// Count instructions for each request, and compare them with those that were committed
    Instructions(instructions::Options),
    /// Record what the server does with its time
    Profile(profile::Options),
    /// Carry out the load that standard input describes
    #[command(hide = true)]
    Load,
    /// Limit (a): answer every request with a constant, after the token was checked
    #[command(hide = true)]
    LimitHttp { signing_key: PathBuf },
    /// Limit (b): write the rows of clock-ins and clock-outs with SQLite alone
    #[command(hide = true)]
    LimitSqlite {
        database: PathBuf,
        clients: usize,
        seconds: f64,
    },
    /// Limits (a) and (b) together: write those rows when asked to over HTTP
    #[command(hide = true)]
    LimitTogether {
        signing_key: PathBuf,
        database: PathBuf,
    },
    /// Limit (c): run the statements of clock-ins and clock-outs on PostgreSQL alone
    #[command(hide = true)]
    LimitPostgres {
        url: String,
        organisations: usize,
        clients: usize,
        connections: usize,
        seconds: f64,
    },
}

fn main() -> ExitCode {
    match run(Command::parse()) {
        Ok(status) => status,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Outcome<ExitCode> {
    let sample = match command {
        Command::Run(options) => return run::run(options).map(|()| ExitCode::SUCCESS),
        Command::Instructions(options) => return instructions::run(&options),
        Command::Profile(options) => return profile::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Load => return load::run().map(|()| ExitCode::SUCCESS),
        Command::LimitHttp { signing_key } => {
            return limits::http::run(&signing_key).map(|()| ExitCode::SUCCESS);
        }
        Command::LimitTogether {
            signing_key,
            database,
        } => {
            return limits::together::run(&signing_key, &database).map(|()| ExitCode::SUCCESS);
        }
        Command::LimitSqlite {
            database,
            clients,
            seconds,
        } => limits::sqlite::run(&database, clients, Duration::from_secs_f64(seconds))?,
        Command::LimitPostgres {
            url,
            organisations,
            clients,
            connections,
            seconds,
        } => {
            let limit = Duration::from_secs_f64(seconds);
            tokio::runtime::Runtime::new()?.block_on(limits::postgres::run(
                &url,
                organisations,
                clients,
                connections,
                limit,
            ))?
        }
    };
    println!("{}", serde_json::to_string(&sample)?);
    Ok(ExitCode::SUCCESS)
}

//! The commands of people and pipelines: a client of a server that runs elsewhere.

mod arguments;
mod clocking;
mod context;
mod credentials;
mod days;
mod details;
mod entry;
mod failure;
mod files;
mod generate;
mod journal;
mod keys;
mod late;
mod lists;
mod log;
mod login;
mod mcp;
mod names;
mod output;
mod queue;
mod report;
mod resolve;
mod run;
mod sending;
mod sessions;
mod settling;
mod status;
mod sync;
mod terminal;
mod tracks;
mod when;

use std::process::ExitCode;

use arguments::{Command as Given, Common, KeysCommand, SessionsCommand};
use clap::{ArgMatches, FromArgMatches, Subcommand};
use context::Context;
use failure::Failure;

/// One of the commands, as it was given on the command line.
pub struct Command(Given);

// By hand, because a derive would show the arguments of each.
impl FromArgMatches for Command {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Given::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl Subcommand for Command {
    fn augment_subcommands(program: clap::Command) -> clap::Command {
        Given::augment_subcommands(program)
    }

    fn augment_subcommands_for_update(program: clap::Command) -> clap::Command {
        Given::augment_subcommands_for_update(program)
    }

    fn has_subcommand(name: &str) -> bool {
        Given::has_subcommand(name)
    }
}

/// Does what was asked for. What went wrong is said on standard error and by the exit status. `program` is the whole command
/// line that the command is part of, for completions and manual pages.
#[must_use]
pub fn main(command: Command, program: fn() -> clap::Command) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(dispatch(command.0, program));
            // A key that nobody presses any more shall not keep us.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Failure::refused(error.to_string())),
    };
    outcome.unwrap_or_else(|failure| {
        output::note(&failure.message);
        ExitCode::from(failure.status)
    })
}

async fn dispatch(command: Given, program: fn() -> clap::Command) -> Result<ExitCode, Failure> {
    match command {
        Given::Login(it) => login::login(it.own, &it.common).await?,
        Given::Logout(it) => login::logout(&it.common).await?,
        Given::Run(it) => return Ok(run::run(it.own, &it.common).await),
        Given::Mcp(it) => mcp::serve(&it.common).await?,
        Given::Completions { shell } => generate::completions(shell, program())?,
        Given::Man { directory } => generate::man(&directory, program())?,
        Given::Sync(it) => sync::sync(&Context::open(&it.common)?, it.own).await?,
        Given::In(it) => clocking::clock_in(&opened(&it.common).await?, it.own).await?,
        Given::Out(it) => clocking::clock_out(&opened(&it.common).await?, it.own).await?,
        Given::Switch(it) => clocking::switch(&opened(&it.common).await?, it.own).await?,
        Given::Status(it) => status::status(&opened(&it.common).await?, it.own).await?,
        Given::Log(it) => log::log(&opened(&it.common).await?, it.own).await?,
        Given::Add(it) => tracks::add(&opened(&it.common).await?, it.own).await?,
        Given::Edit(it) => tracks::edit(&opened(&it.common).await?, it.own).await?,
        Given::Rm(it) => tracks::remove(&opened(&it.common).await?, it.own).await?,
        Given::Report(it) => report::report(&opened(&it.common).await?, it.own).await?,
        Given::Projects(it) => lists::projects(&opened(&it.common).await?).await?,
        Given::Tasks(it) => lists::tasks(&opened(&it.common).await?, it.own).await?,
        Given::Users(it) => lists::users(&opened(&it.common).await?).await?,
        Given::Invite(it) => lists::invite(&opened(&it.common).await?, it.own).await?,
        Given::Keys(it) => {
            let command = it.own.command.unwrap_or(KeysCommand::List);
            keys::keys(&opened(&it.common).await?, command).await?;
        }
        Given::Sessions(it) => {
            let command = it.own.command.unwrap_or(SessionsCommand::List);
            sessions::sessions(&opened(&it.common).await?, command).await?;
        }
        Given::Whoami(it) => sessions::whoami(&opened(&it.common).await?).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A context, after what had waited was sent.
async fn opened(common: &Common) -> Result<Context, Failure> {
    let context = Context::open(common)?;
    sync::before(&context).await?;
    Ok(context)
}

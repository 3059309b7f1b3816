//! The commands of people and pipelines: a client of a server that runs elsewhere.

pub(crate) mod arguments;
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

use arguments::{ClientCommand as Command, Common, KeysCommand, SessionsCommand};
use context::Context;
use failure::Failure;

/// Does what was asked for. What went wrong is said on standard error and by the exit status.
pub(crate) fn main(command: Command) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(dispatch(command));
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

async fn dispatch(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Login(it) => login::login(it.own, &it.common).await?,
        Command::Logout(it) => login::logout(&it.common).await?,
        Command::Run(it) => return Ok(run::run(it.own, &it.common).await),
        Command::Completions { shell } => generate::completions(shell)?,
        Command::Man { directory } => generate::man(&directory)?,
        Command::Sync(it) => sync::sync(&Context::open(&it.common)?, it.own).await?,
        Command::In(it) => clocking::clock_in(&opened(&it.common).await?, it.own).await?,
        Command::Out(it) => clocking::clock_out(&opened(&it.common).await?, it.own).await?,
        Command::Switch(it) => clocking::switch(&opened(&it.common).await?, it.own).await?,
        Command::Status(it) => status::status(&opened(&it.common).await?, it.own).await?,
        Command::Log(it) => log::log(&opened(&it.common).await?, it.own).await?,
        Command::Add(it) => tracks::add(&opened(&it.common).await?, it.own).await?,
        Command::Edit(it) => tracks::edit(&opened(&it.common).await?, it.own).await?,
        Command::Rm(it) => tracks::remove(&opened(&it.common).await?, it.own).await?,
        Command::Report(it) => report::report(&opened(&it.common).await?, it.own).await?,
        Command::Projects(it) => lists::projects(&opened(&it.common).await?).await?,
        Command::Tasks(it) => lists::tasks(&opened(&it.common).await?, it.own).await?,
        Command::Users(it) => lists::users(&opened(&it.common).await?).await?,
        Command::Invite(it) => lists::invite(&opened(&it.common).await?, it.own).await?,
        Command::Keys(it) => {
            let command = it.own.command.unwrap_or(KeysCommand::List);
            keys::keys(&opened(&it.common).await?, command).await?;
        }
        Command::Sessions(it) => {
            let command = it.own.command.unwrap_or(SessionsCommand::List);
            sessions::sessions(&opened(&it.common).await?, command).await?;
        }
        Command::Whoami(it) => sessions::whoami(&opened(&it.common).await?).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A context, after what had waited was sent.
async fn opened(common: &Common) -> Result<Context, Failure> {
    let context = Context::open(common)?;
    sync::before(&context).await?;
    Ok(context)
}

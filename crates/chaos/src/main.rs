//! `chaos`: breaks a server, and says in a line for each experiment whether it kept what it promised.

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use timetracks_chaos::{Experiment, Failure, Plan, server_beside};

/// Breaks a real server in every way that a machine can, and looks whether it kept its promises.
#[derive(Parser)]
struct Arguments {
    /// Which experiment; all without it.
    #[arg(value_parser = parse_experiments, default_value = "all")]
    experiments: Experiments,
    /// The server's binary. Without it, the one that was built beside this program.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Repeats the choices of a run, as far as threads allow.
    #[arg(long)]
    seed: Option<u64>,
    /// How many kills, states, stops, cut requests, floods or logins of each kind. Without it, as many as prove the promise.
    #[arg(long)]
    rounds: Option<usize>,
}

#[derive(Clone)]
struct Experiments(Vec<Experiment>);

fn parse_experiments(text: &str) -> Result<Experiments, String> {
    if text == "all" {
        return Ok(Experiments(Experiment::ALL.to_vec()));
    }
    clap::ValueEnum::from_str(text, false).map(|experiment| Experiments(vec![experiment]))
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs them all, and answers whether everything was kept.
async fn run(arguments: Arguments) -> Result<bool, Failure> {
    let server = match arguments.server {
        Some(server) => server,
        None => server_beside(&std::env::current_exe()?)?,
    };
    let seed = arguments.seed.unwrap_or_else(rand::random);
    println!("seed {seed}");
    let mut kept = true;
    for experiment in arguments.experiments.0 {
        let rounds = arguments.rounds.unwrap_or(experiment.full_rounds());
        let server = server.clone();
        let began = Instant::now();
        let outcome = experiment
            .run(&Plan {
                server,
                seed,
                rounds,
            })
            .await;
        kept &= outcome.is_ok();
        let line = outcome.unwrap_or_else(|failure| failure.to_string());
        println!("{experiment:?}: {line} [{} s]", began.elapsed().as_secs());
    }
    Ok(kept)
}

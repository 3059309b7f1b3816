//! The load generator. It is a process of its own: `bench load` reads a [`Plan`] and prints a [`Report`].
//!
//! Each connection works off its script again and again, one request after the other's answer. `wrk` can not let one
//! connection's clock-out follow its own clock-in, nor tell the two apart, nor use the token that the last refresh gave.

mod answer;
mod connection;
mod plan;
mod report;

pub(crate) use answer::Answer;
pub(crate) use plan::{CARRIED, NUMBER, Plan, Script, Step};
pub(crate) use report::{Report, figures};

use std::io::Read;

use report::Tally;

use crate::Outcome;

/// Reads a plan, carries it out, prints what it came to.
pub(crate) fn run() -> Outcome<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let plan: Plan = serde_json::from_str(&text)?;
    // One thread: the machine's other cores are for what is measured.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let tally = runtime.block_on(carry_out(&plan))?;
    println!("{}", serde_json::to_string(&tally.report(plan.seconds))?);
    Ok(())
}

async fn carry_out(plan: &Plan) -> Outcome<Tally> {
    let window = connection::Window::of(plan);
    let mut total = Tally::default();
    let runs = plan.scripts.iter().enumerate().map(|(number, script)| {
        let address = plan.addresses[number % plan.addresses.len()].clone();
        tokio::spawn(connection::run(address, number, script.clone(), window))
    });
    for run in runs.collect::<Vec<_>>() {
        total.add(run.await??);
    }
    Ok(total)
}

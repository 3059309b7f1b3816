//! Every experiment, small: enough to see a promise broken that is broken always. `chaos` does them at length, and alone
//! the one that goes by a watch, which says nothing on a busy machine.
//!
//! `TIMETRACKS_TEST_SEED` repeats a run's choices, as far as the threads allow.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use timetracks_chaos::{Experiment, Plan, server_beside};

/// The seed stands in the message of whatever fails.
async fn run(experiment: Experiment, rounds: usize) {
    let seed = match std::env::var("TIMETRACKS_TEST_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => rand::random(),
    };
    let server = server_beside(&std::env::current_exe().unwrap()).unwrap();
    let plan = Plan {
        server,
        seed,
        rounds,
    };
    match experiment.run(&plan).await {
        Ok(line) => println!("{line}"),
        Err(failure) => panic!("{failure}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answered_write_survives_kill_9() {
    run(Experiment::Kill, 8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answered_write_survives_a_power_cut_and_would_not_with_fewer_syncs() {
    run(Experiment::PowerCut, 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_nothing_else_until_there_is_room() {
    run(Experiment::DiskFull, 6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sync_refuses_the_write_and_ends_the_process() {
    run(Experiment::SyncError, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_jump_of_the_clock_makes_a_negative_time() {
    run(Experiment::Clock, 300).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_answers_what_is_under_way_and_nobody_holds_it_up() {
    run(Experiment::Stop, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_leave_half_way_leave_nothing_half_done() {
    run(Experiment::Disconnect, 500).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_whose_answer_was_lost_by_kill_9_is_done_once_and_answered_the_same() {
    run(Experiment::Retry, 8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_logins_takes_bounded_memory_and_holds_up_nobody_else() {
    run(Experiment::LoginFlood, 1).await;
}

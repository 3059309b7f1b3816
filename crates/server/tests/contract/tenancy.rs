//! What belongs to another organisation answers like what never was: in paths, bodies and parameters, for everyone, and
//! nothing is changed by asking.

mod operation;
mod world;

use std::collections::BTreeSet;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use timetracks_testkit::TestServer;

use self::{
    operation::OPERATIONS,
    world::{IDENTITIES, World},
};

/// Operations with an id in their path that the table leaves out: their id is itself the secret, is a name that every
/// organisation may use, or they are for operators, who belong to none.
const ELSEWHERE: [&str; 4] = [
    "/api/v1/account/signup/",
    "/api/v1/internal/",
    "/api/v1/tasks/by-",
    "/problems/",
];

#[derive(Debug, Clone)]
enum Step {
    /// Someone makes a project with a task and tracks.
    Grow { who: usize },
    /// Someone deletes one of their organisation's projects with all that is in it.
    Shrink { who: usize, which: usize },
    /// Someone tries an operation with some ids of the other organisation among their own.
    Try {
        who: usize,
        operation: usize,
        slots: usize,
        own: usize,
        other: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..IDENTITIES;
    prop_oneof![
        1 => who().prop_map(|who| Step::Grow { who }),
        1 => (who(), any::<usize>()).prop_map(|(who, which)| Step::Shrink { who, which }),
        8 => (who(), 0..OPERATIONS.len(), any::<[usize; 3]>()).prop_map(
            |(who, operation, [slots, own, other])| Step::Try { who, operation, slots, own, other }
        ),
    ]
}

async fn run(steps: Vec<Step>) {
    let mut world = World::new().await;
    let mut before = world.everything().await;
    for step in steps {
        match step {
            Step::Grow { who } => world.grow(who).await,
            Step::Shrink { who, which } => world.shrink(who, which).await,
            Step::Try {
                who,
                operation,
                slots,
                own,
                other,
            } => {
                let operation = &OPERATIONS[operation];
                let all = operation.slots();
                let chosen = 1 + slots % ((1 << all.len()) - 1);
                let places = 0..all.len();
                let chosen = places.filter(|place| chosen & (1 << place) != 0);
                let foreign: Vec<_> = chosen.map(|place| all[place]).collect();
                world.try_it(who, operation, &foreign, (own, other)).await;
                assert_eq!(world.everything().await, before, "{operation:?}");
                continue;
            }
        }
        before = world.everything().await;
        world.lists_hold_nothing_of_others().await;
    }
}

#[test]
fn ids_of_another_organisation_answer_like_unknown_ones_whatever_happened_before() {
    let config = Config {
        cases: 6,
        max_shrink_iters: 50,
        failure_persistence: None,
        ..Config::default()
    };
    // The same cases in every run.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&vec(step(), 40..60), |steps| {
        let runtime = tokio::runtime::Runtime::new();
        let runtime = runtime.map_err(|error| TestCaseError::fail(error.to_string()))?;
        runtime.block_on(run(steps));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[tokio::test]
async fn every_id_of_every_operation_is_hidden_from_everyone_outside() {
    let world = World::new().await;
    let before = world.everything().await;
    for operation in OPERATIONS {
        for who in 0..IDENTITIES {
            for slot in operation.slots() {
                world.try_it(who, operation, &[slot], (0, 0)).await;
            }
        }
        assert_eq!(world.everything().await, before, "{operation:?}");
    }
}

#[tokio::test]
async fn no_operation_with_an_id_in_its_path_is_forgotten() {
    let server = TestServer::start().await;
    let document = server.anonymous().get("/openapi.json").await.expect(200);
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let elsewhere = ELSEWHERE.iter().any(|start| path.starts_with(start));
        if path.contains('{') && !elsewhere {
            for method in ["get", "post", "put", "patch", "delete"] {
                if item.get(method).is_some() {
                    documented.insert((method.to_owned(), without_names(path)));
                }
            }
        }
    }
    // Who follows an invitation's link need not belong to anyone.
    let public = ("get".to_owned(), "/api/v1/invitations/{}".to_owned());
    assert!(documented.remove(&public));
    let tried: BTreeSet<_> = OPERATIONS
        .iter()
        .filter(|operation| !operation.path.contains('?'))
        .map(|operation| {
            let path = format!("/api/v1{}", without_names(operation.path));
            (operation.method.as_str().to_lowercase(), path)
        })
        .collect();
    assert_eq!(tried, documented);
}

/// A template with its parameters nameless.
fn without_names(template: &str) -> String {
    let segments = template.split('/').map(|segment| {
        let parameter = segment.starts_with('{');
        if parameter { "{}" } else { segment }
    });
    segments.collect::<Vec<_>>().join("/")
}

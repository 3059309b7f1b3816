//! Every property over the inputs that are kept and over random ones: what `fuzz/` does for longer.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::{collections::BTreeSet, path::PathBuf};

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestRunner},
};
use timetracks_properties::{ALL, hold};

/// How many random inputs each property gets.
const ROUNDS: u32 = 300;

fn fuzz() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The inputs that are kept for a property.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let directory = fuzz().join("corpus").join(name);
    let files = std::fs::read_dir(directory).unwrap();
    let inputs = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    inputs.collect()
}

/// An input that is kept, with some bytes put in the place of others.
fn altered(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<Index>(), 0..4_usize, vec(any::<u8>(), 0..4));
    (select(corpus), vec(edit, 1..6)).prop_map(|(mut input, edits)| {
        for (at, removed, added) in edits {
            let at = at.index(input.len() + 1);
            let end = (at + removed).min(input.len());
            input.splice(at..end, added);
        }
        input
    })
}

fn holds_for_random_inputs(name: &str, inputs: impl Strategy<Value = Vec<u8>>) {
    let config = Config {
        cases: ROUNDS,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&inputs, |input| {
        hold(name, &input);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{name}: {error}");
    }
}

macro_rules! properties {
    ($($name:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($name)),*];
        $(mod $name {
            use super::*;

            #[test]
            fn holds_for_the_inputs_that_are_kept() {
                let corpus = corpus(stringify!($name));
                assert!(corpus.len() >= 10, "{}", corpus.len());
                for input in corpus {
                    hold(stringify!($name), &input);
                }
            }

            #[test]
            fn holds_for_what_is_nearly_one_of_those() {
                let inputs = altered(corpus(stringify!($name)));
                holds_for_random_inputs(stringify!($name), inputs);
            }

            #[test]
            fn holds_for_anything() {
                let text = any::<String>().prop_map(String::into_bytes);
                let inputs = prop_oneof![vec(any::<u8>(), 0..200), text];
                holds_for_random_inputs(stringify!($name), inputs);
            }
        })*
    };
}

properties! {
    bearer_tokens bodies cursors entity_tags forwarded ids idempotency_keys instants queries texts tokens
}

#[test]
fn every_property_is_tested_here_and_fuzzed() {
    let names = |directory: &str| -> BTreeSet<String> {
        let files = std::fs::read_dir(fuzz().join(directory)).unwrap();
        let name = |file: std::fs::DirEntry| file.path().file_stem().unwrap().to_owned();
        let names = files.map(|file| name(file.unwrap()).into_string().unwrap());
        names.collect()
    };
    let known: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    let tested: BTreeSet<String> = TESTED.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(tested, known);
    assert_eq!(names("corpus"), known);
    assert_eq!(names("fuzz_targets"), known);
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in known {
        let target = std::fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs")));
        assert!(
            target
                .unwrap()
                .contains(&format!("hold(\"{name}\", input)")),
            "{name}"
        );
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
    }
}

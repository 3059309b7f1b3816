//! The documents that say which test proves what: every path, test and command in their tables is there.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A document, and the fewest paths, tests and commands that it names: with fewer, the search has missed some.
const DOCUMENTS: [(&str, [usize; 3]); 2] =
    [("SECURITY.md", [60, 30, 60]), ("docs/asvs.md", [80, 20, 0])];
/// Where a path in a document may begin.
const BASES: [&str; 4] = ["", "crates", "crates/server/tests", CONTRACT];
const CONTRACT: &str = "crates/server/tests/contract";
/// Test names are sentences: they have more of these.
const UNDERSCORES: usize = 2;

fn root() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    crates.parent().unwrap().to_owned()
}

/// What stands between backticks in a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Every Rust file at or below a path.
fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
        return entries.flat_map(|entry| sources(&entry.path())).collect();
    }
    let is_rust = path.extension().is_some_and(|extension| extension == "rs");
    if is_rust {
        vec![path.to_owned()]
    } else {
        Vec::new()
    }
}

/// The names of the tests in a file.
fn tests_in(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let (mut is_test, mut names) = (false, Vec::new());
    for line in text.lines().map(str::trim) {
        let function = line.trim_start_matches("async ").strip_prefix("fn ");
        if line.starts_with("#[") && line.contains("test") {
            is_test = true;
        } else if let Some((name, _)) = function.and_then(|rest| rest.split_once('('))
            && std::mem::take(&mut is_test)
        {
            names.push(name.to_owned());
        }
    }
    names
}

fn has_test(path: &Path, name: &str) -> bool {
    let files = sources(path);
    let mut tests = files.iter().flat_map(|file| tests_in(file));
    tests.any(|test| test == name)
}

fn is_path(token: &str) -> bool {
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    let token = token.trim_end_matches('/');
    let is_file = token.ends_with(".rs") || token.contains('/');
    is_file && !token.starts_with('/') && token.split('/').all(is_name)
}

fn is_test_name(token: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    token.matches('_').count() > UNDERSCORES && token.bytes().all(is_plain)
}

/// What a path in a document means. After another one in its row it may begin where that one does.
fn resolve(token: &str, before: Option<&Path>) -> Option<PathBuf> {
    let beside = before.into_iter().flat_map(Path::ancestors).skip(1);
    let bases = BASES.iter().map(|base| root().join(base));
    let mut places = bases.chain(beside.map(Path::to_owned));
    places.find_map(|base| Some(base.join(token)).filter(|path| path.exists()))
}

/// What is wrong with a command that stands behind `cargo test --locked -p`, or another one.
fn fault_of_command(command: &str) -> Option<String> {
    let words: Vec<_> = command.split_whitespace().collect();
    if words[0] == "cargo" && words.contains(&"timetracks-chaos") {
        let experiments = fs::read_to_string(root().join("crates/chaos/src/lib.rs")).unwrap();
        let capitals = |word: &str| word[..1].to_uppercase() + &word[1..];
        let mut after = words.iter().skip_while(|word| **word != "--").skip(1);
        let name: String = after.next()?.split('-').map(capitals).collect();
        let is_there = experiments.contains(&format!("Self::{name} =>"));
        return (!is_there).then(|| format!("no such experiment: {name}"));
    }
    if !words[0].starts_with("timetracks") {
        let is_there = words[0] == "cargo" || root().join(words[0]).is_file();
        return (!is_there).then(|| "no such program".to_owned());
    }
    let package = words[0].strip_prefix("timetracks-").unwrap_or("cli");
    let package = root().join("crates").join(package);
    let (place, filter) = match words.get(1) {
        Some(&"--lib") => (package.join("src"), words.get(2)),
        Some(&"--test") => (package.join("tests").join(words.get(2)?), words.get(3)),
        _ => return Some("neither --lib nor --test".to_owned()),
    };
    let file = place.with_extension("rs");
    let place = if file.is_file() { file } else { place };
    let is_run = |file: &PathBuf| {
        let module = file.strip_prefix(&place).unwrap().with_extension("");
        let module = module.to_string_lossy().replace('/', "::");
        let module = module.trim_end_matches("::mod");
        let filter = filter.copied().unwrap_or_default();
        let tests = tests_in(file);
        tests
            .iter()
            .any(|test| format!("{module}::{test}").contains(filter))
    };
    let is_there = sources(&place).iter().any(is_run);
    (!is_there).then(|| "runs nothing".to_owned())
}

/// What a document names, and what of it is not there.
#[derive(Default)]
struct Names {
    counts: [usize; 3],
    faults: Vec<String>,
}

impl Names {
    fn in_document(text: &str) -> Self {
        let mut names = Self::default();
        let mut has_commands = false;
        for line in text.lines() {
            if !line.starts_with('|') {
                has_commands = false;
                continue;
            }
            has_commands |= line.ends_with("| command |");
            let row = line.trim_end_matches(['|', ' ']);
            let (row, commands) = match row.rsplit_once(" | ") {
                Some((row, commands)) if has_commands => (row, commands),
                _ => (row, ""),
            };
            names.look_at(row);
            for command in quoted(commands) {
                names.counts[2] += 1;
                let fault = fault_of_command(command);
                let fault = fault.map(|fault| format!("`{command}`: {fault}"));
                names.faults.extend(fault);
            }
        }
        names
    }

    fn look_at(&mut self, row: &str) {
        let mut before: Option<PathBuf> = None;
        for token in quoted(row) {
            if is_path(token) {
                self.counts[0] += 1;
                match resolve(token, before.as_deref()) {
                    Some(path) => before = Some(path),
                    None => self.faults.push(format!("no such path: {token}")),
                }
            } else if is_test_name(token) {
                self.counts[1] += 1;
                let place = before.clone().unwrap_or_else(|| root().join("crates"));
                if !has_test(&place, token) {
                    let fault = format!("no test `{token}` in {}", place.display());
                    self.faults.push(fault);
                }
            }
        }
    }
}

#[test]
fn every_path_test_and_command_that_a_document_names_is_there() {
    for (document, fewest) in DOCUMENTS {
        let names = Names::in_document(&fs::read_to_string(root().join(document)).unwrap());
        assert!(
            names.faults.is_empty(),
            "{document}:\n{}",
            names.faults.join("\n")
        );
        for (count, fewest) in names.counts.iter().zip(fewest) {
            assert!(*count >= fewest, "{document}: {:?}", names.counts);
        }
    }
}

#[test]
fn a_document_that_names_what_is_not_there_is_found_out() {
    let good = "`cli/tests/documents.rs`: `a_document_that_names_what_is_not_there_is_found_out`";
    let run = "`timetracks --test documents a_document`";
    let faults = |proof: &str, command: &str| {
        let table = format!("| promise | proof | command |\n| p | {proof} | {command} |");
        Names::in_document(&table).faults
    };
    assert_eq!(faults(good, run), [""; 0]);
    for (proof, command) in [
        ("`cli/tests/no_such_file.rs`", run),
        ("`cli/tests/documents.rs`: `no_such_test_is_there`", run),
        // A function that is no test.
        (
            "`chaos/src/audit.rs`: `every_answered_write_survives_kill_9`",
            run,
        ),
        (good, "`timetracks --test documents no_such_test`"),
        (good, "`timetracks --test no_such_binary`"),
        (good, "`timetracks-nobody --lib nothing::`"),
        (good, "`checks/no_such_check target/release/timetracks`"),
        (
            good,
            "`cargo run --release -p timetracks-chaos -- no-such-experiment`",
        ),
    ] {
        assert_eq!(faults(proof, command).len(), 1, "{proof} {command}");
    }
}

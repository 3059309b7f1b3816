//! Every statement of the use cases, found in their source: each can be prepared, and none reads a whole table that
//! grows, unless it stands on the list below with its reason.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::{collections::HashMap, fs, path::Path};

use rusqlite::Connection;
use syn::{
    Expr, ExprLit, Item, Lit, Macro, Token, parse::Parser, punctuated::Punctuated, visit::Visit,
};
use timetracks_app::MIGRATIONS;

/// Beginnings of statements that may read a whole table, and why.
const MAY_SCAN: [(&str, &str); 2] = [
    (
        "SELECT (SELECT COUNT(*) FROM users), ",
        "an operator counts everything, rarely",
    ),
    (
        "SELECT COUNT(*) FROM organisations",
        "an operator counts everything, rarely",
    ),
];

/// A statement's pieces, with the file that holds it.
struct Found {
    file: String,
    pieces: Vec<Expr>,
}

#[derive(Default)]
struct Source {
    file: String,
    statements: Vec<Found>,
    /// Texts of constants, by file and name.
    constants: HashMap<(String, String), String>,
}

impl<'ast> Visit<'ast> for Source {
    fn visit_macro(&mut self, found: &'ast Macro) {
        if found.path.is_ident("sql") {
            let pieces = Punctuated::<Expr, Token![,]>::parse_terminated
                .parse2(found.tokens.clone())
                .unwrap();
            self.statements.push(Found {
                file: self.file.clone(),
                pieces: pieces.into_iter().collect(),
            });
        }
    }

    fn visit_item_const(&mut self, constant: &'ast syn::ItemConst) {
        if let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &*constant.expr
        {
            let key = (self.file.clone(), constant.ident.to_string());
            self.constants.insert(key, text.value());
        }
    }
}

fn read(directory: &Path, source: &mut Source) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, source);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let parsed = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            source.file = path.display().to_string();
            for item in &parsed.items {
                if !matches!(item, Item::Mod(_)) {
                    source.visit_item(item);
                }
            }
        }
    }
}

/// The text of a piece: a literal, or a constant of this file, of the module above, or of the one it names.
fn text(source: &Source, file: &str, piece: &Expr) -> String {
    match piece {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => text.value(),
        Expr::Path(path) => {
            let names: Vec<_> = path
                .path
                .segments
                .iter()
                .map(|part| part.ident.to_string())
                .collect();
            let (name, modules) = names.split_last().unwrap();
            let here = Path::new(file);
            let above = here.with_file_name("mod.rs");
            let named = modules.last().map(|module| {
                above
                    .parent()
                    .unwrap()
                    .parent()
                    .unwrap()
                    .join(module)
                    .join("mod.rs")
            });
            let candidates = [
                Some(here.to_owned()),
                Some(above.clone()),
                named,
                imported(file, name),
            ];
            candidates
                .into_iter()
                .flatten()
                .find_map(|path| {
                    source
                        .constants
                        .get(&(path.display().to_string(), name.clone()))
                })
                .unwrap_or_else(|| panic!("{file}: no constant {names:?}"))
                .clone()
        }
        _ => panic!("{file}: a piece that is no literal and no constant"),
    }
}

/// The module from which a file imports a constant, as in `use crate::organisations::{COLUMNS, from_row}`.
fn imported(file: &str, name: &str) -> Option<std::path::PathBuf> {
    let source = fs::read_to_string(file).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    modules.find_map(|path| {
        let module = path.file_name()?.to_str()?.to_owned();
        let imports = source.contains(&format!("{module}::{{{name},"));
        imports.then(|| path.join("mod.rs"))
    })
}

fn statements() -> Vec<(String, String)> {
    let mut source = Source::default();
    read(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut source,
    );
    let join = |found: &Found| {
        let pieces = found
            .pieces
            .iter()
            .map(|piece| text(&source, &found.file, piece));
        let text: String = pieces.collect();
        (
            found.file.clone(),
            text.split_whitespace().collect::<Vec<_>>().join(" "),
        )
    };
    source.statements.iter().map(join).collect()
}

fn database() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    for step in MIGRATIONS {
        let text = step.sql.replace("/*sqlite:", "").replace("*/", "");
        database.execute_batch(&text).unwrap();
    }
    // As a connection that is opened later sees it: with the statistics of the schema.
    database.execute_batch("ANALYZE sqlite_schema").unwrap();
    database
}

#[test]
fn every_statement_can_be_prepared() {
    let database = database();
    let statements = statements();
    assert!(
        statements.len() > 80,
        "only {} were found",
        statements.len()
    );
    for (file, text) in statements {
        if let Err(error) = database.prepare(&text.replace('$', "?")) {
            panic!("{file}: {error}\n{text}");
        }
    }
}

#[test]
fn no_statement_reads_a_whole_table() {
    let database = database();
    for (file, text) in statements() {
        if MAY_SCAN
            .iter()
            .any(|(beginning, _)| text.starts_with(beginning))
        {
            continue;
        }
        let explain = format!("EXPLAIN QUERY PLAN {}", text.replace('$', "?"));
        let mut prepared = database.prepare(&explain).unwrap();
        let mut plan = prepared.raw_query();
        while let Some(step) = plan.next().unwrap() {
            let step: String = step.get(3).unwrap();
            let scans = step.starts_with("SCAN") && !step.contains("CONSTANT ROW");
            assert!(!scans, "{file}: {step}\n{text}");
        }
    }
}

/// Their number is small and a person's history is long, so the plain index on a person would be the wrong one.
#[test]
fn running_tracks_are_found_by_their_own_index() {
    let database = database();
    let (mut found, mut others) = (0, Vec::new());
    for (file, text) in statements() {
        let asks_for_running =
            text.contains("AND ended_at IS NULL") || text.contains("AND r.ended_at IS NULL");
        if !asks_for_running {
            continue;
        }
        found += 1;
        let explain = format!("EXPLAIN QUERY PLAN {}", text.replace('$', "?"));
        let mut prepared = database.prepare(&explain).unwrap();
        let mut plan = Vec::new();
        let mut rows = prepared.raw_query();
        while let Some(step) = rows.next().unwrap() {
            plan.push(step.get::<_, String>(3).unwrap());
        }
        let uses_it = plan
            .iter()
            .any(|step| step.contains("INDEX tracks_running"));
        if !uses_it {
            others.push(format!("{file}: {plan:#?}\n{text}"));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
    assert!(found >= 6, "only {found} statements ask for running tracks");
}

//! Finds the `sql!` statements in Rust sources, and joins their pieces.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use syn::{
    Block, Expr, Item, ItemConst, Lit, Macro, Stmt, Token, UseTree, punctuated::Punctuated,
    visit::Visit,
};

/// A statement in the sources.
pub(super) struct Statement {
    /// The file it stands in.
    pub(super) file: String,
    /// Its text, with every run of white space as one space.
    pub(super) text: String,
}

impl Statement {
    /// The text in SQLite's notation of parameters.
    pub(super) fn for_sqlite(&self) -> String {
        self.text.replace('$', "?")
    }
}

/// Names and what they stand for.
type Constants = HashMap<String, String>;
/// The path of a module in the crate, `["tasks", "list"]`.
type Module = Vec<String>;

struct Source {
    file: String,
    module: Module,
    text: String,
    tree: syn::File,
}

/// Every statement below a folder of sources.
pub(super) fn collect(root: &Path) -> Vec<Statement> {
    let mut files = Vec::new();
    find_files(root, &mut files);
    files.sort();
    let sources: Vec<_> = files.iter().map(|file| read(root, file)).collect();
    let constants: HashMap<_, _> = sources
        .iter()
        .map(|source| (source.module.clone(), constants(source.tree.items.iter())))
        .collect();
    let mut statements = Vec::new();
    for source in &sources {
        let mut finder = Finder {
            source,
            scopes: vec![constants[&source.module].clone()],
            imports: imports(source),
            constants: &constants,
            found: Vec::new(),
        };
        finder.visit_file(&source.tree);
        // What stands inside another macro is not visited.
        let written = source.text.matches("sql!(").count();
        assert_eq!(finder.found.len(), written, "{}", source.file);
        statements.extend(finder.found);
    }
    statements
}

fn find_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find_files(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

fn read(root: &Path, path: &Path) -> Source {
    let text = fs::read_to_string(path).expect("a source");
    let relative = path.strip_prefix(root).expect("a file below the root");
    let mut module: Module = relative
        .with_extension("")
        .iter()
        .map(|part| part.to_str().expect("a name in UTF-8").to_owned())
        .collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    Source {
        file: relative.display().to_string(),
        module,
        tree: syn::parse_file(&text).expect("Rust"),
        text,
    }
}

fn constants<'a>(items: impl Iterator<Item = &'a Item>) -> Constants {
    let named = items.filter_map(|item| match item {
        Item::Const(ItemConst { ident, expr, .. }) => {
            literal(expr).map(|text| (ident.to_string(), text))
        }
        _ => None,
    });
    named.collect()
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// What a file imports, by the name it has there: paths in this crate.
fn imports(source: &Source) -> HashMap<String, Module> {
    let mut imports = HashMap::new();
    for item in &source.tree.items {
        if let Item::Use(item) = item {
            import(&source.module, Vec::new(), &item.tree, &mut imports);
        }
    }
    imports
}

fn import(here: &Module, mut path: Module, tree: &UseTree, imports: &mut HashMap<String, Module>) {
    match tree {
        UseTree::Path(step) => {
            path.push(step.ident.to_string());
            import(here, path, &step.tree, imports);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                import(here, path.clone(), tree, imports);
            }
        }
        UseTree::Name(name) => {
            path.push(name.ident.to_string());
            imports.insert(name.ident.to_string(), absolute(here, &path));
        }
        UseTree::Rename(_) | UseTree::Glob(_) => {}
    }
}

/// A path from the root of the crate, for one that begins with `crate`, `super` or `self`.
fn absolute(here: &Module, path: &[String]) -> Module {
    match path.split_first() {
        Some((first, rest)) if first == "crate" => rest.to_vec(),
        Some((first, rest)) if first == "super" => [&here[..here.len() - 1], rest].concat(),
        Some((first, rest)) if first == "self" => [&here[..], rest].concat(),
        _ => path.to_vec(),
    }
}

struct Finder<'s> {
    source: &'s Source,
    /// The constants of the file and of the blocks around, innermost last.
    scopes: Vec<Constants>,
    imports: HashMap<String, Module>,
    constants: &'s HashMap<Module, Constants>,
    found: Vec<Statement>,
}

impl Finder<'_> {
    fn piece(&self, expr: &Expr) -> Option<String> {
        if let Some(text) = literal(expr) {
            return Some(text);
        }
        let Expr::Path(expr) = expr else {
            return None;
        };
        let path = expr.path.segments.iter().map(|step| step.ident.to_string());
        let mut path: Module = path.collect();
        if let [name] = &path[..]
            && let Some(text) = self.scopes.iter().rev().find_map(|scope| scope.get(name))
        {
            return Some(text.clone());
        }
        if let Some(imported) = self.imports.get(&path[0]) {
            path.splice(..1, imported.iter().cloned());
        }
        let path = absolute(&self.source.module, &path);
        let (name, module) = path.split_last()?;
        self.constants.get(module)?.get(name).cloned()
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let items = block.stmts.iter().filter_map(|statement| match statement {
            Stmt::Item(item) => Some(item),
            _ => None,
        });
        self.scopes.push(constants(items));
        syn::visit::visit_block(self, block);
        self.scopes.pop();
    }

    fn visit_macro(&mut self, invocation: &'ast Macro) {
        if !invocation.path.is_ident("sql") {
            return;
        }
        let pieces = invocation
            .parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated)
            .expect("pieces with commas between them");
        let mut text = String::new();
        for piece in &pieces {
            let Some(piece) = self.piece(piece) else {
                panic!("{}: a piece of no known text", self.source.file);
            };
            text.push_str(&piece);
        }
        let words: Vec<_> = text.split_whitespace().collect();
        self.found.push(Statement {
            file: self.source.file.clone(),
            text: words.join(" "),
        });
    }
}

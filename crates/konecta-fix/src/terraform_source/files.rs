//! The files of a Terraform configuration, parsed, and what each folder (a module, to Terraform) declares.
//! Is given texts and reads no file itself; a text that is no HCL is told, and the rest is used.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::Span as _;
use hcl_edit::parser::parse_body;
use hcl_edit::structure::{Attribute, Block, Body};

/// A file as it was read; `path` is relative to the repository's root, with `/` between folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// Its path.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The file.
    pub path: String,
    /// Counted from 1.
    pub line: u32,
    /// In UTF-16 code units, counted from 1, as SARIF counts them.
    pub column: u32,
}

/// A file that is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}:{}: {reason}; the file is left out", at.path, at.line, at.column)]
pub struct UnreadFile {
    /// Where it cannot be understood.
    pub at: Position,
    /// What was expected there.
    pub reason: String,
}

#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
    body: Body,
}

impl File {
    /// The line and column of a byte.
    pub(super) fn position(&self, byte: usize) -> Position {
        position(&self.path, &self.text, byte)
    }
}

fn position(path: &str, text: &str, byte: usize) -> Position {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count() + 1;
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Position { path: path.to_owned(), line: number(line), column: number(column) }
}

/// A block in its file.
#[derive(Debug)]
pub(super) struct Placed<'s, T> {
    pub(super) file: &'s File,
    pub(super) it: &'s T,
}

impl<T> Clone for Placed<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Placed<'_, T> {}

impl Placed<'_, Block> {
    pub(super) fn position(&self) -> Position {
        self.file.position(self.it.ident.span().map_or(0, |span| span.start))
    }
}

impl Placed<'_, Attribute> {
    pub(super) fn position(&self) -> Position {
        self.file.position(self.it.key.span().map_or(0, |span| span.start))
    }
}

/// What a folder declares: by kind of block and labels.
#[derive(Debug, Default)]
struct Folder {
    /// By type, labels; as the file and the place in it.
    blocks: BTreeMap<(String, Vec<String>), (usize, usize)>,
    locals: BTreeMap<String, (usize, usize)>,
    /// Values for the variables of a root module.
    values: BTreeMap<String, usize>,
}

/// What may be evaluated of a configuration in all, in expressions: some seconds.
const WORK: u64 = 50_000_000;

/// A configuration: every folder that was read.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<File>,
    folders: BTreeMap<String, Folder>,
    /// What was evaluated until now.
    spent: Cell<u64>,
    /// Whether something was left out because it was too much.
    exhausted: Cell<bool>,
}

impl Sources {
    /// Notes that so much is evaluated; `None` once it is too much.
    pub(super) fn spend(&self, work: u64) -> Option<()> {
        self.spent.set(self.spent.get().saturating_add(work));
        (self.spent.get() <= WORK).then_some(())
    }

    /// Notes that something is taken as not known because it takes too much to find out.
    pub(super) fn exhaust(&self) {
        self.exhausted.set(true);
    }

    /// Whether something was taken as not known because it takes too much to find out.
    pub(super) fn is_exhausted(&self) -> bool {
        self.exhausted.get()
    }

    /// Parses files and adds them; what cannot be parsed is left out and returned.
    pub fn add(&mut self, texts: impl IntoIterator<Item = SourceText>) -> Vec<UnreadFile> {
        let mut unread = Vec::new();
        for SourceText { path, text } in texts {
            match parse_body(&text) {
                Ok(body) => self.index(File { path, text, body }),
                Err(error) => {
                    let at = position(&path, &text, error.location().offset());
                    unread.push(UnreadFile { at, reason: format!("it is not read as HCL: {}", error.message()) });
                }
            }
        }
        unread
    }

    fn index(&mut self, file: File) {
        let number = self.files.len();
        let folder = self.folders.entry(folder_of(&file.path).to_owned()).or_default();
        if file.path.ends_with(".tfvars") {
            folder.values.extend(file.body.attributes().map(|value| (value.key.as_str().to_owned(), number)));
            self.files.push(file);
            return;
        }
        for (place, structure) in file.body.iter().enumerate() {
            let Some(block) = structure.as_block() else { continue };
            let kind = block.ident.as_str().to_owned();
            if kind == "locals" {
                folder
                    .locals
                    .extend(block.body.attributes().map(|local| (local.key.as_str().to_owned(), (number, place))));
                continue;
            }
            let labels = block.labels.iter().map(|label| label.as_str().to_owned()).collect();
            folder.blocks.entry((kind, labels)).or_insert((number, place));
        }
        self.files.push(file);
    }

    /// Folders that a module is called from and that were not read, relative to the repository's root. What lies above
    /// the root is not among them.
    #[must_use]
    pub fn missing(&self) -> BTreeSet<String> {
        let calls = self.folders.keys().flat_map(|dir| self.calls(dir).map(move |(_, call)| (dir, call)));
        let wanted = calls.filter_map(|(dir, call)| local_folder(dir, call.it));
        wanted.filter(|wanted| !self.folders.contains_key(wanted)).collect()
    }

    /// Says that a folder holds nothing that can be read, so that it is not asked for again.
    pub fn without(&mut self, dir: &str) {
        self.folders.entry(dir.to_owned()).or_default();
    }

    /// Folders that no other one calls: where Terraform is run.
    pub(super) fn roots(&self) -> Vec<&str> {
        let called: BTreeSet<String> = self
            .folders
            .keys()
            .flat_map(|dir| self.calls(dir).filter_map(move |(_, call)| local_folder(dir, call.it)))
            .collect();
        let declares =
            |dir: &&String| !called.contains(*dir) && self.folders.get(*dir).is_some_and(|dir| !dir.blocks.is_empty());
        self.folders.keys().filter(declares).map(String::as_str).collect()
    }

    fn block_at(&self, (number, place): (usize, usize)) -> Option<Placed<'_, Block>> {
        let file = self.files.get(number)?;
        Some(Placed { file, it: file.body.get(place)?.as_block()? })
    }

    pub(super) fn block(&self, dir: &str, kind: &str, labels: &[&str]) -> Option<Placed<'_, Block>> {
        let key = (kind.to_owned(), labels.iter().map(|&label| label.to_owned()).collect());
        self.block_at(*self.folders.get(dir)?.blocks.get(&key)?)
    }

    /// Every block of this kind in a folder, with its labels.
    pub(super) fn blocks<'s>(
        &'s self,
        dir: &str,
        kind: &'s str,
    ) -> impl Iterator<Item = (&'s [String], Placed<'s, Block>)> {
        let blocks = self.folders.get(dir).into_iter().flat_map(|folder| &folder.blocks);
        blocks
            .filter(move |((found, _), _)| found == kind)
            .filter_map(|((_, labels), place)| Some((labels.as_slice(), self.block_at(*place)?)))
    }

    /// The calls of modules in a folder, by their names.
    pub(super) fn calls(&self, dir: &str) -> impl Iterator<Item = (&str, Placed<'_, Block>)> {
        self.blocks(dir, "module").filter_map(|(labels, block)| Some((labels.first()?.as_str(), block)))
    }

    pub(super) fn local(&self, dir: &str, name: &str) -> Option<Placed<'_, Attribute>> {
        let Placed { file, it } = self.block_at(*self.folders.get(dir)?.locals.get(name)?)?;
        Some(Placed { file, it: it.body.get_attribute(name)? })
    }

    /// What a `.tfvars` file of the folder gives a variable.
    pub(super) fn value(&self, dir: &str, name: &str) -> Option<Placed<'_, Attribute>> {
        let file = self.files.get(*self.folders.get(dir)?.values.get(name)?)?;
        Some(Placed { file, it: file.body.get_attribute(name)? })
    }

    /// The files of a folder.
    pub(super) fn in_folder(&self, dir: &str) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| folder_of(&file.path) == dir)
    }

    /// A file by its path.
    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(super) fn has(&self, dir: &str) -> bool {
        self.folders.get(dir).is_some_and(|folder| !folder.blocks.is_empty())
    }
}

pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The folder of a module that is called by its path; `None` where it comes from elsewhere or lies above the root.
pub(super) fn local_folder(dir: &str, call: &Block) -> Option<String> {
    let source = call.body.get_attribute("source")?.value.as_str()?;
    if !(source.starts_with("./") || source.starts_with("../") || source == "." || source == "..") {
        return None;
    }
    let mut steps: Vec<&str> = dir.split('/').filter(|step| !step.is_empty()).collect();
    for step in source.split('/').filter(|step| !step.is_empty() && *step != ".") {
        match step {
            ".." => drop(steps.pop()?),
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

//! The Terraform configuration that `--terraform` names: its files are found and read here, the library joins them to
//! what lives. Paths are those of the repository, as SARIF wants them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use konecta_base::{encoding, limits};
use konecta_core::report::Report;
use konecta_core::report::places::{Places, Spot};
use konecta_core::report::sarif;
use konecta_fix::View;
use konecta_fix::plan::Plan;
use konecta_fix::terraform_source::{Edited, Join, Live, SourceText, Sources, edited, spots};

use super::tfstate;
use crate::cli::AccountArgs;
use crate::config::Config;
use crate::error::Error;
use crate::ui;

/// What a configuration may hold; large ones have a thousandth of it.
const FILES: usize = 20_000;
pub(super) const BYTES: u64 = 4 << 20;

/// A configuration with its states.
pub(super) struct Terraform {
    sources: Sources,
    join: Join,
    /// The repositories that the folders are in.
    roots: Vec<PathBuf>,
    /// A file that is there, for what no file declares.
    first: String,
}

impl Terraform {
    /// Reads what was named, or nothing where nothing was. What a person should know of it is told.
    pub(super) fn read(
        dirs: &[PathBuf],
        states: &[String],
        account: &AccountArgs,
        config: &Config,
    ) -> Result<Option<Self>, Error> {
        let (mut sources, mut first, mut roots) = (Sources::default(), None, Vec::new());
        for dir in dirs {
            let tree = Tree::of(dir)?;
            let texts = tree.below(dir)?;
            let Some(found) = texts.iter().map(|text| text.path.clone()).find(|path| path.ends_with(".tf")) else {
                return Err(Error::Terraform { dir: dir.clone(), reason: "there is no .tf file in it".to_owned() });
            };
            first = first.or(Some(found));
            add(&mut sources, texts);
            loop {
                let missing = sources.missing();
                if missing.is_empty() {
                    break;
                }
                for module in missing {
                    let texts = tree.in_folder(&module)?;
                    sources.without(&module);
                    add(&mut sources, texts);
                }
            }
            roots.push(tree.root);
        }
        let Some(first) = first else { return Ok(None) };
        let (join, remarks) = Join::new(&sources, tfstate::states(states, account, config)?);
        remarks.iter().for_each(|remark| ui::note(&format!("warning: {remark}")));
        Ok(Some(Self { sources, join, roots, first }))
    }

    /// Where the violations of a report are shown.
    pub(super) fn spots(&self, report: &Report, views: &[View]) -> BTreeMap<String, Spot> {
        spots(&report.findings, &Live::new(views), &self.sources, &self.join)
    }

    /// What a plan changes in the files.
    pub(super) fn edited(&self, plan: &Plan, views: &[View]) -> Edited {
        edited(plan, views, &self.sources, &self.join)
    }

    /// Where a file of the repository is.
    pub(super) fn path(&self, inside: &str) -> PathBuf {
        let found = self.roots.iter().map(|root| root.join(inside)).find(|path| path.is_file());
        found.unwrap_or_else(|| PathBuf::from(inside))
    }

    /// The places of a report where there is no blueprint: a file of the configuration.
    pub(super) fn places(&self) -> Places {
        Places { uri: sarif::uri_of(&self.first), lines: BTreeMap::new(), default_line: 1, spots: BTreeMap::new() }
    }
}

fn add(sources: &mut Sources, texts: Vec<SourceText>) {
    for unread in sources.add(texts) {
        ui::note(&format!("warning: {unread}"));
    }
}

/// The repository that a folder is in.
struct Tree {
    root: PathBuf,
}

impl Tree {
    fn of(dir: &Path) -> Result<Self, Error> {
        let failed = |source| Error::ReadFile { path: dir.to_owned(), source };
        let path = std::fs::canonicalize(dir).map_err(failed)?;
        if !path.is_dir() {
            return Err(Error::Terraform { dir: dir.to_owned(), reason: "it is not a folder".to_owned() });
        }
        Ok(Self { root: repository(&path).map_err(failed)? })
    }

    /// Every file of Terraform below a folder, in the order of their names.
    fn below(&self, dir: &Path) -> Result<Vec<SourceText>, Error> {
        let failed = |source| Error::ReadFile { path: dir.to_owned(), source };
        let mut open = vec![std::fs::canonicalize(dir).map_err(failed)?];
        let mut texts = Vec::new();
        while let Some(dir) = open.pop() {
            open.extend(self.folder(&dir, &mut texts)?);
            if texts.len() > FILES {
                let reason = format!("there are more than {FILES} files of Terraform in it");
                return Err(Error::Terraform { dir, reason });
            }
        }
        texts.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(texts)
    }

    /// The files of one folder of the repository; none where there is no such folder.
    fn in_folder(&self, dir: &str) -> Result<Vec<SourceText>, Error> {
        let mut texts = Vec::new();
        match std::fs::canonicalize(self.root.join(dir)) {
            Ok(path) if path.is_dir() && path.starts_with(&self.root) => self.folder(&path, &mut texts).map(|_| texts),
            Ok(_) | Err(_) => Ok(texts),
        }
    }

    /// Reads a folder's files; its folders are returned. Links are not followed, and what Terraform downloads is not read.
    fn folder(&self, dir: &Path, texts: &mut Vec<SourceText>) -> Result<Vec<PathBuf>, Error> {
        let failed = |path: &Path, source| Error::ReadFile { path: path.to_owned(), source };
        let mut folders = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(|source| failed(dir, source))? {
            let entry = entry.map_err(|source| failed(dir, source))?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(|source| failed(dir, source))?);
            let name = entry.file_name().to_string_lossy().into_owned();
            if kind.is_dir() && !name.starts_with('.') {
                folders.push(path);
            } else if kind.is_file() && is_read(&name) {
                let Ok(inside) = path.strip_prefix(&self.root) else { continue };
                let parts: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
                let inside = parts.join("/");
                let bytes = limits::read(&path, BYTES).map_err(|source| failed(&path, source))?;
                match encoding::text(&bytes) {
                    Some(text) => texts.push(SourceText { path: inside, text }),
                    None => ui::note(&format!("warning: {inside}: it is not text; the file is left out")),
                }
            } else if kind.is_file() && name.ends_with(".tf.json") {
                ui::note(&format!("warning: {}: Terraform in JSON is not read; the file is left out", path.display()));
            }
        }
        Ok(folders)
    }
}

fn is_read(name: &str) -> bool {
    name.ends_with(".tf") || name == "terraform.tfvars" || name.ends_with(".auto.tfvars")
}

/// The folder that holds `.git`; else the working directory, or the folder itself where it lies elsewhere.
fn repository(dir: &Path) -> std::io::Result<PathBuf> {
    if let Some(root) = dir.ancestors().find(|dir| dir.join(".git").exists()) {
        return Ok(root.to_owned());
    }
    let here = std::env::current_dir().and_then(std::fs::canonicalize)?;
    Ok(if dir.starts_with(&here) { here } else { dir.to_owned() })
}

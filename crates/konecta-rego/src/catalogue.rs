//! All controls together: built in, and added or overridden by the user's own folder.
//! Knows files and METADATA; does not evaluate anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use include_dir::{Dir, include_dir};

use super::PolicyError;
use super::engine::{self, OneModule};
use super::metadata::Metadata;
use super::source::{LIBRARY, PolicySource};
use crate::fact_reads;
use konecta_base::claim::{Claim, Deciders};
use konecta_base::finding::Severity;
use konecta_base::id::{Action, ControlId, ResourceType};
use konecta_base::reads::{ReadScope, Reads, reads};
use konecta_base::rule::Rule;
use konecta_base::target::Target;

static POLICIES: Dir<'_> = include_dir!("$KONECTA_POLICIES");

const DOCUMENTATION: &str = "https://github.com/konecta/konecta-audit/blob/main/docs/controls";
const ROOT: &str = "konecta.";

/// Whose policy it is: an error in ours is a fault of the program, an error in a user's leaves its verdicts unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Embedded in the binary.
    BuiltIn,
    /// From `--policies`.
    User,
}

/// One control: its identity and its text.
#[derive(Debug, Clone)]
pub struct Control {
    /// Its identity.
    pub metadata: Metadata,
    /// Its text.
    pub source: PolicySource,
    /// Whose it is.
    pub origin: Origin,
    /// Worked out once: every finding names these calls.
    looks_at: Vec<Action>,
    /// The control as one module, compiled when it first judges: all clones and threads share it.
    one_module: Arc<OnceLock<Option<OneModule>>>,
}

impl Control {
    /// The stable id.
    #[must_use]
    pub fn id(&self) -> &ControlId {
        &self.metadata.custom.id
    }

    /// The readable name: the package without its root, such as `ecr.lifecycle_keeps_ten`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.source.package.strip_prefix(ROOT).unwrap_or(&self.source.package)
    }

    /// The layer: the folder it stands in.
    #[must_use]
    pub fn layer(&self) -> &str {
        self.name().split('.').next().unwrap_or_default()
    }

    fn new(metadata: Metadata, source: PolicySource, origin: Origin) -> Self {
        let custom = &metadata.custom;
        let derived = custom.facts.iter().chain(&custom.joins).flat_map(|name| fact_reads::reads_of(name));
        let looks_at: BTreeSet<&Action> = custom.reads.iter().chain(derived).collect();
        let looks_at = looks_at.into_iter().cloned().collect();
        Self { metadata, source, origin, looks_at, one_module: Arc::default() }
    }

    /// The control as one module, if it can be one; these are the libraries of its catalogue.
    pub(super) fn one_module(&self, libraries: &[PolicySource]) -> Option<&OneModule> {
        self.one_module.get_or_init(|| OneModule::of(self, libraries)).as_ref()
    }

    /// The calls whose answers it looks at, in order: those it names, and those that its facts and joins are made of.
    #[must_use]
    pub fn looks_at(&self) -> &[Action] {
        &self.looks_at
    }

    /// All calls that must be made for it, prerequisites included.
    #[must_use]
    pub fn reads(&self, reads: &Reads) -> BTreeSet<Action> {
        reads.closure(self.looks_at())
    }

    /// The control as a report shows it.
    #[must_use]
    pub fn rule(&self) -> Rule {
        let custom = &self.metadata.custom;
        Rule {
            id: custom.id.clone(),
            name: self.name().to_owned(),
            layer: self.layer().to_owned(),
            title: self.metadata.title.clone(),
            description: self.metadata.description.trim().to_owned(),
            remediation: custom.remediation.trim().to_owned(),
            severity: custom.severity,
            page: self.page(),
            related_resources: self.metadata.related_resources.clone(),
            frameworks: custom.frameworks.clone(),
        }
    }

    /// The page of our documentation; none for a control of the user's own.
    #[must_use]
    pub fn page(&self) -> Option<String> {
        (self.origin == Origin::BuiltIn).then(|| format!("{DOCUMENTATION}/{}.md", self.id()))
    }
}

/// One `.rego` file as it was found.
#[derive(Debug, Clone, Copy)]
pub struct PolicyFile<'a> {
    /// Where it was found.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// The controls of a run, the modules they share, and the claims they decide.
#[derive(Debug, Clone)]
pub struct Catalogue {
    controls: BTreeMap<ControlId, Control>,
    libraries: Vec<PolicySource>,
    tests: Vec<PolicySource>,
    claims: Vec<Claim>,
    deciders: Deciders,
}

/// Narrows a run: a control is taken if it fits every list that is not empty.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// By id or readable name.
    pub controls: Vec<String>,
    /// By layer.
    pub layers: Vec<String>,
    /// This bad or worse.
    pub at_least: Option<Severity>,
}

/// A name in a selection that fits nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} `{name}`; `konecta-audit controls` lists what there is")]
pub struct UnknownName {
    /// `control` or `layer`.
    pub what: &'static str,
    /// The name given.
    pub name: String,
}

impl Catalogue {
    /// The controls that are built in.
    ///
    /// # Errors
    /// When one of them breaks a rule of the house; a test rules that out.
    pub fn built_in() -> Result<Self, PolicyError> {
        /// Read and compiled once a process, however many accounts it judges.
        static BUILT_IN: OnceLock<Catalogue> = OnceLock::new();
        if let Some(known) = BUILT_IN.get() {
            return Ok(known.clone());
        }
        let mut files = Vec::new();
        collect(&POLICIES, &mut files);
        let read = Self::of(&files)?;
        Ok(BUILT_IN.get_or_init(|| read).clone())
    }

    /// Just these policies, as if they were built in.
    ///
    /// # Errors
    /// When a file breaks a rule of the house, with file, line and reason.
    pub fn of(files: &[PolicyFile<'_>]) -> Result<Self, PolicyError> {
        let claims = built_in_claims()?;
        let of = claims.iter().map(|claim| (claim.id.clone(), claim.deciders.clone())).collect();
        let deciders = Deciders { of, existing: BTreeSet::new() };
        let mut catalogue =
            Self { controls: BTreeMap::new(), libraries: Vec::new(), tests: Vec::new(), claims, deciders };
        catalogue.add(files, Origin::BuiltIn)?;
        Ok(catalogue)
    }

    /// Adds a user's policies; one with the id of a control that exists takes its place.
    ///
    /// # Errors
    /// When a file breaks a rule of the house, with file, line and reason.
    pub fn with_user_policies(mut self, files: &[PolicyFile<'_>]) -> Result<Self, PolicyError> {
        self.add(files, Origin::User)?;
        Ok(self)
    }

    /// The facts and indexes that a control may look at: those that stand in its text, or in that of a library that it names,
    /// itself or over others.
    #[must_use]
    pub fn facts(&self) -> BTreeSet<&'static str> {
        let mut open: Vec<&PolicySource> = self.controls.values().map(|control| &control.source).collect();
        let mut left: Vec<&PolicySource> = self.libraries.iter().collect();
        let mut facts = BTreeSet::new();
        while let Some(source) = open.pop() {
            facts.extend(source.facts.iter().copied());
            let (named, others) = left.into_iter().partition(|library| source.names(library));
            left = others;
            open.extend::<Vec<_>>(named);
        }
        facts
    }

    fn add(&mut self, files: &[PolicyFile<'_>], origin: Origin) -> Result<(), PolicyError> {
        let mut added: BTreeMap<ControlId, String> = BTreeMap::new();
        for file in files {
            let source = PolicySource::read(file.path, file.text)?;
            if origin == Origin::User {
                engine::parse(&source)?;
            }
            if file.path.ends_with("_test.rego") {
                self.tests.push(source);
            } else if source.package.starts_with(LIBRARY) {
                self.libraries.push(source);
                // What was compiled with the libraries of before is not what it would be now.
                self.controls.values_mut().for_each(|control| control.one_module = Arc::default());
            } else {
                let metadata = Metadata::parse(file.path, file.text)?;
                let control = Control::new(metadata, source, origin);
                self.check(&control)?;
                let id = control.id().clone();
                if let Some(other) = added.insert(id.clone(), file.path.to_owned()) {
                    return Err(at_metadata(&control, format!("the id {id} is also that of {other}")));
                }
                self.controls.retain(|other, kept| other != &id && kept.source.package != control.source.package);
                // What the document names stays; a user's control may decide more than that.
                for claim in &control.metadata.custom.claims {
                    self.deciders.of.entry(claim.clone()).or_default().insert(id.clone());
                }
                self.controls.insert(id, control);
            }
        }
        self.deciders.existing = self.controls.keys().cloned().collect();
        Ok(())
    }

    fn check(&self, control: &Control) -> Result<(), PolicyError> {
        let refuse = |reason: String| Err(at_metadata(control, reason));
        let custom = &control.metadata.custom;
        let known = reads();
        if let Some(action) = custom.reads.iter().find(|action| known.get(action).is_none()) {
            return refuse(format!("`reads` names {action}, a call that konecta-audit does not make"));
        }
        if let Some(subject) = custom.resource.iter().find(|subject| known.lister(subject).is_none()) {
            return refuse(format!("`resource` names {subject}, which no call lists"));
        }
        for (field, names, exists) in [
            ("facts", &custom.facts, fact_reads::is_fact as fn(&str) -> bool),
            ("joins", &custom.joins, fact_reads::is_index),
        ] {
            if let Some(name) = names.iter().find(|name| !exists(name)) {
                return refuse(format!(
                    "`{field}` names `{name}`, which does not exist; docs/facts.md lists what there is"
                ));
            }
        }
        if let Some(claim) = custom.claims.iter().find(|id| !self.claims.iter().any(|claim| &claim.id == *id)) {
            return refuse(format!("`claims` names {claim}, which policies/claims.yaml does not have"));
        }
        for rule in ["pass", "violations"] {
            if !control.source.defines(rule) {
                return refuse(format!("the rule `{rule}` is missing: a control proves pass and proves fail"));
            }
        }
        Ok(())
    }

    /// All controls, by id.
    pub fn controls(&self) -> impl Iterator<Item = &Control> {
        self.controls.values()
    }

    /// All controls as a report shows them, by id.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        self.controls().map(Control::rule).collect()
    }

    /// One control by its id or its readable name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Control> {
        self.controls
            .values()
            .find(|control| control.id().as_str().eq_ignore_ascii_case(name) || control.name() == name)
    }

    /// The modules that controls share.
    #[must_use]
    pub fn libraries(&self) -> &[PolicySource] {
        &self.libraries
    }

    /// The `_test.rego` files.
    #[must_use]
    pub fn tests(&self) -> &[PolicySource] {
        &self.tests
    }

    /// The document, claim by claim.
    #[must_use]
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// The controls that decide each claim, whether or not they exist or are run.
    #[must_use]
    pub fn deciders(&self) -> &Deciders {
        &self.deciders
    }

    /// The layers there are.
    #[must_use]
    pub fn layers(&self) -> BTreeSet<&str> {
        self.controls.values().map(Control::layer).collect()
    }

    /// Keeps only the controls that a selection names.
    ///
    /// # Errors
    /// When it names a control or layer that does not exist.
    pub fn narrow(&mut self, selection: &Selection) -> Result<(), UnknownName> {
        for name in &selection.controls {
            if self.find(name).is_none() {
                return Err(UnknownName { what: "control", name: name.clone() });
            }
        }
        for name in &selection.layers {
            if !self.layers().contains(name.as_str()) {
                return Err(UnknownName { what: "layer", name: name.clone() });
            }
        }
        self.controls.retain(|id, control| {
            let named = |name: &String| id.as_str().eq_ignore_ascii_case(name) || control.name() == name;
            (selection.controls.is_empty() || selection.controls.iter().any(named))
                && (selection.layers.is_empty() || selection.layers.iter().any(|layer| layer == control.layer()))
                && selection.at_least.is_none_or(|least| control.metadata.custom.severity <= least)
        });
        Ok(())
    }

    /// All calls that the controls need, prerequisites included.
    #[must_use]
    pub fn reads(&self) -> BTreeSet<Action> {
        reads().closure(self.controls.values().flat_map(Control::looks_at))
    }

    /// All calls that must be made, wherever, to judge what lives in one account and region.
    #[must_use]
    pub fn reads_for(&self, target: &Target) -> BTreeSet<Action> {
        let known = reads();
        let lives_there = |subject: &ResourceType| {
            known.lister(subject).is_none_or(|(_, read)| match read.scope {
                ReadScope::Both => true,
                ReadScope::Global => target.region.is_global(),
                ReadScope::Regional => !target.region.is_global(),
            })
        };
        let is_judged = |control: &&Control| match control.metadata.custom.resource.as_slice() {
            // A stack lives in a region: the blueprint's.
            [] => !target.region.is_global(),
            subjects => subjects.iter().any(lives_there),
        };
        known.closure(self.controls().filter(is_judged).flat_map(Control::looks_at))
    }
}

fn at_metadata(control: &Control, reason: String) -> PolicyError {
    let line = control.source.text.lines().position(|line| line.starts_with("# METADATA")).map_or(1, |at| at + 1);
    PolicyError::refused(&control.source.file, line, reason)
}

fn collect<'a>(dir: &'a Dir<'_>, files: &mut Vec<PolicyFile<'a>>) {
    for file in dir.files() {
        let path = file.path().to_str();
        if let (Some(path), Some(text)) = (path.filter(|path| path.ends_with(".rego")), file.contents_utf8()) {
            files.push(PolicyFile { path, text });
        }
    }
    dir.dirs().for_each(|dir| collect(dir, files));
}

fn built_in_claims() -> Result<Vec<Claim>, PolicyError> {
    let text = POLICIES.get_file("claims.yaml").and_then(include_dir::File::contents_utf8).unwrap_or_default();
    serde_norway::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |place| place.line());
        PolicyError::refused("claims.yaml", line, error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use konecta_base::id::ClaimId;

    /// `claims.yaml` is the contract; METADATA says the same of the controls that there are.
    #[test]
    fn claims_and_controls_name_each_other() {
        let catalogue = Catalogue::built_in().expect("catalogue");
        let mut said: BTreeMap<ClaimId, BTreeSet<ControlId>> = BTreeMap::new();
        for control in catalogue.controls() {
            for claim in &control.metadata.custom.claims {
                said.entry(claim.clone()).or_default().insert(control.id().clone());
            }
        }
        for claim in catalogue.claims() {
            let exists = |id: &&ControlId| catalogue.deciders.existing.contains(*id);
            let listed: BTreeSet<ControlId> = claim.deciders.iter().filter(exists).cloned().collect();
            assert_eq!(said.remove(&claim.id).unwrap_or_default(), listed, "{}", claim.id);
        }
        assert_eq!(said, BTreeMap::new());
    }

    #[test]
    fn a_claim_that_can_be_audited_names_what_it_is_of_and_who_decides_it() {
        let catalogue = Catalogue::built_in().expect("catalogue");
        for claim in catalogue.claims().iter().filter(|claim| claim.not_auditable.is_none()) {
            assert!(!claim.deciders.is_empty(), "{} has no decider", claim.id);
            assert!(!claim.of.is_empty() || claim.id.as_str() == "iam-access", "{} is of nothing", claim.id);
        }
        assert!(catalogue.find(konecta_base::claim::INVENTORY).is_some());
    }
}

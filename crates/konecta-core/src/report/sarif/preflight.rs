//! Everything that makes GitHub reject or cut off an upload, looked for in what we are about to write.
//! One unreadable result rejects a whole file, and the uploader's message seldom says which; so this runs on every
//! file, in production too. Knows SARIF; knows nothing of findings.

mod size;

use std::collections::BTreeSet;
use std::fmt;

use serde_sarif::sarif::{ReportingDescriptor, Result as SarifResult, Run, Sarif};

use super::uri::fault;

/// Runs in a file.
pub const RUNS: usize = 20;
/// Results in a run.
pub const RESULTS: usize = 25_000;
/// Results in a run of which GitHub keeps no more.
pub const RESULTS_KEPT: usize = 5_000;
/// Rules in a run.
pub const RULES: usize = 25_000;
/// Tags of a rule.
pub const TAGS: usize = 20;
/// Tags of a rule that GitHub shows.
pub const TAGS_SHOWN: usize = 10;
/// Locations of a result.
pub const LOCATIONS: usize = 1_000;
/// Characters of a rule's short or full description.
pub const DESCRIPTION: usize = 1_024;
/// Bytes of a file after gzip.
pub const GZIPPED: usize = 10 * 1024 * 1024;

/// What GitHub does about a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitEffect {
    /// It takes nothing of the file.
    Rejected,
    /// It takes the file and leaves something out.
    CutOff,
}

/// One thing that GitHub would not take as it stands. `at` is a path such as `runs[0].results[3]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "every message says what its fields are")]
pub enum SarifProblem {
    #[error("`$schema` is missing")]
    NoSchema,
    #[error("`version` is {found}, not \"2.1.0\"")]
    Version { found: String },
    #[error("{at} is missing or empty")]
    Empty { at: String },
    #[error("{at} has no location")]
    NoLocation { at: String },
    #[error("{at} has no physical location")]
    LogicalOnly { at: String },
    #[error("{at} has no artifactLocation")]
    NoArtifact { at: String },
    #[error("{at}: `{uri}` {fault}")]
    Uri { at: String, uri: String, fault: UriFault },
    #[error("{at}: base ids of URIs are not supported")]
    UriBase { at: String },
    #[error("{at} has no startLine of 1 or more")]
    NoLine { at: String },
    #[error("{at}: the rule id `{id}` stands there twice")]
    DuplicateRule { at: String, id: String },
    #[error("{at}: no rule `{id}` at its ruleIndex")]
    NoRule { at: String, id: String },
    #[error("two runs have the category `{id}`")]
    DuplicateCategory { id: String },
    #[error("{at}: the category `{id}` does not end in `/`")]
    Category { at: String, id: String },
    #[error("{at} has no primaryLocationLineHash")]
    NoFingerprint { at: String },
    #[error("{at}: the fingerprint `{mark}` stands there twice")]
    DuplicateFingerprint { at: String, mark: String },
    #[error("{at} has {length} characters, {limit} are allowed")]
    TooLong { at: String, length: usize, limit: usize },
    #[error("{at} holds {count}, {limit} are {}", if *.effect == LimitEffect::Rejected { "allowed" } else { "kept" })]
    TooMany { at: String, count: usize, limit: usize, effect: LimitEffect },
    #[error("{at}: security-severity is {found}, not a string from \"0.1\" to \"10.0\"")]
    SecuritySeverity { at: String, found: String },
    #[error("{at} has no tag `security`")]
    NoSecurityTag { at: String },
    #[error("the file has about {bytes} bytes after gzip, {limit} are allowed")]
    TooLarge { bytes: usize, limit: usize },
}

impl SarifProblem {
    /// Whether GitHub would take nothing of the file.
    #[must_use]
    pub fn rejects(&self) -> bool {
        !matches!(self, Self::TooMany { effect: LimitEffect::CutOff, .. })
    }
}

/// What is wrong with the uri of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UriFault {
    /// Nothing stands there.
    Empty,
    /// It begins with a scheme, as an ARN does.
    Scheme,
    /// It does not begin at the root of the repository.
    Absolute,
    /// Folders are parted by `\`.
    Backslash,
    /// It holds white space.
    Space,
    /// It holds `.`, `..` or nothing between two `/`.
    Dots,
    /// It holds what no URI may hold.
    Junk,
}

impl fmt::Display for UriFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::Scheme => "has a scheme",
            Self::Absolute => "is absolute",
            Self::Backslash => "holds a backslash",
            Self::Space => "holds white space",
            Self::Dots => "holds `.`, `..` or an empty folder",
            Self::Junk => "holds what no URI may hold",
        })
    }
}

/// Every problem of a text that is SARIF.
#[cfg(test)]
pub(crate) fn check_text(text: &str) -> Vec<SarifProblem> {
    check(&serde_json::from_str(text).expect("SARIF"), text)
}

/// Every problem of a document and of its text.
#[must_use]
pub fn check(log: &Sarif, text: &str) -> Vec<SarifProblem> {
    let mut found = Found::default();
    if log.schema.as_deref().unwrap_or_default().is_empty() {
        found.0.push(SarifProblem::NoSchema);
    }
    if log.version != "2.1.0" {
        found.0.push(SarifProblem::Version { found: log.version.to_string() });
    }
    found.at_most("runs", log.runs.len(), RUNS, LimitEffect::Rejected);
    if log.runs.is_empty() {
        found.0.push(SarifProblem::Empty { at: "runs".to_owned() });
    }
    let mut categories = BTreeSet::new();
    for (number, run) in log.runs.iter().enumerate() {
        let id = run.automation_details.as_ref().and_then(|details| details.id.as_deref()).unwrap_or_default();
        if !categories.insert((run.tool.driver.name.as_str(), id)) {
            found.0.push(SarifProblem::DuplicateCategory { id: id.to_owned() });
        }
        found.run(&format!("runs[{number}]"), id, run);
    }
    let bytes = size::gzipped(text);
    if bytes > GZIPPED {
        found.0.push(SarifProblem::TooLarge { bytes, limit: GZIPPED });
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<SarifProblem>);

impl Found {
    fn at_most(&mut self, at: &str, count: usize, limit: usize, effect: LimitEffect) {
        if count > limit {
            self.0.push(SarifProblem::TooMany { at: at.to_owned(), count, limit, effect });
        }
    }

    fn filled(&mut self, at: String, text: Option<&str>) {
        if text.is_none_or(|text| text.trim().is_empty()) {
            self.0.push(SarifProblem::Empty { at });
        }
    }

    fn run(&mut self, at: &str, category: &str, run: &Run) {
        self.filled(format!("{at}.automationDetails.id"), Some(category));
        if !category.ends_with('/') {
            self.0.push(SarifProblem::Category { at: at.to_owned(), id: category.to_owned() });
        }
        if run.original_uri_base_ids.is_some() {
            self.0.push(SarifProblem::UriBase { at: at.to_owned() });
        }
        self.filled(format!("{at}.tool.driver.name"), Some(&run.tool.driver.name));
        let rules = run.tool.driver.rules.as_deref().unwrap_or_default();
        self.at_most(&format!("{at}.tool.driver.rules"), rules.len(), RULES, LimitEffect::Rejected);
        let mut ids = BTreeSet::new();
        for (number, rule) in rules.iter().enumerate() {
            if !ids.insert(rule.id.as_str()) {
                self.0.push(SarifProblem::DuplicateRule { at: at.to_owned(), id: rule.id.clone() });
            }
            self.rule(&format!("{at}.tool.driver.rules[{number}]"), rule);
        }
        let Some(results) = &run.results else {
            self.0.push(SarifProblem::Empty { at: format!("{at}.results") });
            return;
        };
        let list = format!("{at}.results");
        match results.len() {
            count if count > RESULTS => self.at_most(&list, count, RESULTS, LimitEffect::Rejected),
            count => self.at_most(&list, count, RESULTS_KEPT, LimitEffect::CutOff),
        }
        let mut marks = BTreeSet::new();
        for (number, result) in results.iter().enumerate() {
            self.result(&format!("{list}[{number}]"), result, rules, &mut marks);
        }
    }

    fn rule(&mut self, at: &str, rule: &ReportingDescriptor) {
        self.filled(format!("{at}.id"), Some(&rule.id));
        for (name, message) in
            [("shortDescription", &rule.short_description), ("fullDescription", &rule.full_description)]
        {
            let text = message.as_ref().map(|message| message.text.as_str());
            self.filled(format!("{at}.{name}.text"), text);
            let length = text.map_or(0, |text| text.encode_utf16().count());
            if length > DESCRIPTION {
                self.0.push(SarifProblem::TooLong { at: format!("{at}.{name}"), length, limit: DESCRIPTION });
            }
        }
        self.filled(format!("{at}.help.text"), rule.help.as_ref().map(|help| help.text.as_str()));
        let tags = rule.properties.as_ref().and_then(|bag| bag.tags.as_deref()).unwrap_or_default();
        self.at_most(&format!("{at}.properties.tags"), tags.len(), TAGS, LimitEffect::Rejected);
        if tags.len() <= TAGS {
            self.at_most(&format!("{at}.properties.tags"), tags.len(), TAGS_SHOWN, LimitEffect::CutOff);
        }
        if !tags.iter().any(|tag| tag == "security") {
            self.0.push(SarifProblem::NoSecurityTag { at: at.to_owned() });
        }
        let severity = rule.properties.as_ref().and_then(|bag| bag.additional_properties.get("security-severity"));
        let number = severity.and_then(|value| value.as_str()).and_then(|text| text.parse::<f64>().ok());
        if !number.is_some_and(|number| (0.1..=10.0).contains(&number)) {
            let found = severity.map_or_else(|| "missing".to_owned(), ToString::to_string);
            self.0.push(SarifProblem::SecuritySeverity { at: at.to_owned(), found });
        }
    }

    fn result(&mut self, at: &str, result: &SarifResult, rules: &[ReportingDescriptor], marks: &mut BTreeSet<String>) {
        self.filled(format!("{at}.message.text"), result.message.text.as_deref());
        let id = result.rule_id.clone().unwrap_or_default();
        let index = result.rule_index.and_then(|index| usize::try_from(index).ok());
        if index.and_then(|index| rules.get(index)).is_none_or(|rule| rule.id != id) {
            self.0.push(SarifProblem::NoRule { at: at.to_owned(), id });
        }
        let mark = result.partial_fingerprints.as_ref().and_then(|marks| marks.get("primaryLocationLineHash"));
        match mark.filter(|mark| !mark.is_empty()) {
            None => self.0.push(SarifProblem::NoFingerprint { at: at.to_owned() }),
            Some(mark) if !marks.insert(mark.clone()) => {
                self.0.push(SarifProblem::DuplicateFingerprint { at: at.to_owned(), mark: mark.clone() });
            }
            Some(_) => {}
        }
        let locations = result.locations.as_deref().unwrap_or_default();
        self.at_most(&format!("{at}.locations"), locations.len(), LOCATIONS, LimitEffect::Rejected);
        let Some(location) = locations.first() else {
            self.0.push(SarifProblem::NoLocation { at: at.to_owned() });
            return;
        };
        let at = format!("{at}.locations[0]");
        let Some(place) = &location.physical_location else {
            self.0.push(SarifProblem::LogicalOnly { at });
            return;
        };
        if place.region.as_ref().and_then(|region| region.start_line).is_none_or(|line| line < 1) {
            self.0.push(SarifProblem::NoLine { at: at.clone() });
        }
        let Some(artifact) = &place.artifact_location else {
            self.0.push(SarifProblem::NoArtifact { at });
            return;
        };
        if artifact.uri_base_id.is_some() {
            self.0.push(SarifProblem::UriBase { at: at.clone() });
        }
        let uri = artifact.uri.as_deref().unwrap_or_default();
        if let Some(fault) = fault(uri) {
            self.0.push(SarifProblem::Uri { at, uri: uri.to_owned(), fault });
        }
    }
}

#[cfg(test)]
mod tests;

//! Where each violation is shown: the line of Terraform that a person edits. Knows findings and what declares the
//! resources that they are about; decides nothing about what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::structure::Block;
use konecta_base::finding::{Finding, Status, Violation, fingerprint};
use konecta_core::report::places::{FileLocation, Spot};
use konecta_core::report::sarif::uri_of;

use super::aim::{Aim, Live, aims, words};
use super::files::{Position, Sources};
use super::join::{Declared, Join};
use super::locate::locate;
use super::sites::{Site, site};

/// How many places are told besides the first.
const RELATED: usize = 6;

/// Where the violations of all findings are shown, by their fingerprints; what Terraform does not declare is not there.
#[must_use]
pub fn spots(findings: &[Finding], live: &Live<'_>, sources: &Sources, join: &Join) -> BTreeMap<String, Spot> {
    let mut found = BTreeMap::new();
    let seeker = Seeker { live, sources, join };
    for finding in findings {
        let mut tell = |violation: Option<&Violation>| {
            if let Some(spot) = seeker.spot(finding, violation) {
                let path = violation.map(|violation| violation.path.as_str()).unwrap_or_default();
                let mark = fingerprint(&finding.control, finding.resource.arn.as_str(), path);
                found.entry(mark).or_insert(spot);
            }
        };
        match finding.status {
            Status::Fail | Status::Waived if !finding.violations.is_empty() => {
                finding.violations.iter().for_each(|violation| tell(Some(violation)));
            }
            Status::Fail | Status::Waived | Status::Unknown => tell(None),
            Status::Pass | Status::NotApplicable => {}
        }
    }
    found
}

struct Seeker<'a> {
    live: &'a Live<'a>,
    sources: &'a Sources,
    join: &'a Join,
}

impl<'a> Seeker<'a> {
    fn spot(&self, finding: &Finding, violation: Option<&Violation>) -> Option<Spot> {
        let (aim, site) = self.chosen(finding, violation)?;
        let instance = &aim.declared.instance;
        let at = locate(&site, &aim.way, &instance.attributes);
        let mut related = Vec::new();
        if site.is_own {
            related.push((site.block.position(), format!("{} is declared here.", instance.address())));
        }
        related.extend(site.calls.iter().rev().map(|call| (call.position(), called(call.it))));
        for word in violation.map(words).unwrap_or_default() {
            let Some(other) = self.join.by_id(&word) else { continue };
            if let Some(site) = self.site(other) {
                related.push((site.block.position(), format!("{} has to do with it.", other.instance.address())));
            }
        }
        let mut seen = BTreeSet::from([at.clone()]);
        related.retain(|(position, _)| seen.insert(position.clone()));
        let related = related.into_iter().take(RELATED).map(|(position, what)| (place(&position), what)).collect();
        Some(Spot { place: place(&at), related })
    }

    /// The first of what may be meant that stands in a file; what is written there goes before what is missing.
    fn chosen(&self, finding: &Finding, violation: Option<&Violation>) -> Option<(Aim<'a>, Site<'a>)> {
        let (led, whole) = aims(finding, violation, self.live, self.join);
        let sited = |aim: Aim<'a>| {
            let site = self.site(aim.declared)?;
            Some((aim, site))
        };
        let mut otherwise = None;
        for (aim, site) in led.into_iter().filter_map(sited) {
            let is_written = locate(&site, &aim.way, &aim.declared.instance.attributes) != site.block.position();
            if aim.way.is_empty() || is_written {
                return Some((aim, site));
            }
            otherwise = otherwise.or(Some((aim, site)));
        }
        otherwise.or_else(|| whole.into_iter().find_map(sited))
    }

    fn site(&self, declared: &Declared) -> Option<Site<'a>> {
        site(self.sources, &declared.root, &declared.instance)
    }
}

fn called(call: &Block) -> String {
    let name = call.labels.first().map(|label| label.as_str().to_owned()).unwrap_or_default();
    format!("module.{name} is called here.")
}

fn place(position: &Position) -> FileLocation {
    FileLocation { uri: uri_of(&position.path), line: position.line, column: Some(position.column) }
}

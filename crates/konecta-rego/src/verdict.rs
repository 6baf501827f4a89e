//! The one place where a status is computed: from what a control proved, and from what was not seen.
//! Knows nothing of Rego; sees an answer as plain values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use super::catalogue::{Control, Origin};
use konecta_base::finding::{Evidence, Finding, Shared, Status, Violation};
use konecta_base::gap::Gap;
use konecta_base::id::{AccountId, Action, Arn, Region};
use konecta_base::reads::Reads;
use konecta_base::resource::ResourceRef;
use konecta_base::rule::ControlError;

/// What one control said of one resource.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ControlAnswer {
    /// It proved that the resource conforms.
    pub pass: bool,
    /// It proved that it does not, here.
    pub violations: Shared<Violation>,
    /// It does not speak of this resource.
    pub not_applicable: Shared<String>,
    /// AWS cannot give what is promised.
    pub unattainable: Shared<String>,
    /// Why it proved neither; never changes a status.
    pub unknown: Shared<String>,
}

/// What was not there for a control to look at, where it proved nothing.
#[derive(Debug, Default)]
pub(super) struct Open {
    /// Members of the resource that AWS did not send, as paths.
    pub(super) absent: Vec<String>,
    /// Why facts of the resource are not known.
    pub(super) whys: Vec<String>,
    /// Facts that are not known, and nobody said why.
    pub(super) underived: Vec<String>,
}

impl ControlAnswer {
    /// Everything that it says, for a search.
    pub(super) fn text(&self) -> String {
        let reasons = self.not_applicable.iter().chain(self.unattainable.iter()).chain(self.unknown.iter());
        let mut text: String = reasons.map(String::as_str).collect::<Vec<_>>().join("\n");
        for violation in self.violations.iter() {
            text.push_str(&serde_json::to_string(violation).unwrap_or_default());
        }
        text
    }

    /// The status that an answer amounts to.
    ///
    /// # Errors
    /// When the policy contradicts itself.
    pub fn status(&self) -> Result<Status, &'static str> {
        match (self.violations.is_empty(), self.pass, self.not_applicable.is_empty()) {
            (false, true, _) => Err("it says pass and gives violations"),
            (false, false, false) => Err("it says not applicable and gives violations"),
            (true, true, false) => Err("it says pass and not applicable"),
            (false, false, true) => Ok(Status::Fail),
            (true, true, true) => Ok(Status::Pass),
            (true, false, false) => Ok(Status::NotApplicable),
            (true, false, true) => Ok(Status::Unknown),
        }
    }
}

/// Why a control may be open: the gaps of what it looks at, so ordered that a resource's are found without a search.
#[derive(Debug)]
struct Causes<'a> {
    /// Whether it looks beyond its resource, so that a gap anywhere in the account concerns it.
    joins: bool,
    anywhere: BTreeSet<(&'a AccountId, &'a Region, String)>,
    /// By the one resource that the call was about.
    own: BTreeMap<&'a Arn, Vec<&'a Gap>>,
    /// The calls that it looks at, in words.
    looks_at: String,
}

impl<'a> Causes<'a> {
    fn of(control: &Control, reads: &Reads, gaps: &'a [Gap]) -> Self {
        let custom = &control.metadata.custom;
        let joins = !custom.facts.is_empty() || !custom.joins.is_empty() || custom.scope.is_some();
        let looks_at: Vec<&str> = control.looks_at().iter().map(Action::as_str).collect();
        let looks_at = looks_at.join(", ");
        let mut causes = Self { joins, anywhere: BTreeSet::new(), own: BTreeMap::new(), looks_at };
        let wanted = control.reads(reads);
        for gap in gaps.iter().filter(|gap| wanted.contains(&gap.action)) {
            match &gap.resource {
                Some(arn) if !joins => causes.own.entry(arn).or_default().push(gap),
                Some(_) | None => {
                    causes.anywhere.insert((&gap.account_id, &gap.region, gap.reason()));
                }
            }
        }
        causes
    }

    /// What the control says itself, why its facts are not known, and the gaps; only where none of them explains it,
    /// what was not there.
    fn reasons(&self, resource: &ResourceRef, said: &[String], open: Open) -> Vec<String> {
        let gaps = self.gaps(resource);
        let Open { absent, whys, underived } = open;
        let mut told: Vec<String> = said.iter().cloned().chain(whys).chain(gaps).collect();
        let mut once = BTreeSet::new();
        told.retain(|reason| once.insert(reason.clone()));
        if told.is_empty() {
            told.push(self.silence(&absent, &underived));
        }
        told
    }

    fn silence(&self, absent: &[String], underived: &[String]) -> String {
        let looks_at = &self.looks_at;
        match (absent, underived) {
            ([], []) => format!("what this control looks at does not decide it ({looks_at})"),
            ([], facts) => {
                let facts: Vec<String> = facts.iter().map(|fact| format!("`{fact}`")).collect();
                format!("{} could not be derived from what AWS sent ({looks_at})", facts.join(", "))
            }
            (members, _) => format!(
                "AWS did not send everything that this control looks at: {} absent ({looks_at})",
                match members {
                    [member] => format!("{member} is"),
                    members => format!("{} are", members.join(", ")),
                }
            ),
        }
    }

    fn gaps(&self, resource: &ResourceRef) -> BTreeSet<String> {
        let is_here = |account: &AccountId, region: &Region| {
            account == &resource.account_id
                && (region == &resource.region || region.is_global() || resource.region.is_global() || self.joins)
        };
        let anywhere = self.anywhere.iter().filter(|(account, region, _)| is_here(account, region));
        let own = self.own.get(&resource.arn).into_iter().flatten();
        let own = own.filter(|gap| is_here(&gap.account_id, &gap.region));
        anywhere.map(|(.., reason)| reason.clone()).chain(own.map(|gap| gap.reason())).collect()
    }
}

/// Makes findings of the answers of one control. What all of them have in common exists once.
#[derive(Debug)]
pub(super) struct FindingBuilder<'a> {
    pub(super) control: &'a Control,
    name: Arc<str>,
    title: Arc<str>,
    causes: Causes<'a>,
    /// The evidence of the last finding: resources that came in one answer were captured at one time.
    evidence: Option<(Timestamp, Shared<Evidence>)>,
    /// The reasons of the last unknown: most of them are open for the same.
    open: Shared<String>,
}

impl<'a> FindingBuilder<'a> {
    pub(super) fn new(control: &'a Control, reads: &Reads, gaps: &'a [Gap]) -> Self {
        Self {
            control,
            name: control.name().into(),
            title: control.metadata.title.as_str().into(),
            causes: Causes::of(control, reads, gaps),
            evidence: None,
            open: Shared::default(),
        }
    }

    /// One finding, or the reason why there is none. `open` is asked only where the answer proves nothing.
    ///
    /// # Errors
    /// When a built-in control contradicts itself; a user's control that does is unknown, with the reason.
    pub(super) fn judge(
        &mut self,
        resource: &Arc<ResourceRef>,
        captured_at: Timestamp,
        answer: ControlAnswer,
        open: &dyn Fn() -> Open,
    ) -> Result<Finding, ControlError> {
        match answer.status() {
            Ok(Status::Unknown) => {
                let reasons = self.causes.reasons(resource, &answer.unknown, open());
                if *self.open != *reasons {
                    self.open = reasons.into();
                }
                Ok(self.finding(resource, captured_at, Status::Unknown, answer))
            }
            Ok(status) => Ok(self.finding(resource, captured_at, status, answer)),
            Err(contradiction) => self.failed(resource, captured_at, contradiction),
        }
    }

    /// A control that gave no answer.
    ///
    /// # Errors
    /// When it is a built-in one; a user's is unknown, with the reason.
    pub(super) fn failed(
        &mut self,
        resource: &Arc<ResourceRef>,
        captured_at: Timestamp,
        message: &str,
    ) -> Result<Finding, ControlError> {
        match self.control.origin {
            Origin::BuiltIn => Err(ControlError {
                control: self.control.id().clone(),
                arn: resource.arn.to_string(),
                message: message.to_owned(),
            }),
            Origin::User => {
                let mut finding = self.finding(resource, captured_at, Status::Unknown, ControlAnswer::default());
                finding.reasons = vec![format!("the policy could not be evaluated: {message}")].into();
                Ok(finding)
            }
        }
    }

    fn finding(
        &mut self,
        resource: &Arc<ResourceRef>,
        captured_at: Timestamp,
        status: Status,
        answer: ControlAnswer,
    ) -> Finding {
        let custom = &self.control.metadata.custom;
        let unattainable = status == Status::Fail && !answer.unattainable.is_empty();
        let reasons = match status {
            Status::Unknown => self.open.clone(),
            Status::NotApplicable => answer.not_applicable,
            Status::Fail | Status::Waived | Status::Pass => answer.unattainable,
        };
        Finding {
            control: custom.id.clone(),
            name: self.name.clone(),
            title: self.title.clone(),
            severity: custom.severity,
            status,
            violations: answer.violations,
            reasons,
            unattainable,
            resource: resource.clone(),
            evidence: self.evidence(captured_at),
        }
    }

    fn evidence(&mut self, captured_at: Timestamp) -> Shared<Evidence> {
        if let Some((_, known)) = self.evidence.as_ref().filter(|(at, _)| *at == captured_at) {
            return known.clone();
        }
        let actions = self.control.looks_at().iter().cloned();
        let evidence: Shared<Evidence> = actions.map(|action| Evidence { action, captured_at }).collect();
        self.evidence = Some((captured_at, evidence.clone()));
        evidence
    }
}

#[cfg(test)]
mod tests;

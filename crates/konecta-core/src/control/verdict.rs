//! The one place where a status is computed: from what a control proved, and from what was not seen.
//! Knows nothing of Rego; sees an answer as plain values.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::catalogue::{Control, Origin};
use super::reads::Reads;
use crate::finding::{Evidence, Finding, Status, Violation, fingerprint};
use crate::gap::Gap;
use crate::id::{Action, Arn};
use crate::report::ControlError;
use crate::resource::ResourceRef;
use jiff::Timestamp;

/// What one control said of one resource.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    /// It proved that the resource conforms.
    pub pass: bool,
    /// It proved that it does not, here.
    pub violations: Vec<Violation>,
    /// It does not speak of this resource.
    pub not_applicable: Vec<String>,
    /// AWS cannot give what is promised.
    pub unattainable: Vec<String>,
}

impl Answer {
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

/// The gaps of a snapshot by action, so that the reason of an unknown is found without a search.
#[derive(Debug)]
pub struct Gaps<'a>(BTreeMap<&'a Action, Vec<&'a Gap>>);

impl<'a> Gaps<'a> {
    /// Orders gaps by their action.
    #[must_use]
    pub fn new(gaps: &'a [Gap]) -> Self {
        let mut by_action: BTreeMap<&Action, Vec<&Gap>> = BTreeMap::new();
        for gap in gaps {
            by_action.entry(&gap.action).or_default().push(gap);
        }
        Self(by_action)
    }

    /// The gaps that may have left this control open on this resource.
    fn concerning(&self, control: &Control, reads: &Reads, resource: &ResourceRef) -> Vec<&'a Gap> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let joins = !control.metadata.custom.facts.is_empty()
            || !control.metadata.custom.joins.is_empty()
            || control.metadata.custom.scope.is_some();
        let wanted = control.reads(reads);
        let fits = |gap: &&&Gap| {
            gap.account_id == resource.account_id
                && (gap.region == resource.region || gap.region.is_global() || resource.region.is_global() || joins)
                && (joins || gap.resource.as_ref().is_none_or(|arn: &Arn| arn == &resource.arn))
        };
        wanted.iter().filter_map(|action| self.0.get(action)).flatten().filter(fits).copied().collect()
    }
}

/// Makes findings of answers.
#[derive(Debug)]
pub struct Bench<'a> {
    /// The catalogue of reads.
    pub reads: &'a Reads,
    /// What was not seen.
    pub gaps: Gaps<'a>,
}

impl Bench<'_> {
    /// One finding, or the reason why there is none.
    ///
    /// # Errors
    /// When a built-in control contradicts itself; a user's control that does is unknown, with the reason.
    pub fn judge(
        &self,
        control: &Control,
        resource: &ResourceRef,
        captured_at: Timestamp,
        answer: Answer,
    ) -> Result<Finding, ControlError> {
        match answer.status() {
            Ok(status) => Ok(self.finding(control, resource, captured_at, status, answer)),
            Err(contradiction) => self.failed(control, resource, captured_at, contradiction),
        }
    }

    /// A control that gave no answer.
    ///
    /// # Errors
    /// When it is a built-in one; a user's is unknown, with the reason.
    pub fn failed(
        &self,
        control: &Control,
        resource: &ResourceRef,
        captured_at: Timestamp,
        message: &str,
    ) -> Result<Finding, ControlError> {
        match control.origin {
            Origin::BuiltIn => Err(ControlError {
                control: control.id().clone(),
                arn: resource.arn.to_string(),
                message: message.to_owned(),
            }),
            Origin::User => {
                let mut finding = self.finding(control, resource, captured_at, Status::Unknown, Answer::default());
                finding.reasons = vec![format!("the policy could not be evaluated: {message}")];
                Ok(finding)
            }
        }
    }

    fn finding(
        &self,
        control: &Control,
        resource: &ResourceRef,
        captured_at: Timestamp,
        status: Status,
        answer: Answer,
    ) -> Finding {
        let custom = &control.metadata.custom;
        let reasons = match status {
            Status::Unknown => self.unknown_reasons(control, resource),
            Status::NotApplicable => answer.not_applicable,
            Status::Fail | Status::Waived | Status::Pass => answer.unattainable.clone(),
        };
        let looked_at = control.looks_at().iter().cloned();
        let evidence = looked_at.map(|action| Evidence { action, captured_at }).collect();
        Finding {
            control: custom.id.clone(),
            name: control.name().to_owned(),
            title: control.metadata.title.clone(),
            severity: custom.severity,
            status,
            violations: answer.violations,
            reasons,
            evidence,
            unattainable: status == Status::Fail && !answer.unattainable.is_empty(),
            fingerprint: fingerprint(&custom.id, resource.arn.as_str(), ""),
            resource: resource.clone(),
        }
    }

    fn unknown_reasons(&self, control: &Control, resource: &ResourceRef) -> Vec<String> {
        let mut reasons: Vec<String> =
            self.gaps.concerning(control, self.reads, resource).into_iter().map(Gap::reason).collect();
        reasons.sort();
        reasons.dedup();
        if reasons.is_empty() {
            let reads: Vec<&str> = control.looks_at().iter().map(Action::as_str).collect();
            reasons.push(format!("AWS did not send everything that this control looks at ({})", reads.join(", ")));
        }
        reasons
    }
}

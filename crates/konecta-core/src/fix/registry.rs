//! The remedies: which there are, and what they propose. Each service lists its own.
//! Knows nothing of what becomes of a proposal.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::step::{Class, Step};
use crate::finding::Finding;
use crate::id::{ControlId, FixId};
use crate::resource::ResourceRef;

/// What a remedy has to say of one finding.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    /// What it would do.
    pub steps: Vec<Step>,
    /// What it will not do.
    pub refusals: Vec<Refusal>,
}

impl Proposal {
    /// A proposal of one step.
    #[must_use]
    pub fn step(step: Step) -> Self {
        Self { steps: vec![step], refusals: Vec::new() }
    }

    /// Nothing is done, for this reason; `procedure` says what a person can do, line by line.
    #[must_use]
    pub fn refuse(finding: &Finding, class: Class, reason: impl Into<String>, procedure: &[&str]) -> Self {
        Self { steps: Vec::new(), refusals: vec![Refusal::new(finding, class, reason, procedure)] }
    }
}

/// What will not be done, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The control that stays broken.
    pub control: ControlId,
    /// The resource.
    pub resource: ResourceRef,
    /// The class of what would have to be done.
    pub class: Class,
    /// Why not.
    pub reason: String,
    /// What a person can do, line by line; commands as they are typed.
    #[serde(default)]
    pub procedure: Vec<String>,
    /// Keys of steps that must not be taken while this refusal stands, whichever remedy asks for them.
    /// The planner heeds them; a plan file does not carry them.
    #[serde(skip)]
    pub blocks: Vec<String>,
}

impl Refusal {
    /// A refusal to mend what a finding says.
    #[must_use]
    pub fn new(finding: &Finding, class: Class, reason: impl Into<String>, procedure: &[&str]) -> Self {
        Self {
            control: finding.control.clone(),
            resource: (*finding.resource).clone(),
            class,
            reason: reason.into(),
            procedure: procedure.iter().map(|&line| line.to_owned()).collect(),
            blocks: Vec::new(),
        }
    }

    /// The same refusal, which also keeps every other remedy from taking these steps.
    #[must_use]
    pub fn blocking(mut self, keys: impl IntoIterator<Item = String>) -> Self {
        self.blocks.extend(keys);
        self
    }
}

/// How one control is brought back to what it promises.
#[derive(Debug, Clone, Copy)]
pub struct Remedy {
    /// The name that the control's METADATA gives under `fix`.
    pub id: &'static str,
    /// The worst class of what it may propose.
    pub class: Class,
    /// Every IAM action that its steps may name: what `konecta-audit permissions --fix` prints.
    pub actions: &'static [&'static str],
    /// Thinks about one failed finding.
    pub propose: fn(&Finding, &Case<'_>) -> Proposal,
}

/// Every remedy there is.
pub fn remedies() -> impl Iterator<Item = &'static Remedy> {
    [
        super::cloudfront::REMEDIES,
        super::ec2::REMEDIES,
        super::ecr::REMEDIES,
        super::eks::REMEDIES,
        super::elbv2::REMEDIES,
        super::iam::REMEDIES,
        super::path::REMEDIES,
        super::rds::REMEDIES,
        super::wafv2::REMEDIES,
    ]
    .into_iter()
    .flatten()
}

/// The remedy of this name.
#[must_use]
pub fn remedy(id: &str) -> Option<&'static Remedy> {
    remedies().find(|remedy| remedy.id == id)
}

impl Remedy {
    /// The name as an id.
    ///
    /// # Panics
    /// Never: a test parses the names of all remedies.
    #[must_use]
    pub fn id(&self) -> FixId {
        super::id(self.id)
    }
}

//! The remedies: which there are, and what they propose. Each service lists its own.
//! Knows nothing of what becomes of a proposal.

use serde::{Deserialize, Serialize};

use super::context::RemedyContext;
use super::step::{Class, Step};
use konecta_base::finding::Finding;
use konecta_base::id::{ControlId, FixId};
use konecta_base::resource::ResourceRef;

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

/// What kind of reason keeps something from being done: what a reader can do about it follows from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A remedy or the planner says why it would be wrong, or why only a person can do it.
    #[default]
    Refused,
    /// Its class is not allowed by the options of this run.
    Disruptive,
    /// It needs a step that is left out.
    Needs,
    /// Another tool manages the resource.
    Managed,
    /// The control could not be decided, so nothing is known to be wrong.
    Undecided,
    /// The finding is waived.
    Waived,
}

impl Cause {
    /// The reason as it reads alone, without a heading that says of what kind it is.
    #[must_use]
    pub fn led(self, reason: &str) -> String {
        match self {
            Self::Refused | Self::Needs | Self::Managed => reason.to_owned(),
            Self::Disruptive => format!("it may disrupt: {reason}"),
            Self::Undecided => format!("could not be decided: {reason}"),
            Self::Waived => format!("waived: {reason}"),
        }
    }

    fn is_refused(&self) -> bool {
        *self == Self::Refused
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
    /// What would be done, in one line, where a remedy had a step for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What kind of reason it is.
    #[serde(default, skip_serializing_if = "Cause::is_refused")]
    pub cause: Cause,
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
            step: None,
            cause: Cause::Refused,
            reason: reason.into(),
            procedure: procedure.iter().map(|&line| line.to_owned()).collect(),
            blocks: Vec::new(),
        }
    }

    /// The same refusal for another kind of reason.
    #[must_use]
    pub fn because(mut self, cause: Cause) -> Self {
        self.cause = cause;
        self
    }

    /// The same refusal of what would be done by this title.
    #[must_use]
    pub fn of_step(mut self, title: String) -> Self {
        self.step = Some(title);
        self
    }

    /// In one line: what would be done, and why it is not.
    #[must_use]
    pub fn message(&self) -> String {
        let reason = self.cause.led(&self.reason);
        self.step.as_ref().map_or_else(|| reason.clone(), |step| format!("{step}: {reason}"))
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
    pub propose: fn(&Finding, &RemedyContext<'_>) -> Proposal,
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

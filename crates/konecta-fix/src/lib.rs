//! The provisioning module, as far as it can be thought through without a network: findings and a snapshot become
//! steps, steps become a plan. Knows the model, the snapshot and findings; nothing of the SDK, of reports or of Rego.
//!
//! `docs/fix.md` is the contract. A remedy is a pure function in `fix/<service>/<control>.rs`; what it proposes is
//! data (a call in the API's own words, the attributes that change, the way back), and so it can be shown, written
//! to a file, tried on the model and judged there before anything is touched.

pub mod context;
pub mod drift;
pub mod emit;
pub mod grants;
pub mod journal;
pub mod ownership;
pub mod plan;
pub mod plan_text;
pub mod planning;
pub mod pointer;
pub mod procedure;
pub mod registry;
pub mod run;
pub mod simulate;
pub mod step;
pub mod terraform_plan;
pub mod terraform_source;
pub mod terraform_state;

mod cloudfront;
mod ec2;
mod ecr;
mod eks;
mod elbv2;
mod iam;
pub(crate) mod path;
#[cfg(test)]
pub(crate) mod proof;
mod rds;
mod terraform_parts;
mod wafv2;

pub use context::{RemedyContext, View};
pub use registry::{Cause, Proposal, Refusal, Remedy};
pub use step::{Amend, Call, Class, Edit, Effect, Find, Step, Wait};

use konecta_base::id::{Action, FixId, IdError};

/// An id that stands in our own text; a test reads all of them.
fn own<T: std::str::FromStr<Err = IdError>>(text: &str) -> T {
    match text.parse() {
        Ok(id) => id,
        Err(error) => unreachable!("{error}"),
    }
}

/// An IAM action that a remedy names.
#[must_use]
pub(crate) fn action(name: &str) -> Action {
    own(name)
}

/// The name of a remedy.
pub(crate) fn id(name: &str) -> FixId {
    own(name)
}

/// A control that can prove a fail and, where it is mended, not always a pass: what scales a node group runs in the
/// cluster, which the AWS API does not show. Its remedy is done when the control no longer fails.
pub(crate) fn is_open_at_best(control: &konecta_base::id::ControlId) -> bool {
    control.as_str() == "KA-NG-002"
}

/// A control that a remedy names.
pub(crate) fn control(name: &str) -> konecta_base::id::ControlId {
    own(name)
}

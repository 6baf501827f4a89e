//! Controls: what is promised, as Rego with METADATA, and the engine that judges by it.
//!
//! [`source`] refuses what must not be parsed, [`metadata`] reads a control's identity, [`catalogue`] holds all
//! controls together, `pieces` and `flat` make one module of a control and its libraries, [`engine`] is the only
//! place that knows regorus, `outline` and `result_cache` find answers that were given before (an
//! evaluation costs many times as much), [`verdict`] turns answers into findings.

pub mod calls_page;
pub mod catalogue;
pub mod engine;
pub mod fact_reads;
pub mod fixture;
mod flat;
pub mod metadata;
mod outline;
pub mod page;
mod pieces;
pub mod policy_test;
mod result_cache;
mod rule_ids;
mod shorthand;
pub mod source;
pub mod verdict;

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// It breaks a rule of the house, or cannot be parsed.
    #[error("{file}:{line}: {reason}")]
    Refused {
        /// The file as the user named it, or the built-in path.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The engine could not be made ready.
    #[error("the policy engine refused the policies for {resource_type}: {reason}")]
    Engine {
        /// The resource type whose engine it was.
        resource_type: String,
        /// What the engine said.
        reason: String,
    },
}

impl PolicyError {
    pub(crate) fn refused(file: &str, line: usize, reason: String) -> Self {
        Self::Refused { file: file.to_owned(), line, reason }
    }
}

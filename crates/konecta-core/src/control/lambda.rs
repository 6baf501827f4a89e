//! What the scheduled function may do besides reading and changing what it audits, as data.
//! Knows nothing of what it does with it, and nothing of the template that fills in the names.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::PolicyError;
use crate::id::Action;

/// One statement of the policy.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The setting that calls for it; none where every deployment needs it.
    pub when: Option<String>,
    /// What it is for.
    pub why: String,
    /// What is allowed.
    pub actions: Vec<Action>,
    /// On what, with `${…}` for the names that a deployment gives.
    pub resources: Vec<String>,
}

static GRANTS: LazyLock<Result<BTreeMap<String, Grant>, toml::de::Error>> =
    LazyLock::new(|| toml::from_str(include_str!("lambda.toml")));

/// All statements by their id.
///
/// # Errors
/// When `lambda.toml` cannot be read, which a test rules out.
pub fn grants() -> Result<&'static BTreeMap<String, Grant>, PolicyError> {
    GRANTS.as_ref().map_err(|error| PolicyError::refused("lambda.toml", 1, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_granted_on_everything_but_what_knows_no_resources() {
        for (sid, grant) in grants().expect("lambda.toml") {
            assert!(sid.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{sid} is no id of a statement");
            assert!(!grant.actions.is_empty() && grant.actions.is_sorted(), "{sid}: its actions are not in order");
            let is_wide = grant.resources.iter().any(|resource| resource == "*");
            let knows_none = grant.actions.iter().all(|action| action.as_str().starts_with("organizations:"));
            assert_eq!(is_wide, knows_none, "{sid}");
        }
    }

    #[test]
    fn every_condition_is_a_setting() {
        let settings = include_str!("../../../../docs/scheduled.md");
        for (sid, grant) in grants().expect("lambda.toml") {
            if let Some(setting) = &grant.when {
                assert!(settings.contains(&format!("`{setting}`")), "{sid}: docs/scheduled.md knows no {setting}");
            }
        }
    }
}

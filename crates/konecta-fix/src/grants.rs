//! Statements of IAM policies as data: what the scheduled function may do besides reading and changing what it audits
//! (`lambda.toml`), and on what the calls of remedies are allowed (`permissions.toml`).
//! Knows nothing of what is done with it, and nothing of the template that fills in the names.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use konecta_base::embedded::embedded;
use konecta_base::id::Action;

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
    /// Under which conditions, as IAM writes them: operator, key, one value or several.
    #[serde(default)]
    pub condition: Option<serde_json::Value>,
}

type Grants = BTreeMap<String, Grant>;

static CHANGES: LazyLock<Grants> = LazyLock::new(|| embedded("permissions.toml", include_str!("permissions.toml")));

static GRANTS: LazyLock<Grants> = LazyLock::new(|| embedded("lambda.toml", include_str!("lambda.toml")));

/// All statements by their id.
#[must_use]
pub fn grants() -> &'static BTreeMap<String, Grant> {
    &GRANTS
}

/// The statements that allow what remedies call, by their id; every action of a remedy stands in one of them.
#[must_use]
pub fn changes() -> &'static BTreeMap<String, Grant> {
    &CHANGES
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::registry::{remedies, remedy};
    use konecta_base::reads::reads;
    use konecta_rego::catalogue::Catalogue;

    /// Once each: what a remedy calls and its control does not read. What it reads is in the scan's own statement.
    #[test]
    fn every_call_of_a_remedy_stands_in_one_statement() {
        let statements = changes().values();
        let granted: Vec<&str> = statements.flat_map(|grant| &grant.actions).map(Action::as_str).collect();
        let distinct: BTreeSet<&str> = granted.iter().copied().collect();
        assert_eq!(distinct.len(), granted.len(), "an action stands in two statements");
        let called: BTreeSet<&str> = remedies().flat_map(|remedy| remedy.actions).copied().collect();
        let named = konecta_base::changes::ALL.iter().map(|(_, action)| *action);
        assert!(named.clone().all(|action| distinct.contains(action)), "no statement has what the tables name");
        let named: BTreeSet<&str> = named.chain(reads().iter().map(|(action, _)| action.as_str())).collect();
        assert_eq!(distinct.difference(&named).collect::<Vec<_>>(), Vec::<&&str>::new(), "no table names it");
        let idle: Vec<_> = distinct.difference(&called).collect();
        assert!(idle.is_empty(), "no remedy calls {idle:?}");
        let known = reads();
        for control in Catalogue::built_in().expect("policies").controls() {
            let fix = control.metadata.custom.fix.as_ref();
            let read = known.permissions(&control.reads(known));
            for name in fix.and_then(|id| remedy(id.as_str())).into_iter().flat_map(|remedy| remedy.actions) {
                let is_read = read.iter().any(|action| action.as_str() == *name);
                assert!(is_read || distinct.contains(name), "{}: no statement has {name}", control.id());
            }
        }
    }

    #[test]
    fn a_change_is_allowed_on_everything_only_where_it_knows_no_resource() {
        for (sid, grant) in changes() {
            assert!(
                sid.starts_with("KonectaAuditFix") && sid.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "{sid}"
            );
            assert!(grant.actions.is_sorted() && grant.when.is_none(), "{sid}");
            let is_wide = grant.resources.iter().any(|resource| resource == "*");
            assert_eq!(is_wide, sid == "KonectaAuditFixAccount", "{sid}");
            let is_ours = |resource: &String| {
                resource.contains("${Account}") || grant.condition.is_some() || resource.ends_with(":prefix-list/*")
            };
            assert!(is_wide || grant.resources.iter().all(is_ours), "{sid}: resources of any account");
        }
    }

    #[test]
    fn nothing_is_granted_on_everything_but_what_knows_no_resources() {
        for (sid, grant) in grants() {
            assert!(sid.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{sid} is not an id of a statement");
            assert!(!grant.actions.is_empty() && grant.actions.is_sorted(), "{sid}: its actions are not in order");
            let is_wide = grant.resources.iter().any(|resource| resource == "*");
            let knows_none = grant.actions.iter().all(|action| action.as_str().starts_with("organizations:"));
            assert_eq!(is_wide, knows_none, "{sid}");
        }
    }

    #[test]
    fn every_condition_is_a_setting() {
        let settings = include_str!("../../../docs/scheduled.md");
        for (sid, grant) in grants() {
            if let Some(setting) = &grant.when {
                assert!(settings.contains(&format!("`{setting}`")), "{sid}: docs/scheduled.md knows no {setting}");
            }
        }
    }
}

//! The cache behaviors of a distribution, each with its place. Knows no control.

use serde_json::Value;

use super::distribution::{at, items};
use crate::View;
use konecta_base::finding::Finding;

/// One behavior.
#[derive(Debug, Clone)]
pub(super) struct Behavior<'a> {
    /// The pointer to it, relative to `DistributionConfig`.
    pub(super) path: String,
    /// Its path pattern; `*` for the default one.
    pub(super) pattern: &'a str,
    /// What is set in it.
    pub(super) config: &'a Value,
}

impl Behavior<'_> {
    /// The pointer to one of its members, relative to `DistributionConfig`.
    pub(super) fn member(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    /// One of its members, as text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.config.get(name)?.as_str()
    }
}

/// The behaviors that a finding blames for something whose name begins like this: controls name ordered ones by pattern.
pub(super) fn blamed<'a>(finding: &Finding, distribution: &'a View, member: &str) -> Vec<Behavior<'a>> {
    let blames = |behavior: &Behavior<'_>| {
        let place = if behavior.path == "/DefaultCacheBehavior" {
            format!("DistributionConfig.DefaultCacheBehavior.{member}")
        } else {
            format!("DistributionConfig.CacheBehaviors.Items[{}].{member}", behavior.pattern)
        };
        finding.violations.iter().any(|violation| violation.path.starts_with(&place))
    };
    behaviors(distribution).filter(blames).collect()
}

/// The default behavior, then the ordered ones in their order.
pub(super) fn behaviors(distribution: &View) -> impl Iterator<Item = Behavior<'_>> {
    let default = at(distribution, "/DefaultCacheBehavior").map(|config| Behavior {
        path: "/DefaultCacheBehavior".to_owned(),
        pattern: "*",
        config,
    });
    let ordered = items(distribution, "/CacheBehaviors")
        .filter_map(|(path, config)| Some(Behavior { path, pattern: config.get("PathPattern")?.as_str()?, config }));
    default.into_iter().chain(ordered)
}

//! The cache behaviors of a distribution, each with its place. Knows no control.

use serde_json::Value;

use super::distribution::{at, items};
use crate::fix::View;

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

//! The catalogue of reads: which call feeds which resource type, and what must be asked before it.
//! Knows nothing of controls, nor of how a call is made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::embedded::embedded_json;
use crate::id::{Action, ResourceType};

/// Where a read is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadScope {
    /// In every region of the scan.
    Regional,
    /// Once an account.
    Global,
    /// Once an account for the edge, and in every region.
    Both,
}

/// One API call that a scan can make.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// Where it is made.
    pub scope: ReadScope,
    /// What one call is made for: a page or a batch of so many things, or each of them.
    pub per: String,
    /// Reads whose answers say what to ask about.
    #[serde(default)]
    pub after: Vec<Action>,
    /// Types that come into being by this read.
    #[serde(default)]
    pub lists: Vec<ResourceType>,
    /// Types that this read fills further.
    #[serde(default)]
    pub completes: Vec<ResourceType>,
    /// Members of the configuration, as dotted paths, that only this read carries: the listing of the type has the others.
    /// Empty where the listing says nothing of the configuration, or where this read is the listing.
    #[serde(default)]
    pub adds: Vec<String>,
    /// Whether a scan is whole without its answer where no verdict is left open by it.
    #[serde(default)]
    pub optional: bool,
    /// The IAM action that allows it, where that is not its own name.
    #[serde(default)]
    pub permission: Option<Action>,
}

impl Read {
    /// Gives a configuration this value in the place of each member that only this read carries, or, without a value, takes
    /// them out: what the listing alone would say. A member whose parent is not there is left out.
    pub fn set_added(&self, configuration: &mut Value, value: Option<&Value>) {
        for path in &self.adds {
            let (outside, name) = path.rsplit_once('.').unwrap_or(("", path));
            let mut steps = outside.split('.').filter(|step| !step.is_empty());
            let parent = steps.try_fold(&mut *configuration, |at, step| at.get_mut(step));
            let Some(Value::Object(members)) = parent else { continue };
            match value {
                Some(value) => members.insert(name.to_owned(), value.clone()),
                None => members.remove(name),
            };
        }
    }
}

/// All reads by their names: the IAM action, but for those that have a `permission`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Reads(BTreeMap<Action, Read>);

static READS: LazyLock<Reads> =
    LazyLock::new(|| embedded_json("reads", include_str!(concat!(env!("OUT_DIR"), "/reads.json"))));

/// The catalogue that is built in.
#[must_use]
pub fn reads() -> &'static Reads {
    &READS
}

impl Reads {
    /// One read by its action.
    #[must_use]
    pub fn get(&self, action: &Action) -> Option<&Read> {
        self.0.get(action)
    }

    /// All reads in the order of their actions.
    pub fn iter(&self) -> impl Iterator<Item = (&Action, &Read)> {
        self.0.iter()
    }

    /// The wanted reads and all that must be asked before them.
    #[must_use]
    pub fn closure<'a>(&self, wanted: impl IntoIterator<Item = &'a Action>) -> BTreeSet<Action> {
        let mut closed = BTreeSet::new();
        let mut open: Vec<Action> = wanted.into_iter().cloned().collect();
        while let Some(action) = open.pop() {
            if closed.contains(&action) {
                continue;
            }
            if let Some(read) = self.0.get(&action) {
                open.extend(read.after.iter().cloned());
            }
            closed.insert(action);
        }
        closed
    }

    /// The IAM action that allows a read.
    #[must_use]
    pub fn permission<'a>(&'a self, action: &'a Action) -> &'a Action {
        self.0.get(action).and_then(|read| read.permission.as_ref()).unwrap_or(action)
    }

    /// The IAM actions that allow these reads, each once.
    #[must_use]
    pub fn permissions<'a>(&self, actions: impl IntoIterator<Item = &'a Action>) -> BTreeSet<Action> {
        actions.into_iter().map(|action| self.permission(action).clone()).collect()
    }

    /// The read by which resources of this type come into being.
    #[must_use]
    pub fn lister(&self, resource_type: &ResourceType) -> Option<(&Action, &Read)> {
        self.0.iter().find(|(_, read)| read.lists.contains(resource_type))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_whole() {
        let reads = reads();
        for (action, read) in reads.iter() {
            for before in &read.after {
                assert!(reads.get(before).is_some(), "{action}: after {before}, which does not exist");
            }
            for completed in &read.completes {
                assert!(reads.lister(completed).is_some(), "{action}: completes {completed}, which nothing lists");
            }
            assert!(!(read.lists.is_empty() && read.completes.is_empty()), "{action} feeds nothing");
            assert!(read.adds.is_empty() || !read.completes.is_empty(), "{action} adds members to nothing");
        }
    }

    #[test]
    fn a_type_comes_from_one_read_only() {
        let mut seen = BTreeSet::new();
        for (action, read) in reads().iter() {
            for listed in &read.lists {
                assert!(seen.insert(listed.clone()), "{action} lists {listed} a second time");
            }
        }
    }

    #[test]
    fn both_apis_of_load_balancing_are_allowed_by_one_action() {
        let reads = reads();
        let both: [Action; 2] = ["elasticloadbalancing:DescribeLoadBalancers", "elb:DescribeLoadBalancers"]
            .map(|name| name.parse().expect("action"));
        assert!(both.iter().all(|action| reads.get(action).is_some()));
        assert_eq!(reads.permissions(&both).iter().collect::<Vec<_>>(), [&both[0]]);
        for (action, read) in reads.iter().filter(|(_, read)| read.permission.is_some()) {
            let permission = read.permission.as_ref().and_then(|one| reads.get(one));
            assert!(
                permission.is_some_and(|one| one.permission.is_none()),
                "{action}: a read under its own name has it"
            );
        }
    }

    #[test]
    fn a_closure_reaches_to_the_first_call() {
        let wanted: Action = "cloudfront:GetCachePolicy".parse().expect("action");
        let closed = reads().closure([&wanted]);
        let names: Vec<&str> = closed.iter().map(Action::as_str).collect();
        assert_eq!(names, ["cloudfront:GetCachePolicy", "cloudfront:ListDistributions"]);
        let wanted: Action = "acm:GetCertificate".parse().expect("action");
        let closed = reads().closure([&wanted]);
        let names: Vec<&str> = closed.iter().map(Action::as_str).collect();
        assert_eq!(names, ["acm:DescribeCertificate", "acm:GetCertificate", "acm:ListCertificates"]);
    }
}

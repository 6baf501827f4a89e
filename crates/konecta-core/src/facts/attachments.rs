//! Which ids are named by which part of a stack, and of which ids that is not fully known.
//! Knows nothing of what the ids stand for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// A part of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Alb,
    Bastion,
    Cluster,
    Database,
    Edge,
    Node,
    Pod,
}

impl Part {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Alb => "alb",
            Self::Bastion => "bastion",
            Self::Cluster => "cluster",
            Self::Database => "database",
            Self::Edge => "edge",
            Self::Node => "node",
            Self::Pod => "pod",
        }
    }
}

/// Parts as a fact says them: a sorted list.
pub(crate) fn describe(parts: &BTreeSet<Part>) -> Value {
    let names: BTreeSet<&str> = parts.iter().map(|part| part.name()).collect();
    json!(names)
}

/// Ids that something names, and whether they are all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ids {
    pub(crate) known: BTreeSet<String>,
    pub(crate) whole: bool,
}

impl Ids {
    /// Ids out of a list of which any, or the list itself, may not have been sent.
    pub(crate) fn of<'a>(list: Option<impl IntoIterator<Item = Option<&'a String>>>) -> Self {
        let Some(list) = list else { return Self::default() };
        let mut ids = Self { whole: true, ..Self::default() };
        for id in list {
            match id {
                Some(id) => {
                    ids.known.insert(id.clone());
                }
                None => ids.whole = false,
            }
        }
        ids
    }

    pub(crate) fn join(mut self, other: Self) -> Self {
        self.known.extend(other.known);
        self.whole &= other.whole;
        self
    }
}

/// Which ids belong to which part, and of which ids that is not fully known.
#[derive(Debug, Default)]
pub(crate) struct Attachments {
    sure: BTreeMap<String, BTreeSet<Part>>,
    doubtful: BTreeSet<String>,
    anything: bool,
}

impl Attachments {
    /// Something that is of a part (or is not, or may be) names these ids.
    pub(crate) fn note(&mut self, part: Part, is: Option<bool>, ids: &Ids) {
        if is == Some(false) {
            return;
        }
        self.anything |= !ids.whole;
        for id in &ids.known {
            if is == Some(true) {
                self.sure.entry(id.clone()).or_default().insert(part);
            } else {
                self.doubtful.insert(id.clone());
            }
        }
    }

    /// There may be something that was not seen, and it may name any id.
    pub(crate) fn require(&mut self, seen: bool) {
        self.anything |= !seen;
    }

    /// The parts of an id; `None` where it may have more than were seen.
    pub(crate) fn parts(&self, id: &str) -> Option<BTreeSet<Part>> {
        let known = !self.anything && !self.doubtful.contains(id);
        known.then(|| self.sure.get(id).cloned().unwrap_or_default())
    }

    /// Whether an id is known to belong to a part, whatever else it may belong to.
    pub(crate) fn has(&self, id: &str, part: Part) -> bool {
        self.sure.get(id).is_some_and(|parts| parts.contains(&part))
    }

    /// The parts of an id as a fact.
    pub(crate) fn describe(&self, id: &str) -> Option<Value> {
        self.parts(id).as_ref().map(describe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(known: &[&str], whole: bool) -> Ids {
        Ids { known: known.iter().map(|&id| id.to_owned()).collect(), whole }
    }

    #[test]
    fn a_doubt_about_one_id_is_no_doubt_about_the_others() {
        let mut attachments = Attachments::default();
        attachments.note(Part::Alb, Some(true), &ids(&["sg-1"], true));
        attachments.note(Part::Node, None, &ids(&["sg-2"], true));
        attachments.note(Part::Bastion, Some(false), &Ids::default());
        assert_eq!(attachments.describe("sg-1"), Some(json!(["alb"])));
        assert_eq!(attachments.describe("sg-2"), None);
        assert_eq!(attachments.describe("sg-3"), Some(json!([])));
        assert!(attachments.has("sg-1", Part::Alb) && !attachments.has("sg-1", Part::Node));
    }

    #[test]
    fn an_id_that_was_not_sent_could_be_any() {
        let mut attachments = Attachments::default();
        attachments.note(Part::Alb, Some(true), &Ids::of(Some([Some(&"sg-1".to_owned()), None])));
        assert_eq!(attachments.describe("sg-1"), None);
        assert!(attachments.has("sg-1", Part::Alb));
    }
}

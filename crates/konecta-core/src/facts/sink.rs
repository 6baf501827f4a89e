//! Where facts and indexes are put together, as the text that policies are given: a value of serde takes many times its room.
//! Knows nothing of what they mean; where two accounts tell different things of one id, it keeps what both tell.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use konecta_rego::fact_reads::{FactTexts, shared};

/// Longer texts hardly ever come twice.
const SHORT: usize = 128;

/// What facts are made of that are made of facts.
const MADE_OF: [(&str, &[&str]); 4] = [
    ("hops", &["edge", "origin_tls"]),
    ("inventory", &["bastions", "repositories"]),
    ("log_sources", &["edge", "flow_logs", "log_deliveries"]),
    ("zones", &["edge"]),
];

/// The names of the facts and indexes that somebody looks at.
#[derive(Debug, Clone, Default)]
pub(crate) enum Wanted {
    #[default]
    All,
    Named(BTreeSet<&'static str>),
}

impl Wanted {
    /// These, and what they are made of.
    pub(crate) fn of(mut names: BTreeSet<&'static str>) -> Self {
        for (made, of) in MADE_OF {
            if names.contains(made) {
                names.extend(of);
            }
        }
        Self::Named(names)
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(name),
        }
    }
}

/// Facts by ARN and indexes by name, while they are being made.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    wanted: Wanted,
    by_arn: HashMap<Box<str>, Vec<(&'static str, Arc<str>)>>,
    index: Indexes,
    /// Short texts, each once.
    once: HashSet<Arc<str>>,
    disputed: BTreeSet<(String, &'static str)>,
    whys: BTreeMap<String, BTreeMap<&'static str, BTreeSet<String>>>,
}

/// Under this name stands why facts are not known: no fact is called so.
pub(crate) const WHY: &str = "why";

impl Sink {
    pub(crate) fn of(wanted: Wanted) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// Whether anybody looks at one of these facts: asked before what is dear to derive.
    pub(crate) fn wants(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.wanted.has(name))
    }

    /// States a fact; `None` is not known and leaves no key.
    pub(crate) fn fact(&mut self, arn: &str, name: &'static str, value: Option<Value>) {
        if self.wanted.has(name) || name == WHY {
            let text = value.map(|value| self.text(&value));
            self.fact_as_text(arn, name, text);
        }
    }

    /// States a fact that was written as JSON, with the members of objects sorted.
    pub(crate) fn fact_as_text(&mut self, arn: &str, name: &'static str, text: Option<Arc<str>>) {
        if !self.wanted.has(name) && name != WHY {
            return;
        }
        if !self.disputed.is_empty() && self.disputed.contains(&(arn.to_owned(), name)) {
            return;
        }
        let Some(facts) = self.by_arn.get_mut(arn) else {
            self.by_arn.extend(text.map(|text| (arn.into(), vec![(name, text)])));
            return;
        };
        match (facts.binary_search_by(|(known, _)| (*known).cmp(name)), text) {
            (Ok(at), text) if facts.get(at).map(|(_, known)| known) != text.as_ref() => {
                facts.remove(at);
                self.disputed.insert((arn.to_owned(), name));
                self.why(arn, name, "two accounts of this scan tell different things of it".to_owned());
            }
            (Err(at), Some(text)) => {
                facts.reserve_exact(1);
                facts.insert(at, (name, text));
            }
            (Ok(_) | Err(_), _) => {}
        }
    }

    /// The members of an object are sorted, so one value is one text.
    fn text(&mut self, value: &Value) -> Arc<str> {
        let text = serde_json::to_string(value).unwrap_or_default();
        if text.len() > SHORT { text.into() } else { shared(&mut self.once, &text) }
    }

    /// What was stated of a fact until now.
    pub(crate) fn get(&self, arn: &str, name: &str) -> Option<Value> {
        let facts = self.by_arn.get(arn)?;
        let at = facts.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        serde_json::from_str(&facts.get(at)?.1).ok()
    }

    /// Says why a fact is not known, in a sentence for a person; forgotten where the fact is known after all.
    pub(crate) fn why(&mut self, arn: &str, name: &'static str, reason: String) {
        self.whys.entry(arn.to_owned()).or_default().entry(name).or_default().insert(reason);
    }

    /// Puts an entry into an index; `None` leaves no key.
    pub(crate) fn index(&mut self, name: &str, key: &str, value: Option<Value>) {
        let Some(value) = value.filter(|_| self.wanted.has(name)) else { return };
        let known = self.index.get_mut(name).and_then(|entries| entries.remove(key));
        let agreed = match known {
            Some(known) => serde_json::from_str(&known).ok().and_then(|known| in_common(known, &value)),
            None => Some(value),
        };
        let text = agreed.map(|agreed| self.text(&agreed));
        self.open_index(name);
        let entries = self.index.get_mut(name).into_iter();
        entries.zip(text).for_each(|(entries, text)| drop(entries.insert(key.to_owned(), text)));
    }

    /// Makes sure that an index is there, even if it is empty.
    pub(crate) fn open_index(&mut self, name: &str) {
        if !self.index.contains_key(name) {
            self.index.insert(name.to_owned(), BTreeMap::new());
        }
    }

    pub(crate) fn finish(mut self) -> (HashMap<Box<str>, FactTexts>, Indexes) {
        for (arn, mut whys) in std::mem::take(&mut self.whys) {
            let facts = self.by_arn.get(arn.as_str());
            let is_known = |name: &str| facts.is_some_and(|facts| facts.iter().any(|(known, _)| *known == name));
            whys.retain(|name, _| !is_known(name));
            if !whys.is_empty() {
                self.fact(&arn, WHY, Some(json!(whys)));
            }
        }
        let facts = self.by_arn.into_iter().filter(|(_, facts)| !facts.is_empty());
        (facts.map(|(arn, facts)| (arn, facts.into_boxed_slice())).collect(), self.index)
    }
}

/// The entries of indexes as text, by name and key.
pub(crate) type Indexes = BTreeMap<String, BTreeMap<String, Arc<str>>>;

/// What two tellings of one thing agree on.
fn in_common(one: Value, other: &Value) -> Option<Value> {
    if &one == other {
        return Some(one);
    }
    let (Value::Object(one), Value::Object(other)) = (one, other) else { return None };
    Some(Value::Object(one.into_iter().filter(|(key, value)| other.get(key) == Some(value)).collect()))
}

/// An object out of members that may not be known: those leave no key.
pub(crate) fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let told = members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(told.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(facts: &HashMap<Box<str>, FactTexts>, arn: &str) -> Value {
        facts[arn].iter().map(|(name, text)| (*name, serde_json::from_str::<Value>(text).expect("JSON"))).collect()
    }

    #[test]
    fn what_is_not_known_leaves_no_key() {
        assert_eq!(object([("a", None), ("b", Some(json!(null)))]), json!({"b": null}));
        let mut sink = Sink::default();
        sink.fact("arn", "open", None);
        sink.open_index("subnets");
        let (facts, index) = sink.finish();
        assert!(facts.is_empty());
        assert!(index["subnets"].is_empty());
    }

    #[test]
    fn two_tellings_keep_what_they_agree_on() {
        let mut sink = Sink::default();
        for role in ["public", "private", "public"] {
            sink.fact("arn", "role", Some(json!(role)));
        }
        sink.index("subnets", "subnet-1", Some(json!({"vpcId": "vpc-1", "internet": false})));
        sink.index("subnets", "subnet-1", Some(json!({"vpcId": "vpc-1"})));
        let (facts, index) = sink.finish();
        assert_eq!(
            told(&facts, "arn"),
            json!({"why": {"role": ["two accounts of this scan tell different things of it"]}})
        );
        assert_eq!(&*index["subnets"]["subnet-1"], r#"{"vpcId":"vpc-1"}"#);
    }

    #[test]
    fn why_a_fact_is_not_known_is_told_only_where_it_is_not() {
        let mut sink = Sink::default();
        for fact in ["edge", "doors"] {
            sink.why("arn", fact, "an origin is not at AWS".to_owned());
        }
        sink.fact("arn", "doors", Some(json!([])));
        sink.why("other", "doors", "none".to_owned());
        sink.fact("other", "doors", Some(json!([])));
        let (facts, _) = sink.finish();
        assert_eq!(told(&facts, "arn"), json!({"doors": [], "why": {"edge": ["an origin is not at AWS"]}}));
        assert_eq!(told(&facts, "other"), json!({"doors": []}));
    }
}

//! Which members of a resource the controls of its type may look at, cut out of its text without parsing the rest.
//! Knows JSON; knows nothing of controls or of what the members mean.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The members that are wanted, as a tree.
#[derive(Debug, Default)]
pub(super) struct Outline {
    nodes: Vec<Node>,
    slots: usize,
}

#[derive(Debug, Default)]
struct Node {
    members: Vec<(String, usize)>,
    slot: Option<usize>,
}

impl Outline {
    /// Makes room for these paths; answers where each will be found in a cut.
    pub(super) fn add(&mut self, paths: &BTreeSet<Vec<String>>) -> Vec<usize> {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        paths.iter().map(|path| self.slot(path)).collect()
    }

    fn slot(&mut self, path: &[String]) -> usize {
        let mut at = 0;
        for name in path {
            let known = self.nodes[at].members.iter().find(|(known, _)| known == name).map(|&(_, child)| child);
            at = known.unwrap_or_else(|| {
                self.nodes.push(Node::default());
                let child = self.nodes.len() - 1;
                self.nodes[at].members.push((name.clone(), child));
                child
            });
        }
        let slots = &mut self.slots;
        *self.nodes[at].slot.get_or_insert_with(|| {
            *slots += 1;
            *slots - 1
        })
    }

    /// The text of each wanted member, `None` where there is none. Nothing at all for a text that names a member
    /// twice: what is then the member depends on who reads it.
    pub(super) fn cut<'t>(&self, text: &'t str) -> Option<Vec<Option<&'t str>>> {
        let mut cut = Cut { found: vec![None; self.slots], entered: vec![false; self.nodes.len()] };
        if !self.nodes.is_empty() {
            At { outline: self, node: 0, cut: &mut cut }.look(text).ok()?;
        }
        Some(cut.found)
    }
}

struct Cut<'t> {
    found: Vec<Option<&'t str>>,
    entered: Vec<bool>,
}

struct At<'o, 'c, 't> {
    outline: &'o Outline,
    node: usize,
    cut: &'c mut Cut<'t>,
}

impl<'t> At<'_, '_, 't> {
    fn look(self, text: &'t str) -> serde_json::Result<()> {
        self.deserialize(&mut serde_json::Deserializer::from_str(text))
    }
}

impl<'t> DeserializeSeed<'t> for At<'_, '_, 't> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        let node = &self.outline.nodes[self.node];
        let Some(slot) = node.slot else { return deserializer.deserialize_any(self) };
        let raw: &'t RawValue = serde::Deserialize::deserialize(deserializer)?;
        self.cut.found[slot] = Some(raw.get());
        if node.members.is_empty() {
            return Ok(());
        }
        serde_json::Deserializer::from_str(raw.get()).deserialize_any(self).map_err(D::Error::custom)
    }
}

/// Only an object has members; what else stands in its place has none, and that is no error.
impl<'t> Visitor<'t> for At<'_, '_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { outline, node, cut } = self;
        while let Some(child) = map.next_key_seed(Name(&outline.nodes[node].members))? {
            match child {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(child) if std::mem::replace(&mut cut.entered[child], true) => {
                    return Err(A::Error::custom("a member is named twice"));
                }
                Some(child) => map.next_value_seed(At { outline, node: child, cut: &mut *cut })?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

/// Finds a name among the wanted members without keeping it.
struct Name<'o>(&'o [(String, usize)]);

impl<'t> DeserializeSeed<'t> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().find(|(wanted, _)| wanted == name).map(|&(_, child)| child))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut<'t>(paths: &[&str], text: &'t str) -> Option<Vec<Option<&'t str>>> {
        let paths: Vec<Vec<String>> = paths.iter().map(|path| path.split('.').map(str::to_owned).collect()).collect();
        let mut outline = Outline::default();
        let slots: Vec<usize> = paths.iter().map(|path| outline.add(&BTreeSet::from([path.clone()]))[0]).collect();
        let found = outline.cut(text)?;
        Some(slots.into_iter().map(|slot| found[slot]).collect())
    }

    #[test]
    fn members_are_cut_out_as_they_are_written() {
        let text = r#"{"a": {"b": [1, {"x": 2}], "c": null, "q\u0041": 7}, "d": "e"}"#;
        let found = cut(&["a.b", "a.c", "a.z", "d", "a.qA", "d.x", "a.b.x"], text).expect("cut");
        assert_eq!(found, [Some(r#"[1, {"x": 2}]"#), Some("null"), None, Some(r#""e""#), Some("7"), None, None]);
    }

    #[test]
    fn a_member_and_its_own_member_are_both_cut_out() {
        let found = cut(&["a", "a.b"], r#"{"a":{"b":1,"c":2}}"#).expect("cut");
        assert_eq!(found, [Some(r#"{"b":1,"c":2}"#), Some("1")]);
    }

    #[test]
    fn a_member_that_is_named_twice_makes_no_cut() {
        assert_eq!(cut(&["a.b"], r#"{"a":{"b":1},"a":{"c":2}}"#), None);
        assert_eq!(cut(&["a.b"], r#"{"a":{"b":1,"b":2}}"#), None);
        assert_eq!(cut(&["a"], "{"), None);
    }
}

//! Which members of a resource the controls of its type may look at, cut out of its text without parsing the rest.
//! Knows JSON and the envelope; knows nothing of controls or of what the members mean.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::engine::FactsOf;
use crate::rule_ids::shape;
use konecta_base::resource::Resource;

/// The first step of a path into the facts of a resource; no member of the envelope is called so.
pub(super) const FACTS: &str = "";

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
    pub(super) fn add<'p>(&mut self, paths: impl IntoIterator<Item = &'p Vec<String>>) -> Vec<usize> {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        paths.into_iter().map(|path| self.slot(path)).collect()
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

    /// How many members are wanted.
    pub(super) fn len(&self) -> usize {
        self.slots
    }

    /// Shows the text of each wanted member of a resource and of its facts that is there. `None` for one that names a
    /// member twice: what is then the member depends on who reads it.
    pub(super) fn cut(&self, resource: &Resource, facts: Option<FactsOf<'_>>, see: See<'_>) -> Option<()> {
        let Some(root) = self.nodes.first() else { return Some(()) };
        let mut cut = Cut { see, entered: vec![false; self.nodes.len()] };
        for (name, child) in &root.members {
            match (name.as_str(), facts) {
                ("configuration", _) => self.look(*child, resource.configuration.get(), &mut cut)?,
                ("supplement", _) => self.supplement(*child, resource, &mut cut)?,
                ("tags", _) => {
                    if let Some(tags) = &resource.tags {
                        self.look(*child, &serde_json::to_string(tags).ok()?, &mut cut)?;
                    }
                }
                (FACTS, Some(facts)) => self.facts(*child, facts, &mut cut)?,
                (name, _) => {
                    if let (Some(slot), Some(text)) = (self.nodes[*child].slot, plain(resource, name)) {
                        (cut.see)(slot, &text);
                    }
                }
            }
        }
        Some(())
    }

    fn supplement(&self, node: usize, resource: &Resource, cut: &mut Cut<'_>) -> Option<()> {
        let wanted = &self.nodes[node];
        if let Some(slot) = wanted.slot.filter(|_| !resource.supplement.is_empty()) {
            (cut.see)(slot, &serde_json::to_string(&resource.supplement).ok()?);
        }
        for (name, child) in &wanted.members {
            if let Some(text) = resource.supplement.get(name) {
                self.look(*child, text.get(), cut)?;
            }
        }
        Some(())
    }

    /// Facts are compared without the ids in them; whoever looks at those says so.
    fn facts(&self, node: usize, facts: FactsOf<'_>, cut: &mut Cut<'_>) -> Option<()> {
        let wanted = &self.nodes[node];
        if let Some(slot) = wanted.slot {
            (cut.see)(slot, &facts.text().ok()?);
        }
        for (name, child) in &wanted.members {
            if let Some(text) = facts.get(name) {
                self.look(*child, &shape(text), cut)?;
            }
        }
        Some(())
    }

    fn look(&self, node: usize, text: &str, cut: &mut Cut<'_>) -> Option<()> {
        let wanted = &self.nodes[node];
        if let Some(slot) = wanted.slot.filter(|_| wanted.members.is_empty()) {
            (cut.see)(slot, text);
            return Some(());
        }
        At { outline: self, node, cut }.look(text).ok()
    }
}

/// A member of the envelope that is one word.
fn plain<'r>(resource: &'r Resource, name: &str) -> Option<Cow<'r, str>> {
    Some(match name {
        "resourceType" => resource.resource_type.as_str().into(),
        "arn" => resource.arn.as_str().into(),
        "resourceId" => resource.resource_id.as_str().into(),
        "accountId" => resource.account_id.as_str().into(),
        "region" => resource.region.as_str().into(),
        "capturedAt" => resource.captured_at.to_string().into(),
        _ => return None,
    })
}

/// Takes the text of a member that was found, by the place it was given.
type See<'s> = &'s mut dyn FnMut(usize, &str);

struct Cut<'s> {
    see: See<'s>,
    entered: Vec<bool>,
}

struct At<'o, 'c, 's> {
    outline: &'o Outline,
    node: usize,
    cut: &'c mut Cut<'s>,
}

impl At<'_, '_, '_> {
    fn look(self, text: &str) -> serde_json::Result<()> {
        self.deserialize(&mut serde_json::Deserializer::from_str(text))
    }
}

impl<'t> DeserializeSeed<'t> for At<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        let node = &self.outline.nodes[self.node];
        let Some(slot) = node.slot else { return deserializer.deserialize_any(self) };
        let raw: &'t RawValue = serde::Deserialize::deserialize(deserializer)?;
        (self.cut.see)(slot, raw.get());
        if node.members.is_empty() {
            return Ok(());
        }
        serde_json::Deserializer::from_str(raw.get()).deserialize_any(self).map_err(D::Error::custom)
    }
}

/// Only an object has members; what else stands in its place has none, and that is no error.
impl<'t> Visitor<'t> for At<'_, '_, '_> {
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

    fn cut_of(paths: &[&str], resource: &Resource, facts: Option<&str>) -> Option<Vec<Option<String>>> {
        let facts = facts.map(|facts| serde_json::from_str::<serde_json::Value>(facts).expect("JSON"));
        let world = serde_json::json!({"facts": facts.map(|facts| serde_json::json!({"arn": facts}))});
        let world = crate::engine::World::new(&world).expect("a world");
        let paths: Vec<Vec<String>> = paths.iter().map(|path| path.split('.').map(str::to_owned).collect()).collect();
        let mut outline = Outline::default();
        let slots: Vec<usize> = paths.iter().map(|path| outline.add([path])[0]).collect();
        let mut found = vec![None; outline.len()];
        outline.cut(resource, world.facts("arn"), &mut |slot, text| found[slot] = Some(text.to_owned()))?;
        Some(slots.into_iter().map(|slot| found[slot].clone()).collect())
    }

    fn resource(configuration: &str) -> Resource {
        let envelope = r#"{"resourceType": "AWS::A::B", "arn": "arn:aws:a:b:123456789012:c", "resourceId": "c", "accountId": "123456789012",
            "region": "b", "tags": {"x": "y"}, "capturedAt": "2026-11-23T12:00:00Z", "supplement": {"s": {"t": 1}}, "configuration": "#;
        serde_json::from_str(&format!("{envelope}{configuration}}}")).expect("resource")
    }

    /// Of members of the configuration.
    fn cut(paths: &[&str], text: &str) -> Option<Vec<Option<String>>> {
        let paths: Vec<String> = paths.iter().map(|path| format!("configuration.{path}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        cut_of(&paths, &resource(text), None)
    }

    fn texts<const N: usize>(texts: [Option<&str>; N]) -> Vec<Option<String>> {
        texts.map(|text| text.map(str::to_owned)).to_vec()
    }

    #[test]
    fn every_member_of_the_envelope_is_found_as_the_policies_see_it() {
        let resource = resource("{}");
        let written: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&serde_json::to_string(&resource).expect("JSON")).expect("an object");
        let names: Vec<&str> = written.keys().map(String::as_str).collect();
        let found = cut_of(&names, &resource, None).expect("cut");
        for ((name, value), found) in written.iter().zip(found) {
            let found = found.unwrap_or_else(|| panic!("{name}"));
            let text = serde_json::Value::String(found.clone());
            assert!(
                *value == text || *value == serde_json::from_str::<serde_json::Value>(&found).expect("JSON"),
                "{name}"
            );
        }
        let found = cut_of(&["tags.x", "supplement.s.t", "supplement.u", "unheard"], &resource, None);
        assert_eq!(found, Some(texts([Some("\"y\""), Some("1"), None, None])));
    }

    #[test]
    fn facts_are_found_by_their_name() {
        let (resource, facts) = (resource("{}"), Some(r#"{"open":[1],"other":2}"#));
        assert_eq!(cut_of(&[".open", ".none"], &resource, facts), Some(texts([Some("[1]"), None])));
        assert_eq!(cut_of(&[""], &resource, facts), Some(texts([facts])));
        assert_eq!(cut_of(&[".open", ""], &resource, None), Some(texts([None, None])));
    }

    #[test]
    fn members_are_cut_out_as_they_are_written() {
        let text = r#"{"a": {"b": [1, {"x": 2}], "c": null, "q\u0041": 7}, "d": "e"}"#;
        let found = cut(&["a.b", "a.c", "a.z", "d", "a.qA", "d.x", "a.b.x"], text).expect("cut");
        assert_eq!(found, texts([Some(r#"[1, {"x": 2}]"#), Some("null"), None, Some(r#""e""#), Some("7"), None, None]));
    }

    #[test]
    fn a_member_and_its_own_member_are_both_cut_out() {
        let found = cut(&["a", "a.b"], r#"{"a":{"b":1,"c":2}}"#).expect("cut");
        assert_eq!(found, texts([Some(r#"{"b":1,"c":2}"#), Some("1")]));
    }

    #[test]
    fn a_member_that_is_named_twice_makes_no_cut() {
        assert_eq!(cut(&["a.b"], r#"{"a":{"b":1},"a":{"c":2}}"#), None);
        assert_eq!(cut(&["a.b"], r#"{"a":{"b":1,"b":2}}"#), None);
    }
}

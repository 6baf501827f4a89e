//! One resource before its judges: compared with those before it, and parsed only if one of them has not seen its like.
//! Knows no control.

use std::collections::BTreeMap;
use std::sync::Arc;

use regorus::Value;

use super::world::{FactsOf, World};
use crate::outline::Outline;
use crate::result_cache::{Interner, Number};
use crate::rule_ids::{any_stands_in, shape};
use crate::verdict::ControlAnswer;
use konecta_base::resource::{Resource, ResourceRef};

/// What the resources of one type held in the places that their controls look at.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) outline: Outline,
    texts: Vec<Interner>,
    /// What the resource that is being judged holds.
    numbers: Vec<Number>,
}

impl Seen {
    /// Compares a resource, place by place. One that cannot be cut is compared with nothing.
    fn look(&mut self, resource: &Resource, facts: Option<FactsOf<'_>>) -> &[Number] {
        let Self { outline, texts, numbers } = self;
        texts.resize_with(outline.len(), Interner::default);
        numbers.clear();
        numbers.resize(outline.len(), Number::NOTHING);
        let cut = outline.cut(resource, facts, &mut |slot, text| numbers[slot] = texts[slot].number(text));
        if cut.is_none() {
            numbers.fill(Number::UNHEARD);
        }
        numbers
    }
}

/// One resource before its judges.
pub(super) struct Evaluation<'c> {
    pub(super) resource: &'c Resource,
    pub(super) reference: Arc<ResourceRef>,
    facts: Option<FactsOf<'c>>,
    numbers: &'c [Number],
    world: &'c World,
    text: Option<String>,
    input: Option<Value>,
}

impl<'c> Evaluation<'c> {
    pub(super) fn new(resource: &'c Resource, seen: &'c mut Seen, world: &'c World) -> Self {
        let facts = world.facts(resource.arn.as_str());
        let numbers = seen.look(resource, facts);
        Self { resource, reference: resource.reference().into(), facts, numbers, world, text: None, input: None }
    }

    /// The resource as JSON.
    pub(super) fn text(&mut self) -> Result<&str, String> {
        let text = match self.text.take() {
            Some(text) => text,
            None => serde_json::to_string(self.resource).map_err(|error| error.to_string())?,
        };
        Ok(self.text.insert(text))
    }

    /// The resource as a flat control sees it.
    pub(super) fn input(&mut self) -> Result<Value, String> {
        if let Some(input) = &self.input {
            return Ok(input.clone());
        }
        let (world, facts) = (self.world, self.facts);
        let input = world.around(self.text()?, facts)?;
        self.input = Some(input.clone());
        Ok(input)
    }

    /// Why facts of the resource are not known, by the name of the fact.
    pub(super) fn whys(&self) -> BTreeMap<String, Vec<String>> {
        self.facts.and_then(|facts| serde_json::from_str(facts.get("why")?).ok()).unwrap_or_default()
    }

    /// Whether an answer says an id of a rule that a fact holds; `any` where it is enough that a fact holds one.
    pub(super) fn holds_ids(&self, answer: &ControlAnswer, any: bool) -> bool {
        let Some(facts) = self.facts else { return false };
        let told = answer.text();
        facts.texts().any(|fact| if any { shape(fact) != fact } else { any_stands_in(fact, &told) })
    }

    /// What stands in one place.
    pub(super) fn number(&self, place: usize) -> Number {
        self.numbers[place]
    }

    /// What stands in these places; whether it may all have stood there before.
    pub(super) fn question(&self, places: &[usize], question: &mut Vec<Number>) -> bool {
        question.clear();
        question.extend(places.iter().map(|&place| self.numbers[place]));
        !question.contains(&Number::UNHEARD)
    }
}

//! What a plan does to the parts of live resources: documents, and entries of lists that are blocks or resources of
//! their own in Terraform. All that is done to one list is gathered before any of it is laid, for Terraform does not
//! promise an order: where two changes speak of the same entry, the list is not known afterwards.

use std::collections::{BTreeMap, BTreeSet};

use konecta_base::resource::Resource;
use konecta_base::silence;
use konecta_base::snapshot::Snapshot;
use serde_json::{Map, Value, json};

use super::live::{LiveMatch, LiveMatches};
use super::{ResourceChange, take_away};
use crate::context::View;
use crate::pointer;
use crate::simulate::set_body;
use crate::terraform_parts::{self, Delayed, Entry, Form, Part, document, holds_true};

/// One thing that is done to a part.
#[derive(Debug)]
struct Deed {
    /// What tells the entry from others; of a part that is there once, nothing.
    key: Option<Vec<Value>>,
    value: Value,
    address: String,
    /// Whether what is destroyed of the same address is destroyed afterwards.
    made_first: bool,
}

/// All that is done to one part of one resource.
#[derive(Debug)]
struct Lay {
    part: &'static Part,
    gone: Vec<Deed>,
    put: Vec<Deed>,
    is_unknown: bool,
}

/// All that is done to parts, by the place of the resource in the snapshot and by the place of the part in it.
#[derive(Debug, Default)]
pub(super) struct Parts {
    lays: BTreeMap<(usize, &'static str), Lay>,
    /// Entries that go where nobody has looked, by what tells them from others.
    astray: Vec<(&'static Part, Vec<Value>)>,
}

impl Parts {
    /// A change of a resource that is a part of another one. Whether it is one.
    pub(super) fn separate(
        &mut self,
        change: &ResourceChange,
        matches: &LiveMatches,
        tell: &mut dyn FnMut(&str),
    ) -> bool {
        let mut is_part = false;
        for part in terraform_parts::of(&change.kind).filter(|part| part.is_separate()) {
            is_part = true;
            let old =
                (change.does("delete") || change.does("update")).then(|| entry(part, &change.before, &Value::Null));
            let new =
                (change.does("create") || change.does("update")).then(|| entry(part, &change.after, &change.unknown));
            let (from, to) = (matches.owner_before(change), matches.owner_after(change));
            match (old, from) {
                (Some(old), LiveMatch::One(at)) => {
                    let stays = from == to && new.as_ref().is_some_and(|new| key(part, new) == key(part, &old));
                    // What is replaced under the same name is destroyed and made, in one order or the other.
                    if !stays || change.does("delete") {
                        self.lay(at, part).gone.push(deed(change, key(part, &old), Value::Null));
                    }
                }
                (Some(_), LiveMatch::None) => tell("what it belongs to is not among what was read"),
                (Some(_), LiveMatch::Several) => tell("several of what was read have the name that it belongs to"),
                (None, _) => {}
            }
            match (new, to) {
                (Some(new), LiveMatch::One(at)) => self.put(change, at, part, new),
                (Some(new), LiveMatch::None | LiveMatch::Several) => {
                    self.astray.extend(key(part, &new).filter(|_| part.exclusive).map(|key| (part, key)));
                    if from == to && change.does("update") {
                        continue;
                    }
                    let several = to == LiveMatch::Several;
                    tell(if several {
                        "several of what was read have the name that it belongs to"
                    } else {
                        "what it belongs to is not known yet, or not among what was read"
                    });
                }
                (None, _) => {}
            }
            if !change.after.is_null() {
                let owner = crate::terraform_state::named_by(&change.kind);
                for name in change.touched().into_iter().filter(|name| !part.knows(name) && owner != Some(*name)) {
                    tell(&format!("{name} is not judged"));
                }
            }
        }
        is_part
    }

    /// The arguments of a live resource that hold parts of it; those that the table knows.
    pub(super) fn own<'c>(
        &mut self,
        change: &'c ResourceChange,
        at: usize,
        touched: &BTreeSet<&'c str>,
        tell: &mut dyn FnMut(&str),
    ) -> BTreeSet<&'c str> {
        let mut known = BTreeSet::new();
        for part in terraform_parts::of(&change.kind).filter(|part| !part.is_separate()) {
            known.extend(touched.iter().copied().filter(|name| part.is_silent(name)));
            for (argument, constants) in part.arguments() {
                let Some(name) = touched.get(argument) else { continue };
                known.insert(*name);
                if change.unknown.get(argument).is_some_and(holds_true) {
                    self.lay(at, part).is_unknown = true;
                    continue;
                }
                let (before, after) = (change.before.get(argument), change.after.get(argument));
                if part.document.is_none() && !part.members.is_empty() {
                    for item in items(after).iter().filter(|item| !items(before).contains(item)) {
                        part.unmapped(item).iter().for_each(|name| tell(&format!("{argument}.{name} is not judged")));
                    }
                }
                match part.form {
                    Form::List => self.entries(change, at, part, constants, (before, after)),
                    Form::Document | Form::Object | Form::Whole | Form::LogTypes => {
                        let value = value(part, after.unwrap_or(&Value::Null), &Value::Null, constants);
                        let lay = self.lay(at, part);
                        match value {
                            Some(value) => lay.put.push(deed(change, Some(Vec::new()), value)),
                            None => lay.is_unknown = true,
                        }
                    }
                    Form::Rules => {}
                }
            }
        }
        known
    }

    /// The entries of a list that an argument holds: what it does not hold any more goes, what it did not hold so comes.
    fn entries(
        &mut self,
        change: &ResourceChange,
        at: usize,
        part: &'static Part,
        constants: &Map<String, Value>,
        (before, after): (Option<&Value>, Option<&Value>),
    ) {
        let of = |side: Option<&Value>| -> Vec<Entry> {
            items(side).iter().map(|item| part.entry(item, &Value::Null, constants)).collect()
        };
        let (before, after) = (of(before), of(after));
        if after.iter().any(|new| !new.is_whole) {
            self.lay(at, part).is_unknown = true;
            return;
        }
        let same = |one: &Entry, other: &Entry| part.key(&one.members) == part.key(&other.members);
        for old in before.iter().filter(|old| !after.iter().any(|new| same(old, new))) {
            let gone = deed(change, part.key(&old.members), Value::Null);
            self.lay(at, part).gone.push(gone);
        }
        for new in after.iter().filter(|new| !before.contains(new)) {
            let put = deed(change, part.key(&new.members), Value::Object(new.members.clone()));
            self.lay(at, part).put.push(put);
        }
    }

    fn put(&mut self, change: &ResourceChange, at: usize, part: &'static Part, new: Entry) {
        let key = key(part, &new);
        let lay = self.lay(at, part);
        match part.form {
            Form::Document if new.is_whole => {
                let value = new.members.into_iter().next().map(|(_, value)| value).unwrap_or_default();
                lay.put.push(deed(change, key, value));
            }
            Form::List => lay.put.push(deed(change, key, Value::Object(new.members))),
            Form::Document | Form::Object | Form::Whole | Form::LogTypes | Form::Rules => lay.is_unknown = true,
        }
    }

    fn lay(&mut self, at: usize, part: &'static Part) -> &mut Lay {
        let new = || Lay { part, gone: Vec::new(), put: Vec::new(), is_unknown: false };
        self.lays.entry((at, part.at.as_str())).or_insert_with(new)
    }

    /// Lays all of it over the snapshot, and says which resources it changed.
    ///
    /// # Errors
    /// When a resource cannot be written as JSON.
    pub(super) fn apply(mut self, snapshot: &mut Snapshot) -> Result<BTreeSet<usize>, serde_json::Error> {
        for (part, key) in std::mem::take(&mut self.astray) {
            let lives = |one: &Resource| key.iter().any(|name| name == one.resource_id.as_str());
            if !snapshot.resources.iter().any(lives) {
                continue;
            }
            // What lives stands in a list that nobody has seen, and not in the one that it falls back to: an entry of
            // which nothing is known may be it.
            let all = snapshot.resources.iter().enumerate();
            let all: Vec<usize> =
                all.filter(|(_, one)| one.resource_type == part.resource_type).map(|(at, _)| at).collect();
            for at in all {
                let put = Deed { key: None, value: json!({}), address: String::new(), made_first: false };
                self.lay(at, part).put.push(put);
            }
        }
        let mut changed = BTreeSet::new();
        for ((at, _), lay) in &self.lays {
            let Some(resource) = snapshot.resources.get_mut(*at) else { continue };
            let mut body = View::of(resource).body;
            lay.onto(&mut body);
            set_body(resource, &body)?;
            changed.insert(*at);
            let waits = lay.part.delayed.as_ref().filter(|delayed| lay.waits(delayed));
            if let Some(delayed) = waits {
                let group = resource.clone();
                doubt(snapshot, delayed, &group)?;
            }
        }
        Ok(changed)
    }
}

impl Lay {
    fn onto(&self, body: &mut Value) {
        let at = self.part.at.as_str();
        if self.is_unknown || self.is_contested() {
            take_away(body, at);
            return;
        }
        let value = match self.part.form {
            Form::List => {
                if let Some(list) = body.pointer_mut(at).and_then(Value::as_array_mut) {
                    self.entries(list);
                }
                return;
            }
            Form::LogTypes => {
                let Some(put) = self.put.last() else { return };
                log_types(body.pointer(at), &put.value)
            }
            Form::Document | Form::Object | Form::Whole | Form::Rules => {
                self.put.last().map(|put| put.value.clone()).unwrap_or_default()
            }
        };
        if pointer::put(body, at, Some(value)).is_err() {
            take_away(body, at);
        }
    }

    /// Whether two changes speak of the same entry, so that the order decides which of them remains.
    fn is_contested(&self) -> bool {
        let named = |deed: &&Deed| deed.key.is_some();
        self.put.iter().filter(named).enumerate().any(|(at, put)| {
            let twice = self.put.iter().skip(at + 1).any(|other| other.key == put.key);
            let destroyed = self.gone.iter().filter(|gone| gone.key == put.key);
            twice || destroyed.into_iter().any(|gone| gone.address != put.address || put.made_first)
        })
    }

    fn entries(&self, list: &mut Vec<Value>) {
        let part = self.part;
        let place = |list: &[Value], key: &Option<Vec<Value>>| {
            let key = key.as_ref()?;
            list.iter().position(|one| one.as_object().and_then(|one| part.key(one)).as_ref() == Some(key))
        };
        for gone in &self.gone {
            match (place(list, &gone.key), part.reset) {
                (Some(at), false) => drop(list.remove(at)),
                (Some(at), true) => {
                    if let Some(entry) = list.get_mut(at).and_then(Value::as_object_mut) {
                        entry.retain(|name, _| part.key.contains(name));
                    }
                }
                (None, true) => {
                    let key = gone.key.iter().flatten().cloned();
                    list.push(Value::Object(part.key.iter().cloned().zip(key).collect()));
                }
                (None, false) => {}
            }
        }
        for put in &self.put {
            let there = place(list, &put.key).and_then(|at| list.get_mut(at));
            match (there, put.value.as_object()) {
                (Some(there), Some(new)) if part.merged => {
                    if let Some(there) = there.as_object_mut() {
                        there.extend(new.clone());
                    }
                }
                (Some(there), _) => *there = put.value.clone(),
                (None, _) => list.push(put.value.clone()),
            }
        }
    }

    /// Whether something of it is in force only after what uses it was rebooted.
    fn waits(&self, delayed: &Delayed) -> bool {
        let (member, value) = &delayed.unless;
        self.is_unknown || !self.gone.is_empty() || self.put.iter().any(|put| put.value[member] != *value)
    }
}

/// What uses a resource that changes, as long as it was not rebooted, may be in either state.
fn doubt(snapshot: &mut Snapshot, delayed: &Delayed, of: &Resource) -> Result<(), serde_json::Error> {
    let users = snapshot.resources.iter_mut().filter(|one| {
        one.resource_type == delayed.resource_type && one.account_id == of.account_id && one.region == of.region
    });
    for user in users {
        let mut body = View::of(user).body;
        let entries = body.pointer_mut(&delayed.at).and_then(Value::as_array_mut).into_iter().flatten();
        let ours = entries.filter(|entry| entry[&delayed.named] == of.resource_id);
        ours.filter_map(Value::as_object_mut).for_each(|entry| drop(entry.remove(&delayed.state)));
        set_body(user, &body)?;
    }
    Ok(())
}

fn deed(change: &ResourceChange, key: Option<Vec<Value>>, value: Value) -> Deed {
    let made_first = change.actions.first().is_some_and(|first| first == "create");
    Deed { key, value, address: change.address.clone(), made_first }
}

/// A part that is a resource of its own; of a document the only member is the document.
fn entry(part: &Part, said: &Value, unknown: &Value) -> Entry {
    let Some(argument) = &part.document else { return part.entry(said, unknown, part.constants()) };
    let is_known = !unknown.get(argument).is_some_and(holds_true);
    let value = said.get(argument).filter(|_| is_known).and_then(document);
    Entry { is_whole: value.is_some(), members: value.map(|value| (String::new(), value)).into_iter().collect() }
}

fn key(part: &Part, entry: &Entry) -> Option<Vec<Value>> {
    if part.document.is_some() { Some(Vec::new()) } else { part.key(&entry.members) }
}

/// What a part is that is there once and stands in an argument; `None` where that is not known.
fn value(part: &Part, said: &Value, unknown: &Value, constants: &Map<String, Value>) -> Option<Value> {
    match part.form {
        Form::Document => document(said),
        Form::LogTypes => Some(Value::Array(items(Some(said)))),
        Form::Object => {
            let one = items(Some(said)).first().map(|one| part.entry(one, unknown, constants));
            one.map_or_else(|| Some(part.none()), |one| one.is_whole.then_some(Value::Object(one.members)))
        }
        Form::Whole => {
            let all = items(Some(said));
            let entries: Vec<Entry> = all.iter().map(|one| part.entry(one, unknown, constants)).collect();
            if entries.is_empty() && says_none(part) {
                return Some(Value::Null);
            }
            let is_whole = entries.iter().all(|entry| entry.is_whole);
            is_whole.then(|| entries.into_iter().map(|entry| Value::Object(entry.members)).collect())
        }
        Form::List | Form::Rules => None,
    }
}

fn says_none(part: &Part) -> bool {
    let member = part.at.strip_prefix("/configuration/");
    member.is_some_and(|member| silence::means_none(part.resource_type.as_str(), member))
}

/// The entries of a set, or the one that an argument is.
fn items(side: Option<&Value>) -> Vec<Value> {
    match side {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(one @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_))) => vec![one.clone()],
    }
}

/// The types that are on, and those that AWS knows besides.
fn log_types(live: Option<&Value>, on: &Value) -> Value {
    let on: Vec<&Value> = on.as_array().into_iter().flatten().collect();
    let all = live.and_then(Value::as_array).into_iter().flatten().filter_map(|one| one["types"].as_array()).flatten();
    let off: Vec<&Value> = all.filter(|one| !on.contains(one)).collect();
    let lists = [(true, on), (false, off)].into_iter().filter(|(_, types)| !types.is_empty());
    lists.map(|(enabled, types)| json!({"enabled": enabled, "types": types})).collect()
}

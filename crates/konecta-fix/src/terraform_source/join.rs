//! Which live resource is declared by which resource of Terraform: by id and ARN in the states, and by names and tags in
//! what is declared where no state was given. Knows the columns `terraform_identity` and `terraform_names`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use konecta_base::id::ResourceType;
use konecta_base::resource_table::{Column, rows};
use serde::Deserialize;
use serde_json::Value;

use super::files::Sources;
use super::sites::{declared, site};
use crate::View;
use crate::emit::terraform::table::kind;
use crate::terraform_state::{Instance, is_unmistakable, keys, names};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    terraform: String,
    r#type: ResourceType,
    by: Vec<String>,
    at: Option<String>,
}

impl Name {
    fn key(&self, name: &str) -> String {
        format!("{}|{}={name}", self.r#type, self.at.as_deref().unwrap_or_default())
    }
}

static TABLE: LazyLock<Vec<Name>> = LazyLock::new(|| rows(Column::TerraformNames));

/// A resource of Terraform, and the folder of the configuration that has it.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(super) root: String,
    pub(crate) instance: Instance,
}

/// Every resource of Terraform that is known, by the names that live resources have.
#[derive(Debug, Default)]
pub struct Join {
    declared: Vec<Declared>,
    by_key: BTreeMap<String, Vec<usize>>,
    /// By the ARNs and ids that stand in attributes: what refers to what.
    referring: BTreeMap<String, Vec<usize>>,
}

impl Join {
    /// Joins states to the configurations that they are of; a configuration without one tells what it declares itself.
    /// What a person should know of that is returned as well. `states` are told by where they came from.
    #[must_use]
    pub fn new(sources: &Sources, states: Vec<(String, Vec<Instance>)>) -> (Self, Vec<String>) {
        let roots = sources.roots();
        let (mut join, mut remarks, mut taken) = (Self::default(), Vec::new(), BTreeSet::new());
        for (place, instances) in states {
            let lies = |root: &str| instances.iter().filter(|instance| site(sources, root, instance).is_some()).count();
            let count: Vec<(usize, &str)> = roots.iter().map(|root| (lies(root), *root)).collect();
            let most = count.iter().map(|(count, _)| *count).max().unwrap_or_default();
            let best: Vec<&str> = count.iter().filter(|(count, _)| *count == most).map(|(_, root)| *root).collect();
            let (Some(root), true) = (best.first(), most > 0) else {
                if !instances.is_empty() {
                    remarks.push(format!(
                        "{place}: none of its resources is declared in the Terraform files that were read"
                    ));
                }
                continue;
            };
            if best.len() > 1 {
                let folders: Vec<String> = best.iter().map(|root| folder(root)).collect();
                remarks.push(format!(
                    "{place}: {} declare the same resources; {} is taken, name one of them with --terraform",
                    folders.join(" and "),
                    folder(root)
                ));
            }
            taken.insert(*root);
            for instance in instances {
                join.add(Declared { root: (*root).to_owned(), instance }, &|instance| {
                    keys(&instance.kind, &instance.attributes)
                });
            }
        }
        for root in roots.iter().filter(|root| !taken.contains(*root)) {
            for instance in declared(sources, root) {
                join.add(Declared { root: (*root).to_owned(), instance }, &names_of);
            }
        }
        if sources.is_exhausted() {
            remarks.push(
                "the Terraform configuration names so much in so many ways that it was not evaluated to its end; some places are not told"
                    .to_owned(),
            );
        }
        (join, remarks)
    }

    /// What states hold, without a configuration.
    #[must_use]
    pub fn of_states(states: Vec<Vec<Instance>>) -> Self {
        let mut join = Self::default();
        for instance in states.into_iter().flatten() {
            let keys = |instance: &Instance| keys(&instance.kind, &instance.attributes);
            join.add(Declared { root: String::new(), instance }, &keys);
        }
        join
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Declared> {
        self.declared.iter()
    }

    fn add(&mut self, declared: Declared, keys: &dyn Fn(&Instance) -> Vec<String>) {
        for key in keys(&declared.instance) {
            self.by_key.entry(key).or_default().push(self.declared.len());
        }
        let attributes = declared.instance.attributes.as_object();
        for text in attributes.into_iter().flat_map(|attributes| attributes.values()).filter_map(Value::as_str) {
            if is_unmistakable(text) {
                self.referring.entry(text.to_owned()).or_default().push(self.declared.len());
            }
        }
        self.declared.push(declared);
    }

    /// What declares a live resource itself; where only parts of it are declared, those.
    pub(crate) fn own(&self, view: &View) -> Vec<&Declared> {
        let all = self.of(view);
        let own: Vec<&Declared> = all.iter().filter(|declared| is_own(&declared.instance, view)).copied().collect();
        if own.is_empty() { all } else { own }
    }

    /// What names a live resource in one of its attributes, as a listener names its load balancer.
    pub(super) fn referring(&self, view: &View) -> impl Iterator<Item = &Declared> {
        let names = [view.reference.arn.as_str(), view.id.as_str()];
        let found = names.into_iter().filter_map(|name| self.referring.get(name)).flatten();
        found.filter_map(|at| self.declared.get(*at))
    }

    /// What declares a live resource and its parts, its own block first.
    pub(crate) fn of(&self, view: &View) -> Vec<&Declared> {
        let mut found: Vec<usize> = Vec::new();
        for key in names(view).into_iter().chain(live_names(view)) {
            for at in self.by_key.get(&key).into_iter().flatten() {
                if !found.contains(at) {
                    found.push(*at);
                }
            }
        }
        let mut declared: Vec<&Declared> = found.into_iter().filter_map(|at| self.declared.get(at)).collect();
        declared.sort_by_key(|declared| !is_own(&declared.instance, view));
        declared
    }

    /// What has this ARN, or this id that belongs to one resource only.
    pub(super) fn by_id(&self, id: &str) -> Option<&Declared> {
        self.declared.get(*self.by_key.get(id)?.first()?)
    }
}

/// Whether this is the resource itself, and not a part of it, as its policy is.
fn is_own(instance: &Instance, view: &View) -> bool {
    let of_table = kind(&view.reference.resource_type).is_some_and(|kind| kind.is_declared_by(&instance.kind));
    let named = TABLE.iter().any(|name| name.terraform == instance.kind && name.r#type == view.reference.resource_type);
    let same = |name: &str, text: &str| instance.attributes.get(name).is_some_and(|value| value == text);
    of_table || named || same("arn", view.reference.arn.as_str()) || same("id", &view.id)
}

fn folder(root: &str) -> String {
    if root.is_empty() { "the repository's root".to_owned() } else { root.to_owned() }
}

/// The names of a resource that is declared and of which no state tells an id.
fn names_of(instance: &Instance) -> Vec<String> {
    let mut found = keys(&instance.kind, &instance.attributes);
    for name in TABLE.iter().filter(|name| name.terraform == instance.kind) {
        let parts: Option<Vec<&str>> =
            name.by.iter().map(|pointer| instance.attributes.pointer(pointer)?.as_str()).collect();
        found.extend(parts.map(|parts| name.key(&parts.join("/"))));
    }
    found
}

fn live_names(view: &View) -> Vec<String> {
    let fits = TABLE.iter().filter(|name| name.r#type == view.reference.resource_type);
    let found = fits.filter_map(|name| {
        let live = name.at.as_deref().map_or(Some(view.id.as_str()), |pointer| view.text(pointer))?;
        Some(name.key(live))
    });
    found.collect()
}

//! Resources that the plan makes, as blocks at the end of the file of their neighbour: what they refer to, else another
//! of their kind. Knows plans and what is declared.

use konecta_base::id::ResourceType;
use serde_json::Value;

use super::super::files::{Placed, Sources};
use super::super::join::{Declared, Join};
use super::super::sites::{Site, site};
use super::Editor;
use super::asks::{Ask, Want, asks_of_new};
use super::node::{Node, at_end};
use super::place::{Entry, Obstacle, Step, told};
use crate::View;
use crate::emit::terraform::hcl;
use crate::emit::terraform::table::kind;
use crate::plan::Change;
use hcl_edit::Span as _;

impl<'a> Editor<'a> {
    /// Writes a new resource. One that is declared already comes with the next apply.
    pub(super) fn created(&mut self, change: &Change, view: &View) {
        if !self.join.own(view).is_empty() {
            return;
        }
        let arn = view.reference.arn.to_string();
        let Some(provider) = provider(&view.reference.resource_type, view) else {
            self.requests.left(change, &arn, Vec::new(), Obstacle::new("its type is not known in Terraform"));
            return;
        };
        let (asks, untold) = asks_of_new(view);
        let secret = asks.iter().find(|ask| ask.want == Want::Secret).map(|ask| told(&ask.way));
        if let Some(argument) = secret.or_else(|| untold.into_iter().next().map(|(path, _)| path)) {
            let obstacle =
                Obstacle::new("it cannot be told whole; `fix --emit terraform` without --terraform shows it");
            self.requests.left(change, &arn, vec![argument], obstacle);
            return;
        }
        let ports = view.at("/configuration/FromPort").map(|port| format!("port_{port}").replace('-', "all"));
        let name = ports.unwrap_or_else(|| view.reference.arn.short_name().to_owned());
        self.make(change, &arn, (provider, &name), None, asks);
    }

    /// Writes a part of a resource that is a resource of its own.
    pub(super) fn made_part(
        &mut self,
        change: &Change,
        view: &View,
        provider: &'static str,
        arguments: Vec<(&'static str, Value)>,
    ) {
        let step = |name: &str| vec![Step { name: name.to_owned(), entry: Entry::Only, lives: false }];
        let ask = |(name, value): (&str, Value)| Ask {
            way: step(name),
            want: Want::Value(value),
            before: None,
            pointer: None,
        };
        let asks = arguments.into_iter().map(ask).collect();
        let name = view.id.rsplit('/').next().unwrap_or_default().to_owned();
        let own = self.join.own(view).first().copied();
        self.make(change, view.reference.arn.as_str(), (provider, &name), own, asks);
    }

    fn make(
        &mut self,
        change: &Change,
        resource: &str,
        (provider, name): (&str, &str),
        own: Option<&'a Declared>,
        asks: Vec<Ask>,
    ) {
        let values = asks.iter().filter_map(|ask| match &ask.want {
            Want::Value(Value::String(text)) => Some(text.as_str()),
            Want::Value(_) | Want::Gone | Want::Secret => None,
        });
        let ids: Vec<&str> = values.filter(|text| crate::terraform_state::is_unmistakable(text)).collect();
        let mut referred = ids.iter().filter_map(|text| self.join.by_id(text));
        let alike = || self.join.all().find(|declared| ids.is_empty() && declared.instance.kind == provider);
        let Some(neighbour) = own.or_else(|| referred.next()).or_else(alike) else {
            let reason =
                "what it belongs to is not declared in the files; `fix --emit terraform` without --terraform shows it";
            self.requests.left(change, resource, Vec::new(), Obstacle::new(reason));
            return;
        };
        let Some(site) = site(self.sources, &neighbour.root, &neighbour.instance).filter(|site| site.is_own) else {
            let reason = "its neighbour stands in no file that was read";
            self.requests.left(change, resource, Vec::new(), Obstacle::new(reason));
            return;
        };
        let others = self.requests.instances(site.block.it);
        if others.iter().any(|other| other.root != neighbour.root || other.instance.module != neighbour.instance.module)
        {
            let reason = "the module of its neighbour is called several times";
            self.requests.left(change, resource, Vec::new(), Obstacle::new(reason));
            return;
        }
        let mut node = Node::default();
        for ask in &asks {
            if let Want::Value(value) = &ask.want {
                let reference = value.as_str().and_then(|text| reference(self.join, neighbour, text));
                let document = || if value.is_object() { hcl::jsonencode(value) } else { hcl::expression(value) };
                node.put(&ask.way, reference.unwrap_or_else(document));
            }
        }
        let lines = node.lines("  ");
        if is_there(self.sources, &site, provider, &lines) {
            return;
        }
        let label = free_label(self.sources, &site, provider, name);
        let head = format!("resource {} {} {{", hcl::string(provider), hcl::string(&label));
        let lines: Vec<String> = [head].into_iter().chain(lines).chain(["}".to_owned()]).collect();
        self.requests.add(site.block.file, at_end(site.block.file, &lines));
    }
}

/// The provider's type of a new resource.
fn provider(resource_type: &ResourceType, view: &View) -> Option<&'static str> {
    let kind = kind(resource_type)?;
    let is_egress = view.at("/configuration/IsEgress") == Some(&Value::Bool(true));
    Some(kind.or.as_deref().filter(|_| is_egress).unwrap_or(&kind.resource))
}

/// A value as an attribute of what has it, where that is declared in the same module.
pub(super) fn reference(join: &Join, beside: &Declared, text: &str) -> Option<String> {
    let is_beside = |one: &&Declared| one.root == beside.root && one.instance.module == beside.instance.module;
    let found = join.by_id(text).filter(is_beside);
    let attribute = |one: &Declared| {
        let has = |name: &&str| one.instance.attributes.get(*name).is_some_and(|value| value == text);
        ["id", "arn", "name"].into_iter().find(has)
    };
    let (of, attribute) = match found.and_then(|found| Some((found, attribute(found)?))) {
        Some(found) => found,
        None => (beside, attribute(beside).filter(|name| *name == "name")?),
    };
    let key = of.instance.key.as_ref().map(|key| format!("[{}]", hcl::expression(key))).unwrap_or_default();
    Some(format!("{}.{}{key}.{attribute}", of.instance.kind, of.instance.name))
}

/// Whether a block of this type says the same already.
fn is_there(sources: &Sources, site: &Site<'_>, provider: &str, lines: &[String]) -> bool {
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let wanted = bare(&lines.concat());
    let says = |block: Placed<'_, hcl_edit::structure::Block>| {
        let text = block.it.span().and_then(|span| block.file.text.get(span));
        let content = text.and_then(|text| text.split_once('{')).map(|(_, content)| content.trim_end_matches('}'));
        content.is_some_and(|content| bare(content) == wanted.trim_end_matches('}'))
    };
    let mut blocks = sources.blocks(&site.scope.dir, "resource");
    blocks.any(|(labels, block)| labels.first().is_some_and(|label| label == provider) && says(block))
}

/// A name that no resource of this type has in the module.
fn free_label(sources: &Sources, site: &Site<'_>, provider: &str, name: &str) -> String {
    let label = hcl::label(&name.to_lowercase());
    let is_free = |label: &String| sources.block(&site.scope.dir, "resource", &[provider, label]).is_none();
    let numbered = (2_u32..).map(|number| format!("{label}_{number}"));
    [label.clone()].into_iter().chain(numbered).find(is_free).unwrap_or(label)
}

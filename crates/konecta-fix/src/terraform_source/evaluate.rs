//! What an expression of HCL is, as far as that stands in the configuration: literals, templates, variables with what
//! the caller gives or their defaults, locals, `each`, `count`, attributes of other resources.
//! What Terraform learns only when it runs is not known, and so is everything that is made of it.

use std::cell::Cell;
use std::rc::Rc;

use hcl_edit::expr::{Expression, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::structure::Block;
use hcl_edit::template::{Element, StringTemplate};
use serde_json::{Map, Value};

use super::files::Sources;

/// How deep one name may lead to another: a configuration may name itself in a circle.
const DEPTH: usize = 32;

/// What may be evaluated from one root, in expressions and [`TEXT`] bytes of text: within [`DEPTH`], names that each name
/// several others come to more than there are atoms.
const WORK: u64 = 4_000_000;

/// Bytes of text that weigh as much as an expression.
const TEXT: usize = 16;

/// Where an expression stands: its module, as it was called, and which of a block's instances it is about.
#[derive(Debug, Clone)]
pub(super) struct Scope<'s> {
    pub(super) sources: &'s Sources,
    pub(super) dir: String,
    /// The call of the module and where it stands; `None` in a root.
    pub(super) caller: Option<(Rc<Self>, &'s Block)>,
    /// `each.key` or `count.index`, and `each.value`.
    pub(super) each: Option<(Value, Option<Value>)>,
    /// What is left of [`WORK`]; all scopes of a root share it.
    left: Rc<Cell<u64>>,
}

impl<'s> Scope<'s> {
    pub(super) fn root(sources: &'s Sources, dir: &str) -> Self {
        Self { sources, dir: dir.to_owned(), caller: None, each: None, left: Rc::new(Cell::new(WORK)) }
    }

    /// The inside of a module that is called from here.
    pub(super) fn inside(self, dir: String, call: &'s Block) -> Self {
        let (sources, left) = (self.sources, Rc::clone(&self.left));
        Self { sources, dir, caller: Some((Rc::new(self), call)), each: None, left }
    }

    /// Takes work off what is left; `None` once there is none.
    pub(super) fn spend(&self, work: u64) -> Option<()> {
        let left = self.left.get().checked_sub(work);
        self.left.set(left.unwrap_or_default());
        let taken = left.and_then(|_| self.sources.spend(work));
        if taken.is_none() {
            self.sources.exhaust();
        }
        taken
    }

    pub(super) fn with(&self, each: Option<(Value, Option<Value>)>) -> Self {
        Self { each, ..self.clone() }
    }

    /// Which instances a block has: `None` where it is one, else by key; an empty list where that is not known.
    pub(super) fn instances(&self, block: &Block) -> Option<Vec<(Value, Option<Value>)>> {
        self.instances_within(block, DEPTH)
    }

    fn instances_within(&self, block: &Block, depth: usize) -> Option<Vec<(Value, Option<Value>)>> {
        if let Some(count) = block.body.get_attribute("count") {
            let count = self.evaluate(&count.value, depth).and_then(|count| count.as_u64()).unwrap_or(0).min(1_000);
            self.spend(count)?;
            return Some((0..count).map(|index| (Value::from(index), None)).collect());
        }
        let each = block.body.get_attribute("for_each")?;
        Some(match self.evaluate(&each.value, depth) {
            Some(Value::Object(members)) => {
                members.into_iter().map(|(key, value)| (Value::String(key), Some(value))).collect()
            }
            Some(Value::Array(items)) => items.into_iter().map(|item| (item.clone(), Some(item))).collect(),
            _ => Vec::new(),
        })
    }

    /// The value of an expression, where it is known.
    pub(super) fn value(&self, expression: &Expression) -> Option<Value> {
        self.evaluate(expression, DEPTH)
    }

    fn evaluate(&self, expression: &Expression, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        self.spend(1)?;
        match expression {
            Expression::Null(_) => Some(Value::Null),
            Expression::Bool(value) => Some(Value::Bool(*value.value())),
            Expression::Number(number) => serde_json::from_str(&number.value().to_string()).ok(),
            Expression::String(text) => self.weighed(Value::String(text.value().clone())),
            Expression::Array(items) => {
                // An entry that is not known is `null` here, so that the others keep their places.
                Some(Value::Array(items.iter().map(|item| self.evaluate(item, depth).unwrap_or_default()).collect()))
            }
            Expression::Object(object) => {
                let mut members = Map::new();
                for (key, value) in object.iter() {
                    let key = match key {
                        ObjectKey::Ident(name) => name.as_str().to_owned(),
                        ObjectKey::Expression(Expression::Variable(name)) => name.as_str().to_owned(),
                        ObjectKey::Expression(key) => plain(&self.evaluate(key, depth)?)?,
                    };
                    members.insert(key, self.evaluate(value.expr(), depth).unwrap_or_default());
                }
                Some(Value::Object(members))
            }
            Expression::StringTemplate(template) => self.template(template, depth),
            Expression::Parenthesis(inner) => self.evaluate(inner.inner(), depth),
            Expression::Traversal(traversal) => self.traversal(traversal, depth),
            Expression::FuncCall(call) => {
                let mut arguments = call.args.iter().map(|argument| self.evaluate(argument, depth));
                match call.name.name.as_str() {
                    "toset" | "tolist" | "tomap" | "tostring" => arguments.next()?,
                    "lower" => Some(Value::String(arguments.next()??.as_str()?.to_lowercase())),
                    "keys" => {
                        let of = arguments.next()??;
                        Some(Value::Array(of.as_object()?.keys().cloned().map(Value::String).collect()))
                    }
                    "merge" => {
                        let mut members = Map::new();
                        for argument in arguments {
                            members.extend(argument?.as_object()?.clone());
                        }
                        Some(Value::Object(members))
                    }
                    _ => None,
                }
            }
            Expression::Conditional(conditional) => {
                let holds = self.evaluate(&conditional.cond_expr, depth)?.as_bool()?;
                self.evaluate(if holds { &conditional.true_expr } else { &conditional.false_expr }, depth)
            }
            Expression::Variable(_)
            | Expression::HeredocTemplate(_)
            | Expression::UnaryOp(_)
            | Expression::BinaryOp(_)
            | Expression::ForExpr(_) => None,
        }
    }

    fn template(&self, template: &StringTemplate, depth: usize) -> Option<Value> {
        let mut text = String::new();
        for element in template.iter() {
            match element {
                Element::Literal(literal) => text.push_str(literal.value()),
                Element::Interpolation(inner) => text.push_str(&plain(&self.evaluate(&inner.expr, depth)?)?),
                Element::Directive(_) => return None,
            }
        }
        self.weighed(Value::String(text))
    }

    fn traversal(&self, traversal: &Traversal, depth: usize) -> Option<Value> {
        let Expression::Variable(root) = &traversal.expr else { return None };
        let mut steps = Vec::new();
        for operator in &traversal.operators {
            steps.push(match operator.value() {
                TraversalOperator::GetAttr(name) => Value::String(name.as_str().to_owned()),
                TraversalOperator::Index(index) => self.evaluate(index, depth)?,
                TraversalOperator::LegacyIndex(index) => Value::from(*index.value()),
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => return None,
            });
        }
        let (first, rest) = steps.split_first()?;
        let first = first.as_str()?;
        let found = match root.as_str() {
            "var" => self.variable(first, depth),
            "local" => self.evaluate(&self.sources.local(&self.dir, first)?.it.value, depth),
            "each" | "count" => match (first, &self.each) {
                ("key" | "index", Some((key, _))) => Some(key.clone()),
                ("value", Some((_, value))) => value.clone(),
                (_, _) => None,
            },
            kind => return self.resource(kind, first, rest, depth),
        };
        self.weighed(rest.iter().try_fold(found?, |value, step| member(&value, step))?)
    }

    /// A value that was copied, if there was room for it.
    fn weighed(&self, value: Value) -> Option<Value> {
        self.spend(weight(&value))?;
        Some(value)
    }

    fn variable(&self, name: &str, depth: usize) -> Option<Value> {
        if let Some((caller, call)) = &self.caller
            && let Some(given) = call.body.get_attribute(name)
        {
            return caller.evaluate(&given.value, depth);
        }
        if self.caller.is_none()
            && let Some(given) = self.sources.value(&self.dir, name)
        {
            return self.evaluate(&given.it.value, depth);
        }
        let declared = self.sources.block(&self.dir, "variable", &[name])?;
        self.evaluate(&declared.it.body.get_attribute("default")?.value, depth)
    }

    /// An attribute that a resource is given; AWS gives the others.
    fn resource(&self, kind: &str, name: &str, rest: &[Value], depth: usize) -> Option<Value> {
        let block = self.sources.block(&self.dir, "resource", &[kind, name])?;
        let (scope, attribute) = match rest {
            [Value::String(attribute)] => (self.with(None), attribute),
            [key, Value::String(attribute)] => {
                let found = self.instances_within(block.it, depth)?.into_iter().find(|(found, _)| found == key)?;
                (self.with(Some(found)), attribute)
            }
            _ => return None,
        };
        // What tells two of a kind apart is their name, where they have one.
        let named = ["name", "identifier"].into_iter().find(|name| block.it.body.has_attribute(name));
        let attribute = if attribute == "id" { named? } else { attribute };
        scope.evaluate(&block.it.body.get_attribute(attribute)?.value, depth)
    }
}

fn member(of: &Value, step: &Value) -> Option<Value> {
    match (of, step) {
        (Value::Object(members), Value::String(name)) => members.get(name).cloned(),
        (Value::Array(items), Value::Number(index)) => items.get(usize::try_from(index.as_u64()?).ok()?).cloned(),
        (_, _) => None,
    }
}

/// What a copy of a value takes, in the units of [`WORK`].
fn weight(value: &Value) -> u64 {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
        Value::String(text) => 1 + u64::try_from(text.len() / TEXT).unwrap_or(u64::MAX),
        Value::Array(items) => items.iter().map(weight).sum::<u64>() + 1,
        Value::Object(members) => members.iter().map(|(_, value)| 1 + weight(value)).sum::<u64>() + 1,
    }
}

/// A value inside a text.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

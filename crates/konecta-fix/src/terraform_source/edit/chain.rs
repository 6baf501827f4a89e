//! Where the value of an expression is set: through locals, variables, arguments of module calls, `.tfvars` and defaults.
//! Knows HCL; nothing of AWS.

use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::visit::{Visit, visit_expr};

use super::super::evaluate::Scope;
use super::super::files::{Placed, Position};

/// How long a chain may get: a configuration may name itself in a circle.
const LONGEST: usize = 12;

/// A link of the chain from an argument to where its value is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where; `None` where no file that was read says it.
    pub at: Option<Position>,
    /// What stands there.
    pub what: String,
}

impl Link {
    pub(super) fn new(at: Option<Position>, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

/// Every place that an expression takes its value from, nearest first.
pub(super) fn chain(scope: &Scope<'_>, expression: &Expression) -> Vec<Link> {
    let mut found = Vec::new();
    follow(scope, expression, &mut found);
    found
}

fn follow(scope: &Scope<'_>, expression: &Expression, found: &mut Vec<Link>) {
    let mut names = Names(Vec::new());
    names.visit_expr(expression);
    for (root, name) in names.0 {
        if found.len() >= LONGEST {
            return;
        }
        match root.as_str() {
            "var" => variable(scope, &name, found),
            "local" => {
                let Some(local) = scope.sources.local(&scope.dir, &name) else { continue };
                if add(found, Link::new(Some(local.position()), format!("local.{name}"))) {
                    follow(scope, &local.it.value, found);
                }
            }
            "each" | "count" => {
                add(found, Link::new(None, format!("{root}.{name} is another one for each instance")));
            }
            "data" | "path" | "terraform" | "self" => {
                add(found, Link::new(None, format!("{root}.{name} is known to Terraform only")));
            }
            "module" => {
                let call = scope.sources.block(&scope.dir, "module", &[&name]);
                add(found, Link::new(call.map(|call| call.position()), format!("an output of module.{name}")));
            }
            kind => {
                if let Some(block) = scope.sources.block(&scope.dir, "resource", &[kind, &name]) {
                    add(found, Link::new(Some(block.position()), format!("an attribute of {kind}.{name}")));
                }
            }
        }
    }
}

/// Who gives a variable its value: the module's call, a `.tfvars` file, or its default.
fn variable(scope: &Scope<'_>, name: &str, found: &mut Vec<Link>) {
    let declared = scope.sources.block(&scope.dir, "variable", &[name]);
    if !add(found, Link::new(declared.map(|block| block.position()), format!("var.{name} is declared"))) {
        return;
    }
    if let Some((caller, call)) = &scope.caller
        && let Some(given) = call.body.get_attribute(name)
    {
        let module = call.labels.first().map(|label| label.as_str().to_owned()).unwrap_or_default();
        let placed = caller.sources.block(&caller.dir, "module", &[&module]);
        let at = placed.map(|block| Placed { file: block.file, it: given }.position());
        add(found, Link::new(at, format!("module.{module} gives {name}")));
        follow(caller, &given.value, found);
        return;
    }
    if scope.caller.is_none()
        && let Some(value) = scope.sources.value(&scope.dir, name)
    {
        add(found, Link::new(Some(value.position()), format!("{name} is set")));
        return;
    }
    let default = declared
        .and_then(|block| block.it.body.get_attribute("default").map(|it| Placed { file: block.file, it }.position()));
    let what = if default.is_some() { "its default" } else { "no file that was read sets it" };
    add(found, Link::new(default, format!("var.{name}: {what}")));
}

/// Whether the link is new.
fn add(found: &mut Vec<Link>, link: Link) -> bool {
    let is_new = !found.contains(&link);
    if is_new {
        found.push(link);
    }
    is_new
}

/// The first two names of every traversal in an expression, as `var` and `encrypted`.
struct Names(Vec<(String, String)>);

impl Visit for Names {
    fn visit_traversal(&mut self, traversal: &Traversal) {
        if let (Expression::Variable(root), Some(first)) = (&traversal.expr, traversal.operators.first())
            && let TraversalOperator::GetAttr(name) = first.value()
        {
            self.0.push((root.as_str().to_owned(), name.as_str().to_owned()));
        }
        for operator in &traversal.operators {
            if let TraversalOperator::Index(index) = operator.value() {
                visit_expr(self, index);
            }
        }
    }
}

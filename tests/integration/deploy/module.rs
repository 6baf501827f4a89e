//! The Terraform module as it comes out for given variables: only what its policies are made of.
//! A function or an attribute that this does not know fails the test.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use hcl_edit::expr::{BinaryOperator, Expression, ForExpr, ObjectKey, TraversalOperator, UnaryOperator};
use hcl_edit::structure::{Block, Body};
use hcl_edit::template::{Element, StringTemplate};
use serde_json::{Map, Value, json};

use super::Site;

pub(super) struct Module<'a> {
    folder: PathBuf,
    blocks: &'a [Block],
    /// `var`, `data`, and what the provider would tell of resources.
    known: Value,
    locals: RefCell<BTreeMap<String, Value>>,
}

/// Variables of `for` and `each`.
type Scope = Map<String, Value>;

fn label(block: &Block, at: usize) -> &str {
    block.labels.get(at).map(|label| label.as_str()).unwrap_or_default()
}

/// The blocks of all files of a module.
pub(super) fn parsed(folder: &Path) -> Vec<Block> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "tf"));
    let body = |file: PathBuf| Body::from_str(&std::fs::read_to_string(file).expect("text")).expect("HCL");
    files.flat_map(|file| body(file).into_blocks()).collect()
}

impl<'a> Module<'a> {
    /// The module with these variables; the others have their defaults.
    pub(super) fn new(folder: PathBuf, blocks: &'a [Block], given: &[(&str, Value)], place: &Site) -> Self {
        let function = |which: &str| {
            let name = format!("{}-{which}", place.name);
            let log = place.log(&format!("/aws/lambda/{name}"));
            (json!({"arn": place.function(&name)}), json!({"arn": log}))
        };
        let ((scan, scan_log), (fix, fix_log)) = (function("scan"), function("fix"));
        let machine = json!({"arn": place.machine(), "name": place.name});
        let known = json!({
            "var": {}, "path": {"module": folder.to_str()},
            "data": {
                "aws_partition": {"current": {"partition": place.partition}},
                "aws_region": {"current": {"region": place.region}},
                "aws_caller_identity": {"current": {"account_id": place.account}},
            },
            "aws_s3_bucket": {"reports": {"id": place.bucket, "arn": place.arn("s3", "", "", &place.bucket)}},
            "aws_sns_topic": {"told": {"arn": place.topic()}},
            "aws_sqs_queue": {"dead_letters": {"arn": place.queue()}},
            "aws_lambda_function": {"function": {"scan": scan, "fix": fix}},
            "aws_cloudwatch_log_group": {"function": {"scan": scan_log, "fix": fix_log}},
            "aws_sfn_state_machine": {"machine": machine},
        });
        let mut module = Self { folder, blocks, known, locals: RefCell::default() };
        let variables: Vec<(String, Option<Expression>)> = (module.blocks.iter())
            .filter(|block| block.ident.as_str() == "variable")
            .map(|block| (label(block, 0).to_owned(), block.body.get_attribute("default").map(|one| one.value.clone())))
            .collect();
        for (name, default) in variables {
            let value = default.map_or(json!("SOMETHING"), |value| module.value(&value, &Scope::new()));
            module.known["var"][&name] = value;
        }
        for (name, value) in given {
            assert!(module.known["var"].get(name).is_some(), "no variable {name}");
            module.known["var"][*name] = value.clone();
        }
        if module.local("fixes") == json!(false) {
            for kind in ["aws_lambda_function", "aws_cloudwatch_log_group"] {
                module.known[kind]["function"].as_object_mut().expect("functions").remove("fix");
            }
        }
        module
    }

    pub(super) fn local(&self, name: &str) -> Value {
        if let Some(value) = self.locals.borrow().get(name) {
            return value.clone();
        }
        let locals = self.blocks.iter().filter(|block| block.ident.as_str() == "locals");
        let found = locals.into_iter().find_map(|block| block.body.get_attribute(name));
        let value = self.value(&found.unwrap_or_else(|| panic!("no local {name}")).value, &Scope::new());
        self.locals.borrow_mut().insert(name.to_owned(), value.clone());
        value
    }

    fn block(&self, kind: &str, name: &str) -> &Block {
        let found = self.blocks.iter().find(|block| label(block, 0) == kind && label(block, 1) == name);
        found.unwrap_or_else(|| panic!("no {kind} {name}"))
    }

    /// An attribute of a resource; `each` is the key and value of its `for_each`.
    pub(super) fn attribute(&self, kind: &str, name: &str, attribute: &str, each: Option<&str>) -> Value {
        let mut scope = Scope::new();
        if let Some(key) = each {
            scope.insert("each".to_owned(), json!({"key": key, "value": self.local("functions")[key]}));
        }
        let found = self.block(kind, name).body.get_attribute(attribute);
        self.value(&found.unwrap_or_else(|| panic!("{kind} {name} has no {attribute}")).value, &scope)
    }

    fn statements_of(&self, kind: &str, name: &str, each: Option<&str>) -> Vec<Value> {
        let policy = self.attribute(kind, name, "policy", each);
        let policy = policy.as_str().map_or(policy.clone(), |text| serde_json::from_str(text).expect("JSON"));
        policy["Statement"].as_array().expect("statements").clone()
    }

    /// The statements of a function's role.
    pub(super) fn function(&self, which: &str) -> Option<Vec<Value>> {
        self.local("functions").get(which)?;
        let mut statements = self.statements_of("aws_iam_policy", "scan", None);
        statements.extend(self.statements_of("aws_iam_role_policy", "function", Some(which)));
        if which == "fix" {
            statements.extend(self.statements_of("aws_iam_role_policy", "fix", None));
        }
        Some(statements)
    }

    /// The statements of the role of the state machine or the schedule.
    pub(super) fn role(&self, name: &str) -> Vec<Value> {
        self.statements_of("aws_iam_role_policy", name, None)
    }

    fn template(&self, template: &StringTemplate, scope: &Scope) -> String {
        let part = |element: &Element| match element {
            Element::Literal(text) => text.as_str().to_owned(),
            Element::Interpolation(value) => match self.value(&value.expr, scope) {
                Value::String(text) => text,
                other => other.to_string(),
            },
            Element::Directive(_) => panic!("a directive"),
        };
        template.iter().map(part).collect()
    }

    fn value(&self, expression: &Expression, scope: &Scope) -> Value {
        match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(is) => json!(*is.value()),
            Expression::Number(number) => json!(number.value().as_i64().expect("a whole number")),
            Expression::String(text) => json!(text.as_str()),
            Expression::StringTemplate(template) => json!(self.template(template, scope)),
            Expression::Array(list) => list.iter().map(|one| self.value(one, scope)).collect(),
            Expression::Object(object) => {
                let key = |key: &ObjectKey| match key {
                    ObjectKey::Ident(name) => name.as_str().to_owned(),
                    ObjectKey::Expression(key) => self.value(key, scope).as_str().expect("a key").to_owned(),
                };
                let members = object.iter().map(|(name, value)| (key(name), self.value(value.expr(), scope)));
                Value::Object(members.collect())
            }
            Expression::Parenthesis(inner) => self.value(inner.inner(), scope),
            Expression::Variable(name) => self.root(name.as_str(), scope),
            Expression::Conditional(choice) => {
                let is = self.value(&choice.cond_expr, scope) == json!(true);
                self.value(if is { &choice.true_expr } else { &choice.false_expr }, scope)
            }
            Expression::FuncCall(call) => {
                let given: Vec<Value> = call.args.iter().map(|argument| self.value(argument, scope)).collect();
                self.call(call.name.name.as_str(), &given)
            }
            Expression::Traversal(traversal) => {
                let mut operators = traversal.operators.iter();
                let first = match &traversal.expr {
                    Expression::Variable(name) if name.as_str() == "local" => {
                        match operators.next().map(|one| one.value()) {
                            Some(TraversalOperator::GetAttr(name)) => self.local(name.as_str()),
                            other => panic!("local {other:?}"),
                        }
                    }
                    other => self.value(other, scope),
                };
                operators.fold(first, |value, operator| match operator.value() {
                    TraversalOperator::GetAttr(name) => member(&value, name.as_str()),
                    TraversalOperator::Index(at) => match self.value(at, scope) {
                        Value::String(name) => member(&value, &name),
                        at => value[usize::try_from(at.as_u64().expect("a number")).expect("small")].clone(),
                    },
                    other => panic!("{other:?} is not known"),
                })
            }
            Expression::UnaryOp(operation) => match (operation.operator.value(), self.value(&operation.expr, scope)) {
                (UnaryOperator::Not, Value::Bool(is)) => json!(!is),
                (UnaryOperator::Neg, Value::Number(number)) => json!(-number.as_i64().expect("a whole number")),
                other => panic!("{other:?}"),
            },
            Expression::BinaryOp(operation) => {
                let left = self.value(&operation.lhs_expr, scope);
                let right = || self.value(&operation.rhs_expr, scope);
                json!(match operation.operator.value() {
                    BinaryOperator::Eq => left == right(),
                    BinaryOperator::NotEq => left != right(),
                    BinaryOperator::Greater => left.as_i64() > right().as_i64(),
                    BinaryOperator::And => left == json!(true) && right() == json!(true),
                    BinaryOperator::Or => left == json!(true) || right() == json!(true),
                    other => panic!("{other:?} is not known"),
                })
            }
            Expression::ForExpr(each) => self.comprehension(each, scope),
            Expression::HeredocTemplate(_) => panic!("a heredoc"),
        }
    }

    fn comprehension(&self, each: &ForExpr, scope: &Scope) -> Value {
        let collection = self.value(&each.intro.collection_expr, scope);
        let members: Vec<(Value, Value)> = match collection {
            Value::Array(list) => list.into_iter().enumerate().map(|(at, value)| (json!(at), value)).collect(),
            Value::Object(map) => map.into_iter().map(|(key, value)| (json!(key), value)).collect(),
            other => panic!("for over {other}"),
        };
        let mut list = Vec::new();
        let mut object = Map::new();
        for (key, value) in members {
            let mut scope = scope.clone();
            if let Some(name) = &each.intro.key_var {
                scope.insert(name.as_str().to_owned(), key);
            }
            scope.insert(each.intro.value_var.as_str().to_owned(), value);
            if each.cond.as_ref().is_some_and(|condition| self.value(&condition.expr, &scope) != json!(true)) {
                continue;
            }
            let value = self.value(&each.value_expr, &scope);
            match &each.key_expr {
                Some(key) => drop(object.insert(self.value(key, &scope).as_str().expect("a key").to_owned(), value)),
                None => list.push(value),
            }
        }
        if each.key_expr.is_some() { Value::Object(object) } else { Value::Array(list) }
    }

    fn root(&self, name: &str, scope: &Scope) -> Value {
        scope.get(name).or_else(|| self.known.get(name)).unwrap_or_else(|| panic!("{name} is not known")).clone()
    }

    fn call(&self, function: &str, given: &[Value]) -> Value {
        let text = |at: usize| given[at].as_str().unwrap_or_else(|| panic!("{function}: no text: {}", given[at]));
        let list = |at: usize| given[at].as_array().unwrap_or_else(|| panic!("{function}: no list: {}", given[at]));
        let read = |path: &str| {
            let path = if path.starts_with('/') { PathBuf::from(path) } else { self.folder.join(path) };
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        match function {
            "jsonencode" => given[0].clone(),
            "jsondecode" => serde_json::from_str(text(0)).expect("JSON"),
            "file" => json!(read(text(0))),
            "templatefile" => {
                let values = given[1].as_object().expect("values").iter();
                let filled = values.fold(read(text(0)), |text, (name, value)| {
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    text.replace(&format!("${{{name}}}"), &value)
                });
                assert!(!filled.contains("${"), "{filled}: something was not filled in");
                json!(filled)
            }
            "concat" => given.iter().flat_map(|one| one.as_array().expect("a list")).cloned().collect(),
            "merge" => {
                let all = given.iter().flat_map(|one| one.as_object().expect("an object").clone());
                Value::Object(all.collect())
            }
            "flatten" => {
                let inner = |one: &Value| one.as_array().cloned().unwrap_or_else(|| vec![one.clone()]);
                list(0).iter().flat_map(inner).collect()
            }
            "distinct" => list(0).iter().fold(json!([]), |mut kept, one| {
                let already = kept.as_array_mut().expect("a list");
                if !already.contains(one) {
                    already.push(one.clone());
                }
                kept
            }),
            "length" => {
                json!(given[0].as_array().map(Vec::len).or(given[0].as_object().map(Map::len)).expect("members"))
            }
            "lookup" => given[0].get(text(1)).unwrap_or(&given[2]).clone(),
            "contains" => json!(list(0).contains(&given[1])),
            "setintersection" => list(0).iter().filter(|one| list(1).contains(one)).cloned().collect(),
            "join" => json!(super::iam::each(&given[1]).join(text(0))),
            "replace" => json!(text(0).replace(text(1), text(2))),
            "tostring" => json!(given[0].as_str().map_or_else(|| given[0].to_string(), str::to_owned)),
            other => panic!("{other}() is not known"),
        }
    }
}

fn member(value: &Value, name: &str) -> Value {
    value.get(name).unwrap_or_else(|| panic!("no {name} in {value}")).clone()
}

//! The value of an argument written anew: the smallest literals that differ are replaced, so that what stands around
//! them, comments and line breaks among it, stays. What is no literal is an obstacle. Knows HCL; nothing of AWS.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Array, Expression, Object, ObjectKey};
use hcl_edit::structure::Attribute;
use serde_json::Value;

use super::super::evaluate::Scope;
use super::super::files::{File, Placed};
use super::asks::Want;
use super::chain::{Link, chain};
use super::place::Obstacle;
use super::splice::Splice;
use crate::drift::meaning::is_same;
use crate::emit::terraform::hcl;

/// What makes an expression this value; nothing where it is that already.
pub(super) fn rewritten(
    scope: &Scope<'_>,
    file: &File,
    expression: &Expression,
    wanted: &Value,
) -> Result<Vec<Splice>, Obstacle> {
    let mut found = Vec::new();
    rewrite(scope, file, expression, wanted, &mut found)?;
    Ok(found)
}

/// Whether what is written is what lives, or what is wanted already. Where it is neither, the plan was made for something
/// else, and the next apply changes what lives before that can be mended.
pub(super) fn is_as_it_lives(
    scope: &Scope<'_>,
    argument: Placed<'_, Attribute>,
    before: &Value,
    want: &Want,
) -> Result<(), Obstacle> {
    let expression = &argument.it.value;
    let document = jsonencoded(expression).unwrap_or(expression);
    let Some(said) = scope.value(document).filter(|_| is_whole(scope, document)) else {
        return Ok(());
    };
    let is_wanted = matches!(want, Want::Value(wanted) if is_same(Some(&said), Some(wanted)));
    if is_wanted || is_same(Some(&said), Some(before)) {
        return Ok(());
    }
    let link = Link::new(Some(argument.position()), "the file says this");
    let reason = "the files say something else than lives: apply them, and plan anew";
    Err(Obstacle { reason: reason.to_owned(), chain: vec![link] })
}

fn rewrite(
    scope: &Scope<'_>,
    file: &File,
    expression: &Expression,
    wanted: &Value,
    found: &mut Vec<Splice>,
) -> Result<(), Obstacle> {
    if is_whole(scope, expression) && scope.value(expression).is_some_and(|value| is_same(Some(&value), Some(wanted))) {
        return Ok(());
    }
    match (expression, wanted) {
        (Expression::Parenthesis(inner), _) => return rewrite(scope, file, inner.inner(), wanted, found),
        (Expression::FuncCall(call), Value::Object(_)) if call.name.name.as_str() == "jsonencode" => {
            if let Some(document) = call.args.get(0) {
                return rewrite(scope, file, document, wanted, found);
            }
        }
        (Expression::String(text), Value::Object(_)) => {
            let is_it = serde_json::from_str::<Value>(text).is_ok_and(|value| is_same(Some(&value), Some(wanted)));
            return if is_it { Ok(()) } else { whole(scope, expression, hcl::jsonencode(wanted), found) };
        }
        (Expression::Object(object), Value::Object(members))
            if keys(scope, object).as_ref().is_some_and(|keys| {
                keys.len() == members.len() && keys.iter().all(|key| members.contains_key(key))
            }) =>
        {
            let keys = keys(scope, object).unwrap_or_default();
            for (key, (_, value)) in keys.iter().zip(object.iter()) {
                rewrite(scope, file, value.expr(), members.get(key).unwrap_or(&Value::Null), found)?;
            }
            return Ok(());
        }
        (Expression::Array(items), Value::Array(list)) if list.iter().any(Value::is_object) => {
            if items.len() == list.len() {
                return items.iter().zip(list).try_for_each(|(item, wanted)| rewrite(scope, file, item, wanted, found));
            }
        }
        (Expression::Array(items), Value::Array(list)) => return members(scope, file, items, list, found),
        (_, _) => {}
    }
    whole(scope, expression, written(expression, wanted), found)
}

/// The names of an object's members.
fn keys(scope: &Scope<'_>, object: &Object) -> Option<Vec<String>> {
    let key = |key: &ObjectKey| match key {
        ObjectKey::Ident(name) => Some(name.as_str().to_owned()),
        ObjectKey::Expression(Expression::Variable(name)) => Some(name.as_str().to_owned()),
        ObjectKey::Expression(key) => scope.value(key)?.as_str().map(str::to_owned),
    };
    object.iter().map(|(name, _)| key(name)).collect()
}

/// Takes out of a list what is not wanted and adds what is missing; its order says nothing.
fn members(
    scope: &Scope<'_>,
    file: &File,
    items: &Array,
    wanted: &[Value],
    found: &mut Vec<Splice>,
) -> Result<(), Obstacle> {
    let values: Vec<Option<Value>> = items.iter().map(|item| scope.value(item)).collect();
    let is =
        |value: &Option<Value>, other: &Value| value.as_ref().is_some_and(|value| is_same(Some(value), Some(other)));
    let stays = |value: &Option<Value>| wanted.iter().any(|wanted| is(value, wanted));
    for (item, value) in items.iter().zip(&values) {
        if !stays(value) && !is_literal(item) {
            return Err(computed(scope, item));
        }
    }
    let new: Vec<&Value> = wanted.iter().filter(|wanted| !values.iter().any(|value| is(value, wanted))).collect();
    let new: Vec<String> = new.into_iter().filter_map(hcl::value).collect();
    let spans: Vec<Range<usize>> = items.iter().filter_map(|item| item.span()).collect();
    let kept: Vec<bool> = values.iter().map(stays).collect();
    if spans.len() != kept.len() {
        return Err(Obstacle::new("the list has no place in its file"));
    }
    let lasts = kept.iter().rposition(|kept| *kept);
    match (lasts, items.span()) {
        // Nothing stays: the list is written anew.
        (None, Some(span)) => found.push(Splice::new(span, format!("[{}]", new.join(", ")))),
        (Some(last), _) => {
            for (at, span) in spans.iter().enumerate().filter(|(at, _)| !kept.get(*at).copied().unwrap_or(true)) {
                // With the comma behind it, or before it where it is the last.
                let gap = match (at < last, spans.get(at + 1), at.checked_sub(1).and_then(|before| spans.get(before))) {
                    (true, Some(next), _) => span.start..next.start,
                    (_, _, Some(before)) => before.end..span.end,
                    (_, _, None) => span.clone(),
                };
                found.push(Splice::new(gap, String::new()));
            }
            if let Some(end) = spans.get(last).map(|span| span.end).filter(|_| !new.is_empty()) {
                let between = spans.get(last).map_or(" ", |span| break_before(file, span.start));
                let text: String = new.iter().map(|item| format!(",{between}{item}")).collect();
                found.push(Splice::new(end..end, text));
            }
        }
        (None, None) => return Err(Obstacle::new("the list has no place in its file")),
    }
    Ok(())
}

/// What stands between the entry before this one, or the bracket, and it: a break with its indent, or a space.
fn break_before(file: &File, start: usize) -> &str {
    let before = file.text.get(..start).unwrap_or_default();
    let blank = before.len() - before.trim_end_matches([' ', '\t']).len();
    let line = before.get(..before.len() - blank).unwrap_or_default();
    let length = if line.ends_with("\r\n") { 2 } else { usize::from(line.ends_with('\n')) };
    if length == 0 { " " } else { before.get(before.len() - blank - length..).unwrap_or(" ") }
}

fn whole(scope: &Scope<'_>, expression: &Expression, text: String, found: &mut Vec<Splice>) -> Result<(), Obstacle> {
    if !is_literal(expression) {
        return Err(computed(scope, expression));
    }
    let span = expression.span().ok_or_else(|| Obstacle::new("the value has no place in its file"))?;
    found.push(Splice::new(span, text));
    Ok(())
}

fn computed(scope: &Scope<'_>, expression: &Expression) -> Obstacle {
    let reason = if expression.is_heredoc_template() {
        "its value is a heredoc"
    } else if expression.is_traversal() {
        "its value is set elsewhere"
    } else {
        "its value is computed"
    };
    Obstacle { reason: reason.to_owned(), chain: chain(scope, expression) }
}

/// A text stays a text and a number a number, as far as both say the same to Terraform.
fn written(old: &Expression, wanted: &Value) -> String {
    match (old, wanted) {
        (Expression::String(_), Value::Number(_) | Value::Bool(_)) => hcl::string(&wanted.to_string()),
        (Expression::Number(_), Value::String(text)) if text.parse::<i64>().is_ok() => text.clone(),
        (_, _) => hcl::expression(wanted),
    }
}

/// What `jsonencode` is given.
fn jsonencoded(expression: &Expression) -> Option<&Expression> {
    let call = expression.as_func_call().filter(|call| call.name.name.as_str() == "jsonencode")?;
    call.args.get(0)
}

/// Whether all of an expression is known: an entry that is not evaluates to `null`.
fn is_whole(scope: &Scope<'_>, expression: &Expression) -> bool {
    if let Expression::Array(items) = expression {
        return items.iter().all(|item| is_whole(scope, item));
    }
    if let Expression::Object(object) = expression {
        return object.iter().all(|(_, value)| is_whole(scope, value.expr()));
    }
    expression.is_null() || scope.value(expression).is_some()
}

/// Whether an expression stands for itself.
fn is_literal(expression: &Expression) -> bool {
    if let Expression::Array(items) = expression {
        return items.iter().all(is_literal);
    }
    if let Expression::Object(object) = expression {
        return object.iter().all(|(_, value)| is_literal(value.expr()));
    }
    if let Expression::Parenthesis(inner) = expression {
        return is_literal(inner.inner());
    }
    let is_scalar = expression.is_null() || expression.is_bool() || expression.is_number() || expression.is_str();
    is_scalar || jsonencoded(expression).is_some_and(is_literal)
}

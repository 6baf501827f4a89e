//! Attributes that are resources of their own in Terraform, or that stand there in another form: policies, attachments,
//! entries of network ACLs, routes, parameters, log types. Knows plans and what declares their parts; nothing of files.

use serde_json::{Value, json};

use super::super::join::{Declared, Join};
use super::asks::{Ask, Want};
use super::place::{Entry, Step};
use crate::View;
use crate::drift::meaning::is_same;
use crate::plan::Change;
use crate::step::Edit;
use crate::terraform_parts;
use konecta_base::resource_types;

/// What a part of a resource is to become.
#[derive(Debug)]
pub(super) enum PartAsk<'a> {
    /// An argument of what declares it.
    Argument(&'a Declared, Ask),
    /// What declares it goes.
    Removed(&'a Declared),
    /// A block of what declares it goes: the name of the block, and an argument with its value, which tells it apart.
    BlockRemoved(&'a Declared, &'static str, Vec<(&'static str, Value)>),
    /// A resource of this type with these arguments is made; a value is a name or a document.
    Made(&'static str, Vec<(&'static str, Value)>),
    /// Nothing of it can be written.
    Left(String),
}

/// What an edit asks of parts; `None` where it is about arguments of the resource itself.
pub(super) fn parts<'a>(change: &Change, view: &View, edit: &Edit, join: &'a Join) -> Option<Vec<PartAsk<'a>>> {
    let kind = view.reference.resource_type.as_str();
    Some(match (kind, edit.path.as_str()) {
        (resource_types::ECR_REPOSITORY, "/supplement/lifecyclePolicy") => {
            policy(view, "lifecycle", edit.after.clone(), join)
        }
        (resource_types::ECR_REPOSITORY, "/supplement/lifecyclePolicy/rules") => {
            policy(view, "lifecycle", Some(json!({"rules": edit.after})), join)
        }
        (resource_types::ECR_REPOSITORY, "/supplement/repositoryPolicy") => {
            policy(view, "repository", edit.after.clone(), join)
        }
        (resource_types::ECR_REPOSITORY, "/supplement/repositoryPolicy/Statement") => {
            let mut document = view.at("/supplement/repositoryPolicy").cloned().unwrap_or_default();
            document["Statement"] = edit.after.clone().unwrap_or_default();
            policy(view, "repository", Some(document), join)
        }
        (resource_types::IAM_ROLE, "/configuration/AttachedManagedPolicies") => attachments(view, edit, join),
        (resource_types::IAM_ROLE, "/configuration/RolePolicyList") => inline(view, edit, join),
        (resource_types::IAM_ROLE, path) if path.starts_with("/configuration/RolePolicyList/") => {
            document(view, edit, join)
        }
        (resource_types::EC2_NETWORK_ACL, "/configuration/Entries") => entries(view, edit, join),
        (resource_types::EC2_ROUTE_TABLE, "/configuration/Routes") => routes(view, edit, join),
        (resource_types::EKS_CLUSTER, "/configuration/logging/clusterLogging") => log_types(view, edit, join),
        (resource_types::RDS_DB_PARAMETER_GROUP | resource_types::RDS_DB_CLUSTER_PARAMETER_GROUP, path)
            if path.starts_with("/supplement/") =>
        {
            parameters(change, view, join)
        }
        (_, _) => return None,
    })
}

fn argument(name: &str, want: Want, before: Option<Value>) -> Ask {
    Ask { way: vec![Step { name: name.to_owned(), entry: Entry::Only, lives: true }], want, before, pointer: None }
}

fn declared<'a>(view: &View, join: &'a Join, by: &str) -> Vec<&'a Declared> {
    let all = join.of(view).into_iter().chain(join.referring(view));
    all.filter(|declared| declared.instance.kind == by).collect()
}

fn says(declared: &Declared, name: &str, value: &Value) -> bool {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    declared.instance.attributes.get(name).is_some_and(|found| plain(found) == plain(value))
}

fn policy<'a>(view: &View, which: &str, wanted: Option<Value>, join: &'a Join) -> Vec<PartAsk<'a>> {
    let by = if which == "lifecycle" { "aws_ecr_lifecycle_policy" } else { "aws_ecr_repository_policy" };
    let found = declared(view, join, by).into_iter().next();
    let live = view.at(&format!("/supplement/{which}Policy")).filter(|live| !live.is_null());
    let is_so = found.is_some_and(|found| is_same(found.instance.attributes.get("policy"), live));
    vec![match (found, wanted.filter(|wanted| !wanted.is_null())) {
        // What is declared was taken away: the next apply brings it back.
        (Some(_), Some(_)) if live.is_none() => return Vec::new(),
        (Some(found), Some(wanted)) => PartAsk::Argument(found, argument("policy", Want::Value(wanted), live.cloned())),
        (Some(found), None) if is_so => PartAsk::Removed(found),
        (Some(_), None) => PartAsk::Left(format!("{by} says something else than lives")),
        (None, Some(wanted)) => PartAsk::Made(by, vec![("repository", json!(view.id)), ("policy", wanted)]),
        // Nobody declares it, and so no apply takes it away.
        (None, None) if live.is_some() => PartAsk::Left(format!("no {by} of it is declared")),
        (None, None) => return Vec::new(),
    }]
}

/// What is in one list of objects and not in the other.
fn only<'v>(here: Option<&'v Value>, there: Option<&Value>) -> Vec<&'v Value> {
    let list = |value: Option<&'v Value>| value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let other = there.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list(here).iter().filter(|item| !other.contains(item)).collect()
}

fn attachments<'a>(view: &View, edit: &Edit, join: &'a Join) -> Vec<PartAsk<'a>> {
    let by = "aws_iam_role_policy_attachment";
    let (before, after) = (edit.before.as_ref(), edit.after.as_ref());
    let all = declared(view, join, by);
    let gone = only(before, after).into_iter().map(|policy| {
        let fits = |one: &&Declared| says(one, "policy_arn", &policy["PolicyArn"]);
        let beside = || PartAsk::Left(format!("no {by} of {} is declared", policy["PolicyArn"]));
        all.iter().copied().find(fits).map_or_else(beside, PartAsk::Removed)
    });
    let new = only(after, before)
        .into_iter()
        .map(|policy| PartAsk::Made(by, vec![("role", json!(view.id)), ("policy_arn", policy["PolicyArn"].clone())]));
    gone.chain(new).collect()
}

fn inline<'a>(view: &View, edit: &Edit, join: &'a Join) -> Vec<PartAsk<'a>> {
    let by = "aws_iam_role_policy";
    let all = declared(view, join, by);
    let named = |name: &Value| all.iter().find(|one| says(one, "name", name)).copied();
    let (before, after) = (edit.before.as_ref(), edit.after.as_ref());
    let new = only(after, before);
    let gone = only(before, after).into_iter().map(|policy| &policy["PolicyName"]);
    let gone = gone.filter(|name| !new.iter().any(|policy| &policy["PolicyName"] == *name));
    let beside = |name: &Value| PartAsk::Left(format!("no {by} {name} is declared"));
    let gone = gone.map(|name| named(name).map_or_else(|| beside(name), PartAsk::Removed));
    let written = new.iter().map(|policy| {
        let (name, document) = (&policy["PolicyName"], policy["PolicyDocument"].clone());
        match named(name) {
            Some(found) => PartAsk::Argument(found, argument("policy", Want::Value(document), None)),
            None => PartAsk::Made(by, vec![("name", name.clone()), ("role", json!(view.id)), ("policy", document)]),
        }
    });
    gone.chain(written).collect()
}

/// The document of one policy, which the edit names by its place.
fn document<'a>(view: &View, edit: &Edit, join: &'a Join) -> Vec<PartAsk<'a>> {
    let place = edit.path.trim_end_matches("/PolicyDocument");
    let name = view.at(&format!("{place}/PolicyName")).cloned().unwrap_or_default();
    let found = declared(view, join, "aws_iam_role_policy").into_iter().find(|one| says(one, "name", &name));
    vec![match (found, edit.path.ends_with("/PolicyDocument"), &edit.after) {
        (Some(found), true, Some(after)) => {
            PartAsk::Argument(found, argument("policy", Want::Value(after.clone()), edit.before.clone()))
        }
        (_, _, _) => PartAsk::Left(format!("the policy {name} is changed in part")),
    }]
}

/// Entries that go; what takes their place is another's to write.
fn entries<'a>(view: &View, edit: &Edit, join: &'a Join) -> Vec<PartAsk<'a>> {
    let (before, after) = (edit.before.as_ref(), edit.after.as_ref());
    let gone = only(before, after).into_iter().map(|entry| {
        let number = &entry["RuleNumber"];
        let is_egress = entry["Egress"] == true;
        let rules = declared(view, join, "aws_network_acl_rule");
        let fits = |one: &&Declared| {
            says(one, "rule_number", number) && (one.instance.attributes["egress"] == true) == is_egress
        };
        if let Some(rule) = rules.into_iter().find(fits) {
            return PartAsk::Removed(rule);
        }
        let block = if is_egress { "egress" } else { "ingress" };
        match join.own(view).first() {
            Some(own) => PartAsk::BlockRemoved(own, block, vec![("rule_no", number.clone())]),
            None => PartAsk::Left(format!("entry {number} is not declared")),
        }
    });
    let new = only(after, before).into_iter();
    let new = new.map(|entry| PartAsk::Left(format!("entry {} is new", entry["RuleNumber"])));
    gone.chain(new).collect()
}

/// Where a route goes: the member of it that says so, and its argument in an `aws_route` and in a `route` block.
fn destination(route: &Value) -> Option<(&'static str, &'static str, &'static str)> {
    let argument = |of: &str, member: &str| {
        let part = terraform_parts::of(of).find(|part| !part.key.is_empty())?;
        part.first_arguments().find(|(_, one)| *one == member).map(|(argument, _)| argument)
    };
    let keys = terraform_parts::of("aws_route").flat_map(|part| &part.key);
    let member = keys.map(String::as_str).find(|member| route[*member].is_string())?;
    Some((member, argument("aws_route", member)?, argument("aws_route_table", member)?))
}

fn routes<'a>(view: &View, edit: &Edit, join: &'a Join) -> Vec<PartAsk<'a>> {
    let (before, after) = (edit.before.as_ref(), edit.after.as_ref());
    let gone = only(before, after).into_iter().filter_map(|route| {
        let (member, of_route, of_block) = destination(route)?;
        let routes = declared(view, join, "aws_route");
        if let Some(found) = routes.into_iter().find(|one| says(one, of_route, &route[member])) {
            return Some(PartAsk::Removed(found));
        }
        let own = join.own(view).first().copied()?;
        let inline = own.instance.attributes["route"].as_array().is_some_and(|routes| !routes.is_empty());
        if !inline {
            return Some(PartAsk::Left(format!("no route to {} is declared", route[member])));
        }
        Some(PartAsk::BlockRemoved(own, "route", vec![(of_block, route[member].clone())]))
    });
    let new = only(after, before).into_iter().map(|route| PartAsk::Left(format!("a route is new: {route}")));
    gone.chain(new).collect()
}

/// The types that are on, as one list.
fn log_types<'a>(view: &View, edit: &Edit, join: &'a Join) -> Vec<PartAsk<'a>> {
    let lists = edit.after.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let on = lists.iter().filter(|list| list["enabled"] == true);
    let types: Vec<Value> = on.flat_map(|list| list["types"].as_array().cloned().unwrap_or_default()).collect();
    let own = join.own(view).into_iter();
    own.map(|own| PartAsk::Argument(own, argument("enabled_cluster_log_types", Want::Value(json!(types)), None)))
        .collect()
}

/// The parameters that the change's own call sets.
fn parameters<'a>(change: &Change, view: &View, join: &'a Join) -> Vec<PartAsk<'a>> {
    let Some(own) = join.own(view).first().copied() else { return Vec::new() };
    let set = change.call.parameters["Parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let members = [("ParameterName", "name"), ("ParameterValue", "value"), ("ApplyMethod", "apply_method")];
    let asks = set.iter().flat_map(|parameter| {
        let name = parameter["ParameterName"].as_str().unwrap_or_default();
        members.iter().filter(|(member, _)| parameter[*member].is_string()).map(|(member, argument)| {
            let block = Step { name: "parameter".to_owned(), entry: Entry::Named(name.to_owned()), lives: false };
            let last = Step { name: (*argument).to_owned(), entry: Entry::Only, lives: false };
            Ask { way: vec![block, last], want: Want::Value(parameter[*member].clone()), before: None, pointer: None }
        })
    });
    asks.map(|ask| PartAsk::Argument(own, ask)).collect()
}

//! Attributes that are resources of their own in Terraform: policies, attachments, rules, routes, parameters. Each is
//! written as that resource, or named as one to remove.

use konecta_base::resource::ResourceRef;
use konecta_base::resource_types;
use serde_json::{Value, json};

use super::super::comment;
use super::hcl::{Body, jsonencode, string, value};
use crate::plan::Change;
use crate::step::Edit;
use crate::terraform_parts;

/// The edit as resources of their own; nothing where it is an argument of its resource.
pub(super) fn written(change: &Change, resource: &ResourceRef, edit: &Edit) -> Option<String> {
    let name = resource.arn.short_name();
    match (resource.resource_type.as_str(), edit.path.as_str()) {
        (resource_types::ECR_REPOSITORY, "/supplement") => {
            let policy = edit.after.as_ref().and_then(|after| after.get("lifecyclePolicy"));
            policy.filter(|policy| policy.is_object()).map(|policy| of_repository("lifecycle", resource, Some(policy)))
        }
        (resource_types::ECR_REPOSITORY, "/supplement/lifecyclePolicy") => {
            Some(of_repository("lifecycle", resource, edit.after.as_ref()))
        }
        (resource_types::ECR_REPOSITORY, "/supplement/lifecyclePolicy/rules") => {
            Some(of_repository("lifecycle", resource, Some(&json!({"rules": edit.after}))))
        }
        (resource_types::ECR_REPOSITORY, "/supplement/repositoryPolicy") => {
            Some(of_repository("repository", resource, edit.after.as_ref()))
        }
        (resource_types::ECR_REPOSITORY, "/supplement/repositoryPolicy/Statement") => {
            let document = json!({"Version": "2012-10-17", "Statement": edit.after});
            Some(of_repository("repository", resource, Some(&document)))
        }
        (resource_types::IAM_ROLE, "/configuration/AttachedManagedPolicies") => Some(attachments(name, edit)),
        (resource_types::IAM_ROLE, path) if path.starts_with("/configuration/RolePolicyList") => {
            Some(inline(name, edit))
        }
        (resource_types::EC2_NETWORK_ACL, "/configuration/Entries") => Some(acl_entries(name, edit)),
        (resource_types::EC2_ROUTE_TABLE, "/configuration/Routes") => Some(routes(name, edit)),
        (resource_types::EKS_CLUSTER, "/configuration/logging/clusterLogging") => Some(log_types(resource, edit)),
        (resource_types::RDS_DB_PARAMETER_GROUP | resource_types::RDS_DB_CLUSTER_PARAMETER_GROUP, path)
            if path.starts_with("/supplement/") =>
        {
            parameters(change, resource)
        }
        (resource_types::CLOUDFRONT_DISTRIBUTION, "/configuration/DistributionConfig/CacheBehaviors/Items") => {
            order(name, edit)
        }
        (_, _) => None,
    }
}

fn block(kind: &str, name: &str, arguments: &[(&str, String)]) -> String {
    let mut body = Body::default();
    arguments.iter().for_each(|(argument, value)| body.line(format!("{argument} = {value}")));
    body.resource(kind, name)
}

fn told(line: &str) -> String {
    format!("{}\n", comment(line))
}

/// `aws_ecr_lifecycle_policy` or `aws_ecr_repository_policy`.
fn of_repository(which: &str, resource: &ResourceRef, policy: Option<&Value>) -> String {
    let kind = format!("aws_ecr_{which}_policy");
    let arn = resource.arn.as_str();
    let name = arn.split_once(":repository/").map_or(arn, |(_, name)| name);
    match policy.filter(|policy| !policy.is_null()) {
        Some(policy) => block(&kind, name, &[("repository", string(name)), ("policy", jsonencode(policy))]),
        None => told(&format!("remove {kind} of repository {name}")),
    }
}

/// What is in one list of objects and not in the other, by a member.
fn only<'v>(here: Option<&'v Value>, there: Option<&Value>) -> Vec<&'v Value> {
    let list = |value: Option<&'v Value>| value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let other = there.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list(here).iter().filter(|item| !other.contains(item)).collect()
}

fn text<'v>(item: &'v Value, member: &str) -> &'v str {
    item[member].as_str().unwrap_or_default()
}

fn attachments(role: &str, edit: &Edit) -> String {
    let (before, after) = (edit.before.as_ref(), edit.after.as_ref());
    let gone = only(before, after).into_iter().map(|policy| {
        told(&format!("remove aws_iam_role_policy_attachment of role {role}: {}", text(policy, "PolicyArn")))
    });
    let new = only(after, before).into_iter().map(|policy| {
        let arn = text(policy, "PolicyArn");
        let name = format!("{role}_{}", text(policy, "PolicyName"));
        block("aws_iam_role_policy_attachment", &name, &[("role", string(role)), ("policy_arn", string(arn))])
    });
    gone.chain(new).collect()
}

fn inline(role: &str, edit: &Edit) -> String {
    if !edit.path.ends_with("/RolePolicyList") {
        // The document of one policy; the plan names the policy by its place.
        let place = edit.path.trim_end_matches("/PolicyDocument");
        let document = edit.after.as_ref().map(jsonencode).unwrap_or_else(|| "null".to_owned());
        let head = told(&format!("the policy at {place} of role {role}"));
        return head + &block("aws_iam_role_policy", role, &[("role", string(role)), ("policy", document)]);
    }
    let (before, after) = (edit.before.as_ref(), edit.after.as_ref());
    let names = |list: Option<&Value>| -> Vec<String> {
        let list = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().map(|policy| text(policy, "PolicyName").to_owned()).collect()
    };
    let kept = names(after);
    let gone = names(before).into_iter().filter(|name| !kept.contains(name));
    let gone = gone.map(|name| told(&format!("remove aws_iam_role_policy {name} of role {role}")));
    let new = only(after, before).into_iter().map(|policy| {
        let name = text(policy, "PolicyName");
        let document = jsonencode(&policy["PolicyDocument"]);
        block("aws_iam_role_policy", name, &[("name", string(name)), ("role", string(role)), ("policy", document)])
    });
    gone.chain(new).collect()
}

fn acl_entries(acl: &str, edit: &Edit) -> String {
    let (before, after) = (edit.before.as_ref(), edit.after.as_ref());
    let key = |entry: &Value| (entry["Egress"] == true, entry["RuleNumber"].as_u64());
    let new = only(after, before);
    let gone = only(before, after).into_iter().filter(|entry| !new.iter().any(|other| key(other) == key(entry)));
    let gone = gone.map(|entry| {
        let way = if entry["Egress"] == true { "egress" } else { "ingress" };
        told(&format!(
            "remove aws_network_acl_rule {} of {acl}, or the {way} block with that rule_no of aws_network_acl",
            entry["RuleNumber"]
        ))
    });
    let written = new.iter().map(|entry| {
        let mut arguments = vec![
            ("network_acl_id", string(acl)),
            ("rule_number", entry["RuleNumber"].to_string()),
            ("egress", (entry["Egress"] == true).to_string()),
            ("protocol", string(text(entry, "Protocol"))),
            ("rule_action", string(text(entry, "RuleAction"))),
        ];
        let ranges = [("CidrBlock", "cidr_block"), ("Ipv6CidrBlock", "ipv6_cidr_block")];
        arguments.extend(
            ranges
                .iter()
                .filter(|(from, _)| entry[*from].is_string())
                .map(|(from, to)| (*to, string(text(entry, from)))),
        );
        let ports = [("From", "from_port"), ("To", "to_port")];
        let ports = ports.iter().filter(|(from, _)| entry["PortRange"][*from].is_number());
        arguments.extend(ports.map(|(from, to)| (*to, entry["PortRange"][*from].to_string())));
        block("aws_network_acl_rule", &format!("{acl}_{}", entry["RuleNumber"]), &arguments)
    });
    gone.chain(written).collect()
}

fn routes(table: &str, edit: &Edit) -> String {
    let (before, after) = (edit.before.as_ref(), edit.after.as_ref());
    let part = terraform_parts::of("aws_route").next();
    let destination = |route: &Value| {
        let members = part.iter().flat_map(|part| &part.key);
        members.filter_map(|member| route[member].as_str()).next().unwrap_or_default().to_owned()
    };
    let new = only(after, before);
    let gone = only(before, after).into_iter().map(destination);
    let gone = gone.filter(|to| !new.iter().any(|route| &destination(route) == to));
    let gone =
        gone.map(|to| told(&format!("remove aws_route to {to} of {table}, or that route block of aws_route_table")));
    let written = new.iter().map(|route| {
        let all = part.iter().flat_map(|part| part.first_arguments());
        let members = all.filter(|(_, member)| route[*member].is_string());
        let mut arguments = vec![("route_table_id", string(table))];
        arguments.extend(members.map(|(argument, member)| (argument, string(text(route, member)))));
        block("aws_route", &format!("{table}_{}", destination(route)), &arguments)
    });
    gone.chain(written).collect()
}

/// The types that are on, as one list.
fn log_types(resource: &ResourceRef, edit: &Edit) -> String {
    let lists = edit.after.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let on = lists.iter().filter(|list| list["enabled"] == true);
    let types: Vec<Value> = on.flat_map(|list| list["types"].as_array().cloned().unwrap_or_default()).collect();
    let types = value(&Value::Array(types)).unwrap_or_default();
    block("aws_eks_cluster", resource.arn.short_name(), &[("enabled_cluster_log_types", types)])
}

/// The parameters that the change's own call sets.
fn parameters(change: &Change, resource: &ResourceRef) -> Option<String> {
    let cluster = resource.resource_type.as_str() == resource_types::RDS_DB_CLUSTER_PARAMETER_GROUP;
    let kind = if cluster { "aws_rds_cluster_parameter_group" } else { "aws_db_parameter_group" };
    let set = change.call.parameters["Parameters"].as_array()?;
    let mut body = Body::default();
    for (place, parameter) in set.iter().enumerate() {
        let members = [("ParameterName", "name"), ("ParameterValue", "value"), ("ApplyMethod", "apply_method")];
        for (member, argument) in members {
            let Some(given) = value(&parameter[member]).filter(|given| given != "null") else { continue };
            let way = [("parameter".to_owned(), place.to_string()), (argument.to_owned(), String::new())];
            body.put(&way, |name| format!("{name} = {given}"));
        }
    }
    Some(body.resource(kind, resource.arn.short_name()))
}

/// Behaviors that change places: the first pattern that fits decides, so their order is what they are.
fn order(distribution: &str, edit: &Edit) -> Option<String> {
    let items = |list: Option<&Value>| list.and_then(Value::as_array).cloned().unwrap_or_default();
    let (before, after) = (items(edit.before.as_ref()), items(edit.after.as_ref()));
    let moved = before.len() == after.len() && after.iter().all(|item| before.contains(item));
    if !moved {
        return None;
    }
    let mut body = Body::default();
    for (place, behavior) in after.iter().enumerate() {
        let way =
            [("ordered_cache_behavior".to_owned(), place.to_string()), ("path_pattern".to_owned(), String::new())];
        body.put(&way, |name| {
            format!("{name} = {} # in this order; the rest of the block stays", string(text(behavior, "PathPattern")))
        });
    }
    Some(body.resource("aws_cloudfront_distribution", distribution))
}

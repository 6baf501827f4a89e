//! What a Terraform state manages, by the names that our resources have. Knows the state's formats and the
//! column `terraform_identity` of the resource tables; nothing of what becomes of it.

mod instances;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::context::View;
use super::ownership::Owner;
use konecta_base::id::ResourceType;
use konecta_base::resource_table::{Column, rows};
use konecta_base::resource_types;

pub use self::instances::{Instance, ModuleStep, instances};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    terraform: String,
    r#type: ResourceType,
    by: Option<String>,
}

static TABLE: LazyLock<Vec<Identity>> = LazyLock::new(|| rows(Column::TerraformIdentity));

/// Why a Terraform state cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TerraformStateError {
    /// The text is not JSON, or has no version.
    #[error("this is not a Terraform state: {0}; `terraform state pull` writes one")]
    Foreign(String),
    /// The state has another format.
    #[error(
        "the Terraform state has format {0}; konecta-audit reads format 4 and `terraform show -json`: `terraform state pull` with Terraform 0.12 or later writes it"
    )]
    Version(u64),
}

/// What a Terraform state manages: by ARN, by an id that belongs to one resource only, or by our type and the id within
/// it, as in `AWS::ECR::Repository|hr-service`.
///
/// # Errors
/// When the text is no such state.
pub fn terraform_state(text: &str) -> Result<BTreeMap<String, Owner>, TerraformStateError> {
    let mut managed = BTreeMap::new();
    for instance in instances(text)? {
        let owner = Owner::terraform(&instance.address());
        for key in keys(&instance.kind, &instance.attributes) {
            managed.entry(key).or_insert_with(|| owner.clone());
        }
    }
    Ok(managed)
}

/// The owner of a resource by what [`terraform_state`] gave.
pub(super) fn manager(view: &View, managed: &BTreeMap<String, Owner>) -> Option<Owner> {
    names(view).iter().find_map(|key| managed.get(key).cloned())
}

/// All names by which a resource may be found in what [`keys`] gave, the surest first.
pub(crate) fn names(view: &View) -> Vec<String> {
    let kind = view.reference.resource_type.as_str();
    let sure = [view.reference.arn.to_string(), view.id.clone()];
    let by_type = [format!("{kind}|{}", view.id), format!("{kind}|*")];
    sure.into_iter().chain(by_type).chain(rule_key(view)).collect()
}

/// The argument by which a resource of Terraform names what it is, or is a part of.
pub(crate) fn named_by(kind: &str) -> Option<&'static str> {
    TABLE.iter().find(|identity| identity.terraform == kind)?.by.as_deref()
}

/// All names by which a resource of the state may be found here.
pub(crate) fn keys(kind: &str, attributes: &Value) -> Vec<String> {
    let attribute = |key: &str| attributes.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut keys: Vec<String> = attribute("arn").map(str::to_owned).into_iter().collect();
    keys.extend(attribute("id").filter(|id| is_unmistakable(id)).map(str::to_owned));
    for identity in TABLE.iter().filter(|identity| identity.terraform == kind) {
        let id = match &identity.by {
            None => Some("*"),
            // `role` and `repository` may be given as an ARN; what is found is its last part.
            Some(by) => attribute(by).map(|id| if id.starts_with("arn:") { id } else { id.trim_start_matches('/') }),
        };
        if let Some(id) = id {
            keys.push(format!("{}|{id}", identity.r#type));
            keys.extend(id.starts_with("arn:").then(|| id.to_owned()));
        }
    }
    if kind == "aws_security_group_rule" {
        keys.extend(rule_keys(attributes));
    }
    keys
}

/// A rule that the provider keeps without AWS's id of it (several sources in one resource): by what it says.
fn rule_keys(attributes: &Value) -> Vec<String> {
    let text = |key: &str| attributes.get(key).and_then(Value::as_str).unwrap_or_default();
    let port = |key: &str| attributes.get(key).and_then(Value::as_i64).unwrap_or(-1);
    let protocol = protocol(text("protocol"));
    let (from, to) = if protocol == "-1" { (-1, -1) } else { (port("from_port"), port("to_port")) };
    let group = text("security_group_id");
    let mut peers: Vec<&str> = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"]
        .iter()
        .flat_map(|key| attributes[*key].as_array().into_iter().flatten().filter_map(Value::as_str))
        .collect();
    peers.extend(Some(text("source_security_group_id")).filter(|id| !id.is_empty()));
    peers.extend((attributes["self"] == true).then_some(group));
    peers.into_iter().map(|peer| format!("rule|{group}|{}|{protocol}|{from}|{to}|{peer}", text("type"))).collect()
}

/// The same key of a rule as AWS tells it.
fn rule_key(view: &View) -> Option<String> {
    if view.reference.resource_type.as_str() != resource_types::EC2_SECURITY_GROUP_RULE {
        return None;
    }
    let text = |key: &str| view.text(&format!("/configuration/{key}"));
    let port = |key: &str| view.at(&format!("/configuration/{key}")).and_then(Value::as_i64).unwrap_or(-1);
    let protocol = protocol(text("IpProtocol")?);
    let (from, to) = if protocol == "-1" { (-1, -1) } else { (port("FromPort"), port("ToPort")) };
    let way = if view.at("/configuration/IsEgress")? == &Value::Bool(true) { "egress" } else { "ingress" };
    let peer = ["CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupInfo/GroupId"].into_iter().find_map(text)?;
    Some(format!("rule|{}|{way}|{protocol}|{from}|{to}|{peer}", text("GroupId")?))
}

/// The provider takes numbers and names; AWS answers with names where there are some.
pub(crate) fn protocol(text: &str) -> &str {
    match text {
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        "all" => "-1",
        other => other,
    }
}

/// Whether an id belongs to one resource only, as `sg-0123456789abcdef0` does: plain names recur from service to
/// service.
pub(crate) fn is_unmistakable(id: &str) -> bool {
    let hex = |rest: &str| rest.len() >= 8 && rest.bytes().all(|b| b.is_ascii_hexdigit());
    id.starts_with("arn:") || id.rsplit_once('-').is_some_and(|(kind, rest)| !kind.is_empty() && hex(rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::RemedyContext;
    use crate::ec2::testdata::{cidr, rule};
    use crate::proof::World;
    use konecta_core::facts;

    fn state(kind: &str, attributes: &Value) -> BTreeMap<String, Owner> {
        let state = json!({"version": 4, "resources": [{
            "mode": "managed", "type": kind, "name": "this", "instances": [{"attributes": attributes}]}]});
        terraform_state(&state.to_string()).expect("state")
    }

    fn is_left_alone(resource: &Value, kind: &str, attributes: &Value) -> bool {
        let world = World::of(json!([resource]));
        let facts = facts::derive(&world.snapshot, &world.blueprint).expect("facts");
        let context = RemedyContext::new(&world.snapshot, &facts, &[], &world.blueprint);
        let view = context.get(resource["arn"].as_str().expect("arn")).expect("there");
        manager(view, &state(kind, attributes)).is_some()
    }

    fn thing(kind: &str, id: &str) -> Value {
        json!({"resourceType": kind, "resourceId": id, "region": "us-east-1", "tags": {}, "configuration": {},
            "arn": "arn:aws:ec2:us-east-1:123456789012:thing/1"})
    }

    #[test]
    fn every_line_of_the_table_finds_its_resource_and_no_other() {
        for identity in TABLE.iter() {
            let ours = thing(identity.r#type.as_str(), "r-1");
            let attributes = identity.by.as_ref().map_or_else(|| json!({}), |by| json!({by.as_str(): "r-1"}));
            assert!(is_left_alone(&ours, &identity.terraform, &attributes), "{}", identity.terraform);
            assert!(!is_left_alone(&thing("AWS::EC2::VPC", "r-1"), &identity.terraform, &attributes));
            if let Some(by) = &identity.by {
                assert!(!is_left_alone(&ours, &identity.terraform, &json!({by.as_str(): "r-2"})));
            }
        }
    }

    #[test]
    fn a_rule_without_an_id_is_known_by_what_it_says() {
        let ours = rule("sgr-1", "sg-1", (5432, 5432), cidr("10.50.0.0/16"));
        let said = |cidr: &str| {
            json!({"id": "sgrule-2837465910", "type": "ingress", "security_group_id": "sg-1", "protocol": "6",
                "from_port": 5432, "to_port": 5432, "cidr_blocks": ["10.40.0.0/16", cidr]})
        };
        assert!(is_left_alone(&ours, "aws_security_group_rule", &said("10.50.0.0/16")));
        assert!(!is_left_alone(&ours, "aws_security_group_rule", &said("10.60.0.0/16")));
        let by_id = json!({"id": "sgrule-1", "security_group_rule_id": "sgr-1"});
        assert!(is_left_alone(&ours, "aws_security_group_rule", &by_id));
    }
}

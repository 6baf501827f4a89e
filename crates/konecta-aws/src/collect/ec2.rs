//! EC2: networks, security groups, prefix lists, interfaces, instances, launch templates, volumes, flow logs, and
//! whether new volumes are encrypted.
//!
//! EC2 leaves out the tag list of what has no tags, and a describe call always brings tags along; so a missing list
//! means *no tags* here, and only here. User data is never asked for.
//!
//! A region has a dozen prefix lists of AWS's own. Their entries are asked for only where a rule or a route names the list:
//! nothing else looks at them. Those of a customer are always asked for, since a control of his own may judge them.

use std::collections::BTreeSet;

use aws_sdk_ec2::Client;
use konecta_base::id::Arn;
use serde_json::{Value, json};

use super::client;
use crate::call::{Caller, Listing};
use crate::classify::Failure;
use crate::draft::{Draft, tag_list, text};
use crate::paging::Received;

const VPCS: &str = "ec2:DescribeVpcs";
const SUBNETS: &str = "ec2:DescribeSubnets";
const ROUTE_TABLES: &str = "ec2:DescribeRouteTables";
const INTERNET_GATEWAYS: &str = "ec2:DescribeInternetGateways";
const NAT_GATEWAYS: &str = "ec2:DescribeNatGateways";
const NETWORK_ACLS: &str = "ec2:DescribeNetworkAcls";
const SECURITY_GROUPS: &str = "ec2:DescribeSecurityGroups";
const SECURITY_GROUP_RULES: &str = "ec2:DescribeSecurityGroupRules";
const PREFIX_LISTS: &str = "ec2:DescribeManagedPrefixLists";
const PREFIX_LIST_ENTRIES: &str = "ec2:GetManagedPrefixListEntries";
const INTERFACES: &str = "ec2:DescribeNetworkInterfaces";
const INSTANCES: &str = "ec2:DescribeInstances";
const TEMPLATES: &str = "ec2:DescribeLaunchTemplateVersions";
const VOLUMES: &str = "ec2:DescribeVolumes";
const FLOW_LOGS: &str = "ec2:DescribeFlowLogs";
const EBS_ENCRYPTION: &str = "ec2:GetEbsEncryptionByDefault";

/// How one kind of object is named.
struct Kind {
    action: &'static str,
    name: &'static str,
    /// The member that holds its id.
    id: &'static str,
    /// What stands before the id in its ARN.
    part: &'static str,
    /// The member that holds its tags.
    tags: &'static str,
}

const fn kind(action: &'static str, name: &'static str, id: &'static str, part: &'static str) -> Kind {
    Kind { action, name, id, part, tags: "Tags" }
}

const VPC: Kind = kind(VPCS, "AWS::EC2::VPC", "VpcId", "vpc");
const SUBNET: Kind = kind(SUBNETS, "AWS::EC2::Subnet", "SubnetId", "subnet");
const ROUTE_TABLE: Kind = kind(ROUTE_TABLES, "AWS::EC2::RouteTable", "RouteTableId", "route-table");
const INTERNET_GATEWAY: Kind =
    kind(INTERNET_GATEWAYS, "AWS::EC2::InternetGateway", "InternetGatewayId", "internet-gateway");
const NAT_GATEWAY: Kind = kind(NAT_GATEWAYS, "AWS::EC2::NatGateway", "NatGatewayId", "natgateway");
const NETWORK_ACL: Kind = kind(NETWORK_ACLS, "AWS::EC2::NetworkAcl", "NetworkAclId", "network-acl");
const SECURITY_GROUP: Kind = kind(SECURITY_GROUPS, "AWS::EC2::SecurityGroup", "GroupId", "security-group");
const SECURITY_GROUP_RULE: Kind =
    kind(SECURITY_GROUP_RULES, "AWS::EC2::SecurityGroupRule", "SecurityGroupRuleId", "security-group-rule");
const PREFIX_LIST: Kind = kind(PREFIX_LISTS, "AWS::EC2::PrefixList", "PrefixListId", "prefix-list");
const INTERFACE: Kind = Kind {
    tags: "TagSet",
    ..kind(INTERFACES, "AWS::EC2::NetworkInterface", "NetworkInterfaceId", "network-interface")
};
const INSTANCE: Kind = kind(INSTANCES, "AWS::EC2::Instance", "InstanceId", "instance");
const VOLUME: Kind = kind(VOLUMES, "AWS::EC2::Volume", "VolumeId", "volume");
const FLOW_LOG: Kind = kind(FLOW_LOGS, "AWS::EC2::FlowLog", "FlowLogId", "vpc-flow-log");

/// All pages of one listing.
macro_rules! pages {
    ($caller:expr, $client:expr, $kind:expr, $operation:ident, $page:literal) => {
        $caller.pages($kind.action, None, |token, tap| {
            let call = $client.$operation().max_results($page).set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
    };
}

/// One listing that needs nothing but its pages.
macro_rules! list {
    ($caller:expr, $client:expr, $kind:expr, $operation:ident, $page:literal) => {
        async {
            let listing = pages!($caller, $client, $kind, $operation, $page).await;
            keep_all($caller, &$kind, listing);
        }
    };
}

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = &client!(aws_sdk_ec2, &caller);
    let caller = &caller;
    tokio::join!(
        list!(caller, client, VPC, describe_vpcs, 1000),
        list!(caller, client, SUBNET, describe_subnets, 1000),
        list!(caller, client, INTERNET_GATEWAY, describe_internet_gateways, 1000),
        list!(caller, client, NAT_GATEWAY, describe_nat_gateways, 1000),
        list!(caller, client, NETWORK_ACL, describe_network_acls, 1000),
        list!(caller, client, INTERFACE, describe_network_interfaces, 1000),
        list!(caller, client, VOLUME, describe_volumes, 500),
        list!(caller, client, FLOW_LOG, describe_flow_logs, 1000),
        rules_and_routes(caller, client),
        instances(caller, client),
        launch_templates(caller, client),
        ebs_encryption(caller, client),
    );
}

/// The ARN: the answer's own where it has one, else by the documented pattern, in the owner's account.
fn arn_of(caller: &Caller, kind: &Kind, value: &Value, owner: Option<&str>) -> Option<(Arn, String)> {
    let id = caller.text(kind.action, value, kind.id)?;
    let own = ["SubnetArn", "SecurityGroupArn", "SecurityGroupRuleArn", "PrefixListArn"];
    if let Some(arn) = own.iter().find_map(|key| text(value, key)?.parse().ok()) {
        return Some((arn, id));
    }
    let place = caller.place();
    let owner = owner.or_else(|| text(value, "OwnerId")).unwrap_or_else(|| place.account.as_str());
    let arn = caller.build_arn(kind.action, &format!("ec2:{}:{owner}:{}/{id}", place.region, kind.part))?;
    Some((arn, id))
}

fn draft(caller: &Caller, kind: &Kind, heard: Received, owner: Option<&str>) -> Option<Draft> {
    let (arn, id) = arn_of(caller, kind, &heard.value, owner)?;
    let none = json!([]);
    let tags = tag_list(Some(heard.value.get(kind.tags).unwrap_or(&none)));
    Some(Draft::new(kind.name, arn, id, heard).tags(tags))
}

fn keep_all(caller: &Caller, kind: &Kind, listing: Listing) {
    for heard in listing.items {
        if let Some(draft) = draft(caller, kind, heard, None) {
            caller.keep(kind.action, draft);
        }
    }
}

/// What names prefix lists, the lists, and then their entries.
async fn rules_and_routes(caller: &Caller, client: &Client) {
    let (tables, groups, rules, lists) = tokio::join!(
        pages!(caller, client, ROUTE_TABLE, describe_route_tables, 100),
        pages!(caller, client, SECURITY_GROUP, describe_security_groups, 1000),
        pages!(caller, client, SECURITY_GROUP_RULE, describe_security_group_rules, 1000),
        pages!(caller, client, PREFIX_LIST, describe_managed_prefix_lists, 100),
    );
    let mut named = NamedLists::default();
    for (kind, listing) in [(ROUTE_TABLE, tables), (SECURITY_GROUP, groups), (SECURITY_GROUP_RULE, rules)] {
        if caller.wants(kind.action) {
            named.add(&listing);
        }
        keep_all(caller, &kind, listing);
    }
    let lists = lists.items.into_iter().map(|heard| {
        let is_asked = named.may_name(&heard.value);
        (heard, is_asked)
    });
    caller
        .each(lists.collect(), |caller, (heard, is_asked)| {
            let client = client.clone();
            async move { prefix_list(&caller, &client, heard, is_asked).await }
        })
        .await;
}

async fn prefix_list(caller: &Caller, client: &Client, heard: Received, is_asked: bool) {
    let Some(id) = caller.text(PREFIX_LISTS, &heard.value, PREFIX_LIST.id) else { return };
    let Some(draft) = draft(caller, &PREFIX_LIST, heard, None) else { return };
    if !is_asked {
        caller.keep(PREFIX_LISTS, draft);
        return;
    }
    let listing = caller
        .pages(PREFIX_LIST_ENTRIES, Some(draft.arn()), |token, tap| {
            let call = client.get_managed_prefix_list_entries().prefix_list_id(&id).max_results(100);
            call.set_next_token(token.one()).customize().interceptor(tap).send()
        })
        .await;
    // Half of a list is not shown: a range that is not in it reads like one that is not let in.
    let entries = listing.complete.then(|| listing.items.into_iter().map(|heard| heard.value).collect());
    caller.keep(PREFIX_LISTS, draft.with("entries", entries));
}

/// The prefix lists that rules and routes name.
#[derive(Debug, Default, PartialEq, Eq)]
struct NamedLists {
    ids: BTreeSet<String>,
    /// Whether something that names lists was listed to its end.
    known: bool,
    /// Whether some of what was to be listed is missing.
    doubted: bool,
}

impl NamedLists {
    fn add(&mut self, listing: &Listing) {
        self.known |= listing.complete;
        self.doubted |= !listing.complete;
        listing.items.iter().for_each(|heard| self.find(&heard.value));
    }

    fn find(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.find(item)),
            Value::Object(members) => {
                for (name, value) in members {
                    let is_id = matches!(name.as_str(), "PrefixListId" | "DestinationPrefixListId");
                    self.ids.extend(value.as_str().filter(|_| is_id).map(str::to_owned));
                    self.find(value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Whether the entries of this list may be looked at: not those of a list of AWS's own that certainly nothing names.
    fn may_name(&self, list: &Value) -> bool {
        let is_known = self.known && !self.doubted;
        let is_aws = text(list, "OwnerId") == Some("AWS");
        !(is_known && is_aws) || text(list, PREFIX_LIST.id).is_none_or(|id| self.ids.contains(id))
    }
}

/// Instances come in reservations; the owner stands there.
async fn instances(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(INSTANCES, None, |token, tap| {
            let call = client.describe_instances().max_results(1000).set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    for mut reservation in listing.items {
        let owner = caller.text(INSTANCES, &reservation.value, "OwnerId");
        let Some(Value::Array(instances)) = reservation.value.get_mut("Instances").map(Value::take) else {
            caller.missing(INSTANCES, None, Failure::broken("a reservation has no Instances"));
            continue;
        };
        for value in instances {
            let heard = Received { value, at: reservation.at };
            let Some(draft) = draft(caller, &INSTANCE, heard, owner.as_deref()) else { continue };
            caller.keep(INSTANCES, draft.with("ownerId", owner.clone().map(Value::String)));
        }
    }
}

/// The two versions of each template that anything uses by itself.
async fn launch_templates(caller: &Caller, client: &Client) {
    let listing = caller
        .pages(TEMPLATES, None, |token, tap| {
            let call = client.describe_launch_template_versions().versions("$Latest").versions("$Default");
            call.max_results(200).set_next_token(token.one()).customize().interceptor(tap).send()
        })
        .await;
    for heard in listing.items {
        let Some(template) = caller.text(TEMPLATES, &heard.value, "LaunchTemplateId") else { continue };
        let Some(version) = heard.value.get("VersionNumber").and_then(Value::as_i64) else {
            caller.missing(TEMPLATES, None, Failure::broken("a version has no VersionNumber"));
            continue;
        };
        let place = caller.place();
        // Templates have ARNs and versions have none: the version is put behind, as the API does with `$Latest`.
        let tail = format!("ec2:{}:{}:launch-template/{template}:{version}", place.region, place.account);
        let Some(arn) = caller.build_arn(TEMPLATES, &tail) else { continue };
        let id = format!("{template}:{version}");
        caller.keep(TEMPLATES, Draft::new("AWS::EC2::LaunchTemplateVersion", arn, id, heard));
    }
}

/// One a region; it has no ARN of its own, so it gets one.
async fn ebs_encryption(caller: &Caller, client: &Client) {
    let answer = caller
        .one(EBS_ENCRYPTION, None, &[], |tap| {
            client.get_ebs_encryption_by_default().customize().interceptor(tap).send()
        })
        .await;
    let Some(heard) = answer.got() else { return };
    let place = caller.place();
    let tail = format!("ec2:{}:{}:ebs-encryption-by-default", place.region, place.account);
    let Some(arn) = caller.build_arn(EBS_ENCRYPTION, &tail) else { return };
    let id = place.account.to_string();
    caller.keep(EBS_ENCRYPTION, Draft::new("AWS::EC2::EbsEncryptionByDefault", arn, id, heard));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(values: &[Value]) -> NamedLists {
        let mut named = NamedLists { known: true, ..NamedLists::default() };
        values.iter().for_each(|value| named.find(value));
        named
    }

    #[test]
    fn lists_are_named_by_rules_groups_and_routes() {
        let named = named(&[
            json!({"SecurityGroupRuleId": "sgr-1", "PrefixListId": "pl-1"}),
            json!({"GroupId": "sg-1", "IpPermissions": [{"PrefixListIds": [{"PrefixListId": "pl-2"}]}]}),
            json!({"RouteTableId": "rtb-1", "Routes": [{"DestinationPrefixListId": "pl-3", "GatewayId": "vpce-1"}]}),
        ]);
        assert_eq!(named.ids.iter().map(String::as_str).collect::<Vec<_>>(), ["pl-1", "pl-2", "pl-3"]);
    }

    #[test]
    fn only_a_list_of_awss_own_that_certainly_nothing_names_is_left_out() {
        let aws = |id: &str| json!({"PrefixListId": id, "OwnerId": "AWS"});
        let one = || named(&[json!({"PrefixListId": "pl-1"})]);
        assert!(one().may_name(&aws("pl-1")) && !one().may_name(&aws("pl-2")));
        assert!(one().may_name(&json!({"PrefixListId": "pl-2", "OwnerId": "123456789012"})));
        assert!(one().may_name(&json!({"PrefixListId": "pl-2"})), "whose it is was not sent");
        let mut doubted = one();
        doubted.add(&Listing::default());
        assert!(doubted.may_name(&aws("pl-2")), "what was not listed may name it");
        assert!(NamedLists::default().may_name(&aws("pl-2")), "nothing was listed that names lists");
    }
}

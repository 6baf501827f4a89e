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
use konecta_base::resource_types;
use konecta_base::{calls, listed_type};
use serde_json::Value;

use super::client;
use crate::call::{Caller, Listing};
use crate::classify::Failure;
use crate::draft::{Draft, text};
use crate::paging::Received;

const PREFIX_LIST_ENTRIES: &str = calls::EC2_GET_MANAGED_PREFIX_LIST_ENTRIES;
const TEMPLATES: &str = calls::EC2_DESCRIBE_LAUNCH_TEMPLATE_VERSIONS;
const EBS_ENCRYPTION: &str = calls::EC2_GET_EBS_ENCRYPTION_BY_DEFAULT;

/// All pages of one listing.
macro_rules! pages {
    ($caller:expr, $client:expr, $of:expr, $operation:ident, $page:literal) => {
        $caller.pages($of.call, None, |token, tap| {
            let call = $client.$operation().max_results($page).set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
    };
}

/// One listing that needs nothing but its pages.
macro_rules! list {
    ($caller:expr, $client:expr, $of:expr, $operation:ident, $page:literal) => {
        async {
            let listing = pages!($caller, $client, $of, $operation, $page).await;
            $caller.keep_listed(&$of, listing);
        }
    };
}

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client = &client!(aws_sdk_ec2, &caller);
    let caller = &caller;
    tokio::join!(
        list!(caller, client, listed_type::EC2_VPC, describe_vpcs, 1000),
        list!(caller, client, listed_type::EC2_SUBNET, describe_subnets, 1000),
        list!(caller, client, listed_type::EC2_INTERNET_GATEWAY, describe_internet_gateways, 1000),
        list!(caller, client, listed_type::EC2_NAT_GATEWAY, describe_nat_gateways, 1000),
        list!(caller, client, listed_type::EC2_NETWORK_ACL, describe_network_acls, 1000),
        list!(caller, client, listed_type::EC2_NETWORK_INTERFACE, describe_network_interfaces, 1000),
        list!(caller, client, listed_type::EC2_VOLUME, describe_volumes, 500),
        list!(caller, client, listed_type::EC2_FLOW_LOG, describe_flow_logs, 1000),
        rules_and_routes(caller, client),
        instances(caller, client),
        launch_templates(caller, client),
        ebs_encryption(caller, client),
    );
}

/// What names prefix lists, the lists, and then their entries.
async fn rules_and_routes(caller: &Caller, client: &Client) {
    let (tables, groups, rules, lists) = tokio::join!(
        pages!(caller, client, listed_type::EC2_ROUTE_TABLE, describe_route_tables, 100),
        pages!(caller, client, listed_type::EC2_SECURITY_GROUP, describe_security_groups, 1000),
        pages!(caller, client, listed_type::EC2_SECURITY_GROUP_RULE, describe_security_group_rules, 1000),
        pages!(caller, client, listed_type::EC2_PREFIX_LIST, describe_managed_prefix_lists, 100),
    );
    let mut named = NamedLists::default();
    for (of, listing) in [
        (listed_type::EC2_ROUTE_TABLE, tables),
        (listed_type::EC2_SECURITY_GROUP, groups),
        (listed_type::EC2_SECURITY_GROUP_RULE, rules),
    ] {
        if caller.wants(of.call) {
            named.add(&listing);
        }
        caller.keep_listed(&of, listing);
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
    let of = listed_type::EC2_PREFIX_LIST;
    let Some(id) = caller.text(of.call, &heard.value, of.id) else { return };
    let Some(draft) = caller.listed(&of, heard) else { return };
    if !is_asked {
        caller.keep(of.call, draft);
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
    caller.keep(of.call, draft.with("entries", entries));
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
        !(is_known && is_aws) || text(list, listed_type::EC2_PREFIX_LIST.id).is_none_or(|id| self.ids.contains(id))
    }
}

/// Instances come in reservations; the owner stands there.
async fn instances(caller: &Caller, client: &Client) {
    let of = listed_type::EC2_INSTANCE;
    let listing = caller
        .pages(of.call, None, |token, tap| {
            let call = client.describe_instances().max_results(1000).set_next_token(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    for mut reservation in listing.items {
        let owner = caller.text(of.call, &reservation.value, "OwnerId");
        let Some(Value::Array(instances)) = reservation.value.get_mut("Instances").map(Value::take) else {
            caller.missing(of.call, None, Failure::broken("a reservation has no Instances"));
            continue;
        };
        for value in instances {
            let heard = Received { value, at: reservation.at };
            let Some(draft) = caller.listed_of(&of, heard, owner.as_deref()) else { continue };
            caller.keep(of.call, draft.with("ownerId", owner.clone().map(Value::String)));
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
        caller.keep(TEMPLATES, Draft::new(resource_types::EC2_LAUNCH_TEMPLATE_VERSION, arn, id, heard));
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
    caller.keep(EBS_ENCRYPTION, Draft::new(resource_types::EC2_EBS_ENCRYPTION_BY_DEFAULT, arn, id, heard));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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

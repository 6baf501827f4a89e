//! Where routes lead, target by target and family by family.

use serde::de::DeserializeOwned;

use super::*;
use crate::facts::world::Supplemented;

fn item<T: DeserializeOwned>(id: &str, body: Value) -> Item<T> {
    let body = serde_json::from_value(body).expect("body");
    Item { arn: format!("arn:{id}"), resource_id: id.to_owned(), tags: None, body }
}

fn route(to: &str, key: &str, target: &str) -> Value {
    let destination = match to {
        _ if to.starts_with("pl-") => "DestinationPrefixListId",
        _ if to.contains(':') => "DestinationIpv6CidrBlock",
        _ => "DestinationCidrBlock",
    };
    json!({destination: to, key: target, "State": "active"})
}

/// A subnet of a VPC with an attached internet gateway, its own table, and the gateway's table.
fn reach_in(owner: &str, routes: &[Value], edge: Option<&[Value]>, lists: &[Value]) -> Reach {
    let (place, seen) = Seen::everything();
    let mut here = Regional::default();
    here.internet_gateways.push(item(
        "igw-1",
        json!({"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": "vpc-1", "State": "available"}]}),
    ));
    let table = |id: &str, association: Value, routes: &[Value]| {
        item(id, json!({"RouteTableId": id, "VpcId": "vpc-1", "Associations": [association], "Routes": routes}))
    };
    here.route_tables.push(table("rtb-1", json!({"Main": false, "SubnetId": "subnet-1"}), routes));
    if let Some(edge) = edge {
        here.route_tables.push(table("rtb-edge", json!({"Main": false, "GatewayId": "igw-1"}), edge));
    }
    for list in lists {
        let entries = serde_json::from_value(list["entries"].clone()).ok();
        let id = list["PrefixListId"].as_str().expect("id");
        here.prefix_lists.push(Supplemented { item: item(id, list.clone()), supplement: entries });
    }
    let lists = PrefixLists::of(&place, &here, &seen);
    let subnet = item(
        "subnet-1",
        json!({"SubnetId": "subnet-1", "VpcId": "vpc-1", "OwnerId": owner, "CidrBlock": "10.0.1.0/24",
            "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": "2600:1f18:0:1::/64"}]}),
    );
    Routes::of(&place, &here, &seen, (&lists, &ById::of(&here))).reach(&subnet)
}

fn reach(routes: &[Value], edge: Option<&[Value]>) -> Reach {
    reach_in("123456789012", routes, edge, &[])
}

fn open(to: &str, key: &str, target: &str) -> Option<bool> {
    reach(&[route(to, key, target)], None).open
}

#[test]
fn every_target_is_named_and_any_other_is_not_known() {
    for (key, target, expected) in [
        ("GatewayId", "igw-1", Some(true)),
        ("GatewayId", "local", Some(false)),
        ("GatewayId", "vgw-1", Some(false)),
        ("NatGatewayId", "nat-1", Some(false)),
        ("TransitGatewayId", "tgw-1", Some(false)),
        ("VpcPeeringConnectionId", "pcx-1", Some(false)),
        ("EgressOnlyInternetGatewayId", "eigw-1", Some(false)),
        ("CoreNetworkArn", "arn:aws:networkmanager::1:core-network/c", Some(false)),
        ("NetworkInterfaceId", "eni-1", Some(false)),
        ("InstanceId", "i-1", Some(false)),
        ("GatewayId", "vpce-1", None),
        ("CarrierGatewayId", "cagw-1", None),
        ("LocalGatewayId", "lgw-1", None),
        ("GatewayId", "new-1", None),
    ] {
        assert_eq!(open("0.0.0.0/0", key, target), expected, "{target}");
        assert_eq!(open("10.9.0.0/16", key, target), Some(false), "{target}");
    }
    assert_eq!(reach(&[json!({"DestinationCidrBlock": "0.0.0.0/0", "State": "active"})], None).open, None);
}

#[test]
fn the_gateways_own_table_decides_what_comes_in_through_a_firewall() {
    for (key, target) in [("GatewayId", "vpce-1"), ("NetworkInterfaceId", "eni-1")] {
        let out = [route("0.0.0.0/0", key, target)];
        let through = [route("10.0.0.0/16", "GatewayId", "local"), route("10.0.1.0/24", key, target)];
        let found = reach(&out, Some(&through));
        assert_eq!((found.open, found.ipv4, found.ipv6), (Some(true), Some(true), Some(false)));
        let hops = [
            "subnet-1 → rtb-1 (associated)".to_owned(),
            format!("rtb-1: 0.0.0.0/0 → {target}"),
            format!("igw-1 → rtb-edge: 10.0.1.0/24 → {target}"),
        ];
        assert_eq!(found.proof, hops);
        let whole = reach(&out, Some(&[route("10.0.0.0/16", key, target)]));
        assert_eq!(whole.open, Some(true));
        let unsaid = reach(&out, Some(&[json!({"DestinationCidrBlock": "10.0.1.0/24", "State": "active"})]));
        assert_eq!(unsaid.open, None);
    }
    let other =
        reach(&[route("0.0.0.0/0", "GatewayId", "vpce-1")], Some(&[route("10.0.2.0/24", "GatewayId", "vpce-1")]));
    assert_eq!(other.open, None);
    assert_eq!(
        other.why,
        [
            "rtb-1: 0.0.0.0/0 → vpce-1, and no table of an internet gateway says whether the internet comes in through it"
        ]
    );
    let six =
        reach(&[route("::/0", "GatewayId", "vpce-1")], Some(&[route("2600:1f18:0:1::/64", "GatewayId", "vpce-1")]));
    assert_eq!((six.ipv4, six.ipv6), (Some(false), Some(true)));
}

#[test]
fn a_participant_of_a_shared_vpc_does_not_see_the_gateways_table() {
    let found = reach_in("555555555555", &[route("0.0.0.0/0", "NetworkInterfaceId", "eni-1")], None, &[]);
    assert_eq!(found.open, None);
    assert!(found.why[0].contains("belongs to the owner of the VPC"));
}

#[test]
fn families_are_told_apart() {
    let found = reach(
        &[route("0.0.0.0/0", "GatewayId", "igw-1"), route("::/0", "EgressOnlyInternetGatewayId", "eigw-1")],
        None,
    );
    assert_eq!((found.open, found.ipv4, found.ipv6), (Some(true), Some(true), Some(false)));
    let found = reach(&[route("0.0.0.0/0", "NatGatewayId", "nat-1"), route("::/0", "GatewayId", "igw-1")], None);
    assert_eq!((found.open, found.ipv4, found.ipv6), (Some(true), Some(false), Some(true)));
    let found = reach(&[route("0.0.0.0/0", "GatewayId", "vpce-1"), route("::/0", "GatewayId", "igw-1")], None);
    assert_eq!((found.open, found.ipv4, found.ipv6), (Some(true), None, Some(true)));
}

#[test]
fn lists_of_routes_are_opened() {
    let halves = json!({"PrefixListId": "pl-1", "OwnerId": "123456789012", "entries": [{"Cidr": "0.0.0.0/1"}, {"Cidr": "128.0.0.0/1"}]});
    let unread = json!({"PrefixListId": "pl-2", "OwnerId": "123456789012"});
    let awss = json!({"PrefixListId": "pl-3", "OwnerId": "AWS"});
    for (list, key, target, expected) in [
        ("pl-1", "GatewayId", "igw-1", Some(true)),
        ("pl-1", "NatGatewayId", "nat-1", Some(false)),
        ("pl-2", "GatewayId", "igw-1", None),
        ("pl-2", "NatGatewayId", "nat-1", Some(false)),
        ("pl-3", "GatewayId", "vpce-1", Some(false)),
        ("pl-4", "GatewayId", "vpce-1", None),
    ] {
        let found = reach_in(
            "123456789012",
            &[route(list, key, target)],
            None,
            &[halves.clone(), unread.clone(), awss.clone()],
        );
        assert_eq!(found.open, expected, "{list} {target}");
    }
}

//! Routes go and come only where nobody else uses the table.

use serde_json::{Value, json};

use crate::ec2::testdata::{public_subnet, resource};
use crate::proof::World;

fn subnet(id: &str, tier: &str) -> Value {
    let mut subnet = resource(
        "Subnet",
        "subnet",
        id,
        json!({"SubnetId": id, "VpcId": "vpc-1", "AvailabilityZone": "us-east-1a", "MapPublicIpOnLaunch": false}),
    );
    subnet["tags"] = json!({"Tier": tier});
    subnet
}

fn table(id: &str, subnets: &[&str], routes: &[Value]) -> Value {
    let associations: Vec<Value> =
        subnets.iter().map(|subnet| json!({"Main": false, "RouteTableId": id, "SubnetId": subnet})).collect();
    let local = json!({"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"});
    let routes = [&[local], routes].concat();
    resource(
        "RouteTable",
        "route-table",
        id,
        json!({"RouteTableId": id, "VpcId": "vpc-1", "Associations": associations, "Routes": routes}),
    )
}

fn out(key: &str, to: &str) -> Value {
    json!({key: to, "GatewayId": "igw-1", "Origin": "CreateRoute", "State": "active"})
}

/// `subnet-1` is public by the main table; these come beside it.
fn world(more: Vec<Value>) -> World {
    let mut resources = public_subnet();
    resources[0] = subnet("subnet-1", "public");
    resources.extend(more);
    World::of(json!(resources))
}

#[test]
fn both_default_routes_of_a_private_table_go() {
    let routes = [out("DestinationCidrBlock", "0.0.0.0/0"), out("DestinationIpv6CidrBlock", "::/0")];
    let world = world(vec![subnet("subnet-2", "private"), table("rtb-2", &["subnet-2"], &routes)]);
    let steps = world.mended("KA-VPC-003", "/subnet-2");
    assert_eq!(steps[0].call.parameters, json!({"RouteTableId": "rtb-2", "DestinationCidrBlock": "0.0.0.0/0"}));
    assert_eq!(
        steps[0].inverse[0].parameters,
        json!({"RouteTableId": "rtb-2", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"})
    );
    assert_eq!(steps[1].call.parameters["DestinationIpv6CidrBlock"], "::/0");
    assert_eq!(steps[1].proven, ["nothing with a public address stands in subnet-2, which rtb-2 serves"]);
}

#[test]
fn what_has_a_public_address_there_keeps_its_way() {
    let gateway = |state: &str| {
        let body = json!({"NatGatewayId": "nat-1", "SubnetId": "subnet-2", "State": state});
        resource("NatGateway", "natgateway", "nat-1", body)
    };
    let mut interface = crate::ec2::testdata::interface("eni-1", "sg-1");
    interface["configuration"]["SubnetId"] = json!("subnet-2");
    let mut public = interface.clone();
    public["configuration"]["Association"] = json!({"PublicIp": "203.0.113.9"});
    let mut instance = crate::ec2::testdata::instance("i-1", "subnet-2", "sg-1");
    instance["configuration"]["PublicIpAddress"] = json!("203.0.113.9");
    let mut balancer = crate::path::testdata::balancer();
    balancer["configuration"]["AvailabilityZones"][0]["SubnetId"] = json!("subnet-2");
    let reached = |what: Value| {
        let routes = [out("DestinationCidrBlock", "0.0.0.0/0")];
        let world = world(vec![subnet("subnet-2", "private"), table("rtb-2", &["subnet-2"], &routes), what]);
        let facts = konecta_core::facts::derive(&world.snapshot, &world.blueprint).expect("facts");
        let context = crate::RemedyContext::new(&world.snapshot, &facts, &[], &world.blueprint);
        let table = context.all("AWS::EC2::RouteTable").find(|view| view.id == "rtb-2").expect("table");
        super::reached(&context, table)
    };
    assert_eq!(reached(gateway("available")).as_deref(), Some("NAT gateway nat-1"));
    assert_eq!(reached(gateway("deleted")), None);
    assert_eq!(reached(public).as_deref(), Some("interface eni-1"));
    assert_eq!(reached(interface), None);
    assert_eq!(reached(instance).as_deref(), Some("instance i-1"));
    assert_eq!(reached(balancer).as_deref(), Some("load balancer erp"));
}

#[test]
fn two_subnets_of_one_table_ask_for_the_same() {
    let world = world(vec![
        subnet("subnet-2", "private"),
        subnet("subnet-3", "private"),
        table("rtb-2", &["subnet-2", "subnet-3"], &[out("DestinationCidrBlock", "0.0.0.0/0")]),
    ]);
    let [one, other] = ["/subnet-2", "/subnet-3"].map(|end| world.mended("KA-VPC-003", end).remove(0));
    assert_eq!((one.key, one.call), (other.key, other.call));
}

#[test]
fn the_main_table_is_left_alone_while_a_public_subnet_falls_to_it() {
    let proposal = world(vec![subnet("subnet-2", "private")]).proposed("KA-VPC-003", "/subnet-2");
    assert!(proposal.steps.is_empty(), "{proposal:?}");
    assert!(proposal.refusals[0].reason.contains("rtb-1 also serves subnet-1"), "{proposal:?}");
}

#[test]
fn a_shared_table_is_left_alone() {
    let world = world(vec![
        subnet("subnet-2", "private"),
        subnet("subnet-3", "public"),
        table("rtb-2", &["subnet-2", "subnet-3"], &[out("DestinationCidrBlock", "0.0.0.0/0")]),
    ]);
    assert!(world.proposed("KA-VPC-003", "/subnet-2").refusals[0].reason.contains("subnet-3"));
}

#[test]
fn a_public_subnet_gets_its_route() {
    let world = world(vec![subnet("subnet-2", "public"), table("rtb-2", &["subnet-2"], &[])]);
    let step = world.mended("KA-VPC-003", "/subnet-2").remove(0);
    assert_eq!(
        step.call.parameters,
        json!({"RouteTableId": "rtb-2", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"})
    );
    assert_eq!(step.inverse[0].operation, "DeleteRoute");
}

#[test]
fn a_public_subnet_whose_default_route_leads_elsewhere_is_for_a_person() {
    let elsewhere = json!({"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "Origin": "CreateRoute", "State": "active"});
    let world = world(vec![subnet("subnet-2", "public"), table("rtb-2", &["subnet-2"], &[elsewhere])]);
    assert!(world.proposed("KA-VPC-003", "/subnet-2").refusals[0].reason.contains("leads elsewhere"));
}

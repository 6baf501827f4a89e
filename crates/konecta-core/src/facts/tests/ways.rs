//! The way from CloudFront to a load balancer over several accounts and load balancers, and the ways past it.

use serde_json::{Value, json};

use super::{DOCUMENTED, INSIDE, account, facts_of, snapshot};
use konecta_base::gap::ReadRecord;
use konecta_base::resource::Resource;
use konecta_base::snapshot::Snapshot;

const ALB: &str = "loadbalancer/app/erp/1";
const ALB_ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/erp/1";
const NLB_ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/old/2";
const OTHER: &str = "210987654321";

type World = Vec<Value>;

fn read(text: &str) -> World {
    serde_json::from_str(text).expect("world")
}

fn at<'a>(world: &'a mut World, ends: &str) -> &'a mut Value {
    world.iter_mut().find(|one| one["arn"].as_str().is_some_and(|arn| arn.ends_with(ends))).expect(ends)
}

fn whole(world: World) -> Snapshot {
    snapshot(serde_json::from_value::<Vec<Resource>>(Value::Array(world)).expect("resources"))
}

/// The world inside, in which all is told that a way could depend on, after a change.
fn told(change: impl FnOnce(&mut World)) -> Value {
    facts_of(&whole(inside(change))).get(ALB, "ways")
}

fn inside(change: impl FnOnce(&mut World)) -> World {
    let mut world = read(INSIDE);
    for one in &mut world {
        if one["resourceType"] == "AWS::EC2::NetworkInterface" {
            one["configuration"]["InterfaceType"] = json!("interface");
            one["configuration"]["SubnetId"] = json!("subnet-app-a");
        }
    }
    at(&mut world, ALB)["configuration"]["IpAddressType"] = json!("ipv4");
    at(&mut world, "targetgroup/erp/5")["configuration"]["TargetType"] = json!("instance");
    change(&mut world);
    world
}

/// Lets everybody in, and puts the network load balancer before the other one.
fn fronted(world: &mut World, keeps: Option<&str>) {
    at(world, "security-group-rule/sgr-alb")["configuration"] = json!({
        "SecurityGroupRuleId": "sgr-alb", "GroupId": "sg-alb", "IsEgress": false, "IpProtocol": "tcp",
        "FromPort": 443, "ToPort": 443, "CidrIpv4": "0.0.0.0/0",
    });
    let attributes = keeps.map(|value| json!([{"Key": "preserve_client_ip.enabled", "Value": value}]));
    let like = |kind: &str, arn: &str, configuration: Value, supplement: Value| {
        json!({
            "resourceType": format!("AWS::ElasticLoadBalancingV2::{kind}"), "arn": arn, "resourceId": "front",
            "accountId": "123456789012", "region": "us-east-1", "capturedAt": "2026-11-23T12:00:00Z",
            "configuration": configuration, "supplement": supplement,
        })
    };
    let group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/front/6";
    let listener = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/net/old/2/9";
    world.push(like(
        "TargetGroup",
        group,
        json!({"TargetGroupArn": group, "TargetType": "alb", "LoadBalancerArns": [NLB_ARN]}),
        json!({"targetHealth": [{"Target": {"Id": ALB_ARN, "Port": 443}}], "attributes": attributes}),
    ));
    world.push(like(
        "Listener",
        listener,
        json!({"LoadBalancerArn": NLB_ARN, "Port": 443, "DefaultActions": [{"Type": "forward", "TargetGroupArn": group}]}),
        json!({"certificates": []}),
    ));
}

#[test]
fn nothing_but_the_vpc_origin_leads_to_an_internal_one() {
    assert_eq!(told(|_| ()), json!({"ways": [], "doubts": []}));
}

#[test]
fn a_load_balancer_before_it_is_a_way_of_all_whom_both_let_in() {
    let ways = told(|world| fronted(world, Some("true")));
    assert_eq!(ways["doubts"], json!([]));
    let way = &ways["ways"][0];
    assert_eq!((&way["kind"], &way["certain"]), (&json!("load_balancer"), &json!(true)));
    // Who comes to the front, which has no group, and whom the group behind lets in.
    assert_eq!(
        way["sources"],
        json!([{"kind": "cidr", "cidr": "0.0.0.0/0", "rule": null, "group": null, "protocol": "all"}])
    );
    let own = told(|world| {
        fronted(world, Some("false"));
        at(world, "security-group-rule/sgr-alb")["configuration"]["CidrIpv4"] = json!("192.0.2.0/24");
    });
    assert_eq!(own["ways"][0]["sources"][0]["kind"], json!("unknown"), "the front's subnets have no range here");
}

#[test]
fn a_listener_that_leads_elsewhere_is_no_way() {
    let ways = told(|world| {
        fronted(world, None);
        at(world, "listener/net/old/2/9")["configuration"]["DefaultActions"][0]["TargetGroupArn"] = json!("another");
    });
    assert_eq!(ways, json!({"ways": [], "doubts": []}));
}

#[test]
fn what_was_not_sent_of_fronts_is_a_doubt() {
    for cut in ["TargetType", "LoadBalancerArns"] {
        let ways = told(|world| {
            fronted(world, None);
            at(world, "targetgroup/front/6")["configuration"].as_object_mut().expect("group").remove(cut);
        });
        assert_eq!((&ways["ways"], ways["doubts"].as_array().map(Vec::len)), (&json!([]), Some(1)), "{cut}");
    }
    let ways = told(|world| {
        fronted(world, None);
        at(world, "targetgroup/front/6")["supplement"] = json!({});
    });
    assert_eq!(ways["doubts"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_distribution_before_the_front_stands_before_what_is_behind_it() {
    let edge = facts_of(&whole(inside(|world| fronted(world, None)))).get(ALB, "edge");
    let all = edge["distributions"].as_array().expect("distributions");
    let over: Vec<&Value> = all.iter().filter(|one| one["through"] == json!(NLB_ARN)).collect();
    assert_eq!((all.len(), over.len()), (2, 1));
    assert_eq!((&over[0]["via"], &over[0]["origin"]), (&json!("alias"), &json!("old")));
}

#[test]
fn an_accelerator_is_seen_by_its_interface() {
    let with = |subnets: &'static [&'static str]| {
        told(|world| {
            for subnet in subnets {
                let mut one = at(world, "network-interface/eni-cp").clone();
                one["arn"] = json!(format!("arn:aws:ec2:us-east-1:123456789012:network-interface/eni-{subnet}"));
                one["configuration"] = json!({
                    "NetworkInterfaceId": format!("eni-{subnet}"), "InterfaceType": "global_accelerator_managed",
                    "SubnetId": subnet, "Groups": [{"GroupId": "sg-ga"}],
                });
                world.push(one);
            }
        })
    };
    let both = with(&["subnet-pub-a", "subnet-pub-b"]);
    assert_eq!((&both["ways"][0]["kind"], &both["ways"][0]["certain"]), (&json!("accelerator"), &json!(true)));
    assert_eq!(with(&["subnet-app-a"])["ways"], json!([]));
    let unclear = told(|world| {
        let one = at(world, "network-interface/eni-cp");
        one["configuration"]["SubnetId"] = json!("subnet-pub-a");
        one["configuration"].as_object_mut().expect("interface").remove("InterfaceType");
    });
    assert_eq!(unclear["doubts"].as_array().map(Vec::len), Some(1));
}

#[test]
fn ipv6_is_a_way_where_nothing_keeps_the_gateway_out() {
    let with = |kind: &str, value: Option<&str>| {
        told(|world| {
            let one = at(world, ALB);
            one["configuration"]["IpAddressType"] = json!(kind);
            one["supplement"]["attributes"] = json!([{"Key": "ipv6.deny_all_igw_traffic", "Value": value}]);
        })
    };
    assert_eq!(with("dualstack", Some("true")), json!({"ways": [], "doubts": []}));
    assert_eq!(with("ipv4", None), json!({"ways": [], "doubts": []}));
    assert_eq!(with("dualstack", Some("false"))["ways"][0]["kind"], json!("ipv6"));
    assert_eq!(with("dualstack", None)["doubts"].as_array().map(Vec::len), Some(1));
    assert_eq!(with("novel", Some("true"))["doubts"].as_array().map(Vec::len), Some(1));
}

/// The documented world, with the load balancer and what belongs to it in another account.
fn apart() -> Snapshot {
    let mut world = read(DOCUMENTED);
    for one in &mut world {
        let kind = one["resourceType"].as_str().expect("type");
        if ["::CloudFront::", "::Route53::"].iter().all(|own| !kind.contains(own)) {
            *one = serde_json::from_str(&one.to_string().replace("123456789012", OTHER)).expect("resource");
        }
    }
    let mut apart = whole(world);
    apart.info.accounts.push(OTHER.parse().expect("account"));
    let reads = apart.reads.clone().into_iter();
    apart.reads.extend(reads.map(|read| ReadRecord { account_id: OTHER.parse().expect("account"), ..read }));
    apart
}

#[test]
fn the_distribution_may_stand_in_another_account_of_the_scan() {
    let edge = facts_of(&apart()).get(ALB, "edge");
    assert_eq!((edge["distributions"].as_array().map(Vec::len), &edge["doubts"]), (Some(1), &json!([])), "{edge}");
}

#[test]
fn what_stands_in_an_account_that_was_not_scanned_is_not_known_for_that_reason() {
    let mut alone = apart();
    alone.info.accounts.retain(|one| *one != account());
    alone.resources.retain(|one| one.account_id != account());
    alone.reads.retain(|one| one.account_id != account());
    let edge = facts_of(&alone).get(ALB, "edge");
    assert_eq!(edge["distributions"], json!([]));
    let why = edge["doubts"][0].as_str().expect("why");
    assert!(why.ends_with("it may stand in an account that was not scanned"), "{why}");
}

fn edge_with(change: impl FnOnce(&mut Value)) -> Value {
    let mut world = read(DOCUMENTED);
    change(&mut at(&mut world, "distribution/E1")["configuration"]["DistributionConfig"]);
    facts_of(&whole(world)).get(ALB, "edge")
}

fn blog(config: &mut Value) {
    let origins = config["Origins"]["Items"].as_array_mut().expect("origins");
    origins.push(json!({"Id": "blog", "DomainName": "blog.example.org", "CustomOriginConfig": {"HTTPSPort": 443}}));
    config["Origins"]["Quantity"] = json!(config["Origins"]["Items"].as_array().map_or(0, Vec::len));
}

fn used(config: &mut Value) {
    blog(config);
    let mut behavior = config["DefaultCacheBehavior"].clone();
    behavior["TargetOriginId"] = json!("blog");
    config["CacheBehaviors"] = json!({"Quantity": 1, "Items": [behavior]});
}

#[test]
fn an_origin_elsewhere_is_a_doubt_that_is_named_and_leaves_the_rest_proven() {
    let edge = edge_with(used);
    assert_eq!(edge["distributions"].as_array().map(Vec::len), Some(1));
    let why = edge["doubts"][0].as_str().expect("why");
    assert!(why.contains("origin blog") && why.contains("blog.example.org"), "{why}");
}

#[test]
fn what_is_switched_off_or_unused_leads_nowhere() {
    assert_eq!(edge_with(blog)["doubts"], json!([]), "no behavior uses it");
    let off = edge_with(|config| {
        used(config);
        config["Enabled"] = json!(false);
    });
    assert_eq!((&off["doubts"], &off["distributions"][0]["enabled"]), (&json!([]), &json!(false)));
    let open = edge_with(|config| {
        used(config);
        config.as_object_mut().expect("config").remove("Enabled");
    });
    assert_eq!(open["doubts"].as_array().map(Vec::len), Some(1));
}

//! TLS between CloudFront and load balancers in worlds that differ from the documented one by a few members.

use serde_json::{Value, json};

use super::{DOCUMENTED, facts_of, snapshot};

const ALB: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/erp/1";
const ALIAS: [&str; 1] = ["erp.example.com"];

/// The documented world, changed.
fn tls(change: impl FnOnce(&mut Vec<Value>)) -> Value {
    let mut resources: Vec<Value> = serde_json::from_str(DOCUMENTED).expect("world");
    change(&mut resources);
    let resources = resources.iter().map(|one| serde_json::from_value(one.clone()).expect("resource")).collect();
    facts_of(&snapshot(resources)).get("distribution/E1", "origin_tls")
}

fn at<'a>(resources: &'a mut [Value], arn_end: &str) -> &'a mut Value {
    let found = resources.iter_mut().find(|one| one["arn"].as_str().is_some_and(|arn| arn.ends_with(arn_end)));
    &mut found.expect("resource")["configuration"]
}

fn config(resources: &mut [Value]) -> &mut Value {
    &mut at(resources, "distribution/E1")["DistributionConfig"]
}

/// Host is forwarded by every behavior.
fn forward_host(resources: &mut [Value]) {
    let config = config(resources);
    config["Aliases"] = json!({"Quantity": 1, "Items": ALIAS});
    let legacy = json!({"Headers": {"Quantity": 1, "Items": ["Host"]}});
    config["DefaultCacheBehavior"]["ForwardedValues"] = legacy.clone();
    config["CacheBehaviors"] = json!({"Quantity": 0});
    config["DefaultCacheBehavior"]["TargetOriginId"] = json!("alb");
}

fn names(resources: &mut [Value], names: &[&str]) {
    at(resources, "certificate/c1")["DomainName"] = json!(names[0]);
    at(resources, "certificate/c1")["SubjectAlternativeNames"] = json!(names);
}

/// A second certificate in the listener's list.
fn listed(resources: &mut Vec<Value>, name: &str) {
    let mut second = resources.iter().find(|one| one["arn"].as_str().is_some_and(|arn| arn.ends_with("/c1"))).cloned();
    let second = second.as_mut().expect("certificate");
    let arn = json!("arn:aws:acm:us-east-1:123456789012:certificate/c2");
    second["arn"] = arn.clone();
    second["configuration"]["DomainName"] = json!(name);
    second["configuration"]["SubjectAlternativeNames"] = json!([name]);
    resources.push(second.clone());
    let found = resources.iter_mut().find(|one| one["arn"].as_str().is_some_and(|arn| arn.ends_with("erp/1/2")));
    let list = found.expect("listener")["supplement"]["certificates"].as_array_mut().expect("list");
    list.push(json!({"CertificateArn": arn, "IsDefault": false}));
}

#[test]
fn a_private_ca_is_not_believed() {
    let tls = tls(|world| at(world, "certificate/c1")["Type"] = json!("PRIVATE"));
    assert_eq!(tls[0]["matches"], json!(false));
    let fault = &tls[0]["faults"][0];
    assert_eq!(fault["actual"], json!("a certificate for *.example.com that is issued by a private CA"));
    let expected = "a publicly trusted certificate for origin.example.com, the origin's name";
    assert_eq!(fault["expected"], json!(expected));
}

#[test]
fn where_host_is_forwarded_the_viewers_name_decides() {
    let viewers = tls(|world| {
        forward_host(world);
        names(world, &ALIAS);
    });
    assert_eq!(viewers[0]["matches"], json!(true), "{viewers}");
    let neither = tls(|world| {
        forward_host(world);
        names(world, &["x.org"]);
    });
    assert_eq!(neither[0]["matches"], json!(false), "{neither}");
    let origins = tls(|world| {
        forward_host(world);
        names(world, &["origin.example.com"]);
    });
    assert_eq!(origins[0].get("matches"), None, "{origins}");
    assert!(origins[0]["why"][0].as_str().is_some_and(|why| why.contains("AWS does not say")), "{origins}");
}

#[test]
fn the_list_of_the_listener_is_searched_for_the_name() {
    let by_list = tls(|world| {
        names(world, &["x.org"]);
        listed(world, "origin.example.com");
    });
    assert_eq!(by_list[0]["matches"], json!(true), "{by_list}");
    let by_default = tls(|world| {
        forward_host(world);
        names(world, &["x.org"]);
        listed(world, "origin.example.com");
    });
    assert_eq!(by_default[0].get("matches"), None, "{by_default}");
}

#[test]
fn a_listener_that_verifies_clients_wants_a_certificate_of_cloudfronts() {
    let mode = |mode: &'static str| {
        move |world: &mut Vec<Value>| at(world, "erp/1/2")["MutualAuthentication"] = json!({"Mode": mode})
    };
    for harmless in ["off", "passthrough"] {
        assert_eq!(tls(mode(harmless))[0]["matches"], json!(true));
    }
    let refused = tls(mode("verify"));
    assert_eq!(refused[0]["matches"], json!(false), "{refused}");
    let shown = tls(|world| {
        mode("verify")(world);
        let origin = &mut config(world)["Origins"]["Items"][0]["CustomOriginConfig"];
        origin["OriginMtlsConfig"] = json!({"ClientCertificateArn": "arn:aws:acm:us-east-1:1:certificate/c"});
    });
    assert!(shown[0]["why"][0].as_str().is_some_and(|why| why.contains("trust store")), "{shown}");
    for unclear in [json!({}), json!({"Mode": "stare"})] {
        let open = tls(|world| at(world, "erp/1/2")["MutualAuthentication"] = unclear);
        assert_eq!(open[0].get("matches"), None, "{open}");
    }
}

#[test]
fn an_origin_elsewhere_is_named_and_leaves_the_others_their_proof() {
    let tls = tls(|world| {
        names(world, &["x.org"]);
        let origins = &mut config(world)["Origins"];
        let blog = json!({"Id": "blog", "DomainName": "blog.example.org", "CustomOriginConfig": {"HTTPSPort": 443}});
        origins["Items"].as_array_mut().expect("origins").push(blog);
        origins["Quantity"] = json!(origins["Items"].as_array().map_or(0, Vec::len));
    });
    assert_eq!(tls[0]["matches"], json!(false), "{tls}");
    assert_eq!((&tls[1]["kind"], &tls[1]["used"]), (&json!("unknown"), &json!(false)));
    assert_eq!(tls[1]["why"], json!(["origin blog: no public zone of the scan's accounts holds blog.example.org"]));
}

#[test]
fn the_origins_own_port_counts() {
    let elsewhere = tls(|world| config(world)["Origins"]["Items"][0]["CustomOriginConfig"]["HTTPSPort"] = json!(8443));
    assert!(elsewhere[0]["listener"].is_null() && elsewhere[0]["matches"] == json!(false), "{elsewhere}");
    assert_eq!(elsewhere[0]["faults"][0]["actual"], json!(format!("no listener on port 8443 of {ALB}")));
    let plain = tls(|world| config(world)["Origins"]["Items"][0]["CustomOriginConfig"]["HTTPSPort"] = json!(80));
    assert!(plain[0]["faults"][0]["actual"].as_str().is_some_and(|what| what.contains("speaks HTTP")), "{plain}");
}

/// A network load balancer takes the name of the origin and passes TCP through to a target group.
fn in_front(world: &mut Vec<Value>, target_type: &str, health: &Value) {
    let place = |kind: &str, arn: &str, configuration: Value| {
        json!({"resourceType": format!("AWS::ElasticLoadBalancingV2::{kind}"), "arn": arn, "resourceId": arn,
            "accountId": "123456789012", "region": "us-east-1", "capturedAt": "2026-11-23T12:00:00Z", "configuration": configuration})
    };
    let (lb, group) = (ALB.replace("app/erp", "net/front"), ALB.replace("loadbalancer/app/erp", "targetgroup/tg"));
    let name = "front-1.elb.us-east-1.amazonaws.com";
    world.push(place("LoadBalancer", &lb, json!({"LoadBalancerArn": lb, "Type": "network", "DNSName": name})));
    let listener = lb.replace(":loadbalancer/", ":listener/") + "/2";
    let forward =
        json!([{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": group, "Weight": 1}]}}]);
    let body = json!({"ListenerArn": listener, "LoadBalancerArn": lb, "Port": 443, "Protocol": "TCP", "DefaultActions": forward});
    world.push(place("Listener", &listener, body));
    let mut targets = place("TargetGroup", &group, json!({"TargetGroupArn": group, "TargetType": target_type}));
    targets["supplement"] = json!({"targetHealth": health});
    world.push(targets);
    let zone = world.iter_mut().find(|one| one["arn"].as_str().is_some_and(|arn| arn.ends_with("hostedzone/Z1")));
    let records = json!([{"Name": "origin.example.com.", "Type": "A", "AliasTarget": {"DNSName": name}}]);
    zone.expect("zone")["supplement"]["recordSets"] = records;
}

#[test]
fn what_passes_tls_through_is_judged_by_what_stands_behind() {
    let to_alb = json!([{"Target": {"Id": ALB, "Port": 443}}]);
    let passed = tls(|world| in_front(world, "alb", &to_alb));
    assert_eq!(passed[0]["matches"], json!(true), "{passed}");
    assert!(passed[0]["load_balancer"].as_str().is_some_and(|arn| arn.contains("net/front")), "{passed}");
    assert!(passed[0]["listener"].as_str().is_some_and(|arn| arn.ends_with("listener/app/erp/1/2")), "{passed}");
    let wrong = tls(|world| {
        in_front(world, "alb", &to_alb);
        names(world, &["x.org"]);
    });
    assert_eq!(wrong[0]["matches"], json!(false), "{wrong}");
    let plain = json!([{"Target": {"Id": ALB, "Port": 80}}]);
    assert_eq!(tls(|world| in_front(world, "alb", &plain))[0]["matches"], json!(false));
    for (kind, health) in [
        ("ip", json!([{"Target": {"Id": "10.0.0.1", "Port": 443}}])),
        ("alb", json!([])),
        ("alb", json!([{"Target": {"Id": ALB}}])),
        ("alb", json!([{}])),
    ] {
        let open = tls(|world| in_front(world, kind, &health));
        assert!(open[0].get("matches").is_none() && open[0]["why"][0].is_string(), "{open}");
    }
}

#[test]
fn an_origin_that_no_behavior_uses_is_marked() {
    let tls = tls(|world| {
        let config = config(world);
        config["DefaultCacheBehavior"]["TargetOriginId"] = json!("assets");
        config["CacheBehaviors"] = json!({"Quantity": 0});
        config["Origins"]["Items"][1]["Id"] = json!("assets");
    });
    assert_eq!(tls[0]["used"], json!(false), "{tls}");
}

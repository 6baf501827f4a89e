//! The sweep over ports, and what CloudFront's lists open.

use proptest::prelude::*;

use super::*;

fn rule(id: &str, protocol: &str, ports: (i64, i64), cidr: &str) -> Rule {
    let family = if cidr.contains(':') { "CidrIpv6" } else { "CidrIpv4" };
    let sent = json!({"SecurityGroupRuleId": id, "IsEgress": false, "IpProtocol": protocol, "FromPort": ports.0, "ToPort": ports.1, family: cidr});
    super::super::ingress::rule_for_tests(sent)
}

fn open(rules: &[Rule]) -> Vec<Value> {
    open_ports(rules, &PrefixLists::default(), &Balanced::default()).open
}

#[test]
fn halves_on_overlapping_ports_are_the_internet_where_they_overlap() {
    let rules = [rule("a", "tcp", (20, 30), "0.0.0.0/1"), rule("b", "6", (25, 40), "128.0.0.0/1")];
    // Each half alone is far more than a /8.
    assert_eq!(open(&rules).len(), 3);
    let eighths = [rule("a", "tcp", (20, 30), "52.0.0.0/9"), rule("b", "6", (25, 40), "52.128.0.0/9")];
    let expected = json!([{"protocol": "tcp", "from": 25, "to": 30, "family": "ipv4",
        "sources": ["52.0.0.0/9", "52.128.0.0/9"], "rules": ["a", "b"]}]);
    assert_eq!(json!(open(&eighths)), expected);
}

#[test]
fn adjacent_ranges_of_the_same_rules_are_one() {
    let rules = [rule("a", "tcp", (0, 65535), "0.0.0.0/0"), rule("b", "tcp", (22, 22), "10.0.0.0/8")];
    let expected = json!([{"protocol": "tcp", "from": 0, "to": 65535, "family": "ipv4", "sources": ["0.0.0.0/0"], "rules": ["a"]}]);
    assert_eq!(json!(open(&rules)), expected);
}

#[test]
fn all_protocols_count_for_each_of_them() {
    let open = open(&[rule("a", "-1", (-1, -1), "52.0.0.0/9"), rule("b", "17", (53, 53), "52.128.0.0/9")]);
    let expected = json!([{"protocol": "udp", "from": 53, "to": 53, "family": "ipv4",
        "sources": ["52.0.0.0/9", "52.128.0.0/9"], "rules": ["a", "b"]}]);
    assert_eq!(json!(open), expected);
    let all =
        super::open_ports(&[rule("a", "-1", (-1, -1), "::/0")], &PrefixLists::default(), &Balanced::default()).open;
    assert_eq!(
        json!(all),
        json!([{"protocol": "all", "from": 0, "to": 65535, "family": "ipv6", "sources": ["::/0"], "rules": ["a"]}])
    );
}

#[test]
fn a_rule_that_opens_a_port_by_itself_stands_beside_all() {
    let open = open(&[
        rule("a", "-1", (-1, -1), "0.0.0.0/0"),
        rule("b", "tcp", (22, 22), "0.0.0.0/1"),
        rule("c", "udp", (53, 53), "10.0.0.0/8"),
    ]);
    let found: Vec<_> = open.iter().map(|entry| (&entry["protocol"], &entry["rules"])).collect();
    assert_eq!(found, [(&json!("all"), &json!(["a"])), (&json!("tcp"), &json!(["b"]))]);
}

#[test]
fn icmp_has_no_ports() {
    let open = open(&[rule("a", "icmp", (-1, -1), "0.0.0.0/0")]);
    assert_eq!(json!(open), json!([{"protocol": "icmp", "family": "ipv4", "sources": ["0.0.0.0/0"], "rules": ["a"]}]));
}

#[test]
fn many_small_ranges_are_all_to_blame_and_an_office_beside_the_world_is_not() {
    let many: Vec<Rule> =
        (0..256).map(|n| rule(&format!("r{n}"), "tcp", (22, 22), &format!("52.{n}.0.0/16"))).collect();
    assert_eq!(open(&many)[0]["rules"].as_array().expect("rules").len(), 256);
    assert!(open(&many[1..]).is_empty());
    let office = [rule("w", "tcp", (22, 22), "0.0.0.0/0"), rule("o", "tcp", (22, 22), "203.0.113.7/32")];
    assert_eq!(open(&office)[0]["rules"], json!(["w"]));
}

proptest! {
    /// Port by port, the sweep says what the union of the rules for that port says.
    #[test]
    fn the_sweep_agrees_with_every_single_port(parts in prop::collection::vec((0_i64..12, 0_i64..6, 0_usize..4, 0_usize..3), 0..8)) {
        let cidrs = ["52.0.0.0/9", "52.128.0.0/9", "10.0.0.0/8", "0.0.0.0/0"];
        let protocols = ["tcp", "udp", "-1"];
        let rules: Vec<Rule> = parts.iter().enumerate().map(|(n, (from, len, cidr, protocol))| {
            rule(&format!("r{n}"), protocols[*protocol], (*from, from + len), cidrs[*cidr])
        }).collect();
        let open = open(&rules);
        for port in 0..20_u16 {
            let covering = rules.iter().filter(|rule| rule.reaches(&Protocol::Tcp, port) == Some(true));
            let spans: Vec<Span> = covering.filter_map(|rule| match &rule.peer {
                Ok(Peer::Cidr { span, .. }) => Some(*span),
                _ => None,
            }).collect();
            let said = open.iter().any(|entry| {
                ["tcp", "all"].iter().any(|name| entry["protocol"] == *name)
                    && entry["from"].as_u64() <= Some(u64::from(port)) && Some(u64::from(port)) <= entry["to"].as_u64()
            });
            prop_assert_eq!(said, is_internet(Family::Ipv4, &spans), "port {}", port);
        }
    }
}

/// Rules for CloudFront's list, on a group that a load balancer with these listeners carries.
fn by_cloudfront(rules: &[Rule], listeners: Value) -> OpenPorts {
    let (place, seen) = super::super::seen::Seen::everything();
    let blueprint = konecta_base::blueprint::Blueprint::default();
    let mut world = super::super::world::World::new();
    let resource = |kind: &str, id: &str, configuration: &Value| -> konecta_base::resource::Resource {
        serde_json::from_value(
            json!({"resourceType": kind, "arn": format!("arn:aws:ec2:us-east-1:123456789012:thing/{id}"),
            "resourceId": id, "accountId": "123456789012", "region": "us-east-1", "tags": {},
            "capturedAt": "2026-11-23T12:00:00Z", "configuration": configuration}),
        )
        .expect("resource")
    };
    let list = |id: &str, name: &str, owner: &str| {
        resource("AWS::EC2::PrefixList", id, &json!({"PrefixListId": id, "PrefixListName": name, "OwnerId": owner}))
    };
    let balancer = "arn:aws:ec2:us-east-1:123456789012:thing/alb";
    let mut resources = vec![
        list("pl-4", "com.amazonaws.global.cloudfront.origin-facing", "AWS"),
        list("pl-6", "com.amazonaws.global.ipv6.cloudfront.origin-facing", "AWS"),
        list("pl-mine", "com.amazonaws.global.cloudfront.origin-facing", "123456789012"),
        resource(
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "alb",
            &json!({"LoadBalancerArn": balancer,
            "LoadBalancerName": "erp", "Type": "application", "SecurityGroups": ["sg-1"]}),
        ),
    ];
    for (n, listener) in listeners.as_array().expect("listeners").iter().enumerate() {
        let mut listener = listener.clone();
        listener["LoadBalancerArn"] = json!(balancer);
        resources.push(resource("AWS::ElasticLoadBalancingV2::Listener", &format!("l-{n}"), &listener));
    }
    resources.iter().for_each(|one| super::super::world::take(&mut world, one));
    let here = &world[&place];
    let lists = PrefixLists::of(&place, here, &seen);
    let global = super::super::world::Regional::default();
    let region_index = super::super::region_index::RegionIndex::of(&place, (here, &global), &seen, &lists, &blueprint);
    open_ports(rules, &lists, &super::super::listening::Listening::of(&region_index).of_group("sg-1"))
}

fn listed(id: &str, protocol: &str, ports: (i64, i64), list: &str) -> Rule {
    let sent = json!({"SecurityGroupRuleId": id, "IsEgress": false, "IpProtocol": protocol, "FromPort": ports.0, "ToPort": ports.1, "PrefixListId": list});
    super::super::ingress::rule_for_tests(sent)
}

fn ranges(open: &[Value]) -> Vec<(u64, u64)> {
    open.iter().map(|one| (one["from"].as_u64().expect("from"), one["to"].as_u64().expect("to"))).collect()
}

#[test]
fn cloudfronts_list_is_the_internet_but_for_the_load_balancers_own_ports() {
    let web = json!([{"Port": 443}, {"Port": 80}]);
    let front = [listed("a", "tcp", (443, 443), "pl-4"), listed("b", "tcp", (80, 80), "pl-4")];
    let found = by_cloudfront(&front, web.clone());
    assert!(found.open.is_empty() && found.doubts.is_empty(), "{found:?}");
    let search = by_cloudfront(&[listed("a", "tcp", (9200, 9200), "pl-4")], web.clone()).open;
    let expected = json!([{"protocol": "tcp", "from": 9200, "to": 9200, "family": "ipv4", "sources": ["pl-4"],
        "rules": ["a"], "cloudfront": ["pl-4"]}]);
    assert_eq!(json!(search), expected);
    let six = by_cloudfront(&[listed("a", "tcp", (9200, 9200), "pl-6")], web.clone()).open;
    assert_eq!(six[0]["family"], json!("ipv6"));
    assert!(by_cloudfront(&[listed("a", "tcp", (9200, 9200), "pl-4")], json!([{"Port": 9200}])).open.is_empty());
}

#[test]
fn cloudfront_connects_to_some_ports_only_and_by_tcp() {
    let all = by_cloudfront(&[listed("a", "-1", (-1, -1), "pl-4")], json!([{"Port": 443}, {"Port": 8443}])).open;
    assert_eq!(ranges(&all), [(80, 80), (1024, 8442), (8444, 65535)]);
    assert!(all.iter().all(|one| one["protocol"] == "tcp"));
    for rule in [
        listed("a", "tcp", (22, 22), "pl-4"),
        listed("a", "udp", (9200, 9200), "pl-4"),
        listed("a", "tcp", (444, 1023), "pl-4"),
    ] {
        let found = by_cloudfront(&[rule], json!([]));
        assert!(found.open.is_empty() && found.doubts.is_empty(), "{found:?}");
    }
}

#[test]
fn a_list_of_that_name_that_is_not_awss_counts_by_its_entries() {
    let found = by_cloudfront(&[listed("a", "tcp", (443, 443), "pl-mine")], json!([]));
    let why = "a: not all entries of prefix list pl-mine were read";
    assert_eq!(json!(found.doubts), json!([{"rule": "a", "protocol": "tcp", "from": 443, "to": 443, "why": why}]));
}

#[test]
fn where_listeners_are_not_known_the_ports_are_in_doubt() {
    let found = by_cloudfront(&[listed("a", "tcp", (9200, 9200), "pl-4")], json!([{"Protocol": "HTTP"}]));
    assert!(found.open.is_empty());
    let why = "a: the listeners of load balancer erp were not all seen";
    assert_eq!(json!(found.doubts), json!([{"rule": "a", "protocol": "tcp", "from": 9200, "to": 9200, "why": why}]));
}

#[test]
fn a_rule_that_is_not_understood_is_in_doubt_on_its_own_ports_only() {
    let sent =
        json!({"SecurityGroupRuleId": "a", "IsEgress": false, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22});
    let unknown = json!({"SecurityGroupRuleId": "b", "IsEgress": false, "CidrIpv4": "0.0.0.0/0"});
    let rules = [sent, unknown].map(super::super::ingress::rule_for_tests);
    let found = open_ports(&rules, &PrefixLists::default(), &Balanced::default());
    assert!(found.open.is_empty());
    assert_eq!(found.doubts[0]["from"], json!(22));
    assert_eq!(found.doubts[1], json!({"rule": "b", "why": "b: its protocol was not sent"}));
}

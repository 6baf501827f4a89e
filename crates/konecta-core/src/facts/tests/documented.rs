//! The world as the document describes it.

use serde_json::json;

use super::{DOCUMENTED, facts_of, world};

const DB_ARN: &str = ":db:erp-db";

#[test]
fn every_resource_knows_its_part() {
    let facts = facts_of(&world(DOCUMENTED));
    for (arn, parts) in [
        ("/sg-alb", json!(["alb"])),
        ("/sg-cluster", json!(["cluster", "node"])),
        ("/sg-db", json!(["database"])),
        ("/sg-bastion", json!(["bastion"])),
        ("/sg-empty", json!([])),
        ("/i-n1", json!(["node"])),
        ("/i-n2", json!(["node"])),
        ("/i-b", json!(["bastion"])),
        ("loadbalancer/app/erp/1", json!(["alb"])),
        ("listener/app/erp/1/2", json!(["alb"])),
        ("targetgroup/erp/5", json!(["alb"])),
        ("distribution/E1", json!(["edge"])),
        (DB_ARN, json!(["database"])),
        ("role/node", json!(["node"])),
        ("role/cluster", json!(["cluster"])),
        ("role/bastion", json!(["bastion"])),
        ("role/other", json!([])),
        ("role/fargate", json!(["node"])),
        ("role/target", json!(["pod"])),
        ("/subnet-app-a", json!(["cluster", "node"])),
        ("/subnet-pub-a", json!(["alb", "bastion"])),
        ("/subnet-db-a", json!(["database"])),
        ("/subnet-spare", json!([])),
    ] {
        assert_eq!(facts.get(arn, "parts"), parts, "{arn}");
    }
}

#[test]
fn subnets_lead_where_their_table_says() {
    let facts = facts_of(&world(DOCUMENTED));
    let open = json!({"open": true, "ipv4": true, "ipv6": false, "proof": ["subnet-pub-a → rtb-pub (associated)", "rtb-pub: 0.0.0.0/0 → igw-1"]});
    assert_eq!(facts.get("/subnet-pub-a", "internet_route"), open);
    let closed = json!({"open": false, "ipv4": false, "ipv6": false, "proof": [
        "subnet-app-a → rtb-main (main)", "rtb-main: 0.0.0.0/0 → nat-1", "rtb-main: ::/0 → eigw-1"]});
    assert_eq!(facts.get("/subnet-app-a", "internet_route"), closed);
    let dead = json!({"open": false, "ipv4": false, "ipv6": false, "proof": [
        "subnet-db-a → rtb-db (associated)", "rtb-db: 0.0.0.0/0 → igw-gone (blackhole)"]});
    assert_eq!(facts.get("/subnet-db-a", "internet_route"), dead);
    assert_eq!(facts.get("/subnet-pub-a", "subnet_role")["role"], json!("public"));
    assert_eq!(facts.get("/subnet-app-a", "subnet_role")["role"], json!("private"));
    let spare = facts.get("/subnet-spare", "subnet_role");
    assert!(spare.as_object().expect("role").contains_key("role") && spare["role"].is_null(), "{spare}");
    assert_eq!(facts.index["subnets"]["subnet-db-b"]["internet"], json!(false));
}

#[test]
fn nothing_is_open_to_the_internet() {
    let facts = facts_of(&world(DOCUMENTED));
    for group in ["/sg-alb", "/sg-cluster", "/sg-db", "/sg-bastion", "/sg-empty"] {
        assert_eq!(facts.get(group, "open_ports"), json!([]), "{group}");
        assert_eq!(facts.get(group, "open_ports_doubts"), json!([]), "{group}");
    }
    assert_eq!(facts.get("/sg-db", "database_ports"), json!([5432]));
    assert_eq!(facts.get("/sg-alb", "database_ports"), json!([]));
    let from_alb = &facts.get("/sg-cluster", "ingress")[1];
    let expected = json!({"kind": "security_group", "source": {"id": "sg-alb", "parts": ["alb"], "vpcId": "vpc-1"},
        "rule": "sgr-fromalb", "group": "sg-cluster", "protocol": "tcp", "from": 30000, "to": 32767});
    assert_eq!(from_alb, &expected);
}

#[test]
fn the_load_balancer_knows_its_edge_its_entrances_and_its_doors() {
    let facts = facts_of(&world(DOCUMENTED));
    let edge = &facts.get("loadbalancer/app/erp/1", "edge")["distributions"][0];
    assert_eq!((&edge["origin"], &edge["via"], &edge["enabled"]), (&json!("alb"), &json!("alias"), &json!(true)));
    assert_eq!(edge["headers"], json!([{"name": "X-Origin-Verify", "value": "sha256:abc"}]));
    assert_eq!(edge["proof"].as_array().expect("proof").len(), 3);
    let entrances = facts.get("loadbalancer/app/erp/1", "entrances");
    assert_eq!(entrances["ports"], json!([80, 443]));
    assert_eq!(entrances["groups"], json!(["sg-alb"]));
    let list = json!({"id": "pl-cf", "name": "com.amazonaws.global.cloudfront.origin-facing", "cloudfront": true, "cidrs": ["120.52.22.96/27"]});
    assert_eq!(entrances["sources"][0]["prefixList"], list);
    let door = &facts.get("loadbalancer/app/erp/1", "doors")[0];
    assert_eq!((&door["default"], &door["default_status"]), (&json!(["fixed-response"]), &json!("403")));
    let headers = json!([{"name": "X-Origin-Verify", "values": ["sha256:abc"]}]);
    assert_eq!(door["rules"][0]["headers"], headers);
    assert_eq!(door["rules"].as_array().expect("rules").len(), 1);
    assert_eq!(door["rules"][0].get("unknown"), None);
}

#[test]
fn origins_and_their_certificates_fit() {
    let facts = facts_of(&world(DOCUMENTED));
    let origins = facts.get("distribution/E1", "origins");
    assert_eq!((&origins[0]["kind"], &origins[1]["kind"]), (&json!("load_balancer"), &json!("s3")));
    let tls = &facts.get("distribution/E1", "origin_tls")[0];
    assert_eq!(tls["sent"], json!(["origin.example.com"]));
    assert_eq!(tls["certificate_names"], json!(["*.example.com"]));
    assert_eq!(tls["matches"], json!(true));
}

#[test]
fn only_nodes_and_the_control_plane_reach_the_database() {
    let facts = facts_of(&world(DOCUMENTED));
    let clients = facts.get(DB_ARN, "database_clients");
    let found: Vec<_> = clients.as_array().expect("clients").iter().map(|one| (&one["kind"], &one["id"])).collect();
    let expected = [
        json!(["cluster", "eni-cp"]),
        json!(["cluster", "erp"]),
        json!(["node", "asg-1"]),
        json!(["node", "i-n1"]),
        json!(["node", "i-n2"]),
    ];
    let expected: Vec<_> = expected.iter().map(|pair| (&pair[0], &pair[1])).collect();
    assert_eq!(found, expected);
    let proof = json!(["eni-i-n1 (instance i-n1) is a member of sg-cluster", "sgr-db of sg-db admits sg-cluster"]);
    assert_eq!(clients[3]["proof"], proof);
}

#[test]
fn the_rest_of_the_facts() {
    let facts = facts_of(&world(DOCUMENTED));
    let autoscaler = json!({"groups": [{"name": "asg-1", "cluster_autoscaler": true}]});
    assert_eq!(facts.get("nodegroup/erp/ng/1", "autoscaler"), autoscaler);
    let ssh = facts.get("nodegroup/erp/ng/1", "ssh");
    assert_eq!((&ssh[0]["kind"], &ssh[0]["group"]), (&json!("security_group"), &json!("sg-cluster")));
    let stack = "arn:konecta:stack:us-east-1:123456789012:konecta-erp";
    assert_eq!(facts.stacks[0].arn.as_str(), stack);
    assert_eq!(facts.get(stack, "repositories"), json!(["konecta-erp/auth-service", "konecta-erp/hr-service"]));
    let bastions = facts.get(stack, "bastions");
    assert_eq!(bastions.as_array().expect("bastions").len(), 1);
    assert_eq!((&bastions[0]["internet"], &bastions[0]["ssh"][0]["cidr"]), (&json!(true), &json!("203.0.113.0/24")));
}

#[test]
fn indexes_and_lists() {
    let facts = facts_of(&world(DOCUMENTED));
    let place = "123456789012/us-east-1";
    assert_eq!(facts.index["parameter_groups"][&format!("{place}/pg")]["rds.force_ssl"], json!("1"));
    assert_eq!(facts.index["registry_scanning"][place], json!({"scanType": "BASIC", "rules": []}));
    assert_eq!(facts.index["keys"].values().next(), Some(&json!({"KeyState": "Enabled", "Enabled": true})));
    assert_eq!(facts.index["cache_policies"]["cp1"]["Name"], json!("c"));
    assert_eq!(facts.index["listeners"].values().next().expect("one").as_array().expect("list").len(), 2);
    assert_eq!(facts.lifecycle["eks"]["1.33"]["status"], json!("standard-support"));
    assert!(facts.lifecycle["rds"]["postgres"]["16"].is_object());
    assert_eq!(facts.lifecycle["rds_versions"]["postgres"]["16.3"], json!({"Status": "available"}));
    assert_eq!(facts.index["cluster_parameter_groups"][&format!("{place}/cpg")]["rds.force_ssl"], json!("1"));
    assert!(facts.lifecycle["ssl_policies"]["ELBSecurityPolicy-TLS13-1-2-2021-06"].is_object());
}

#[test]
fn the_catalogue_names_what_there_is() {
    let facts = facts_of(&world(DOCUMENTED));
    let catalogue = super::super::catalogue();
    let names = facts.by_arn.values().flat_map(|facts| facts.iter().map(|(name, _)| name));
    let derived: std::collections::BTreeSet<&str> = names.collect();
    assert_eq!(derived, catalogue.facts.keys().map(String::as_str).collect());
    assert!(facts.index.keys().eq(catalogue.index.keys()));
    assert!(facts.index.values().all(|entries| !entries.is_empty()));
    let lists: Vec<&String> = facts.lifecycle.as_object().expect("lists").keys().collect();
    assert_eq!(lists, catalogue.lifecycle.keys().collect::<Vec<_>>());
}

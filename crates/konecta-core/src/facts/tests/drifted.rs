//! The world after people have worked on it.

use serde_json::{Value, json};

use super::{DRIFTED, facts_of, world};

#[test]
fn half_the_internet_is_the_internet_and_a_detached_gateway_is_none() {
    let facts = facts_of(&world(DRIFTED));
    assert_eq!(facts.get("/subnet-app-a", "internet_route")["open"], json!(true));
    assert_eq!(facts.get("/subnet-db-a", "internet_route")["open"], json!(true));
    assert_eq!(facts.get("/subnet-pub-a", "internet_route")["open"], json!(false));
    assert_eq!(facts.get("/subnet-spare", "subnet_role")["role"], json!("public"));
}

#[test]
fn open_ports_are_found_in_every_guise() {
    let facts = facts_of(&world(DRIFTED));
    let all = json!({"protocol": "all", "from": 0, "to": 65535, "family": "ipv4", "sources": ["128.0.0.0/1"], "rules": ["sgr-ssh2"]});
    let ssh = json!({"protocol": "tcp", "from": 22, "to": 22, "family": "ipv4", "sources": ["0.0.0.0/1"], "rules": ["sgr-ssh1"]});
    assert_eq!(facts.get("/sg-bastion", "open_ports"), json!([all, ssh]));
    let cluster = facts.get("/sg-cluster", "open_ports");
    assert_eq!((&cluster[0]["protocol"], &cluster[1]["protocol"]), (&json!("icmp"), &json!("tcp")));
    // No load balancer carries the group any more: who comes from CloudFront comes from anywhere.
    let found = facts.get("/sg-alb", "open_ports");
    assert_eq!((&found[0]["from"], &found[0]["cloudfront"]), (&json!(80), &json!(["pl-cf"])));
    assert_eq!((&found[1]["from"], &found[1]["sources"]), (&json!(443), &json!(["pl-cf", "pl-own"])));
    assert_eq!(facts.get("cluster/erp", "public_endpoint")["open"], json!(true));
}

#[test]
fn the_edge_no_longer_fits() {
    let facts = facts_of(&world(DRIFTED));
    let tls = &facts.get("distribution/E1", "origin_tls")[0];
    assert_eq!(tls["sent"], json!(["erp.example.com", "origin.example.com"]));
    assert_eq!(tls["matches"], json!(false));
    assert_eq!(facts.get("loadbalancer/app/erp/1", "doors")[0]["rules"][0]["headers"], json!([]));
    let entrances = facts.get("loadbalancer/app/erp/1", "entrances");
    assert_eq!((&entrances["groups"], &entrances["sources"][0]["cidr"]), (&json!([]), &json!("0.0.0.0/0")));
}

#[test]
fn strangers_reach_the_database() {
    let facts = facts_of(&world(DRIFTED));
    let clients = facts.get(":db:erp-db", "database_clients");
    let has = |kind: &str, id: &str| {
        clients.as_array().expect("clients").iter().any(|one| one["kind"] == kind && one["id"] == id)
    };
    assert!(
        has("cidr", "10.0.0.0/16") && has("interface", "eni-i-b") && has("security_group", "sg-empty"),
        "{clients}"
    );
    assert!(has("interface", "eni-i-n2"), "no longer in the group's Auto Scaling group and without tags: {clients}");
    assert_eq!(facts.index["parameter_groups"]["123456789012/us-east-1/pg"]["rds.force_ssl"], Value::Null);
    assert_eq!(facts.get("nodegroup/erp/ng/1", "autoscaler")["groups"][0]["cluster_autoscaler"], json!(false));
}

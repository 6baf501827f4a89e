//! The world with the load balancer inside: a VPC origin, legacy behaviors, and a load balancer that was forgotten.

use serde_json::json;

use super::super::Named;
use super::{DOCUMENTED, INSIDE, facts_of, snapshot, world};
use konecta_base::resource::Resource;

#[test]
fn a_vpc_origin_leads_to_its_load_balancer() {
    let facts = facts_of(&world(INSIDE));
    let edge = &facts.get("loadbalancer/app/erp/1", "edge")["distributions"];
    assert_eq!((&edge[0]["via"], edge.as_array().expect("edge").len()), (&json!("vpc_origin"), 1));
    let origins = facts.get("distribution/E1", "origins");
    let kinds: Vec<_> = origins.as_array().expect("origins").iter().map(|origin| &origin["kind"]).collect();
    assert_eq!(kinds, ["vpc_origin", "s3", "load_balancer", "lambda_url"]);
}

#[test]
fn a_name_is_followed_over_a_wildcard_to_the_forgotten_load_balancer() {
    let facts = facts_of(&world(INSIDE));
    let edge = &facts.get("loadbalancer/net/old/2", "edge")["distributions"][0];
    assert_eq!((&edge["origin"], &edge["via"]), (&json!("old"), &json!("alias")));
    let entrances = facts.get("loadbalancer/net/old/2", "entrances");
    assert_eq!(entrances["sources"][0]["cidr"], json!("0.0.0.0/0"));
    assert_eq!(facts.get("loadbalancer/net/old/2", "parts"), json!([]));
    assert_eq!(facts.get("/subnet-spare", "subnet_role")["role"], json!("public"));
}

#[test]
fn every_behavior_forwards_the_host_that_the_certificate_names() {
    let facts = facts_of(&world(INSIDE));
    let tls = facts.get("distribution/E1", "origin_tls");
    assert_eq!((&tls[0]["origin"], &tls[0]["matches"]), (&json!("alb"), &json!(true)));
    assert_eq!((&tls[1]["origin"], &tls[1]["matches"]), (&json!("old"), &json!(false)));
    assert!(tls[1]["listener"].is_null() && tls[1].as_object().expect("entry").contains_key("listener"));
}

#[test]
fn a_node_group_is_found_by_its_tags() {
    let facts = facts_of(&world(INSIDE));
    let expected = json!({"groups": [{"name": "asg-1", "cluster_autoscaler": true}]});
    assert_eq!(facts.get("nodegroup/erp/ng/1", "autoscaler"), expected);
    assert_eq!(facts.get("stack:us-east-1:123456789012:konecta-erp", "bastions"), json!([]));
}

/// What stands in another region or account under the same ids changes nothing here.
#[test]
fn places_are_not_mixed() {
    let before = facts_of(&world(DOCUMENTED));
    for (from, to) in [("us-east-1", "eu-west-1"), ("123456789012", "210987654321")] {
        let mut elsewhere = super::DRIFTED.replace(from, to);
        if to != "eu-west-1" {
            // Ids are those of one account; names that AWS or the registry gives are those of the whole world.
            elsewhere = elsewhere.replace("example.com", "example.net").replace("erp-1.us-", "erp-9.us-");
        }
        let mut resources: Vec<Resource> = serde_json::from_str(DOCUMENTED).expect("world");
        let others: Vec<Resource> = serde_json::from_str(&elsewhere).expect("world");
        resources.extend(others.into_iter().filter(|other| to != "eu-west-1" || !other.region.is_global()));
        let mut both = snapshot(resources);
        let reads = both.reads.clone();
        if to == "eu-west-1" {
            both.info.regions.push(to.parse().expect("region"));
            let regional = reads.into_iter().filter(|read| !read.region.is_global());
            both.reads.extend(
                regional.map(|read| konecta_base::gap::ReadRecord { region: to.parse().expect("region"), ..read }),
            );
        } else {
            both.info.accounts.push(to.parse().expect("account"));
            both.reads.extend(
                reads
                    .into_iter()
                    .map(|read| konecta_base::gap::ReadRecord { account_id: to.parse().expect("account"), ..read }),
            );
        }
        let after = facts_of(&both);
        // What joined controls look at is of all accounts.
        let own = |facts: &Named| {
            let of_all = |name: &str| ["hops", "log_sources", "zones"].contains(&name);
            let own = facts.iter().filter(|(name, _)| !of_all(name));
            own.map(|(name, value)| (name.to_owned(), value.clone())).collect::<Vec<_>>()
        };
        for (arn, facts) in &before.by_arn {
            assert_eq!(Some(own(facts)), after.by_arn.get(arn).map(own), "{arn} beside {to}");
        }
        assert!(after.by_arn.len() > before.by_arn.len());
    }
}

//! Which parts of the stack are there.

use serde_json::{Value, json};

use super::super::{Facts, derive};
use super::{DOCUMENTED, snapshot, world};
use konecta_base::blueprint::Blueprint;
use konecta_base::snapshot::Snapshot;

const PARTS: [&str; 7] = ["bastion", "cluster", "database", "distribution", "load_balancer", "nodes", "repositories"];

fn inventory(snapshot: &Snapshot, cluster: &str) -> Value {
    let mut blueprint = Blueprint::default();
    blueprint.eks.cluster = cluster.to_owned();
    let facts: Facts = derive(snapshot, &blueprint).expect("facts");
    facts.get(":konecta-erp", "inventory")
}

#[test]
fn everything_of_the_document_is_there() {
    let found = inventory(&world(DOCUMENTED), "erp");
    for part in PARTS {
        assert_eq!(found[part], json!(true), "{part}");
    }
}

#[test]
fn a_cluster_of_another_name_is_another_cluster() {
    let found = inventory(&world(DOCUMENTED), "konecta-erp-prod");
    assert_eq!((&found["cluster"], &found["nodes"], &found["database"]), (&json!(false), &json!(false), &json!(true)));
}

#[test]
fn in_an_empty_account_nothing_is_there_and_in_one_that_was_not_seen_nothing_is_known() {
    let mut empty = snapshot(Vec::new());
    let found = inventory(&empty, "erp");
    for part in PARTS {
        assert_eq!(found[part], json!(false), "{part}");
    }
    empty.reads.iter_mut().for_each(|read| read.complete = false);
    assert_eq!(inventory(&empty, "erp"), json!({}));
}

#[test]
fn a_cluster_without_node_groups_may_have_capacity_of_another_kind() {
    let mut without = world(DOCUMENTED);
    without.resources.retain(|one| {
        !["AWS::EKS::Nodegroup", "AWS::EKS::FargateProfile", "AWS::EC2::Instance"].contains(&one.resource_type.as_str())
    });
    let found = inventory(&without, "erp");
    assert_eq!((&found["cluster"], &found["nodes"]), (&json!(true), &Value::Null));
    assert_eq!(
        found["why"][0],
        json!("no node group and no Fargate profile of erp was seen, and whether it has other nodes cannot be told")
    );
}

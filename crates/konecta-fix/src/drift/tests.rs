//! The drifted world against the state of `fixtures/terraform/konecta`.

use std::fs;
use std::path::{Path, PathBuf};

use konecta_base::blueprint::Blueprint;
use konecta_base::snapshot::SnapshotFile;
use konecta_core::facts;
use serde_json::{Value, json};

use super::*;
use crate::proof::World;
use crate::terraform_state::{Instance, instances};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/terraform/konecta")
}

fn drifted() -> World {
    let snapshot = SnapshotFile::open(&folder().join("drifted.snap")).and_then(|file| file.load()).expect("snapshot");
    World { snapshot, blueprint: Blueprint::default() }
}

fn state() -> Vec<Instance> {
    instances(&fs::read_to_string(folder().join("terraform.tfstate")).expect("state")).expect("state")
}

fn compared(world: &World, state: Vec<Instance>) -> Drift {
    let findings = world.findings();
    let facts = facts::derive(&world.snapshot, &world.blueprint).expect("facts");
    let context = RemedyContext::new(&world.snapshot, &facts, &findings, &world.blueprint);
    drift(&world.snapshot, &findings, &context, &Join::of_states(vec![state]))
}

#[test]
fn the_drifted_world_against_its_state() {
    let found = compared(&drifted(), state());
    insta::assert_snapshot!(text::render(&found));
    assert!(!serde_json::to_string(&found).expect("JSON").contains("not-the-secret"), "a secret of the state is told");
}

/// A state that says of every resource what lives, as Terraform leaves it after an apply.
#[test]
fn a_state_that_says_what_lives_has_no_change() {
    let world = World::of(json!([
        {"resourceType": "AWS::EC2::Subnet", "resourceId": "subnet-0123456789abcdef0", "region": "us-east-1", "tags": {},
         "arn": "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-0123456789abcdef0",
         "configuration": {"MapPublicIpOnLaunch": false}},
        {"resourceType": "AWS::ECR::Repository", "resourceId": "hr", "region": "us-east-1", "tags": {},
         "arn": "arn:aws:ecr:us-east-1:123456789012:repository/hr",
         "configuration": {"repositoryName": "hr", "imageTagMutability": "MUTABLE"},
         "supplement": {"lifecyclePolicy": {"rules": [{"rulePriority": 1}]}, "repositoryPolicy": null}},
    ]));
    let instance = |kind: &str, attributes: Value| Instance {
        module: Vec::new(),
        kind: kind.to_owned(),
        name: "this".to_owned(),
        key: None,
        attributes,
    };
    let state = |mutability: &str, priority: &str| {
        vec![
            instance("aws_subnet", json!({"id": "subnet-0123456789abcdef0", "map_public_ip_on_launch": null})),
            instance("aws_ecr_repository", json!({"name": "hr", "image_tag_mutability": mutability})),
            instance(
                "aws_ecr_lifecycle_policy",
                json!({"repository": "hr", "policy": format!("{{\"rules\":{{\"rulePriority\":{priority}}}}}")}),
            ),
            instance("aws_s3_bucket", json!({"id": "logs"})),
        ]
    };
    let changed = |state| -> Vec<String> {
        let found = compared(&world, state);
        assert_eq!(
            found.not_compared.iter().map(|one| one.resource_type.as_str()).collect::<Vec<_>>(),
            ["aws_s3_bucket"]
        );
        let changed = found.items.iter().filter(|item| item.kind == DriftKind::ChangedLive);
        changed.filter_map(|item| item.argument.clone()).collect()
    };
    assert_eq!(changed(state("MUTABLE", "1")), Vec::<String>::new());
    assert_eq!(changed(state("IMMUTABLE", "2")), ["policy", "image_tag_mutability"]);
}

#[test]
fn what_a_state_has_of_another_account_or_region_is_not_missing() {
    let world = World::of(json!([]));
    let missing = |arn: &str| {
        let attributes = json!({"arn": arn, "id": "db-1"});
        let instance = |name: &str| Instance {
            module: Vec::new(),
            kind: "aws_db_instance".to_owned(),
            name: name.to_owned(),
            key: None,
            attributes: attributes.clone(),
        };
        let found = compared(&world, vec![instance("this")]);
        (found.items.len(), found.not_compared.len())
    };
    assert_eq!(missing("arn:aws:rds:us-east-1:123456789012:db:x"), (1, 0));
    assert_eq!(missing("arn:aws:rds:us-east-1:999999999999:db:x"), (0, 1));
    assert_eq!(missing("arn:aws:rds:eu-central-1:123456789012:db:x"), (0, 1));
}

#[test]
fn what_is_gone_is_missing_only_where_its_type_was_seen_whole() {
    let mut world = World::of(json!([]));
    let kind = |world: &World| {
        let state = vec![Instance {
            module: Vec::new(),
            kind: "aws_ecr_repository".to_owned(),
            name: "this".to_owned(),
            key: Some(json!("hr")),
            attributes: json!({"name": "hr"}),
        }];
        let found = compared(world, state);
        (found.items.first().map(|item| (item.kind, item.address.clone())), found.not_seen.len())
    };
    assert_eq!(kind(&world), (Some((DriftKind::Missing, Some("aws_ecr_repository.this[\"hr\"]".to_owned()))), 0));
    world.snapshot.reads.retain(|record| record.action.as_str() != "ecr:DescribeRepositories");
    assert_eq!(kind(&world).0, None);
}

//! `--tfstate`: what a Terraform state manages is left alone, wherever the state is kept.

use serde_json::json;

use super::TestAccount;
use crate::world::World;

const STATES: &str = "import boto3, json; s=boto3.client('s3'); s.create_bucket(Bucket='konecta-terraform'); d=boto3.client('rds').describe_db_instances()['DBInstances'][0]; put=lambda key, state: s.put_object(Bucket='konecta-terraform', Key=key, Body=json.dumps(state).encode()); managed=[{'mode': 'managed', 'type': 'aws_db_instance', 'name': 'main', 'instances': [{'attributes': {'arn': d['DBInstanceArn'], 'id': d['DBInstanceIdentifier'], 'identifier': d['DBInstanceIdentifier']}}]}]; put('env/prod/terraform.tfstate', {'version': 4, 'resources': managed}); put('empty.tfstate', {'version': 4, 'resources': []}); put('old.tfstate', {'version': 3, 'modules': []})";

#[test]
fn a_state_in_s3_is_heeded_as_one_in_a_file_is() {
    let bench = TestAccount::over(World::labelled("good", &["rds-deletable"]));
    bench.world.somebody_else(STATES);
    let empty = bench.path("empty.tfstate");
    std::fs::write(&empty, "{\"version\": 4, \"resources\": []}").expect("written");
    let empty = empty.to_str().expect("path");
    for others in [empty, "s3://konecta-terraform/empty.tfstate"] {
        let plan = bench.plan(&["--tfstate", others]);
        assert_eq!(plan["changes"].as_array().map(Vec::len), Some(1), "{others}");
        // Beside others, in any order.
        let plan = bench.plan(&["--tfstate", "s3://konecta-terraform/env/prod/terraform.tfstate", "--tfstate", others]);
        assert_eq!(plan["changes"], json!([]), "{others}");
        let refusals = plan["refusals"].to_string();
        assert!(refusals.contains("managed") && refusals.contains("Terraform (aws_db_instance.main)"), "{refusals}");
    }
    for (place, told) in [
        ("s3://konecta-terraform/none.tfstate", "there is no such object"),
        ("s3://konecta-terraform/old.tfstate", "has format 3"),
        ("s3://konecta-terraform", "no object"),
        ("s3://konecta-nowhere/terraform.tfstate", "s3://konecta-nowhere/terraform.tfstate"),
        ("s3://NOT_A_BUCKET/key", "is not a place in S3"),
    ] {
        let ended = bench.run(&["fix", "--dry-run", "--tfstate", place]);
        assert_eq!(ended.code, Some(2), "{place}: {ended:?}");
        assert!(ended.err.contains(told), "{place}: {}", ended.err);
    }
}

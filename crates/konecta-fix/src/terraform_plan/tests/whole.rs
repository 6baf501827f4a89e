//! Plans as a whole: their order, what is named, one that Terraform wrote, and the gate that nothing unknown passes.

use konecta_base::finding::Status::{Fail, Pass, Unknown};

use super::drifted::*;
use super::*;

/// Terraform does not promise an order between resources: who comes last is not known.
#[test]
fn two_changes_of_one_entry_leave_it_unknown() {
    let (old, new) = ("aws_ecr_lifecycle_policy.old", "aws_ecr_lifecycle_policy.new");
    let moved = [deletes(old, &lifecycle(3)), creates(new, &lifecycle(10), &no())];
    assert_eq!(verdict(&moved, "KA-ECR-004", REPORTING), Unknown);
    let twice = [creates(old, &lifecycle(3), &no()), creates(new, &lifecycle(10), &no())];
    assert_eq!(verdict(&twice, "KA-ECR-004", REPORTING), Unknown);
    let replaced = |actions: &[&str]| [change(new, actions, &lifecycle(3), &lifecycle(10), &no())];
    assert_eq!(verdict(&replaced(&["delete", "create"]), "KA-ECR-004", REPORTING), Pass);
    assert_eq!(verdict(&replaced(&["create", "delete"]), "KA-ECR-004", REPORTING), Unknown);
}

#[test]
fn what_is_not_among_what_was_read_is_named() {
    let attachment = "aws_iam_role_policy_attachment.x";
    let elsewhere = json!({"role": "of-another-account", "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"});
    let parameters = json!({"arn": "arn:aws:rds:us-east-1:123456789012:pg:konecta-erp-pg", "family": "postgres17", "skip_destroy": true});
    let repository = json!({"repository": "konecta-erp/reporting-service", "policy": "{}", "new_argument": 1});
    let done = laid(&[
        creates(attachment, &elsewhere, &no()),
        deletes("aws_iam_role_policy_attachment.y", &elsewhere),
        creates("aws_iam_role_policy_attachment.z", &json!({"policy_arn": "arn:x"}), &json!({"role": true})),
        updates("aws_db_parameter_group.x", &json!({"arn": parameters["arn"]}), &parameters, &no()),
        creates("aws_ecr_repository_policy.x", &repository, &no()),
        creates("aws_main_route_table_association.x", &json!({"route_table_id": "rtb-a73284011d1ec73b3"}), &no()),
    ]);
    let told: Vec<&str> = done.not_judged.iter().map(String::as_str).collect();
    assert_eq!(
        told,
        [
            "aws_db_parameter_group.x: family is not judged",
            "aws_ecr_repository_policy.x: new_argument is not judged",
            "aws_iam_role_policy_attachment.x: what it belongs to is not known yet, or not among what was read",
            "aws_iam_role_policy_attachment.y: what it belongs to is not among what was read",
            "aws_iam_role_policy_attachment.z: what it belongs to is not known yet, or not among what was read",
            "aws_main_route_table_association.x: what is made is not judged",
        ]
    );
}

/// Whatever of a plan is known after apply only: no verdict passes by it that does not pass when it is known.
#[test]
fn what_becomes_unknown_is_never_a_pass() {
    let plan: Value = serde_json::from_str(include_str!("../../../../../fixtures/terraform/plan.json")).expect("JSON");
    let judged = |plan: &Value| {
        let done = apply(DRIFTED.clone(), &changes(&plan.to_string()).expect("a plan")).expect("laid");
        let passes = findings(&done.snapshot).into_iter().filter(|one| one.status == Pass);
        let passes: BTreeSet<String> = passes.map(|one| format!("{} {}", one.control, one.resource.arn)).collect();
        (done.not_judged, passes)
    };
    let (told, passes) = judged(&plan);
    let (all, mut tried) = (changes(&plan.to_string()).expect("a plan"), 0);
    for (at, change) in all.iter().enumerate().filter(|(_, change)| change.after.is_object()) {
        for name in change.touched().into_iter().filter(|name| change.after.get(name).is_some_and(|one| !one.is_null()))
        {
            let mut open = plan.clone();
            let opened = &mut open["resource_changes"][at]["change"];
            opened["after"].as_object_mut().expect("an object").remove(name);
            opened["after_unknown"][name] = json!(true);
            let (now_told, now) = judged(&open);
            let address = format!("{}: ", change.address);
            // What belongs to something that is not there yet is named instead.
            if now_told.iter().any(|one| one.starts_with(&address) && !told.contains(one)) {
                continue;
            }
            tried += 1;
            let new: Vec<&String> = now.difference(&passes).collect();
            assert_eq!(new, Vec::<&String>::new(), "{} {name}", change.address);
        }
    }
    assert!(tried > 20, "{tried}");
}

/// A plan says the region of nothing that it names by a name.
#[test]
fn a_name_that_is_there_twice_is_not_guessed() {
    let mut snapshot = DRIFTED.clone();
    let twin = snapshot.resources.iter().find(|one| one.arn.as_str().ends_with(REPORTING)).expect("it lives").clone();
    let arn = twin.arn.as_str().replace("us-east-1", "eu-west-1").parse().expect("an ARN");
    snapshot.resources.push(Resource { arn, region: "eu-west-1".parse().expect("a region"), ..twin });
    let plan =
        json!({"resource_changes": [updates("aws_ecr_lifecycle_policy.x", &lifecycle(3), &lifecycle(10), &no())]});
    let done = apply(snapshot, &changes(&plan.to_string()).expect("a plan")).expect("laid");
    let told: Vec<&str> = done.not_judged.iter().map(String::as_str).collect();
    assert_eq!(told, ["aws_ecr_lifecycle_policy.x: several of what was read have the name that it belongs to"]);
    assert_eq!(done.changed, 0);
}

/// What Terraform 1.11 and version 5.100 of the provider wrote for a state of the drifted world: fixtures/terraform/plan.json.
#[test]
fn a_plan_of_terraform_itself() {
    let text = include_str!("../../../../../fixtures/terraform/plan.json");
    let done = apply(DRIFTED.clone(), &changes(text).expect("a plan")).expect("laid");
    let told: Vec<&str> = done.not_judged.iter().map(String::as_str).collect();
    assert_eq!(
        told,
        [
            "aws_iam_policy.new: what is made is not judged",
            "aws_route_table.new: what is made is not judged",
            "aws_route_table_association.private: what it belongs to is not known yet, or not among what was read",
        ]
    );
    let findings = findings(&done.snapshot);
    let status = |control: &str, end: &str| {
        let mut fitting = findings.iter().filter(|one| one.control.as_str() == control);
        fitting.find(|one| one.resource.arn.as_str().ends_with(end)).map(|one| one.status)
    };
    for (control, end, expected) in [
        ("KA-ECR-004", REPORTING, Pass),
        ("KA-ECR-006", "repository/konecta-erp/config-server", Pass),
        ("KA-IAM-003", CLUSTER, Unknown),
        ("KA-RDS-008", "db:konecta-erp-db", Pass),
        ("KA-SG-001", OPEN, Fail),
        ("KA-VPC-003", PRIVATE, Unknown),
        ("KA-VPC-007", IN_FORCE, Pass),
    ] {
        assert_eq!(status(control, end), Some(expected), "{control} {end}");
    }
    let planned = done.snapshot.resources.iter().filter(|one| one.resource_id.starts_with("sgr-planned"));
    assert_eq!(planned.count(), 2, "the rule of either resource type");
}

#[test]
fn what_changes_inside_a_block_and_is_not_mapped_is_named() {
    let arn = "arn:aws:eks:us-east-1:123456789012:cluster/konecta-erp-prod";
    let vpc = |members: Value| json!({"arn": arn, "vpc_config": [members]});
    let was = vpc(
        json!({"endpoint_public_access": true, "subnet_ids": ["subnet-1"], "control_plane_egress_mode": "AWS_MANAGED"}),
    );
    let is = vpc(
        json!({"endpoint_public_access": false, "subnet_ids": ["subnet-2"], "control_plane_egress_mode": "CUSTOMER_ROUTED"}),
    );
    let done =
        laid(&[updates("aws_eks_cluster.x", &was, &is, &json!({"vpc_config": [{"public_access_cidrs": true}]}))]);
    let told: Vec<&str> = done.not_judged.iter().map(String::as_str).collect();
    assert_eq!(told, ["aws_eks_cluster.x: vpc_config.control_plane_egress_mode is not judged"]);
    let config = at(&done, "cluster/konecta-erp-prod", "/configuration/resourcesVpcConfig").expect("there");
    assert_eq!(config["endpointPublicAccess"], false);
    assert_eq!(config["subnetIds"], json!(["subnet-2"]));
    assert_eq!(config.get("publicAccessCidrs"), None);
}

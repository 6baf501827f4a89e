//! Parts of live resources: what a plan makes, changes and destroys of each mapped type, and the verdict on it. A pass
//! and a fail are proven by what is known; what is known after apply only is never one of them.

use std::slice::from_ref;

use konecta_base::finding::Status::{self, Fail, Pass, Unknown};

use super::drifted::*;
use super::*;

#[test]
fn the_policies_of_a_repository() {
    let address = "aws_ecr_lifecycle_policy.x";
    let open = json!({"repository": "konecta-erp/reporting-service"});
    let computed = json!({"id": true, "registry_id": true});
    for (plan, expected) in [
        (updates(address, &lifecycle(3), &lifecycle(10), &no()), Pass),
        (creates(address, &lifecycle(10), &computed), Pass),
        (creates(address, &lifecycle(2), &computed), Fail),
        (deletes(address, &lifecycle(3)), Fail),
        (updates(address, &lifecycle(3), &open, &json!({"policy": true})), Unknown),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-ECR-004", REPORTING), expected, "{plan}");
    }
    let address = "aws_ecr_repository_policy.x";
    let to = |principal: &str| {
        let statement = json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": ["ecr:BatchGetImage"]});
        with(&open, &json!({"policy": json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()}))
    };
    let stranger = to("arn:aws:iam::999999999999:root");
    for (plan, expected) in [
        (deletes(address, &stranger), Pass),
        (updates(address, &stranger, &to("arn:aws:iam::123456789012:root"), &no()), Pass),
        (creates(address, &to("*"), &no()), Fail),
        (updates(address, &stranger, &open, &json!({"policy": true})), Unknown),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-ECR-006", REPORTING), expected, "{plan}");
    }
}

fn networking() -> Value {
    let document =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ec2:*"], "Resource": "*"}]});
    json!({"name": "networking", "role": "konecta-erp-cluster", "policy": document.to_string()})
}

fn policy(name: &str, action: &str) -> Value {
    let document =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [action], "Resource": "*"}]});
    json!({"name": name, "policy": document.to_string()})
}

fn attached(arn: &str) -> Value {
    json!({"role": "konecta-erp-cluster", "policy_arn": arn})
}

/// The role of the cluster without the policy for which it fails.
fn verdict_beside(plan: &Value) -> Status {
    verdict(&[deletes("aws_iam_role_policy.networking", &networking()), plan.clone()], "KA-IAM-003", CLUSTER)
}

#[test]
fn the_policies_of_a_role() {
    let address = "aws_iam_role_policy.networking";
    let narrow = with(&networking(), &policy("networking", "ec2:DescribeSubnets"));
    let open = json!({"name": "networking", "role": "konecta-erp-cluster"});
    for (plan, expected) in [
        (deletes(address, &networking()), Pass),
        (updates(address, &networking(), &narrow, &no()), Pass),
        (updates(address, &networking(), &with(&open, &policy("networking", "iam:*")), &no()), Fail),
        (updates(address, &networking(), &open, &json!({"policy": true})), Unknown),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-IAM-003", CLUSTER), expected, "{plan}");
    }
    let address = "aws_iam_role_policy_attachment.x";
    let of_aws = |name: &str| attached(&format!("arn:aws:iam::aws:policy/{name}"));
    for (plan, expected) in [
        (creates(address, &of_aws("AmazonSSMManagedInstanceCore"), &json!({"id": true})), Pass),
        (creates(address, &of_aws("AdministratorAccess"), &json!({"id": true})), Fail),
        // A policy that is made in the same plan, and one whose document nobody has read.
        (creates(address, &json!({"role": "konecta-erp-cluster"}), &json!({"policy_arn": true})), Unknown),
        (creates(address, &attached("arn:aws:iam::123456789012:policy/unseen"), &no()), Unknown),
        (deletes(address, &of_aws("AmazonEKSClusterPolicy")), Pass),
    ] {
        assert_eq!(verdict_beside(&plan), expected, "{plan}");
    }
}

#[test]
fn the_arguments_of_a_role() {
    let arn = "arn:aws:iam::123456789012:role/konecta-erp-cluster";
    let inline = |policies: &[Value]| json!({"arn": arn, "inline_policy": policies});
    let was = inline(&[policy("networking", "ec2:*")]);
    let address = "aws_iam_role.x";
    for (plan, expected) in [
        (updates(address, &was, &inline(&[]), &no()), Pass),
        (updates(address, &was, &inline(&[policy("networking", "ec2:*"), policy("all", "*")]), &no()), Fail),
        (updates(address, &was, &inline(&[]), &json!({"inline_policy": [{"policy": true}]})), Unknown),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-IAM-003", CLUSTER), expected, "{plan}");
    }
    let managed = |policies: &[&str]| json!({"arn": arn, "managed_policy_arns": policies});
    let (own, admin) =
        ("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy", "arn:aws:iam::aws:policy/AdministratorAccess");
    for (plan, expected) in [
        (updates(address, &managed(&[own]), &managed(&[]), &no()), Pass),
        (updates(address, &managed(&[own]), &managed(&[own, admin]), &no()), Fail),
        (updates(address, &managed(&[own]), &json!({"arn": arn}), &json!({"managed_policy_arns": true})), Unknown),
    ] {
        assert_eq!(verdict_beside(&plan), expected, "{plan}");
    }
    let trust = |service: &str| {
        let statement = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}});
        json!({"Version": "2012-10-17", "Statement": [statement]})
    };
    let assumed = |service: &str| json!({"arn": arn, "assume_role_policy": trust(service).to_string()});
    let place = "/configuration/AssumeRolePolicyDocument";
    let done = laid(&[updates(address, &assumed("eks.amazonaws.com"), &assumed("ec2.amazonaws.com"), &no())]);
    assert_eq!(at(&done, CLUSTER, place), Some(trust("ec2.amazonaws.com")));
    let open = json!({"assume_role_policy": true});
    let done = laid(&[updates(address, &assumed("eks.amazonaws.com"), &json!({"arn": arn}), &open)]);
    assert_eq!(at(&done, CLUSTER, place), None);
    let bound = json!({"arn": arn, "permissions_boundary": own, "name": "x", "description": "x"});
    let (free, place) = (json!({"arn": arn}), "/configuration/PermissionsBoundary");
    let done = laid(&[updates(address, &free, &bound, &no())]);
    assert_eq!(at(&done, CLUSTER, place), Some(json!({"PermissionsBoundaryArn": own})));
    let told: Vec<&String> = done.not_judged.iter().collect();
    // The role's name is not that of one of its policies.
    assert_eq!(told, ["aws_iam_role.x: description is not judged", "aws_iam_role.x: name is not judged"]);
    let done = laid(&[updates(address, &bound, &free, &json!({"permissions_boundary": true}))]);
    assert_eq!(at(&done, CLUSTER, place), None);
}

#[test]
fn the_document_of_a_managed_policy() {
    let arn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy";
    let of = |action: &str| json!({"arn": arn, "policy": policy("", action)["policy"]});
    let address = "aws_iam_policy.x";
    for (plan, expected) in [
        (updates(address, &of("eks:ListClusters"), &of("ec2:DescribeSubnets"), &no()), Pass),
        (updates(address, &of("eks:ListClusters"), &of("*"), &no()), Fail),
        (updates(address, &of("eks:ListClusters"), &json!({"arn": arn}), &json!({"policy": true})), Unknown),
        (updates(address, &of("eks:ListClusters"), &json!({"arn": arn, "policy": "{"}), &no()), Unknown),
    ] {
        assert_eq!(verdict_beside(&plan), expected, "{plan}");
    }
}

#[test]
fn the_parameters_of_a_database() {
    let arn = "arn:aws:rds:us-east-1:123456789012:pg:konecta-erp-pg";
    let group = |value: &str, method: &str| {
        let parameter = json!({"name": "rds.force_ssl", "value": value, "apply_method": method});
        json!({"arn": arn, "parameter": [parameter]})
    };
    let address = "aws_db_parameter_group.x";
    let was = group("0", "immediate");
    let other =
        json!({"arn": arn, "parameter": [{"name": "log_connections", "value": "1", "apply_method": "immediate"}]});
    for (plan, expected) in [
        (updates(address, &was, &group("1", "immediate"), &no()), Pass),
        // What is in force until somebody reboots it is the old value.
        (updates(address, &was, &group("1", "pending-reboot"), &no()), Unknown),
        (updates(address, &was, &group("0", "pending-reboot"), &no()), Fail),
        // The engine's default is not in the plan.
        (updates(address, &was, &other, &no()), Unknown),
        (updates(address, &was, &json!({"arn": arn}), &json!({"parameter": true})), Unknown),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-RDS-008", "db:konecta-erp-db"), expected, "{plan}");
    }
    let database = |group: &str| json!({"arn": "arn:aws:rds:us-east-1:123456789012:db:konecta-erp-db", "parameter_group_name": group});
    let address = "aws_db_instance.x";
    for (plan, expected) in [
        // The group is good, and in force after a reboot only.
        (updates(address, &database("konecta-erp-pg"), &database("konecta-erp-half-logged"), &no()), Unknown),
        (updates(address, &database("konecta-erp-pg"), &database("made-just-now"), &no()), Unknown),
        (updates(address, &database("konecta-erp-half-logged"), &database("konecta-erp-pg"), &no()), Fail),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-RDS-008", "db:konecta-erp-db"), expected, "{plan}");
    }
    let logs = |types: Value| json!({"arn": "arn:aws:rds:us-east-1:123456789012:db:konecta-erp-half-logged", "enabled_cloudwatch_logs_exports": types});
    let was = logs(json!(["postgresql"]));
    for (plan, expected) in [
        (updates(address, &was, &logs(json!(["postgresql", "upgrade"])), &no()), Pass),
        (updates(address, &was, &logs(json!(["upgrade"])), &no()), Fail),
        (updates(address, &was, &logs(Value::Null), &no()), Fail),
        (updates(address, &was, &logs(Value::Null), &json!({"enabled_cloudwatch_logs_exports": true})), Unknown),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-RDS-012", "db:konecta-erp-half-logged"), expected, "{plan}");
    }
}

#[test]
fn the_logs_and_the_keys_of_a_cluster() {
    let arn = "arn:aws:eks:us-east-1:123456789012:cluster/konecta-erp-prod";
    let address = "aws_eks_cluster.x";
    let logs = |types: &[&str]| json!({"arn": arn, "enabled_cluster_log_types": types});
    let was = logs(&["api", "authenticator", "controllerManager", "scheduler"]);
    for (plan, expected) in [
        (
            updates(address, &was, &logs(&["api", "audit", "authenticator", "controllerManager", "scheduler"]), &no()),
            Pass,
        ),
        (updates(address, &was, &logs(&["audit"]), &no()), Fail),
        (updates(address, &was, &json!({"arn": arn}), &no()), Fail),
        (updates(address, &was, &json!({"arn": arn}), &json!({"enabled_cluster_log_types": true})), Unknown),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-EKS-004", "cluster/konecta-erp-prod"), expected, "{plan}");
    }
    let key = "arn:aws:kms:us-east-1:123456789012:key/415149ba-8cd4-4f09-afea-8cf4576d3cd7";
    let encrypted = |resources: &[&str], provider: Value| json!({"arn": arn, "encryption_config": [{"resources": resources, "provider": [provider]}]});
    let none = json!({"arn": arn, "encryption_config": []});
    let open = json!({"encryption_config": [{"provider": [{"key_arn": true}]}]});
    for (plan, expected) in [
        (updates(address, &none, &encrypted(&["secrets"], json!({"key_arn": key})), &no()), Pass),
        (updates(address, &none, &encrypted(&[], json!({"key_arn": key})), &no()), Fail),
        (updates(address, &encrypted(&["secrets"], json!({"key_arn": key})), &none, &no()), Fail),
        (updates(address, &none, &encrypted(&["secrets"], json!({})), &open), Unknown),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-EKS-003", "cluster/konecta-erp-prod"), expected, "{plan}");
    }
}

#[test]
fn the_logs_of_a_distribution() {
    let end = "distribution/EW6OWZEC5CQGKT";
    let arn = format!("arn:aws:cloudfront::123456789012:{end}");
    let logged = |block: Value| json!({"arn": arn, "id": "EW6OWZEC5CQGKT", "logging_config": block});
    let (on, off) =
        (logged(json!([{"bucket": "b.s3.amazonaws.com", "prefix": "", "include_cookies": false}])), logged(json!([])));
    let address = "aws_cloudfront_distribution.x";
    for (plan, expected) in [
        (updates(address, &off, &on, &no()), Pass),
        (updates(address, &on, &off, &no()), Fail),
        (
            updates(address, &off, &logged(json!([{"prefix": ""}])), &json!({"logging_config": [{"bucket": true}]})),
            Unknown,
        ),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-CF-040", end), expected, "{plan}");
    }
}

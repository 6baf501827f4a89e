//! What a fix must not do: more than it may, more than it was shown, or on top of somebody else's change.

use konecta_base::snapshot::SnapshotFile;
use serde_json::{Value, json};

use super::TestAccount;
use crate::world::World;

/// The faults of these tests, with one change each.
const TWO: [&str; 2] = ["rds-deletable", "private-public-addresses"];

fn with(labels: &[&str]) -> TestAccount {
    TestAccount::over(World::labelled("good", labels))
}

#[test]
fn more_changes_than_allowed_begin_nothing() {
    let bench = with(&TWO);
    let before = bench.content("before.snap");
    let ended = bench.run(&["fix", "--yes", "--allow-disruptive", "--max-changes", "1"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("--max-changes"), "{}", ended.err);
    assert_eq!(before.difference(&bench.content("after.snap")), super::content::Difference::default());
    assert_eq!(bench.run(&["fix", "--yes", "--allow-disruptive", "--max-changes", "2"]).code, Some(0));
}

#[test]
fn a_waived_finding_is_never_planned() {
    let bench = with(&["rds-deletable"]);
    let config = bench.world.told["config"].as_str().expect("config").to_owned();
    let mut text = std::fs::read_to_string(&config).expect("config");
    assert_eq!(bench.plan(&[])["changes"].as_array().map(Vec::len), Some(1));
    text.push_str("\n[waivers]\nmax_waiver_days = 1000000\n\n[[waiver]]\ncontrol = \"KA-RDS-007\"\nresource = \"*\"\nreason = \"a test\"\nowner = \"me\"\nexpires = \"2999-12-31\"\n");
    std::fs::write(&config, text).expect("written");
    assert_eq!(bench.plan(&[])["changes"], json!([]));
}

#[test]
fn without_a_terminal_nothing_is_done_unasked() {
    let bench = with(&["rds-deletable"]);
    let ended = bench.run(&["fix"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("--yes"), "{}", ended.err);
}

/// CloudFront's ETag and our own hash: what somebody else changed after the plan is not overwritten.
#[test]
fn a_plan_on_an_older_state_is_refused() {
    let bench = with(&["cf-http-allowed"]);
    let plan = bench.plan(&["--only", "KA-CF-001", "--allow-disruptive"]);
    assert_eq!(plan["changes"].as_array().map(Vec::len), Some(1), "{plan}");
    let file = bench.path("plan.json");
    bench.world.somebody_else("import boto3,os; c=boto3.client('cloudfront'); d=c.list_distributions()['DistributionList']['Items'][0]['Id']; g=c.get_distribution_config(Id=d); g['DistributionConfig']['Comment']='somebody else'; c.update_distribution(Id=d, IfMatch=g['ETag'], DistributionConfig=g['DistributionConfig'])");
    let before = bench.content("changed.snap");
    let unallowed = bench.run(&["fix", "--yes", "--plan", file.to_str().expect("path")]);
    assert_eq!(unallowed.code, Some(2), "what the plan was allowed is to be allowed again: {unallowed:?}");
    assert!(unallowed.err.contains("--allow-disruptive"), "{}", unallowed.err);
    let ended = bench.run(&["fix", "--yes", "--allow-disruptive", "--plan", file.to_str().expect("path")]);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(ended.err.contains("changed since"), "{}", ended.err);
    assert_eq!(before.difference(&bench.content("after.snap")), super::content::Difference::default());
}

#[test]
fn an_edited_plan_is_refused() {
    let bench = with(&["rds-deletable"]);
    let mut plan: Value = bench.plan(&[]);
    plan["changes"][0]["call"]["parameters"]["DBInstanceIdentifier"] = json!("another");
    let file = bench.path("edited.json");
    std::fs::write(&file, plan.to_string()).expect("written");
    let ended = bench.run(&["fix", "--yes", "--plan", file.to_str().expect("path")]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

/// A file with a digest of its own is no plan of ours: each change is held against what its remedy proposes now.
#[test]
fn a_forged_plan_is_refused_whatever_its_digest_says() {
    let bench = with(&["rds-deletable"]);
    let plan: Value = bench.plan(&[]);
    let before = bench.content("before.snap");
    for (name, place, value) in [
        ("another parameter", "/call/parameters/DeletionProtection", json!(false)),
        ("another call", "/call/operation", json!("DeleteDBInstance")),
        ("no way back", "/inverse", json!([])),
        ("another title", "/parts/0/title", json!("Add a tag")),
    ] {
        let mut forged = plan.clone();
        *forged["changes"][0].pointer_mut(place).expect(place) = value;
        let file = bench.path("forged.json");
        std::fs::write(&file, sealed(forged)).expect("written");
        let ended = bench.run(&["fix", "--yes", "--plan", file.to_str().expect("path")]);
        assert_eq!(ended.code, Some(2), "{name}: {ended:?}");
        assert!(ended.err.contains("is not what"), "{name}: {}", ended.err);
    }
    assert_eq!(before.difference(&bench.content("after.snap")), super::content::Difference::default());
}

/// With the digest that belongs to it.
fn sealed(mut plan: Value) -> String {
    plan.as_object_mut().expect("a plan").remove("sha256");
    let digest = konecta_base::snapshot::sha256(&konecta_fix::plan::canonical(plan.clone()));
    plan["sha256"] = json!(digest);
    plan.to_string()
}

/// A change that fits nothing when the plan is read does not come to fit by what another change of the plan does.
#[test]
fn a_forged_change_does_not_hide_behind_a_genuine_one() {
    let bench = with(&["rds-deletable"]);
    let plan: Value = bench.plan(&[]);
    let forged = |call: Value, id: &str| {
        let mut plan = plan.clone();
        let mut second = plan["changes"][0].clone();
        second["id"] = json!(id);
        second["expects"][0]["sha256"] = json!("0".repeat(64));
        for member in ["effects", "inverse", "verifies"] {
            second[member] = json!([]);
        }
        second["call"] = call;
        plan["changes"].as_array_mut().expect("changes").push(second);
        let file = bench.path("forged.json");
        std::fs::write(&file, sealed(plan)).expect("written");
        bench.run(&["fix", "--yes", "--plan", file.to_str().expect("path")])
    };
    let genuine = &plan["changes"][0]["call"]["parameters"]["DBInstanceIdentifier"];
    let open = json!({"service": "rds", "operation": "ModifyDBInstance",
        "parameters": {"DBInstanceIdentifier": genuine, "PubliclyAccessible": true, "ApplyImmediately": true}});
    let twice = forged(open.clone(), "c1");
    assert_eq!(twice.code, Some(2), "{twice:?}");
    assert!(twice.err.contains("there are two changes c1"), "{}", twice.err);
    let admin = json!({"service": "iam", "operation": "AttachRolePolicy", "parameters":
        {"RoleName": "konecta-erp-cluster", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}});
    let ended = forged(admin, "c9");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("no remedy of it calls iam:AttachRolePolicy"), "{}", ended.err);
    let ended = forged(open, "c9");
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!((ended.out.clone() + &ended.err).contains("changed since the plan"), "{ended:?}");
    bench.content("after.snap");
    let after = SnapshotFile::open(&bench.path("after.snap")).and_then(|file| file.load()).expect("a snapshot");
    let after = serde_json::to_string(&after.resources).expect("JSON");
    assert!(after.contains("PubliclyAccessible") && !after.contains(r#""PubliclyAccessible":true"#), "it was opened");
}

/// An option that would be ignored is refused: whoever gives it counts on it.
#[test]
fn options_that_do_not_fit_a_plan_or_a_run_are_refused() {
    let bench = with(&["rds-deletable"]);
    bench.plan(&[]);
    let file = bench.path("plan.json");
    let elsewhere = bench.run(&["fix", "--yes", "--plan", file.to_str().expect("path"), "--region", "eu-west-1"]);
    assert_eq!(elsewhere.code, Some(2), "{elsewhere:?}");
    assert!(elsewhere.err.contains("was made in us-east-1, and eu-west-1 was named"), "{}", elsewhere.err);
    for option in [
        ["--region", "us-east-1"],
        ["--control", "KA-RDS-007"],
        ["--resource", "arn:aws:rds:us-east-1:123456789012:db:a"],
        ["--max-class", "A"],
        ["--max-changes", "1"],
        ["--tfstate", "s3://bucket/key"],
        ["--emit", "aws-cli"],
    ] {
        let ended = bench.run(&["fix", "--resume", "20261129T000000Z-000000", option[0], option[1]]);
        assert_eq!(ended.code, Some(2), "{option:?}: {ended:?}");
        assert!(ended.err.contains("cannot be used with"), "{option:?}: {}", ended.err);
    }
    for flag in ["--allow-disruptive", "--allow-managed", "--dry-run"] {
        let ended = bench.run(&["fix", "--resume", "20261129T000000Z-000000", flag]);
        assert!(ended.err.contains("cannot be used with"), "{flag}: {}", ended.err);
    }
}

/// `22 from {0.0.0.0/0, 10.0.0.0/8, the bastion}`: exactly one rule id goes.
#[test]
fn of_three_sources_of_one_port_one_goes() {
    let bench = with(&[]);
    bench.world.somebody_else(
        "import boto3; e=boto3.client('ec2'); v=e.describe_vpcs()['Vpcs'][0]['VpcId']; b=e.create_security_group(GroupName='jump',Description='j',VpcId=v)['GroupId']; g=e.create_security_group(GroupName='three',Description='t',VpcId=v)['GroupId']; e.authorize_security_group_ingress(GroupId=g, IpPermissions=[{'IpProtocol':'tcp','FromPort':22,'ToPort':22,'IpRanges':[{'CidrIp':'0.0.0.0/0'},{'CidrIp':'10.0.0.0/8'}],'UserIdGroupPairs':[{'GroupId':b}]}])",
    );
    let before = bench.content("before.snap");
    let ended = bench.run(&["fix", "--yes", "--only", "KA-SG-001"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let difference = before.difference(&bench.content("after.snap"));
    let rules: Vec<_> = difference.gone.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(rules, ["AWS::EC2::SecurityGroupRule"]);
    let gone = &before.0[&difference.gone.first().expect("one").1].1;
    assert_eq!(gone["configuration"]["CidrIpv4"], json!("0.0.0.0/0"));
    assert!(difference.made.is_empty());
    let back = bench.run(&["rollback", &bench.last_run(), "--yes"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(before.without_ids(), bench.content("restored.snap").without_ids());
}

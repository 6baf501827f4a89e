//! Small configurations, and the lines at which their findings are shown.

pub(super) mod konecta;

use serde_json::{Value, json};

use super::*;
use crate::View;
use crate::terraform_state::{Instance, instances};
use konecta_base::finding::{Finding, Severity, Status, Violation, fingerprint};
use konecta_core::report::places::Spot;

fn sources(files: &[(&str, &str)]) -> (Sources, Vec<UnreadFile>) {
    let mut sources = Sources::default();
    let texts = files.iter().map(|(path, text)| SourceText { path: (*path).to_owned(), text: (*text).to_owned() });
    let unread = sources.add(texts);
    (sources, unread)
}

fn view(resource_type: &str, id: &str, name: &str) -> View {
    let resource = json!({"resourceType": resource_type, "resourceId": id, "accountId": "123456789012",
        "region": "us-east-1", "capturedAt": "2026-11-23T12:00:00Z", "tags": {"Name": name}, "configuration": {},
        "arn": format!("arn:aws:service:us-east-1:123456789012:{id}")});
    View::of(&serde_json::from_str(&resource.to_string()).expect("resource"))
}

fn finding(view: &View, path: &str) -> Finding {
    let violation = Violation { path: path.to_owned(), actual: Value::Null, expected: Value::Null, proof: Vec::new() };
    Finding {
        control: "KA-ECR-002".parse().expect("id"),
        name: "name".into(),
        title: "title".into(),
        severity: Severity::High,
        status: Status::Fail,
        resource: view.reference.clone().into(),
        violations: vec![violation].into(),
        reasons: Vec::new().into(),
        evidence: Vec::new().into(),
        unattainable: false,
    }
}

fn spot(sources: &Sources, state: Option<Value>, view: &View, path: &str) -> Option<Spot> {
    let states: Vec<(String, Vec<Instance>)> =
        state.iter().map(|state| ("state".to_owned(), instances(&state.to_string()).expect("state"))).collect();
    let (join, remarks) = Join::new(sources, states);
    assert_eq!(remarks, Vec::<String>::new());
    let (finding, views) = (finding(view, path), [view.clone()]);
    let mark = fingerprint(&finding.control, finding.resource.arn.as_str(), path);
    spots(&[finding], &Live::new(&views), sources, &join).remove(&mark)
}

/// `path:line:column`, then the related places.
fn told(spot: Option<Spot>) -> Vec<String> {
    let Some(spot) = spot else { return Vec::new() };
    let places = [&spot.place].into_iter().chain(spot.related.iter().map(|(place, _)| place));
    places.map(|place| format!("{}:{}:{}", place.uri, place.line, place.column.unwrap_or_default())).collect()
}

const REGISTRY: &str = r#"
variable "names" {}
resource "aws_ecr_repository" "this" {
  for_each = var.names
  name     = each.key
  dynamic "image_scanning_configuration" {
    for_each = [1]
    content {
      scan_on_push = false
    }
  }
}
resource "aws_ecr_lifecycle_policy" "this" {
  for_each   = var.names
  repository = aws_ecr_repository.this[each.key].name
  policy     = "{}"
}
"#;

const ROOT: &str = r#"
locals { stack = "konecta" }
module "registry" {
  source = "../modules/registry"
  names  = toset(["${local.stack}/hr", "${local.stack}/auth"])
}
"#;

fn state(module: Option<&str>, kind: &str, key: Option<&str>, attributes: &Value) -> Value {
    let mut resource = json!({"mode": "managed", "type": kind, "name": "this",
        "instances": [{"attributes": attributes}]});
    if let Some(module) = module {
        resource["module"] = json!(module);
    }
    if let Some(key) = key {
        resource["instances"][0]["index_key"] = json!(key);
    }
    json!({"version": 4, "resources": [resource]})
}

#[test]
fn an_attribute_is_shown_at_its_line_and_what_leads_to_it_beside() {
    let (sources, _) = sources(&[("prod/main.tf", ROOT), ("modules/registry/main.tf", REGISTRY)]);
    let hr = view("AWS::ECR::Repository", "konecta/hr", "");
    let state =
        state(Some("module.registry"), "aws_ecr_repository", Some("konecta/hr"), &json!({"name": "konecta/hr"}));
    for state in [Some(state), None] {
        let at = |path: &str| told(spot(&sources, state.clone(), &hr, path));
        let call = "prod/main.tf:3:1";
        let block = "modules/registry/main.tf:3:1";
        assert_eq!(at("imageScanningConfiguration.scanOnPush"), ["modules/registry/main.tf:9:7", block, call]);
        assert_eq!(at("imageTagMutability"), [block, call], "it is missing: the block");
        assert_eq!(at("encryptionConfiguration.encryptionType"), [block, call]);
    }
    // Without a state, the resource that has the policy is found by the reference to the repository's name.
    let policy = told(spot(&sources, None, &hr, "lifecyclePolicy"));
    assert_eq!(policy.first().map(String::as_str), Some("modules/registry/main.tf:16:3"));
    assert_eq!(told(spot(&sources, None, &view("AWS::ECR::Repository", "other", ""), "x")), Vec::<String>::new());
}

#[test]
fn a_module_from_elsewhere_is_shown_at_its_call() {
    let root = "module \"db\" {\n  source  = \"terraform-aws-modules/rds/aws\"\n  multi_az = false\n}\n";
    let (sources, _) = sources(&[("main.tf", root)]);
    let arn = "arn:aws:service:us-east-1:123456789012:konecta-db";
    let state = state(Some("module.db.module.instance"), "aws_db_instance", None, &json!({"arn": arn}));
    let db = view("AWS::RDS::DBInstance", "konecta-db", "");
    let at = |path: &str| told(spot(&sources, Some(state.clone()), &db, path));
    assert_eq!(at("DBInstance.MultiAZ"), ["main.tf:3:3"], "an input of the same name");
    assert_eq!(at("PubliclyAccessible"), ["main.tf:1:1"]);
}

#[test]
fn a_module_above_the_repository_is_one_from_elsewhere() {
    let root = "module \"net\" {\n  source = \"../../shared/net\"\n}\n";
    let (sources, _) = sources(&[("infra/main.tf", root)]);
    assert!(sources.missing().is_empty());
    let state = state(Some("module.net"), "aws_subnet", None, &json!({"id": "subnet-0123456789"}));
    let subnet = view("AWS::EC2::Subnet", "subnet-0123456789", "");
    assert_eq!(told(spot(&sources, Some(state), &subnet, "MapPublicIpOnLaunch")), ["infra/main.tf:1:1"]);
}

#[test]
fn count_names_and_tags_find_what_has_no_state() {
    let root = "variable \"p\" { default = \"konecta\" }\nresource \"aws_subnet\" \"this\" {\n  count = 2\n\
        \x20 tags = {\n    Name = \"${var.p}-${count.index}\"\n  }\n  map_public_ip_on_launch = true\n}\n";
    let (sources, _) = sources(&[("main.tf", root)]);
    let found =
        |name: &str| told(spot(&sources, None, &view("AWS::EC2::Subnet", "subnet-1", name), "MapPublicIpOnLaunch"));
    assert_eq!(found("konecta-1"), ["main.tf:7:3", "main.tf:2:1"]);
    assert_eq!(found("konecta-2"), Vec::<String>::new());
}

#[test]
fn one_of_several_blocks_is_found_by_what_it_says() {
    let root = "resource \"aws_cloudfront_distribution\" \"this\" {\n  aliases = [\"a.example\"]\n\
        \x20 ordered_cache_behavior {\n    path_pattern = \"/v1/*\"\n    compress = true\n  }\n\
        \x20 ordered_cache_behavior {\n    path_pattern = \"/api/*\"\n    compress = false\n  }\n}\n";
    let (sources, _) = sources(&[("main.tf", root)]);
    let mut live = view("AWS::CloudFront::Distribution", "E1", "");
    live.body["configuration"] = json!({"DistributionConfig": {"Aliases": {"Items": ["a.example"]}}});
    let at = |path: &str| told(spot(&sources, None, &live, path)).first().cloned();
    assert_eq!(at("DistributionConfig.CacheBehaviors.Items[/api/*].Compress").as_deref(), Some("main.tf:9:5"));
    assert_eq!(at("DistributionConfig.CacheBehaviors.Items[1].Compress").as_deref(), Some("main.tf:9:5"));
    assert_eq!(at("DistributionConfig.CacheBehaviors.Items[/x].Compress").as_deref(), Some("main.tf:1:1"));
    assert_eq!(at("DistributionConfig.HttpVersion").as_deref(), Some("main.tf:1:1"));
}

#[test]
fn a_file_that_is_no_hcl_is_told_and_the_rest_is_used() {
    let whole = "resource \"aws_vpc\" \"this\" {\n  tags = { Name = \"v\" }\n}\n";
    let (sources, unread) = sources(&[("a.tf", whole), ("b.tf", "resource \"x\" {\n  a = \n}\n"), ("c.tf", "\u{0}")]);
    let told_of: Vec<String> = unread.iter().map(ToString::to_string).collect();
    assert_eq!(told_of.len(), 2, "{told_of:?}");
    assert!(told_of[0].starts_with("b.tf:2:") && told_of[0].ends_with("the file is left out"), "{told_of:?}");
    let vpc = view("AWS::EC2::VPC", "vpc-1", "v");
    assert_eq!(told(spot(&sources, None, &vpc, "x")), ["a.tf:1:1"]);
}

#[test]
fn a_configuration_that_names_itself_in_a_circle_ends() {
    let root = "locals {\n  a = local.b\n  b = local.a\n}\nmodule \"m\" {\n  source = \"./\"\n  for_each = toset([local.a])\n}\n\
        resource \"aws_vpc\" \"this\" {\n  tags = { Name = local.a }\n}\n";
    let (sources, _) = sources(&[("main.tf", root), ("x/main.tf", "module \"m\" {\n  source = \"./\"\n}\n")]);
    let (_, remarks) = Join::new(&sources, Vec::new());
    assert_eq!(remarks, Vec::<String>::new());
}

/// Each of these ran for ever, or out of memory or stack.
#[test]
fn a_small_configuration_does_not_become_a_large_one() {
    let names = |count: usize, entry: &dyn Fn(usize) -> String| (1..count).map(entry).collect::<String>();
    let doubled = names(16, &|at| format!("  l{at} = \"{}\"\n", format!("${{local.l{}}}", at - 1).repeat(40)));
    let listed = names(16, &|at| format!("  l{at} = [{}]\n", format!("local.l{},", at - 1).repeat(40)));
    let calls = |name: &str| format!("module \"{name}\" {{\n  source = \"../m\"\n  count = 1000\n}}\n");
    let root = |last: &str| format!("resource \"aws_vpc\" \"this\" {{\n  count = 1000\n  cidr_block = {last}\n}}\n");
    for files in [
        vec![("main.tf", format!("locals {{\n  l0 = \"x\"\n{doubled}}}\n{}", root("local.l15")))],
        vec![("main.tf", format!("locals {{\n  l0 = \"x\"\n{listed}}}\n{}", root("local.l15")))],
        vec![
            ("main.tf", "module \"m\" {\n  source = \"./m\"\n}\n".to_owned()),
            ("m/main.tf", calls("a") + &calls("b")),
        ],
        vec![(
            "main.tf",
            format!("locals {{\n  l0 = \"{}\"\n}}\n{}", "x".repeat(1 << 20), root("[local.l0, local.l0]")),
        )],
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let (sources, unread) = sources(&files);
        assert!(unread.is_empty(), "{unread:?}");
        let (_, remarks) = Join::new(&sources, Vec::new());
        assert!(remarks.len() == 1 && remarks[0].contains("was not evaluated to its end"), "{remarks:?}");
    }
}

#[test]
fn a_resource_whose_instances_are_told_by_its_own_attributes_ends() {
    let root = "resource \"aws_vpc\" \"this\" {\n  for_each = aws_vpc.this[\"k\"].cidr_block\n  cidr_block = \"10.0.0.0/16\"\n}\n";
    let (sources, _) = sources(&[("main.tf", root)]);
    assert_eq!(Join::new(&sources, Vec::new()).1, Vec::<String>::new());
}

#[test]
fn states_of_other_configurations_are_told() {
    let (sources, _) = sources(&[
        ("one/main.tf", "resource \"aws_vpc\" \"this\" {}\n"),
        ("two/main.tf", "resource \"aws_vpc\" \"this\" {}\n"),
    ]);
    let read = |kind: &str| instances(&state(None, kind, None, &json!({})).to_string()).expect("state");
    let (_, remarks) =
        Join::new(&sources, vec![("a".to_owned(), read("aws_subnet")), ("b".to_owned(), read("aws_vpc"))]);
    insta::assert_snapshot!(remarks.join("\n"), @r"
    a: none of its resources is declared in the Terraform files that were read
    b: one and two declare the same resources; one is taken, name one of them with --terraform
    ");
}

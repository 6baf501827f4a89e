//! What the table can emit is held against the provider's own schema, and what is emitted is HCL.

use hcl_edit::structure::Body as Hcl;
use serde_json::json;

use super::table::TABLE;
use super::*;

const SCHEMA: &str = include_str!("../../../../../fixtures/terraform/schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("schema.json")
}

/// Of a listener's certificates one is an argument and others are resources; a repository has one encryption, in a list.
const UNLIKE: [&str; 2] = ["certificate_arn", "encryption_configuration*.encryption_type"];

/// Walks a way through the provider's schema; what is not there.
fn unknown(whole: &Value, way: &[&str]) -> Option<String> {
    let Some((name, blocks)) = way.split_last() else { return Some("an empty way".to_owned()) };
    let mut here = whole;
    for block in blocks {
        // The statements of a web ACL hold each other; the provider's package does not spell them out.
        let name = block.trim_end_matches('*');
        if here[name] == "any" {
            return None;
        }
        let nesting = here[name]["nesting"].as_str();
        if nesting.is_none() || block.ends_with('*') == (nesting == Some("one")) {
            return Some(format!("{block} is {nesting:?}"));
        }
        here = &here[name]["of"];
    }
    match name.strip_suffix("{}") {
        Some(block) => (!here[block]["of"].is_object()).then(|| format!("no block {block}")),
        None => (!here[*name].is_string()).then(|| format!("no argument {name}")),
    }
}

#[test]
fn every_argument_of_the_table_is_one_of_the_provider_s() {
    let schema = schema();
    let mut wrong = Vec::new();
    for (kind, row) in TABLE.iter() {
        for resource in std::iter::once(&row.resource).chain(&row.or) {
            let whole = &schema["resources"][resource];
            assert!(whole.is_object(), "{resource}: run tools/terraform_schema.py");
            for (path, argument) in &row.arguments {
                assert!(path.starts_with("/configuration/") || path.starts_with("/supplement/"), "{kind} {path}");
                let way: Vec<&str> = argument.split('.').collect();
                wrong.extend(unknown(whole, &way).map(|why| format!("{resource} {argument}: {why}")));
                // An entry of a list is a block that there may be several of, and the other way round.
                let several = way.iter().filter(|step| step.ends_with('*')).count();
                let listed = path.matches('*').count();
                if listed != several && !UNLIKE.contains(&argument.as_str()) {
                    wrong.push(format!("{kind} {path}: {listed} lists, {several} blocks in {argument}"));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

fn reference(kind: &str) -> ResourceRef {
    ResourceRef {
        arn: crate::own("arn:aws:test:us-east-1:123456789012:thing/a"),
        resource_type: crate::own(kind),
        account_id: crate::own("123456789012"),
        region: crate::own("us-east-1"),
    }
}

fn change(resource: &ResourceRef, effects: &Value) -> Change {
    serde_json::from_value(json!({"id": "c1", "class": "A", "parts": [{"key": "k", "fix": "x.y", "title": "Do it"}],
        "resource": resource, "controls": [], "verifies": [], "reads": [], "expects": [], "inverse": [], "actions": [],
        "effects": effects, "consequences": [], "needs": [], "requires": [], "waits": [],
        "call": {"service": "s", "operation": "O", "parameters": {}}}))
    .expect("a change")
}

fn emitted(kind: &str, edits: &[Edit]) -> (String, Hcl) {
    let resource = reference(kind);
    let mut document = Document::default();
    document.amended(&change(&resource, &json!([])), &resource, edits);
    let text = document.finish();
    let body = hcl_edit::parser::parse_body(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    (text, body)
}

#[test]
fn every_argument_of_the_table_is_emitted_as_hcl_once_in_its_block() {
    let nasty = json!("a \"${b}\" %{c} \\ \n # */");
    for (kind, row) in TABLE.iter() {
        let arguments = || row.arguments.iter().filter(|(_, argument)| !argument.ends_with("{}"));
        let paths: std::collections::BTreeSet<String> =
            arguments().flat_map(|(path, _)| ["0", "1"].map(|at| path.replace('*', at))).collect();
        // Only one certificate is an argument.
        let paths: Vec<&String> = paths.iter().filter(|path| !path.ends_with("/1/CertificateArn")).collect();
        let edits: Vec<Edit> =
            paths.iter().map(|path| Edit::new(path.as_str(), Some(json!("old")), Some(nasty.clone()))).collect();
        let (text, body) = emitted(kind.as_str(), &edits);
        let Some(resource) = body.get_blocks("resource").next() else {
            assert!(row.arguments.is_empty(), "{kind}\n{text}");
            continue;
        };
        assert_eq!(resource.labels[0].as_str(), row.resource);
        assert_eq!(distinct(&resource.body, &text), edits.len(), "{kind}\n{text}");
        assert!(!text.contains("Not written"), "{text}");
    }
}

/// How many arguments a body has, in itself and in its blocks; no name may come twice.
fn distinct(body: &Hcl, text: &str) -> usize {
    let mut names = std::collections::BTreeSet::new();
    for attribute in body.attributes() {
        assert!(names.insert(attribute.key.as_str()), "{} twice in one block:\n{text}", attribute.key.as_str());
    }
    names.len() + body.blocks().map(|block| distinct(&block.body, text)).sum::<usize>()
}

#[test]
fn entries_of_a_list_are_blocks_of_their_own() {
    let path = |at: usize, name: &str| format!("/configuration/DistributionConfig/CacheBehaviors/Items/{at}/{name}");
    let edit = |path: String, after: Value| Edit::new(path, Some(json!(null)), Some(after));
    let edits = [
        edit(path(0, "Compress"), json!(true)),
        edit(path(0, "ViewerProtocolPolicy"), json!("https-only")),
        edit(path(1, "Compress"), json!(true)),
        edit(path(1, "Unheard"), json!(true)),
    ];
    let (text, body) = emitted("AWS::CloudFront::Distribution", &edits);
    let resource = body.get_blocks("resource").next().expect("a resource");
    let sizes: Vec<usize> =
        resource.body.get_blocks("ordered_cache_behavior").map(|block| block.body.attributes().count()).collect();
    assert_eq!(sizes, [2, 1], "{text}");
    assert!(
        text.contains(
            "Items/1/Unheard of arn:aws:test:us-east-1:123456789012:thing/a: null -> true: no argument is known for it"
        ),
        "{text}"
    );
}

#[test]
fn no_text_becomes_a_template() {
    assert_eq!(hcl::string("a${b}%{c}\"\n"), "\"a$${b}%%{c}\\\"\\U0000000a\"");
}

#[test]
fn an_argument_that_goes_is_null_and_a_block_that_goes_is_named() {
    let path = |name: &str| format!("/configuration/DistributionConfig/DefaultCacheBehavior/{name}");
    let edits = [
        Edit::new(path("DefaultTTL"), Some(json!(86400)), None),
        Edit::new(path("ForwardedValues"), Some(json!({"QueryString": true})), Some(json!(null))),
    ];
    let (text, _) = emitted("AWS::CloudFront::Distribution", &edits);
    assert!(text.contains("    default_ttl = null # was 86400\n"), "{text}");
    assert!(text.contains("    # without the block forwarded_values # was {\"QueryString\":true}\n"), "{text}");
}

#[test]
fn a_secret_is_a_variable() {
    let values = "/configuration/Conditions/0";
    let after = json!({"Field": "http-header",
        "HttpHeaderConfig": {"HttpHeaderName": "X-Origin-Verify", "Values": ["sha256:1:2"]}});
    let (text, body) = emitted("AWS::ElasticLoadBalancingV2::ListenerRule", &[Edit::new(values, None, Some(after))]);
    assert!(text.contains("values = [var.konecta_origin_secret] # was nothing"), "{text}");
    assert!(!text.contains("sha256:"), "{text}");
    assert_eq!(body.get_blocks("variable").count(), 1);
}

#[test]
fn what_is_a_resource_of_its_own_is_written_as_one() {
    let schema = schema();
    let policy = |arn: &str, name: &str| json!({"PolicyArn": arn, "PolicyName": name});
    let cases = [
        (
            "AWS::ECR::Repository",
            "/supplement/lifecyclePolicy",
            json!(null),
            json!({"rules": [{"rulePriority": 1}]}),
            "aws_ecr_lifecycle_policy",
        ),
        (
            "AWS::ECR::Repository",
            "/supplement/repositoryPolicy/Statement",
            json!([]),
            json!([{"Sid": "a"}]),
            "aws_ecr_repository_policy",
        ),
        (
            "AWS::IAM::Role",
            "/configuration/AttachedManagedPolicies",
            json!([policy("arn:1", "a")]),
            json!([policy("arn:2", "b")]),
            "aws_iam_role_policy_attachment",
        ),
        (
            "AWS::IAM::Role",
            "/configuration/RolePolicyList",
            json!([]),
            json!([{"PolicyName": "p", "PolicyDocument": {"a": 1}}]),
            "aws_iam_role_policy",
        ),
        (
            "AWS::EC2::NetworkAcl",
            "/configuration/Entries",
            json!([]),
            json!([{"RuleNumber": 90, "Egress": false, "Protocol": "6", "RuleAction": "deny", "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 22, "To": 22}}]),
            "aws_network_acl_rule",
        ),
        (
            "AWS::EC2::RouteTable",
            "/configuration/Routes",
            json!([]),
            json!([{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}]),
            "aws_route",
        ),
        (
            "AWS::EKS::Cluster",
            "/configuration/logging/clusterLogging",
            json!([]),
            json!([{"enabled": true, "types": ["api"]}, {"enabled": false, "types": ["audit"]}]),
            "aws_eks_cluster",
        ),
    ];
    for (kind, path, before, after, resource) in cases {
        let (text, body) = emitted(kind, &[Edit::new(path, Some(before), Some(after))]);
        let block = body.get_blocks("resource").next().unwrap_or_else(|| panic!("{text}"));
        assert_eq!(block.labels[0].as_str(), resource, "{text}");
        for attribute in block.body.attributes() {
            let name = attribute.key.as_str();
            assert!(schema["resources"][resource][name].is_string(), "{resource} has no {name}");
        }
        assert!(!text.contains("Not written"), "{text}");
    }
}

//! Small configurations, what a plan makes of them, and what it leaves as it is.

mod konecta;

use serde_json::{Value, json};

use super::super::files::SourceText;
use super::*;
use crate::plan::Plan;
use crate::terraform_state::{Instance, instances};

const DB: &str = "arn:aws:rds:us-east-1:123456789012:db:erp";

fn reference(resource_type: &str, arn: &str) -> Value {
    json!({"arn": arn, "resourceType": resource_type, "accountId": "123456789012", "region": "us-east-1"})
}

/// A plan whose only change has these effects.
fn plan(effects: &Value) -> Plan {
    let first = effects[0]["resource"].clone();
    let resource = first.get("reference").cloned().unwrap_or(first);
    let change = json!({"id": "c1", "parts": [], "resource": resource, "class": "A", "controls": [], "verifies": [],
        "reads": [], "consequences": [], "effects": effects, "expects": [], "inverse": [], "actions": [], "needs": [],
        "call": {"service": "rds", "operation": "ModifyDBInstance", "parameters": {}}, "requires": [], "waits": []});
    let plan = json!({"version": 1, "tool": "test", "createdAt": "2026-11-23T12:00:00Z",
        "expiresAt": "2026-11-23T13:00:00Z", "account": "123456789012", "regions": ["us-east-1"],
        "changes": [change], "refusals": [], "sha256": ""});
    serde_json::from_value(plan).expect("a plan")
}

fn view(resource_type: &str, id: &str, arn: &str, configuration: &Value) -> View {
    serde_json::from_value(json!({"reference": reference(resource_type, arn), "id": id,
        "body": {"configuration": configuration, "supplement": {}, "tags": {}}}))
    .expect("a view")
}

fn amended(resource_type: &str, arn: &str, edits: &Value) -> Value {
    json!({"kind": "amended", "resource": reference(resource_type, arn), "edits": edits})
}

fn state(resources: &[(Option<&str>, &str, Value)]) -> Vec<(String, Vec<Instance>)> {
    let of = |(key, kind, attributes): &(Option<&str>, &str, Value)| {
        let mut instance = json!({"attributes": attributes});
        if let Some(key) = key {
            instance["index_key"] = json!(key);
        }
        json!({"mode": "managed", "type": kind, "name": "this", "instances": [instance]})
    };
    let state = json!({"version": 4, "resources": resources.iter().map(of).collect::<Vec<_>>()});
    vec![("state".to_owned(), instances(&state.to_string()).expect("state"))]
}

fn run(files: &[(&str, &str)], states: Vec<(String, Vec<Instance>)>, views: &[View], effects: &Value) -> Edited {
    let mut sources = Sources::default();
    let texts = files.iter().map(|(path, text)| SourceText { path: (*path).to_owned(), text: (*text).to_owned() });
    assert_eq!(sources.add(texts), []);
    let (join, _) = Join::new(&sources, states);
    edited(&plan(effects), views, &sources, &join)
}

/// A database that is public and has no standby; both are to change.
fn database(files: &[(&str, &str)]) -> Edited {
    let live = json!({"DBInstanceIdentifier": "erp", "PubliclyAccessible": true, "BackupRetentionPeriod": 3});
    let edits = json!([
        {"path": "/configuration/PubliclyAccessible", "before": true, "after": false},
        {"path": "/configuration/BackupRetentionPeriod", "before": 3, "after": 7},
    ]);
    let states = state(&[(None, "aws_db_instance", json!({"arn": DB, "identifier": "erp"}))]);
    let views = [view("AWS::RDS::DBInstance", "erp", DB, &live)];
    run(files, states, &views, &json!([amended("AWS::RDS::DBInstance", DB, &edits)]))
}

fn after(edited: &Edited) -> &str {
    let [file] = edited.files.as_slice() else { panic!("{}", edited.text()) };
    &file.after
}

#[test]
fn a_literal_is_replaced_and_what_is_missing_stands_in_the_column_of_its_neighbours() {
    let text = "# The database.\nresource \"aws_db_instance\" \"this\" {\n  identifier          = \"erp\" # its name\n  publicly_accessible = true  // for now\n\n  tags = {\n    a = 1\n  }\n}\n";
    let edited = database(&[("main.tf", text)]);
    insta::assert_snapshot!(edited.text(), @r#"
    --- a/main.tf
    +++ b/main.tf
    @@ -1,7 +1,8 @@
     # The database.
     resource "aws_db_instance" "this" {
       identifier          = "erp" # its name
    -  publicly_accessible = true  // for now
    +  publicly_accessible = false  // for now
    +  backup_retention_period = 7
     
       tags = {
         a = 1
    "#);
    // The second time there is nothing to write.
    assert_eq!(database(&[("main.tf", after(&edited))]), Edited::default());
}

#[test]
fn line_ends_of_windows_stay_and_so_does_all_else() {
    let text = "resource \"aws_db_instance\" \"this\" {\r\n\tidentifier = \"erp\"\r\n\tpublicly_accessible=true\r\n\tusername = <<-EOT\r\n\t\tx\r\n\tEOT\r\n}\r\n";
    let edited = database(&[("main.tf", text)]);
    let expected =
        text.replace("publicly_accessible=true\r\n", "publicly_accessible=false\r\n\tbackup_retention_period = 7\r\n");
    assert_eq!(after(&edited), expected);
    assert_eq!(database(&[("main.tf", &expected)]), Edited::default());
}

#[test]
fn a_variable_and_a_local_are_followed_to_where_they_are_set() {
    let module = "variable \"public\" {\n  type = bool\n}\nresource \"aws_db_instance\" \"this\" {\n  identifier = \"erp\"\n  publicly_accessible = var.public\n  backup_retention_period = local.days\n}\nlocals {\n  days = 3\n}\n";
    let root =
        "variable \"open\" {\n  default = true\n}\nmodule \"db\" {\n  source = \"./db\"\n  public = var.open\n}\n";
    let live = json!({"DBInstanceIdentifier": "erp", "PubliclyAccessible": true, "BackupRetentionPeriod": 3});
    let edits = json!([
        {"path": "/configuration/PubliclyAccessible", "before": true, "after": false},
        {"path": "/configuration/BackupRetentionPeriod", "before": 3, "after": 7},
    ]);
    let views = [view("AWS::RDS::DBInstance", "erp", DB, &live)];
    let effects = json!([amended("AWS::RDS::DBInstance", DB, &edits)]);
    let files = [("db/main.tf", module), ("main.tf", root), ("terraform.tfvars", "open = true\n")];
    // Without a state, the name leads to it.
    let edited = run(&files, Vec::new(), &views, &effects);
    assert_eq!(edited.files, []);
    insta::assert_snapshot!(edited.text(), @r"
    # Not written, and why:
    # - c1 module.db.aws_db_instance.this publicly_accessible: its value is set elsewhere
    #     db/main.tf:1:1: var.public is declared
    #     main.tf:6:3: module.db gives public
    #     main.tf:1:1: var.open is declared
    #     terraform.tfvars:1:1: open is set
    # - c1 module.db.aws_db_instance.this backup_retention_period: its value is set elsewhere
    #     db/main.tf:10:3: local.days
    ");
}

const SUBNETS: &str = "resource \"aws_subnet\" \"this\" {\n  for_each = toset([\"a\", \"b\"])\n\n  cidr_block              = each.key\n  map_public_ip_on_launch = true\n}\n";

fn subnets(open: &[&str], mended: &[&str]) -> Edited {
    let id = |key: &str| format!("subnet-0123456789{key}");
    let arn = |key: &str| format!("arn:aws:ec2:us-east-1:123456789012:subnet/{}", id(key));
    let declared: Vec<_> = ["a", "b"].iter().map(|key| (Some(*key), "aws_subnet", json!({"id": id(key)}))).collect();
    let live = |key: &&str| {
        let configuration = json!({"MapPublicIpOnLaunch": open.contains(key)});
        view("AWS::EC2::Subnet", &id(key), &arn(key), &configuration)
    };
    let views: Vec<View> = ["a", "b"].iter().map(live).collect();
    let edit = json!([{"path": "/configuration/MapPublicIpOnLaunch", "before": true, "after": false}]);
    let effects: Vec<Value> = mended.iter().map(|key| amended("AWS::EC2::Subnet", &arn(key), &edit)).collect();
    run(&[("main.tf", SUBNETS)], state(&declared), &views, &json!(effects))
}

#[test]
fn what_several_instances_share_changes_only_for_all_of_them() {
    let wanted = SUBNETS.replace("launch = true", "launch = false");
    assert_eq!(after(&subnets(&["a", "b"], &["a", "b"])), wanted, "both ask for it");
    assert_eq!(after(&subnets(&["a"], &["a"])), wanted, "the other one is so already");
    let one = subnets(&["a", "b"], &["a"]);
    assert_eq!(one.files, []);
    insta::assert_snapshot!(one.text(), @r#"
    # Not written, and why:
    # - c1 aws_subnet.this["a"] map_public_ip_on_launch: the block stands for 2 instances, and 1 of them is to change so
    #     main.tf:2:3: for_each makes the instances
    "#);
}

const CDN: &str = "arn:aws:cloudfront::123456789012:distribution/E1";

fn distribution(text: &str, edits: &Value) -> Edited {
    let item = |pattern: &str, compress: bool| json!({"PathPattern": pattern, "Compress": compress});
    let live = json!({"DistributionConfig": {"CacheBehaviors": {"Items": [item("/v1/*", true), item("/api/*", false)]},
        "CustomErrorResponses": {"Items": []},
        "Origins": {"Items": [{"Id": "alb", "CustomHeaders": {"Items": []}}]}}});
    let states = state(&[(None, "aws_cloudfront_distribution", json!({"arn": CDN, "id": "E1"}))]);
    let views = [view("AWS::CloudFront::Distribution", "E1", CDN, &live)];
    run(&[("main.tf", text)], states, &views, &json!([amended("AWS::CloudFront::Distribution", CDN, edits)]))
}

#[test]
fn blocks_are_found_by_what_they_say_and_new_ones_stand_at_the_end() {
    let text = "resource \"aws_cloudfront_distribution\" \"this\" {\n  ordered_cache_behavior {\n    path_pattern = \"/api/*\"\n    compress     = false\n  }\n  ordered_cache_behavior {\n    path_pattern = \"/v1/*\"\n    compress     = true\n  }\n  origin {\n    origin_id = \"alb\"\n  }\n  viewer_certificate {}\n}\n";
    let config = "/configuration/DistributionConfig";
    let edits = json!([
        {"path": format!("{config}/CacheBehaviors/Items/1/Compress"), "before": false, "after": true},
        {"path": format!("{config}/CustomErrorResponses/Items/0"),
            "after": {"ErrorCode": 403, "ResponsePagePath": "/index.html", "ResponseCode": "200", "ErrorCachingMinTTL": 10}},
        {"path": format!("{config}/Origins/Items/0/CustomHeaders/Items/0"),
            "after": {"HeaderName": "X-Forwarded-Proto", "HeaderValue": "https"}},
        {"path": format!("{config}/Origins/Items/0/CustomHeaders/Items/1"),
            "after": {"HeaderName": "X-Secret", "HeaderValue": {"$secret": {}}}},
        {"path": format!("{config}/ViewerCertificate/MinimumProtocolVersion"), "after": "TLSv1.2_2021"},
    ]);
    let edited = distribution(text, &edits);
    insta::assert_snapshot!(edited.text());
    let again = distribution(after(&edited), &edits);
    assert_eq!(again.files, []);
    assert_eq!(again.left, edited.left);
}

#[test]
fn a_dynamic_block_and_one_that_is_not_declared_stay() {
    let text = "resource \"aws_cloudfront_distribution\" \"this\" {\n  dynamic \"ordered_cache_behavior\" {\n    for_each = var.paths\n    content {\n      path_pattern = ordered_cache_behavior.value\n    }\n  }\n}\nvariable \"paths\" {\n  default = [\"/v1/*\"]\n}\n";
    let path = "/configuration/DistributionConfig/CacheBehaviors/Items/1/Compress";
    let edits = json!([{"path": path, "before": false, "after": true}]);
    insta::assert_snapshot!(distribution(text, &edits).text(), @r#"
    # Not written, and why:
    # - c1 aws_cloudfront_distribution.this ordered_cache_behavior[/api/*].compress: the blocks ordered_cache_behavior are dynamic
    #     main.tf:2:3: dynamic "ordered_cache_behavior" makes the blocks
    #     main.tf:9:1: var.paths is declared
    #     main.tf:10:3: var.paths: its default
    "#);
    let bare = "resource \"aws_cloudfront_distribution\" \"this\" {}\n";
    insta::assert_snapshot!(distribution(bare, &edits).text(), @r"
    # Not written, and why:
    # - c1 aws_cloudfront_distribution.this ordered_cache_behavior[/api/*].compress: the block ordered_cache_behavior of /api/* lives and is not declared: the next apply takes it away
    ");
}

#[test]
fn lists_and_documents_change_where_they_differ() {
    let text = "resource \"aws_db_instance\" \"this\" {\n  identifier = \"erp\"\n  enabled_cloudwatch_logs_exports = [\n    \"audit\", # gone\n    \"postgresql\", # kept\n  ]\n}\n";
    let states = state(&[(None, "aws_db_instance", json!({"arn": DB, "identifier": "erp"}))]);
    let live = json!({"EnabledCloudwatchLogsExports": ["audit", "postgresql"]});
    let views = [view("AWS::RDS::DBInstance", "erp", DB, &live)];
    let edit = json!([{"path": "/configuration/EnabledCloudwatchLogsExports", "before": ["audit", "postgresql"],
        "after": ["postgresql", "upgrade"]}]);
    let edited = run(&[("main.tf", text)], states, &views, &json!([amended("AWS::RDS::DBInstance", DB, &edit)]));
    let wanted = "[\n    \"postgresql\",\n    \"upgrade\", # kept\n  ]";
    assert!(after(&edited).contains(wanted), "{}", after(&edited));
}

#[test]
fn what_the_files_say_otherwise_than_lives_waits_for_the_next_apply() {
    let text = "resource \"aws_db_instance\" \"this\" {\n  identifier = \"erp\"\n  publicly_accessible = false\n  backup_retention_period = 30\n}\n";
    let edited = database(&[("main.tf", text)]);
    assert_eq!(edited.files, []);
    insta::assert_snapshot!(edited.text(), @r"
    # Not written, and why:
    # - c1 aws_db_instance.this backup_retention_period: the files say something else than lives: apply them, and plan anew
    #     main.tf:4:3: the file says this
    ");
}

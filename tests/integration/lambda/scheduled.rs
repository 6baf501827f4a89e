//! One account on a schedule: what is written, what is told, and that a second delivery or a kill doubles nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::runtime::Function;
use super::{BUCKET, MINUTES, bucket, objects};
use crate::world::{World, findings};

const NIGHTLY: &str = r#"{"version": "0", "id": "6a2e0d6c-1f6a-4b83-9b3a-0f1c7f0f5f11", "detail-type": "Scheduled Event", "source": "aws.scheduler",
    "account": "123456789012", "time": "2026-11-27T05:17:00Z", "region": "us-east-1",
    "resources": ["arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly"], "detail": "{}"}"#;

const RUN: &str = "6a2e0d6c-1f6a-4b83-9b3a-0f1c7f0f5f11";

/// A topic, a queue that hears it, and Security Hub.
fn listeners(world: &World) -> String {
    bucket(world);
    let topic = world.ask(
        "import boto3, json
topic = boto3.client('sns').create_topic(Name='news')['TopicArn']
queue = boto3.client('sqs').create_queue(QueueName='news')['QueueUrl']
arn = boto3.client('sqs').get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
boto3.client('sns').subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn)
boto3.client('securityhub').enable_security_hub(EnableDefaultStandards=False)
print(json.dumps(topic))",
    );
    topic.as_str().expect("ARN").to_owned()
}

/// The messages since the last look, as SNS hands them to a queue.
fn messages(world: &World) -> Vec<Value> {
    let found = world.ask(
        "import boto3, json
sqs = boto3.client('sqs'); url = sqs.get_queue_url(QueueName='news')['QueueUrl']; found = []
while True:
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get('Messages', [])
    if not got: break
    for one in got:
        found.append(json.loads(one['Body'])); sqs.delete_message(QueueUrl=url, ReceiptHandle=one['ReceiptHandle'])
print(json.dumps(found))",
    );
    found.as_array().expect("messages").clone()
}

/// What Security Hub knows, by id.
fn hub(world: &World) -> Vec<Value> {
    let found = world.ask(
        "import boto3, json
pages = boto3.client('securityhub').get_paginator('get_findings').paginate()
print(json.dumps([f for page in pages for f in page['Findings']], default=str))",
    );
    found.as_array().expect("findings").clone()
}

fn settings(topic: &str) -> Vec<(&'static str, String)> {
    vec![
        ("KONECTA_BUCKET", BUCKET.to_owned()),
        ("KONECTA_PREFIX", "audit".to_owned()),
        ("KONECTA_CONFIG", "ssm:/konecta/audit".to_owned()),
        ("KONECTA_TOPIC", topic.to_owned()),
        ("KONECTA_SECURITY_HUB", "true".to_owned()),
    ]
}

fn start(world: &World, settings: &[(&'static str, String)]) -> Function {
    let config = std::fs::read_to_string(world.told["config"].as_str().expect("config")).expect("config");
    world.somebody_else(&format!(
        "import boto3; boto3.client('ssm').put_parameter(Name='/konecta/audit', Type='String', Value={}, Overwrite=True)",
        json!(config)
    ));
    let borrowed: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Function::start(world, &borrowed)
}

/// All findings of a status in the reports of a run, as `control arn`.
fn reported(objects: &std::collections::BTreeMap<String, (String, Value)>, status: &str) -> Vec<String> {
    let reports = objects.iter().filter(|(key, _)| key.contains("/date=") && key.ends_with(".json"));
    let mut found: Vec<String> = reports.flat_map(|(_, (_, report))| findings(report, status)).collect();
    found.sort();
    found
}

#[test]
fn a_scheduled_scan_is_reported_and_told_once() {
    let world = World::up("drifted");
    let topic = listeners(&world);
    let function = start(&world, &settings(&topic));
    let answer = function.invoke("r-1", NIGHTLY, MINUTES).expect("an answer");
    assert_eq!((&answer["run"], &answer["errors"]), (&json!(RUN), &json!([])), "{answer}");
    // Everything was seen, however bad; that an autoscaler runs cannot be seen through the AWS API, and stays open.
    let targets = answer["targets"].as_array().expect("targets");
    let open: BTreeSet<&String> =
        targets.iter().flat_map(|one| one["unknowns"].as_object().expect("unknowns").keys()).collect();
    assert_eq!(open, BTreeSet::from([&"KA-NG-002".to_owned()]), "{answer}");
    assert_eq!(targets.iter().map(|one| one["gaps"].as_u64().expect("gaps")).sum::<u64>(), 0, "{answer}");

    // What was split into targets is what one scan of the account says.
    let (whole, _) = world.scan(&[]);
    let first = objects(&world);
    for status in ["fail", "unknown", "pass", "not_applicable"] {
        let mut wanted = findings(&whole, status);
        wanted.sort();
        assert_eq!(reported(&first, status), wanted, "{status}");
    }
    let keys: BTreeSet<&str> = first.keys().map(String::as_str).collect();
    for region in ["us-east-1", "global"] {
        let report = format!("audit/account=123456789012/region={region}/date=2026-11-27/{RUN}");
        for ending in ["json", "sarif", "txt"] {
            assert!(keys.contains(format!("{report}.{ending}").as_str()), "{report}.{ending}: {keys:?}");
        }
        assert!(keys.contains(format!("audit/runs/{RUN}/status/123456789012/{region}.json").as_str()));
        assert!(!keys.contains(format!("audit/runs/{RUN}/parts/123456789012/{region}").as_str()));
    }
    let told = messages(&world);
    assert_eq!(told.len(), 2, "one message a target: {told:?}");
    let fails = findings(&whole, "fail").len();
    let known = hub(&world);
    let active = known.iter().filter(|finding| finding["Compliance"]["Status"] == "FAILED").count();
    assert_eq!(active, fails);

    // The same event once more, as EventBridge may deliver it: to this function and to a fresh one.
    let again = function.invoke("r-2", NIGHTLY, MINUTES).expect("an answer");
    assert_eq!(again["targets"], answer["targets"]);
    let fresh = start(&world, &settings(&topic));
    assert_eq!(fresh.invoke("r-3", NIGHTLY, MINUTES).expect("an answer")["targets"], answer["targets"]);
    assert_eq!(objects(&world), first, "nothing was written a second time");
    assert_eq!(messages(&world), Vec::<Value>::new());
    assert_eq!(hub(&world).len(), known.len());

    // Under its name, a run of one control or by another blueprint is another run, and is not taken for this one.
    let narrowed = format!(r#"{{"run": "{RUN}", "controls": ["KA-CF-001"]}}"#);
    let refused = function.invoke("r-3a", &narrowed, MINUTES).expect_err("another request");
    assert_eq!(refused["errorType"], "OtherRun", "{refused}");
    assert_eq!(objects(&world), first, "nothing was written by it");

    // The next night nothing is new, and what was mended meanwhile is passed on as such.
    assert!(findings(&whole, "fail").iter().any(|finding| finding.starts_with("KA-EC2-005 ")), "a label");
    world.somebody_else("import boto3; boto3.client('ec2').enable_ebs_encryption_by_default()");
    let next =
        function.invoke("r-4", r#"{"run": "next", "time": "2026-11-28T05:17:00Z"}"#, MINUTES).expect("an answer");
    assert_eq!(next["errors"], json!([]), "{next}");
    assert_eq!(messages(&world), Vec::<Value>::new());
    let now = hub(&world);
    assert_eq!(now.len(), known.len(), "no finding twice");
    let archived: Vec<&Value> = now.iter().filter(|finding| finding["RecordState"] == "ARCHIVED").collect();
    assert_eq!(archived.len(), 1, "{archived:?}");
    assert_eq!(archived[0]["Compliance"]["Status"], "PASSED", "{archived:?}");
    for line in function.log() {
        assert!(line.get("_aws").is_some() || line["requestId"].is_string(), "{line}");
    }
    for secret in world.told["secrets"].as_array().expect("secrets") {
        let secret = secret.as_str().expect("text");
        assert!(!format!("{:?}", function.log()).contains(secret), "a secret in the log");
        assert!(!format!("{:?}", objects(&world)).contains(secret), "a secret in the bucket");
    }
}

#[test]
fn a_kill_in_the_middle_is_made_good_by_the_retry() {
    let world = World::up("drifted");
    let topic = listeners(&world);
    for after in [1_u64, 3, 6] {
        let function = start(&world, &settings(&topic));
        function.begin("r-1", NIGHTLY, MINUTES);
        std::thread::sleep(Duration::from_secs(after));
        function.kill();
    }
    let function = start(&world, &settings(&topic));
    let answer = function.invoke("r-1", NIGHTLY, MINUTES).expect("an answer");
    assert_eq!(answer["errors"], json!([]), "{answer}");
    let (whole, _) = world.scan(&[]);
    let mut wanted = findings(&whole, "fail");
    wanted.sort();
    assert_eq!(reported(&objects(&world), "fail"), wanted);
    let ids: Vec<String> = hub(&world).iter().map(|finding| finding["Id"].to_string()).collect();
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "no finding twice");
    assert!(messages(&world).len() >= 2, "nobody is left untold");
}

#[test]
fn what_may_be_mended_is_mended_and_journalled_in_s3() {
    let world = World::labelled("good", &["ecr-no-scan", "rds-deletable"]);
    bucket(&world);
    let before = findings(&world.scan(&[]).0, "fail");
    assert_eq!(before.len(), 2, "{before:?}");
    let (mendable, other): (Vec<String>, Vec<String>) =
        before.into_iter().partition(|finding| finding.starts_with("KA-ECR-"));
    let allowed = mendable[0].split(' ').next().expect("a control").to_owned();
    let settings = [
        ("KONECTA_BUCKET", BUCKET.to_owned()),
        ("KONECTA_CONFIG", "ssm:/konecta/audit".to_owned()),
        ("KONECTA_FIX", allowed),
    ];
    // A function that was stopped in the middle of mending left its lock; its time is long over.
    world.somebody_else(&format!(
        "import boto3; boto3.client('s3').put_object(Bucket='{BUCKET}', Key='state/123456789012/lock', Body=b'{{\"holder\": \"run 1\", \"since\": \"2026-11-20T05:17:00Z\", \"until\": \"2026-11-20T05:32:00Z\"}}')"
    ));
    let function = start(&world, &settings);
    let answer = function.invoke("r-1", NIGHTLY, MINUTES).expect("an answer");
    assert_eq!(answer["errors"], json!([]), "{answer} {:?}", function.log());
    assert_eq!(findings(&world.scan(&[]).0, "fail"), other, "what was not allowed is left alone");
    let journals: Vec<String> =
        objects(&world).into_keys().filter(|key| key.starts_with("state/123456789012/")).collect();
    assert!(!journals.iter().any(|key| key.ends_with("/lock")), "{journals:?}");
    let run = journals.iter().find_map(|key| key.strip_prefix("state/123456789012/")?.strip_suffix(".jsonl"));
    let run = run.expect("a journal").to_owned();
    // Anybody with the bucket can check it and take it back.
    let state = format!("s3://{BUCKET}/state");
    let verified = world.command().args(["runs", "verify", &run, "--state", &state]).output().expect("runs");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let back = world.command().args(["rollback", &run, "--yes", "--state", &state]).output().expect("runs");
    assert!(back.status.success(), "{}", String::from_utf8_lossy(&back.stderr));
    assert_eq!(findings(&world.scan(&[]).0, "fail").len(), 2);
}

#[test]
fn a_snapshot_in_s3_is_judged_as_the_account_was() {
    let world = World::up("drifted");
    bucket(&world);
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("text");
    let (whole, _) = world.scan(&["--save-snapshot", path]);
    world.somebody_else(&format!("import boto3; boto3.client('s3').upload_file('{path}', '{BUCKET}', 'monday.snap')"));
    let settings = [("KONECTA_BUCKET", BUCKET.to_owned()), ("KONECTA_CONFIG", "ssm:/konecta/audit".to_owned())];
    let function = start(&world, &settings);
    let event = format!(r#"{{"run": "again", "snapshot": "s3://{BUCKET}/monday.snap"}}"#);
    function.invoke("r-1", &event, MINUTES).expect("an answer");
    let mut wanted = findings(&whole, "fail");
    wanted.sort();
    assert_eq!(reported(&objects(&world), "fail"), wanted);
    let broken = format!(r#"{{"run": "broken", "snapshot": "s3://{BUCKET}/state/nothing"}}"#);
    let failure = function.invoke("r-2", &broken, MINUTES).expect_err("no snapshot");
    assert!(failure["errorMessage"].as_str().is_some_and(|text| text.contains("there is no such object")), "{failure}");
}

#[test]
fn events_that_make_no_sense_fail_with_the_reason() {
    let world = World::up("empty");
    bucket(&world);
    let function = Function::start(&world, &[("KONECTA_BUCKET", BUCKET)]);
    let empty = function.invoke("r-1", "{}", MINUTES).expect("an answer");
    assert_eq!((empty["run"].as_str(), empty["targets"].as_array().map(Vec::len)), (Some("r-1"), Some(2)), "{empty}");
    for (event, reason) in [
        (r#"{"acounts": ["123456789012"]}"#.to_owned(), "unknown field `acounts`"),
        (r#"[1, 2]"#.to_owned(), "the event is not a request"),
        (format!(r#"{{"run": "{}"}}"#, "x".repeat(300_000)), "300010 bytes"),
        (r#"{"accounts": ["210987654321"]}"#.to_owned(), "account 210987654321 is none of KONECTA_ACCOUNTS"),
        (
            r#"{"task": "target", "run": "nobody", "account": "123456789012", "region": "us-east-1"}"#.to_owned(),
            "there is no run `nobody`",
        ),
    ] {
        let failure = function.invoke("r-2", &event, MINUTES).expect_err(reason);
        assert!(failure["errorMessage"].as_str().is_some_and(|text| text.contains(reason)), "{failure}");
    }
    let nowhere = Function::start(&world, &[]);
    let failure = nowhere.invoke("r-3", "{}", MINUTES).expect_err("no bucket");
    assert_eq!(failure["errorType"], "InvalidConfiguration", "{failure}");
}

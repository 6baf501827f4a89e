//! What is told to others, against moto: Security Hub, a topic, a parameter; and the findings against botocore's model.
//!
//! The library takes its credentials and endpoints from the environment of the process. So the test starts itself again in
//! a folder of its own, with the world's environment: [`in_a_folder`] is what a scheduled run does after a target.

use std::path::Path;
use std::process::Command;

use konecta_aws::hub::import_findings;
use konecta_aws::topic::{Notice, publish};
use konecta_aws::{Base, RegionChoice, SessionOptions, parameter};
use konecta_base::blueprint::Blueprint;
use konecta_base::finding::{Finding, Status};
use konecta_base::id::ResourceType;
use konecta_base::reads::reads;
use konecta_base::resource::ResourceRef;
use konecta_base::snapshot::SnapshotFile;
use konecta_base::target::Target;
use konecta_core::audit::Audit;
use konecta_core::changes::Known;
use konecta_core::report::{About, Report, asff, message};
use konecta_rego::catalogue::Catalogue;
use serde_json::{Value, json};

use crate::world::{World, python, root};

const MANY: usize = 250;

fn written(name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(name).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// The report of a target, with so many failing findings as were asked for: the real ones, about further resources.
fn judged(target: &Target, asked: &Value) -> Report {
    let snapshot = SnapshotFile::open(Path::new("world.snap")).and_then(|file| file.load()).expect("a snapshot");
    let catalogue = Catalogue::built_in().expect("catalogue");
    let holds = |account: &_, region: &_, arn: &_| target.holds(account, region, arn);
    let judged = Audit::new(&catalogue, &Blueprint::default(), "test").verdicts_of(&snapshot, &holds);
    let mut report = judged.expect("judged");
    let fails: Vec<Finding> = report.findings.iter().filter(|one| one.status == Status::Fail).cloned().collect();
    let many = usize::try_from(asked["many"].as_u64().unwrap_or_default()).expect("a number");
    for number in 0..many.saturating_sub(fails.len()) {
        let mut finding = fails[number % fails.len()].clone();
        let arn = format!("{}-{number}", finding.resource.arn).parse().expect("an ARN");
        finding.resource = ResourceRef { arn, ..ResourceRef::clone(&finding.resource) }.into();
        report.findings.push(finding);
    }
    for finding in report.findings.iter_mut().filter(|finding| asked["passes"] == finding.control.as_str()) {
        finding.status = Status::Pass;
    }
    report
}

#[tokio::test]
#[ignore = "started by the other tests here, in a folder where `asked.json` says what to do"]
async fn in_a_folder() {
    let Some(asked) = written("asked.json") else { return };
    let of = |key: &str| asked[key].as_str().unwrap_or_default();
    let now = of("now").parse().expect("a time");
    let base = Base::open(&SessionOptions::default()).await.expect("credentials");
    let account = base.account(&RegionChoice::Configured).await.expect("the own account");
    let target = Target { account: account.id().clone(), region: of("region").parse().expect("a region") };
    let report = judged(&target, &asked);
    let known =
        std::fs::read("state.json").map_or_else(|_| Known::default(), |bytes| Known::from_json(&bytes).expect("state"));
    let news = known.compare(&report, of("run"), now);
    let about = About { target: &target, run: of("run"), location: "s3://bucket/key", incomplete: !report.complete() };

    let findings = asff::render(&report, &news, &about, account.partition(), now);
    let findings: Vec<Value> = findings.iter().map(|one| serde_json::to_value(one).expect("JSON")).collect();
    std::fs::write("findings.json", json!(findings).to_string()).expect("written");
    let imported = import_findings(&account, &target.region, &findings).await;
    let message = message::render(&report, &news, &about);
    let notice = Notice { run: of("run"), target: &target, subject: &message.subject, body: &message.body };
    let mut answer = json!({
        "findings": findings.len(),
        "imported": imported.as_ref().map(|imported| imported.accepted).ok(),
        "refused": imported.as_ref().map(|imported| imported.failed.len()).ok(),
        "error": imported.err().map(|error| format!("{error}; {}", error.hint())),
        "new": news.new.len(), "gone": news.gone.len(),
        "subject": message.subject, "body": message.body,
    });
    if !of("topic").is_empty() {
        answer["published"] = publish(base.sdk(), of("topic"), &notice).await.expect("published").into();
        answer["parameter"] = parameter::parameter(base.sdk(), "/konecta/config").await.expect("a parameter").into();
    }
    std::fs::write("answer.json", answer.to_string()).expect("written");
    std::fs::write("state.json", news.next.to_json().expect("state")).expect("written");
}

/// A folder with a snapshot of the world in it.
struct RunTest {
    world: World,
    folder: tempfile::TempDir,
}

impl RunTest {
    fn over(world: World) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("world.snap");
        world.scan(&["--save-snapshot", file.to_str().expect("UTF-8")]);
        assert!(file.exists(), "the scan saved no snapshot");
        Self { world, folder }
    }

    /// One run: this test once more, with the world's environment.
    fn run(&self, asked: &Value) -> Value {
        let at = |name: &str| self.folder.path().join(name);
        std::fs::write(at("asked.json"), asked.to_string()).expect("written");
        let _ = std::fs::remove_file(at("answer.json"));
        let mut command = Command::new(std::env::current_exe().expect("this binary"));
        command.args(["--exact", "told::in_a_folder", "--ignored", "--nocapture"]).current_dir(self.folder.path());
        command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent");
        for (name, value) in self.world.told["env"].as_object().expect("env") {
            command.env(name, value.as_str().expect("text"));
        }
        let output = command.output().expect("starts");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{out}\n{err}");
        let text = std::fs::read_to_string(at("answer.json")).unwrap_or_else(|_| panic!("no answer: {out}\n{err}"));
        serde_json::from_str(&text).expect("JSON")
    }

    /// What botocore says of the findings that were sent last.
    fn validate(&self) {
        self.world.somebody_else(&format!(
            "import sys; sys.argv = ['asff.py', {:?}]; exec(open({:?}).read())",
            self.folder.path().join("findings.json").display().to_string(),
            root().join("tests/integration/told/asff.py").display().to_string()
        ));
    }
}

/// What the hub has, by a few words of Python about `found` and `by_id`.
fn hub(world: &World, region: &str, check: &str) {
    world.somebody_else(&format!(
        "import boto3\nhub = boto3.client('securityhub', region_name='{region}')\n\
         found = [f for page in hub.get_paginator('get_findings').paginate() for f in page['Findings']]\n\
         by_id = {{f['Id']: f for f in found}}\nassert len(by_id) == len(found), 'twice'\n{check}"
    ));
}

#[test]
fn findings_and_messages_arrive_once_and_what_is_mended_is_archived() {
    let bench = RunTest::over(World::up("drifted"));
    bench.world.somebody_else(
        "import boto3, json\n\
         boto3.client('securityhub', region_name='us-east-1').enable_security_hub()\n\
         sns, sqs = boto3.client('sns', region_name='us-east-1'), boto3.client('sqs', region_name='us-east-1')\n\
         topic = sns.create_topic(Name='findings')['TopicArn']\n\
         queue = sqs.create_queue(QueueName='told')['QueueUrl']\n\
         arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']\n\
         sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn)\n\
         boto3.client('ssm', region_name='us-east-1').put_parameter(Name='/konecta/config', Value='[rds]', Type='SecureString')",
    );
    let account = bench.world.told["account"].as_str().expect("account").to_owned();
    let topic = format!("arn:aws:sns:us-east-1:{account}:findings");
    let ask =
        |run: &str, now: &str| json!({"run": run, "now": now, "region": "us-east-1", "many": MANY, "topic": topic});

    let first = bench.run(&ask("one", "2026-11-27T03:00:00Z"));
    bench.validate();
    assert_eq!((&first["new"], &first["gone"], &first["refused"]), (&json!(MANY), &json!(0), &json!(0)), "{first}");
    assert_eq!(first["imported"], first["findings"], "{first}");
    assert_eq!(first["parameter"], "[rds]");
    let sent = first["findings"].as_u64().expect("a number");
    let fails = "len([f for f in found if f['Compliance']['Status'] == 'FAILED'])";
    hub(&bench.world, "us-east-1", &format!("assert len(found) == {sent}\nassert {fails} == {MANY}"));

    // The same again, as after a run that was killed before it could write the state.
    std::fs::remove_file(bench.folder.path().join("state.json")).expect("the state");
    let again = bench.run(&ask("one", "2026-11-27T03:00:00Z"));
    assert_eq!(again["imported"], first["findings"]);
    assert_eq!((&again["subject"], &again["body"]), (&first["subject"], &first["body"]));
    hub(&bench.world, "us-east-1", &format!("assert len(found) == {sent}"));

    // A person sets one aside; one control is mended.
    hub(
        &bench.world,
        "us-east-1",
        "one = found[0]\nassert 'Workflow' not in one\nassert one['CreatedAt'] == '2026-11-27T03:00:00Z', one",
    );
    let mut mended = ask("two", "2026-11-28T03:00:00Z");
    mended["passes"] = "KA-RDS-001".into();
    let second = bench.run(&mended);
    bench.validate();
    let gone = second["gone"].as_u64().expect("a number");
    assert!(gone > 0, "{second}");
    assert_eq!((&second["new"], &second["findings"]), (&json!(0), &first["findings"]), "{second}");
    hub(
        &bench.world,
        "us-east-1",
        &format!(
            "assert len(found) == {sent}\n\
             archived = [f for f in found if f['RecordState'] == 'ARCHIVED']\nassert len(archived) == {gone}, len(archived)\n\
             assert all(f['Compliance']['Status'] == 'PASSED' and f['GeneratorId'] == 'konecta-audit/KA-RDS-001' for f in archived)\n\
             assert all(f['CreatedAt'] == '2026-11-27T03:00:00Z' and f['UpdatedAt'] == '2026-11-28T03:00:00Z' for f in found)"
        ),
    );

    // The topic took a message a run; the queue behind it has them.
    let (folder, path) = (bench.folder.path(), bench.folder.path().join("first.json"));
    std::fs::write(&path, first.to_string()).expect("written");
    assert!(folder.exists());
    bench.world.somebody_else(&format!(
        "import boto3, json\nfirst = json.load(open({:?}))\n\
         sqs = boto3.client('sqs', region_name='us-east-1')\n\
         url = sqs.get_queue_url(QueueName='told')['QueueUrl']\nheard = []\n\
         while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get('Messages'):\n\
         \theard += [json.loads(m['Body']) for m in got]\n\
         \tfor m in got: sqs.delete_message(QueueUrl=url, ReceiptHandle=m['ReceiptHandle'])\n\
         told = [m for m in heard if m['Subject'] == first['subject'] and m['Message'] == first['body']]\n\
         assert len(told) == 2 and len(heard) == 3, [m['Subject'] for m in heard]\n\
         assert any(m['MessageId'] == first['published'] for m in told)",
        path.display().to_string()
    ));
}

/// From the command line: what the scan before told, and this one does not find any more, is archived.
#[test]
fn a_scan_pushes_its_findings_and_archives_what_was_mended() {
    let bench = crate::mended::TestAccount::over(World::labelled("good", &["rds-deletable"]));
    let state = bench.path("state");
    let scan = |more: &[&str]| {
        let state = state.to_str().expect("a path");
        bench.run(&[&["scan", "--push-security-hub", "--control", "KA-RDS-007", "--state-dir", state], more].concat())
    };
    let mut deaf = bench.command(&["scan", "--push-security-hub", "--control", "KA-RDS-007", "--max-attempts", "1"]);
    let refused = crate::mended::ended(deaf.env("AWS_ENDPOINT_URL_SECURITYHUB", "http://127.0.0.1:1"));
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.out.contains("KA-RDS-007"), "the table is there all the same: {refused:?}");
    assert!(refused.err.contains("Security Hub has not got all findings"), "{refused:?}");
    assert!(refused.err.contains("Without --state-dir nothing"), "{refused:?}");

    bench.world.somebody_else("import boto3; boto3.client('securityhub').enable_security_hub()");
    let told = scan(&[]);
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.err.contains("us-east-1: 1 findings taken"), "{told:?}");
    let one = "assert len(found) == 1, found\nassert found[0]['GeneratorId'] == 'konecta-audit/KA-RDS-007'\n";
    hub(&bench.world, "us-east-1", &format!("{one}assert found[0]['RecordState'] == 'ACTIVE'"));

    let fixed = bench.run(&["fix", "--yes", "--only", "KA-RDS-007"]);
    assert_eq!(fixed.code, Some(0), "{fixed:?}");
    let mended = scan(&["--exit-zero"]);
    assert_eq!(mended.code, Some(0), "{mended:?}");
    let archived =
        "assert (found[0]['RecordState'], found[0]['Compliance']['Status']) == ('ARCHIVED', 'PASSED'), found";
    hub(&bench.world, "us-east-1", &format!("{one}{archived}"));
}

#[test]
fn what_belongs_to_no_region_goes_to_one_hub() {
    let bench = RunTest::over(World::up("drifted"));
    bench
        .world
        .somebody_else("import boto3; boto3.client('securityhub', region_name='us-east-1').enable_security_hub()");
    let told = bench.run(&json!({"run": "one", "now": "2026-11-27T03:00:00Z", "region": "global"}));
    bench.validate();
    assert!(told["imported"].as_u64().is_some_and(|imported| imported > 5), "{told}");
    assert_eq!(told["imported"], told["findings"]);
    hub(
        &bench.world,
        "us-east-1",
        "assert {r['Region'] for f in found for r in f['Resources']} == {'us-east-1'}\n\
         assert any(r['Type'] == 'AwsCloudFrontDistribution' for f in found for r in f['Resources'])",
    );
}

/// Every type that a scan lists has the name that the format has for it, and no other.
#[test]
fn the_types_are_those_of_the_format() {
    let types: Vec<&str> = reads().iter().flat_map(|(_, read)| &read.lists).map(ResourceType::as_str).collect();
    let kinds: Value = types.iter().map(|name| ((*name).to_owned(), json!(asff::kind(name)))).collect();
    let code = "import botocore.session, json, sys\n\
        model = botocore.session.get_session().get_service_model('securityhub')\n\
        known = {name.lower(): name for name in model.shape_for('ResourceDetails').members}\n\
        wrong = {}\n\
        for ours, theirs in json.loads(sys.argv[1]).items():\n\
        \tlike = known.get(ours.replace('::', '').lower())\n\
        \tif theirs != like and (like or theirs.lower() not in known and theirs != 'Other'): wrong[ours] = theirs\n\
        assert not wrong, wrong\n\
        print(len([k for k in json.loads(sys.argv[1]).values() if k != 'Other']))";
    let output = Command::new(python()).args(["-c", code, &kinds.to_string()]).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let named: usize = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number");
    assert!(named >= 20, "{named} of {} types have a name", types.len());
}

//! `deploy/` is what the program says: the roles' statements are those of `konecta-audit permissions`, and nothing else is
//! granted; the state machine does what its definition promises where ministack cannot show it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::world::{program, python, report, root};

#[expect(clippy::wildcard_enum_match_arm, reason = "what is not known fails the test, or is taken as it is")]
mod iam;
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not known fails the test, or is taken as it is")]
mod module;
mod roles;
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not known fails the test, or is taken as it is")]
mod template;

/// Where it is deployed, and what CloudFormation and Terraform would call the things.
#[derive(Debug, Clone)]
struct Site {
    name: String,
    partition: String,
    region: String,
    account: String,
    bucket: String,
}

impl Site {
    fn new(partition: &str, region: &str) -> Self {
        let own = str::to_owned;
        let (partition, region) = (own(partition), own(region));
        Self { name: own("konecta-audit"), partition, region, account: own("111111111111"), bucket: own("reports") }
    }

    fn arn(&self, service: &str, region: &str, account: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{region}:{account}:{rest}", self.partition)
    }

    fn here(&self, service: &str, rest: &str) -> String {
        self.arn(service, &self.region, &self.account, rest)
    }

    fn topic(&self) -> String {
        self.here("sns", "told")
    }

    fn queue(&self) -> String {
        self.here("sqs", "dead-letters")
    }

    fn machine(&self) -> String {
        self.here("states", &format!("stateMachine:{}", self.name))
    }

    fn function(&self, name: &str) -> String {
        self.here("lambda", &format!("function:{name}"))
    }

    fn log(&self, group: &str) -> String {
        self.here("logs", &format!("log-group:{group}"))
    }
}

/// The statements that the program prints; asked once for the same arguments.
fn statements(arguments: &[&str]) -> Vec<Value> {
    static PRINTED: LazyLock<Mutex<BTreeMap<String, Vec<Value>>>> = LazyLock::new(Mutex::default);
    let mut printed = PRINTED.lock().unwrap_or_else(PoisonError::into_inner);
    printed.entry(arguments.join(" ")).or_insert_with(|| asked(arguments)).clone()
}

fn asked(arguments: &[&str]) -> Vec<Value> {
    let output = program().arg("permissions").args(arguments).output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    report(&output)["Statement"].as_array().expect("statements").clone()
}

fn actions(statements: &[Value]) -> BTreeSet<String> {
    let all = statements.iter().flat_map(|statement| statement["Action"].as_array().expect("actions"));
    all.map(|action| action.as_str().expect("text").to_owned()).collect()
}

fn template(name: &str) -> String {
    std::fs::read_to_string(root().join("deploy/cloudformation").join(name)).expect("template")
}

/// One resource of a template: from its name to the next one.
fn resource<'a>(template: &'a str, name: &str) -> &'a str {
    let begin = template.find(&format!("\n  {name}:\n")).unwrap_or_else(|| panic!("no {name}")) + 1;
    let text = &template[begin..];
    let next = |line: &str| line.starts_with("  ") && !line.starts_with("   ") && line.trim_end().ends_with(':');
    let end: usize =
        text.lines().enumerate().take_while(|(at, line)| *at == 0 || !next(line)).map(|(_, line)| line.len() + 1).sum();
    &text[..end.min(text.len())]
}

/// Everything in a text that has the form of an IAM action; `aws:` begins the keys of conditions.
fn granted(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| c.is_whitespace() || "[],\"'".contains(c));
    let is_action = |word: &&str| {
        word.split_once(':').is_some_and(|(service, name)| {
            service.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                && !service.is_empty()
                && service != "aws"
                && name.chars().next().is_some_and(|c| c.is_ascii_uppercase())
                && name.chars().all(|c| c.is_ascii_alphanumeric())
        })
    };
    words.filter(is_action).map(str::to_owned).collect()
}

#[test]
fn what_has_its_source_elsewhere_is_as_it_is_there() {
    let output = Command::new(python())
        .arg(root().join("tools/deploy_templates.py"))
        .args(["--check", env!("CARGO_BIN_EXE_konecta-audit")])
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "run `make templates`:\n{said}");
}

#[test]
fn the_scan_roles_hold_the_reads_and_what_the_function_needs_and_nothing_else() {
    let scan = actions(&statements(&["--all-regions"]));
    let lambda = actions(&statements(&["--lambda"]));
    let stack = template("konecta-audit.yaml");
    assert_eq!(granted(resource(&stack, "ScanPolicy")), scan);
    let role = granted(resource(&stack, "ScanRole"));
    // The lock is the fix function's; it is removed like a part, by another statement of the same action.
    let own = ["logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"];
    let needed: BTreeSet<String> = lambda.difference(&scan).cloned().chain(own.map(str::to_owned)).collect();
    assert_eq!(role, needed.into_iter().chain(["sts:AssumeRole".to_owned()]).collect());

    let member = template("member.yaml");
    let mut expected = scan;
    expected.insert("securityhub:BatchImportFindings".to_owned());
    assert_eq!(granted(resource(&member, "ScanPolicy")), expected);
    assert_eq!(granted(resource(&member, "ScanRole")), BTreeSet::from(["sts:AssumeRole".to_owned()]));
}

#[test]
fn what_changes_something_is_in_the_fix_roles_only() {
    let scan = actions(&statements(&["--all-regions"]));
    let changes: BTreeSet<String> =
        actions(&statements(&["--all-regions", "--fix"])).difference(&scan).cloned().collect();
    assert!(changes.contains("ec2:RevokeSecurityGroupIngress"), "{changes:?}");
    for name in ["konecta-audit.yaml", "member.yaml"] {
        let text = template(name);
        let fix = resource(&text, "FixRole");
        assert!(fix.contains("Condition: Fixes"), "{name}: it is there although nothing is to be fixed");
        assert!(granted(fix).is_superset(&changes), "{name}");
        // The state machine's role delivers its own log, in words that a remedy for distributions uses, too.
        let machine = if text.contains("\n  MachineRole:\n") { resource(&text, "MachineRole") } else { "" };
        let rest = granted(&text.replace(fix, "").replace(machine, ""));
        let stray: Vec<&String> = rest.intersection(&changes).collect();
        assert_eq!(stray, Vec::<&String>::new(), "{name}: outside the fix role");
    }
}

#[test]
fn terraform_has_the_same_policies() {
    let policy = |name: &str| -> Value {
        let path = root().join("deploy/terraform/policies").join(name);
        serde_json::from_str(&std::fs::read_to_string(path).expect("policy")).expect("JSON")
    };
    let without = |arguments: &[&str], known: &[Value]| -> Vec<Value> {
        statements(arguments).into_iter().filter(|statement| !known.contains(statement)).collect()
    };
    let scan = statements(&["--all-regions"]);
    let whole = |statements: &[Value]| json!({"Version": "2012-10-17", "Statement": statements});
    assert_eq!(policy("scan.json"), whole(&scan));
    assert_eq!(policy("fix.json"), whole(&without(&["--lambda", "--fix"], &statements(&["--lambda"]))));
    assert_eq!(policy("function.json"), whole(&without(&["--lambda"], &scan)));
}

/// moto writes what the ResultWriter says, and answers for the function in order: so the plan may take two turns.
#[test]
fn the_machine_asks_until_it_is_planned_and_has_the_results_written() {
    let output = Command::new(python()).arg(root().join("tests/emulator/results.py")).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = report(&output);
    assert_eq!(told["status"], "SUCCEEDED", "{told}");
    assert_eq!(told["output"]["expected"], 4, "{told}");
    let written = told["written"].as_object().expect("objects");
    let (key, manifest) = written.iter().next().expect("a manifest");
    assert!(key.starts_with("audit/map/") && key.ends_with("/manifest.json"), "{key}");
    assert_eq!(manifest["DestinationBucket"], "reports");
}

#[test]
fn of_the_organization_the_function_asks_what_the_program_asks() {
    let find = |arguments: &[&str]| {
        let named = |statement: &Value| statement["Sid"] == "KonectaAuditOrganization";
        statements(arguments).into_iter().find(named).expect("a statement")["Action"].clone()
    };
    assert_eq!(find(&["--lambda"]), find(&["--organization"]));
}

//! `scan --terraform`, `scan --plan` and `drift` as a person runs them: on a repository with the stack's Terraform, its state and the drifted world.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use konecta_base::snapshot::SnapshotFile;
use serde_json::Value;

use crate::world::{program, root};

/// A repository with a copy of `fixtures/terraform/konecta` in the folder `infra`.
fn repository(name: &str) -> PathBuf {
    let repository = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("terraform-{name}"));
    // What an earlier run left, if there was one.
    let _ = std::fs::remove_dir_all(&repository);
    std::fs::create_dir_all(&repository).expect("folder");
    let git = Command::new("git").args(["init", "--quiet"]).arg(&repository).status().expect("git");
    assert!(git.success(), "git init");
    copy(&root().join("fixtures/terraform/konecta"), &repository.join("infra"));
    repository
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("folder");
    for entry in std::fs::read_dir(from).expect("folder") {
        let entry = entry.expect("entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("copy");
        }
    }
}

fn scan(repository: &Path, arguments: &[&str]) -> Output {
    let mut command = program();
    command.current_dir(repository).args(["scan", "--exit-zero", "--snapshot", "infra/drifted.snap"]);
    command.args(arguments).output().expect("runs")
}

fn said(output: &Output) -> String {
    format!("exit {:?}: {}", output.status.code(), String::from_utf8_lossy(&output.stderr))
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{}", said(output)))
}

/// The result of a control on a resource whose ARN ends so.
fn result<'a>(sarif: &'a Value, control: &str, end: &str) -> &'a Value {
    let runs = sarif["runs"].as_array().expect("runs");
    let results = runs.iter().flat_map(|run| run["results"].as_array().expect("results"));
    let names = |result: &Value| {
        result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].as_str().map(str::to_owned)
    };
    let mut fitting =
        results.filter(|result| result["ruleId"] == control && names(result).is_some_and(|name| name.ends_with(end)));
    fitting.next().unwrap_or_else(|| panic!("no result of {control} on {end}"))
}

fn at(place: &Value) -> String {
    let place = &place["physicalLocation"];
    let uri = place["artifactLocation"]["uri"].as_str().unwrap_or_default();
    format!("{uri}:{}:{}", place["region"]["startLine"], place["region"]["startColumn"])
}

const STATE: [&str; 4] = ["--terraform", "infra", "--tfstate", "infra/terraform.tfstate"];

#[test]
fn sarif_and_gitlab_point_at_the_lines_of_terraform() {
    let repository = repository("lines");
    let output = scan(&repository, &[&STATE[..], &["--format", "sarif"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let sarif = json(&output);
    let schema = root().join("crates/konecta-core/src/report/sarif/testdata/sarif-2.1.0.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).expect("schema")).expect("JSON");
    let schema = jsonschema::draft202012::options().build(&schema).expect("a schema");
    assert_eq!(schema.iter_errors(&sarif).map(|error| error.to_string()).collect::<Vec<_>>(), Vec::<String>::new());

    let database = result(&sarif, "KA-RDS-001", "db:konecta-erp-db");
    assert_eq!(at(&database["locations"][0]), "infra/modules/database/main.tf:36:3");
    let related: Vec<String> = database["relatedLocations"].as_array().expect("related").iter().map(at).collect();
    assert_eq!(
        related,
        ["infra/modules/database/main.tf:26:1", "infra/main.tf:48:1"],
        "the block, and the module's call"
    );
    // What nobody declares stands at the first file, for there is no blueprint either.
    let beside = result(&sarif, "KA-ALB-014", "targetgroup/konecta-erp-reports/81285cafc5d9f489");
    assert_eq!(at(&beside["locations"][0]), "infra/account.tf:1:null");

    let output = scan(&repository, &[&STATE[..], &["--format", "gitlab"]].concat());
    let entries = json(&output);
    let entries = entries.as_array().expect("list");
    let here = |entry: &&Value| {
        entry["check_name"] == "KA-RDS-001" && entry["location"]["path"] == "infra/modules/database/main.tf"
    };
    let entry = entries.iter().find(here).expect("the database");
    assert_eq!(entry["location"]["lines"]["begin"], 36);
    assert_eq!(entry["location"]["positions"]["begin"]["column"], 3);
}

/// PowerShell writes what it redirects as UTF-16; a file that is half written is told and left out.
#[test]
fn a_state_of_windows_is_read_and_a_broken_file_is_told() {
    let repository = repository("odd");
    let state = repository.join("infra/terraform.tfstate");
    let text = std::fs::read_to_string(&state).expect("state");
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    std::fs::write(&state, wide).expect("write");
    std::fs::write(
        repository.join("infra/modules/registry/main.tf"),
        "resource \"aws_ecr_repository\" {\n  name = \n}\n",
    )
    .expect("write");
    let output = scan(&repository, &[&STATE[..], &["--format", "sarif"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("warning: infra/modules/registry/main.tf:2:"), "{}", said(&output));
    let sarif = json(&output);
    assert_eq!(
        at(&result(&sarif, "KA-RDS-001", "db:konecta-erp-db")["locations"][0]),
        "infra/modules/database/main.tf:36:3"
    );
    // The module's file is not there: its call is what a person can edit.
    let registry = result(&sarif, "KA-ECR-005", "repository/konecta-erp/auth-service");
    assert_eq!(at(&registry["locations"][0]), "infra/main.tf:56:1");
}

#[test]
fn what_cannot_be_used_is_an_error_that_says_what_to_do() {
    let repository = repository("wrong");
    std::fs::create_dir(repository.join("empty")).expect("folder");
    for (arguments, told) in [
        (&["--terraform", "nowhere"][..], "cannot read nowhere"),
        (&["--terraform", "empty"], "empty: there is no .tf file in it"),
        (&["--terraform", "infra/main.tf"], "infra/main.tf: it is not a folder"),
        (&["--terraform", "infra", "--tfstate", "infra/main.tf"], "infra/main.tf: this is not a Terraform state"),
        (&["--terraform", "infra", "--tfstate", "infra/drifted.snap"], "it is not text, neither UTF-8 nor UTF-16"),
        (&["--tfstate", "infra/terraform.tfstate"], "--terraform <DIR>"),
    ] {
        let output = scan(&repository, &[arguments, &["--format", "sarif"]].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {}", said(&output));
        assert!(said(&output).contains(told), "{arguments:?} {}", said(&output));
    }
}

fn drift(repository: &Path, arguments: &[&str]) -> Output {
    let mut command = program();
    command.current_dir(repository).args(["drift", "--snapshot", "infra/drifted.snap"]);
    command.args(arguments).output().expect("runs")
}

#[test]
fn drift_tells_each_way_of_coming_apart() {
    let repository = repository("drift");
    let output = drift(&repository, &["--tfstate", "infra/terraform.tfstate", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let found = json(&output);
    let items = found["items"].as_array().expect("items");
    let told = |kind: &str, end: &str, argument: Option<&str>| {
        items.iter().any(|item| {
            let names = [&item["resource"], &item["address"]];
            item["kind"] == kind
                && names.iter().any(|name| name.as_str().is_some_and(|name| name.ends_with(end)))
                && argument.is_none_or(|argument| item["argument"] == argument)
        })
    };
    assert!(told("changed_live", "db:konecta-erp-db", Some("multi_az")));
    assert!(told("declared_wrong", "db:konecta-erp-db", Some("publicly_accessible")));
    assert!(told("unmanaged", "repository/konecta-erp/payroll-service", None));
    assert!(told("missing", "aws_flow_log.vpc", None));
    assert!(told("owned", "instance/i-314f5aee8bbc5fc41", None));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("not-the-secret"), "a secret of the state");

    let file = repository.join("drift.txt");
    let output = drift(&repository, &["--tfstate", "infra/terraform.tfstate", "--exit-zero", "--output", "drift.txt"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{}", said(&output));
    let text = std::fs::read_to_string(file).expect("written");
    assert!(text.starts_with("CHANGED LIVE") && text.contains("\nUNMANAGED"), "{text}");

    let output = drift(&repository, &["--tfstate", "infra/terraform.tfstate", "--json", "--control", "KA-RDS-001"]);
    let narrowed = json(&output);
    let narrowed = narrowed["items"].as_array().expect("items");
    let breaks = narrowed.iter().filter_map(|item| item["breaks"].as_array()).flatten();
    assert!(breaks.clone().count() > 0 && breaks.clone().all(|one| one["control"] == "KA-RDS-001"), "{narrowed:#?}");
    let of_kind = |items: &[Value], kind: &str| items.iter().filter(|item| item["kind"] == kind).count();
    assert_eq!(of_kind(narrowed, "unmanaged"), of_kind(items, "unmanaged"), "what is compared is the same");

    let output = drift(&repository, &["--tfstate", "infra/main.tf"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("infra/main.tf: this is not a Terraform state"), "{}", said(&output));
}

/// The attributes that the fixture's state has of a resource.
fn declared(repository: &Path, kind: &str, name: &str) -> Value {
    let state = std::fs::read(repository.join("infra/terraform.tfstate")).expect("a state");
    let state: Value = serde_json::from_slice(&state).expect("JSON");
    let all = state["resources"].as_array().expect("resources").iter().filter(|one| one["type"] == kind);
    let mut attributes =
        all.flat_map(|one| one["instances"].as_array().expect("instances")).map(|one| &one["attributes"]);
    let named = |one: &&Value| one["identifier"] == name || one["id"] == name;
    attributes.find(named).unwrap_or_else(|| panic!("no {kind} {name}")).clone()
}

/// The database's security group in the drifted world, which lets everybody in.
fn database(repository: &Path) -> String {
    let snapshot = SnapshotFile::open(&repository.join("infra/drifted.snap")).and_then(|file| file.load()).expect("it");
    let rules = snapshot.resources.iter().filter(|one| one.resource_type.as_str() == "AWS::EC2::SecurityGroupRule");
    let open = rules.filter_map(|one| serde_json::from_str::<Value>(one.configuration.get()).ok());
    let mut open = open.filter(|rule| rule["Description"] == "everybody" && rule["FromPort"] == 5432);
    open.next().and_then(|rule| rule["GroupId"].as_str().map(str::to_owned)).expect("a group")
}

/// What a pull request breaks fails it; what fails already, and what it mends, does not.
#[test]
fn a_plan_is_judged_by_what_it_would_change() {
    let repository = repository("plan");
    let kind = "aws_db_instance";
    let before = declared(&repository, kind, "konecta-erp-half-logged");
    let mut after = before.clone();
    after["publicly_accessible"] = true.into();
    after["enabled_cloudwatch_logs_exports"] = serde_json::json!(["postgresql", "upgrade"]);
    let change = |address: &str, kind: &str, actions: &[&str], before: &Value, after: &Value, unknown: Value| {
        serde_json::json!({"address": address, "mode": "managed", "type": kind, "name": "this", "change":
            {"actions": actions, "before": before, "after": after, "after_unknown": unknown}})
    };
    let no = serde_json::json!({});
    let plan = |changes: &[Value]| {
        let plan =
            serde_json::json!({"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes});
        std::fs::write(repository.join("tfplan.json"), plan.to_string()).expect("written");
    };
    let run = |more: &[&str]| {
        let mut command = program();
        command.current_dir(&repository).args(["scan", "--snapshot", "infra/drifted.snap", "--plan", "tfplan.json"]);
        command.args(["--control", "KA-RDS-001,KA-RDS-012"]).args(more).output().expect("runs")
    };
    let address = "module.previews.aws_db_instance.this";
    plan(&[change(address, kind, &["update"], &before, &after, no.clone())]);
    let judged = run(&["--format", "json"]);
    assert_eq!(judged.status.code(), Some(1), "{}", said(&judged));
    let report = json(&judged);
    let state = |control: &str| {
        let all = report["findings"].as_array().expect("findings").iter();
        let mut ours = all.filter(|one| {
            let arn = one["resource"]["arn"].as_str().unwrap_or_default();
            one["control"] == control && arn.ends_with("konecta-erp-half-logged")
        });
        let one = ours.next().unwrap_or_else(|| panic!("{control}: {report:#}"));
        (one["status"].clone(), one["baselineState"].clone())
    };
    assert_eq!(state("KA-RDS-001"), ("fail".into(), "new".into()));
    assert_eq!(state("KA-RDS-012"), ("pass".into(), Value::Null));
    let fixed = report["baseline"]["fixed"].as_array().expect("fixed");
    assert!(fixed.iter().any(|one| one["control"] == "KA-RDS-012"), "{:#}", report["baseline"]);

    // The logs alone: nothing new fails. The snapshot has gaps, so that no end is clean.
    after["publicly_accessible"] = false.into();
    plan(&[change(address, kind, &["update"], &before, &after, no.clone())]);
    let judged = run(&[]);
    assert_eq!(judged.status.code(), Some(3), "{}\n{}", said(&judged), String::from_utf8_lossy(&judged.stdout));
    // What fails already, and would fail for one more reason.
    let group = "aws_vpc_security_group_ingress_rule";
    let open = serde_json::json!({"security_group_id": database(&repository), "cidr_ipv4": "198.51.100.0/24",
        "ip_protocol": "tcp", "from_port": 5432, "to_port": 5432});
    plan(&[change("aws_vpc_security_group_ingress_rule.x", group, &["create"], &Value::Null, &open, no.clone())]);
    let mut worse = program();
    worse.current_dir(&repository).args(["scan", "--snapshot", "infra/drifted.snap", "--plan", "tfplan.json"]);
    let judged = worse.args(["--control", "KA-SG-006"]).output().expect("runs");
    assert_eq!(judged.status.code(), Some(1), "{}", said(&judged));
    assert!(said(&judged).contains("worse: KA-SG-006 on"), "{}", said(&judged));
    // Known after apply: no pass. Made anew: named, and no clean end.
    plan(&[change(address, kind, &["update"], &before, &before, serde_json::json!({"publicly_accessible": true}))]);
    let judged = run(&["--format", "json"]);
    assert_eq!(judged.status.code(), Some(3), "{}", said(&judged));
    let all = json(&judged)["findings"].as_array().expect("findings").clone();
    let open = |one: &&Value| one["status"] == "unknown" && one["control"] == "KA-RDS-001";
    assert!(all.iter().filter(open).count() == 1, "{all:#?}");
    plan(&[change("aws_db_instance.new", kind, &["create"], &Value::Null, &after, no)]);
    let judged = run(&[]);
    assert_eq!(judged.status.code(), Some(3), "{}", said(&judged));
    assert!(said(&judged).contains("not judged: aws_db_instance.new: what is made is not judged"), "{}", said(&judged));

    std::fs::write(repository.join("tfplan.json"), "{}").expect("written");
    let refused = run(&[]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(
        said(&refused).contains("tfplan.json is not a plan of Terraform: it has no resource_changes"),
        "{}",
        said(&refused)
    );
}

fn fix(repository: &Path, arguments: &[&str]) -> Output {
    let mut command = program();
    command.current_dir(repository).args(["fix", "--snapshot", "infra/drifted.snap", "--allow-disruptive"]);
    command.args(["--emit", "terraform"]).args(arguments).output().expect("runs")
}

/// The diff is what `--write` writes and what `git apply` takes; modes, marks and line ends stay.
#[test]
fn a_plan_is_written_into_the_configuration_and_only_when_asked() {
    use std::os::unix::fs::PermissionsExt as _;

    let repository = repository("write");
    let path = repository.join("infra/modules/database/main.tf");
    let text = std::fs::read_to_string(&path).expect("text").replace('\n', "\r\n");
    std::fs::write(&path, format!("\u{feff}{text}")).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("mode");
    let before = std::fs::read(&path).expect("bytes");
    let shown = fix(&repository, &STATE);
    assert_eq!(shown.status.code(), Some(1), "{}", said(&shown));
    assert!(said(&shown).contains("Nothing was written; --write writes it."), "{}", said(&shown));
    assert_eq!(std::fs::read(&path).expect("bytes"), before);
    let diff = String::from_utf8(shown.stdout.clone()).expect("UTF-8");
    assert!(diff.contains(
        "-  publicly_accessible                 = true\r\n+  publicly_accessible                 = false\r\n"
    ));
    std::fs::write(repository.join("fix.patch"), &shown.stdout).expect("written");
    let mut git = Command::new("git");
    let taken = git.current_dir(&repository).args(["apply", "--check", "fix.patch"]).output().expect("git");
    assert!(taken.status.success(), "{}", said(&taken));

    let written = fix(&repository, &[&STATE[..], &["--write"]].concat());
    assert_eq!(written.status.code(), Some(1), "{}", said(&written));
    assert_eq!(written.stdout, shown.stdout, "what is shown is what is written");
    assert!(said(&written).contains("Written: infra/modules/database/main.tf"), "{}", said(&written));
    let after = std::fs::read_to_string(&path).expect("text");
    assert_eq!(std::fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o640);
    assert!(after.starts_with('\u{feff}') && !after.replace("\r\n", "").contains('\n'), "mark and line ends stay");
    let new: Vec<&str> = after.lines().filter(|line| !text.contains(line.trim_start_matches('\u{feff}'))).collect();
    assert_eq!(
        new,
        [
            "    value        = \"1\"",
            "  publicly_accessible                 = false",
            "  backup_retention_period             = 7",
            "  auto_minor_version_upgrade          = true",
        ]
    );

    let again = fix(&repository, &[&STATE[..], &["--write"]].concat());
    assert!(said(&again).contains("There is nothing to write."), "{}", said(&again));
    assert_eq!(std::fs::read_to_string(&path).expect("text"), after);
}

#[test]
fn what_cannot_be_written_is_refused_before_a_byte_is() {
    let repository = repository("refused");
    let path = repository.join("infra/modules/database/main.tf");
    let text = std::fs::read_to_string(&path).expect("text");
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    std::fs::write(&path, &wide).expect("written");
    let account = std::fs::read(repository.join("infra/account.tf")).expect("bytes");
    let refused = fix(&repository, &[&STATE[..], &["--write"]].concat());
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(
        said(&refused).contains("it is UTF-16, and Terraform takes UTF-8 only; nothing was written"),
        "{}",
        said(&refused)
    );
    assert_eq!(std::fs::read(&path).expect("bytes"), wide);
    assert_eq!(std::fs::read(repository.join("infra/account.tf")).expect("bytes"), account);
    let mut other = program();
    other.current_dir(&repository).args([
        "fix",
        "--snapshot",
        "infra/drifted.snap",
        "--emit",
        "aws-cli",
        "--terraform",
        "infra",
    ]);
    let other = other.output().expect("runs");
    assert_eq!(other.status.code(), Some(2), "{}", said(&other));
    assert!(said(&other).contains("only --emit terraform writes into it"), "{}", said(&other));
}

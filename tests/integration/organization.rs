//! `scan --organization` over an organization in moto: whose accounts are entered, read, told; what is not seen is named.
//! One account's role is denied by a proxy.

mod rolled;
mod scripted;
mod split;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::denied::{DeniedWorld, http};
use crate::server::ACCOUNT;
use crate::world::{World, program, report, root};

/// Four accounts besides the own one: two in use, one closed, one whose role is denied. Repositories of two regions in
/// one of them; of the own account's, one is as it should be.
const BUILD: &str = r#"
import boto3, json
organizations = boto3.client("organizations")
organizations.create_organization(FeatureSet="ALL")
top = organizations.list_roots()["Roots"][0]["Id"]
unit = lambda parent, name: organizations.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]["Id"]
workloads = unit(top, "workloads")
inner = unit(workloads, "inner")
empty = unit(top, "empty")
def account(name, parent):
    made = organizations.create_account(AccountName=name, Email=f"{name}@example.com")
    number = made["CreateAccountStatus"]["AccountId"]
    organizations.move_account(AccountId=number, SourceParentId=top, DestinationParentId=parent)
    return number
payroll, vault, sandbox = account("payroll", workloads), account("vault", inner), account("sandbox", top)
organizations.close_account(AccountId=sandbox)
def repository(number, region, name, scanned):
    role = f"arn:aws:iam::{number}:role/build"
    key = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="build")["Credentials"]
    ecr = boto3.client("ecr", region_name=region, aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"], aws_session_token=key["SessionToken"])
    ecr.create_repository(repositoryName=name, imageScanningConfiguration={"scanOnPush": scanned})
repository(payroll, "us-east-1", "wages", True)
repository(payroll, "eu-west-1", "wages", False)
boto3.client("ecr").create_repository(repositoryName="own", imageScanningConfiguration={"scanOnPush": True})
boto3.client("s3").create_bucket(Bucket="konecta-reports")
print(json.dumps({"top": top, "workloads": workloads, "inner": inner, "empty": empty,
    "payroll": payroll, "vault": vault, "sandbox": sandbox}))
"#;

/// The organization, for all tests that do not change it.
struct Organization {
    world: World,
    told: Value,
}

fn organization() -> MutexGuard<'static, Organization> {
    static ORGANIZATION: LazyLock<Mutex<Organization>> = LazyLock::new(|| Mutex::new(Organization::build()));
    ORGANIZATION.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Organization {
    fn build() -> Self {
        let world = World::behind_microburst("empty", &[]);
        let told: Value = serde_json::from_str(&world.somebody_else(BUILD)).expect("JSON");
        let vault = format!("contains(RoleArn, '{}')", told["vault"].as_str().expect("number"));
        let denied =
            json!({"code": "AccessDenied", "status": 403, "message": "not authorized to perform: sts:AssumeRole"});
        let rule = json!([{"service": "sts", "operation": "AssumeRole", "body": vault, "error": denied}]);
        DeniedWorld::rules(world.told["microburst"].as_str().expect("microburst"), &rule);
        Self { world, told }
    }

    fn id(&self, name: &str) -> &str {
        self.told[name].as_str().unwrap_or_else(|| panic!("no {name}"))
    }

    /// A scan by the control that looks at scanning of images, in two regions.
    fn scan(&self, dir: &Path, arguments: &[&str]) -> Output {
        let mut command = self.world.command();
        command.args(["scan", "--organization", "--control", "KA-ECR-002", "--region", "us-east-1,eu-west-1"]);
        command.arg("--output-dir").arg(dir).args(arguments).output().expect("runs")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn said(output: &Output) -> String {
    format!("exit {:?}\n{}\n{}", output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn assert_is_rollup(document: &Value) {
    let schema = read(&root().join("docs/rollup.schema.json"));
    let schema = jsonschema::draft202012::new(&schema).expect("a schema");
    let errors: Vec<String> =
        schema.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
}

/// The accounts that a list of a roll-up names.
fn accounts<'a>(rollup: &'a Value, list: &str) -> Vec<&'a str> {
    let list = rollup[list].as_array().expect("a list");
    list.iter().map(|one| one["account"].as_str().expect("account")).collect()
}

#[test]
fn every_account_is_reported_and_what_was_not_seen_is_on_the_first_line() {
    let organization = organization();
    let (payroll, vault, sandbox) = (organization.id("payroll"), organization.id("vault"), organization.id("sandbox"));
    let dir = tempfile::tempdir().expect("dir");
    let run = dir.path().join("nightly");
    let output = organization.scan(&run, &["--format", "table,json"]);
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(out.starts_with("3 accounts expected, 2 seen, 1 UNSCANNED, 1 suspended\n"), "{}", said(&output));
    assert_eq!(text(&output.stderr), "");

    // One report an account, of that account only.
    for (account, fails) in [(payroll, 1), (ACCOUNT, 0)] {
        let told = read(&run.join(format!("account={account}/report.json")));
        assert_eq!(told["scan"]["accounts"], json!([account]));
        assert_eq!(told["scan"]["regions"], json!(["eu-west-1", "us-east-1"]));
        assert_eq!(told["summary"]["byStatus"]["fail"], json!(fails), "{account}");
        let table = std::fs::read_to_string(run.join(format!("account={account}/report.txt"))).expect("table");
        assert!(table.starts_with("konecta-audit ") && table.contains(account), "{table}");
    }
    let told = read(&run.join(format!("account={payroll}/report.json")));
    assert_eq!(
        crate::world::findings(&told, "fail"),
        [format!("KA-ECR-002 arn:aws:ecr:eu-west-1:{payroll}:repository/wages")]
    );
    for account in [vault, sandbox] {
        assert!(!run.join(format!("account={account}")).exists(), "{account} was entered");
    }

    let rollup = read(&run.join("rollup.json"));
    assert_is_rollup(&rollup);
    assert_eq!(
        rollup["accounts"],
        json!({"expected": 3, "seen": 2, "inPart": 0, "unscanned": 1, "suspended": 1}),
        "{rollup:#}"
    );
    assert_eq!((accounts(&rollup, "unscanned"), accounts(&rollup, "suspended")), (vec![vault], vec![sandbox]));
    assert_eq!(rollup["suspended"][0]["state"], "SUSPENDED");
    assert_eq!(rollup["unscanned"][0]["name"], "vault");
    let reason = rollup["unscanned"][0]["reason"].as_str().expect("reason");
    assert!(reason.contains("role/konecta-audit-scan cannot be assumed"), "{reason}");
    assert!(reason.contains("sts:AssumeRole") && reason.contains("trust this identity"), "{reason}");
    assert_eq!(rollup["controls"].as_array().expect("controls").len(), 1);
    assert_eq!((&rollup["controls"][0]["fails"], &rollup["controls"][0]["accounts"]), (&json!(1), &json!(1)));
    assert_eq!(rollup["worst"][0]["account"], json!(payroll));
    assert_eq!(rollup["worst"][0]["key"], format!("account={payroll}/report.json"));

    // The same run, put together once more from what was written.
    let again = program().args(["rollup", "--format", "json"]).arg(&run).output().expect("runs");
    assert_eq!((report(&again), again.status.code()), (rollup, Some(1)));
    let again = program().arg("rollup").arg(&run).args(["--exit-zero"]).output().expect("runs");
    assert_eq!((text(&again.stdout), again.status.code()), (out, Some(0)));

    // Another run does not go over it.
    let second = organization.scan(&run, &[]);
    assert_eq!(second.status.code(), Some(2), "{}", said(&second));
    assert!(text(&second.stderr).contains("targets.json exists already"), "{}", said(&second));
}

#[test]
fn units_are_taken_with_all_below_them_and_left_out_as_well() {
    let organization = organization();
    let (top, workloads, inner) = (organization.id("top"), organization.id("workloads"), organization.id("inner"));
    let (payroll, vault) = (organization.id("payroll"), organization.id("vault"));
    let all = BTreeSet::from([ACCOUNT, payroll, vault]);
    for (arguments, expected) in [
        (vec!["--ou", top], all.clone()),
        (vec!["--ou", workloads], BTreeSet::from([payroll, vault])),
        (vec!["--ou", inner, "--ou", workloads], BTreeSet::from([payroll, vault])),
        (vec!["--ou", workloads, "--exclude-ou", inner], BTreeSet::from([payroll])),
        (vec!["--exclude-ou", workloads], BTreeSet::from([ACCOUNT])),
        (vec!["--ou", inner, "--exclude-ou", workloads, "--ou", top], BTreeSet::from([ACCOUNT])),
        (vec!["--account", payroll], BTreeSet::from([payroll])),
    ] {
        let dir = tempfile::tempdir().expect("dir");
        let output = organization.scan(dir.path(), &arguments);
        let targets = read(&dir.path().join("targets.json"));
        let found: BTreeSet<&str> =
            targets.as_array().expect("targets").iter().filter_map(|target| target["account"].as_str()).collect();
        assert_eq!(found, expected, "{arguments:?}: {}", said(&output));
        let seen = expected.len() - usize::from(expected.contains(vault));
        let first = text(&output.stdout).lines().next().map(str::to_owned).unwrap_or_default();
        let noun = if expected.len() == 1 { "account" } else { "accounts" };
        assert!(first.starts_with(&format!("{} {noun} expected, {seen} seen", expected.len())), "{first}");
    }
}

#[test]
fn an_account_that_is_not_ours_is_refused_and_nothing_is_entered() {
    let organization = organization();
    let workloads = organization.id("workloads");
    let (payroll, foreign) = (organization.id("payroll"), "999999999999");
    let named = format!("{payroll},{foreign}");
    for (arguments, words) in [
        (vec!["--account", &named], vec![foreign, "not in the organization", "is not entered"]),
        // Ours, but not in the part that was named.
        (vec!["--ou", workloads, "--account", ACCOUNT], vec![ACCOUNT, "is not entered"]),
        (vec!["--ou", "ou-zzzz-zzzzzzzz"], vec!["no OU `ou-zzzz-zzzzzzzz`", "list-roots"]),
        (vec!["--ou", organization.id("empty")], vec!["no account to be scanned"]),
    ] {
        let dir = tempfile::tempdir().expect("dir");
        let output = organization.scan(dir.path(), &arguments);
        let err = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{arguments:?}: {err}");
        for word in words {
            assert!(err.contains(word), "{arguments:?}: {word} is not in {err}");
        }
        let left = std::fs::read_dir(dir.path()).expect("dir").count();
        assert_eq!(left, 0, "{arguments:?} left something behind");
    }
}

#[test]
fn the_callers_policy_is_the_scans_and_what_the_organization_needs() {
    let policy = |arguments: &[&str]| {
        let output = program().args(["permissions", "--control", "KA-ECR-003"]).args(arguments).output().expect("runs");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        report(&output)
    };
    let statements = policy(&["--organization", "--role-name", "audit/reader"])["Statement"].clone();
    assert_eq!(statements[0], policy(&[])["Statement"][0]);
    assert_eq!(
        statements[1]["Action"],
        json!([
            "organizations:ListAccounts",
            "organizations:ListAccountsForParent",
            "organizations:ListOrganizationalUnitsForParent"
        ])
    );
    assert_eq!(statements[2]["Action"], "sts:AssumeRole");
    assert_eq!(statements[2]["Resource"], "arn:aws:iam::*:role/audit/reader");
}

#[test]
fn what_does_not_go_together_is_told_before_anything_is_asked() {
    for (arguments, word) in [
        (&["scan", "--organization"][..], "--output-dir"),
        (&["scan", "--output-dir", "x"], "--organization"),
        (&["scan", "--ou", "r-1234"], "--organization"),
        (
            &["scan", "--organization", "--output-dir", "x", "--role-arn", "arn:aws:iam::1:role/a"],
            "cannot be used with",
        ),
        (&["scan", "--organization", "--output-dir", "x", "--snapshot", "x"], "cannot be used with"),
        (&["scan", "--organization", "--output-dir", "x", "--save-snapshot", "x"], "cannot be used with"),
        (&["scan", "--organization", "--output-dir", "x", "-o", "x"], "cannot be used with"),
        (&["scan", "--organization", "--output-dir", "x", "--format", "json=x"], "a report for every account"),
        (&["scan", "--organization", "--output-dir", "x", "--concurrency", "0"], "from 1 to 64"),
        (&["scan", "--organization", "--output-dir", "x", "--account", "12"], "`12` is not an AWS account id"),
        (&["scan", "--external-id", "x"], "--role-arn"),
        (&["rollup", "/nosuch"], "has no targets.json"),
        (&["rollup", "s3://A"], "not a place in S3"),
        (&["rollup", "https://bucket/run"], "not a place in S3"),
    ] {
        let output = program().args(arguments).output().expect("runs");
        let err = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(word), "{arguments:?}: {err}");
    }
    // Who may still be entered beside it: the external id goes with either.
    let output = program().args(["scan", "--external-id", "x", "--role-arn", "x"]).output().expect("runs");
    assert!(!text(&output.stderr).contains("required"), "{}", said(&output));
}

/// The fired rules of the proxy: the test above would prove nothing if nobody had been refused.
#[test]
fn the_role_of_the_vault_really_is_denied() {
    let organization = organization();
    let dir = tempfile::tempdir().expect("dir");
    let output = organization.scan(dir.path(), &["--account", organization.id("vault"), "--exit-zero"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let fired = http(organization.world.told["microburst"].as_str().expect("url"), "GET", "/_microburst/fired", "");
    let fired: Vec<Value> = serde_json::from_str(&fired).expect("JSON");
    assert!(!fired.is_empty());
}

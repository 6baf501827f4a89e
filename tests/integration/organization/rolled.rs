//! `konecta-audit rollup` of a run in S3 that has more statuses than S3 lists at once, and of the same run in a folder.

use serde_json::{Value, json};

use super::{accounts, assert_is_rollup, organization, read, said, text};
use crate::world::report;

/// 1,100 targets, of which every hundredth has no status, one has a status that is no JSON, and one the status of another;
/// and a status that nobody expected. In S3 and in a folder.
const BUILD: &str = r#"
import boto3, json, os, pathlib, sys
from concurrent.futures import ThreadPoolExecutor
s3 = boto3.client("s3")
run = pathlib.Path(sys.argv[1])
files = {}
targets = [{"account": f"{number:012}", "region": region} for number in range(550) for region in ("global", "us-east-1")]
files["targets.json"] = json.dumps(targets, indent=1)
files["suspended.json"] = json.dumps([{"account": "888888888888", "name": None, "state": "SUSPENDED"}])
def status(account, region, number):
    fails = 1 if number % 4 == 0 else 0
    return {"account": account, "region": region, "status": "complete", "key": "k", "reason": None,
        "counts": {"pass": 2, "fail": fails}, "failsBySeverity": {"high": fails},
        "fails": {"KA-ECR-002": 1} if fails else {}}
for number, target in enumerate(targets):
    account, region = target["account"], target["region"]
    if number % 100 == 50:
        continue
    files[f"status/{account}/{region}.json"] = json.dumps(status(account, region, number))
files["status/000000000001/global.json"] = "{"
files["status/000000000003/global.json"] = json.dumps(status("000000000004", "global", 1))
files["status/999999999999/global.json"] = json.dumps(status("999999999999", "global", 0))
files["status/readme.txt"] = "nobody's status"
def put(item):
    name, body = item
    path = run / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body)
    s3.put_object(Bucket="konecta-reports", Key=f"audit/runs/nightly/{name}", Body=body)
with ThreadPoolExecutor(8) as pool:
    list(pool.map(put, files.items()))
"#;

#[test]
fn a_run_in_s3_of_several_pages_is_what_the_same_run_in_a_folder_is() {
    let organization = organization();
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().to_str().expect("path");
    organization.world.somebody_else(&format!("import sys; sys.argv = ['', {path:?}]\n{BUILD}"));
    let rollup = |arguments: &[&str]| {
        let output = organization.world.command().arg("rollup").args(arguments).output().expect("runs");
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        output
    };
    let place = "s3://konecta-reports/audit/runs/nightly";
    let mut of_store = report(&rollup(&[place, "--format", "json"]));
    assert_is_rollup(&of_store);
    assert_eq!(of_store["run"], "nightly");
    assert_eq!(
        of_store["targets"],
        json!({"expected": 1100, "complete": 1087, "incomplete": 0, "unscanned": 13, "unexpected": 1})
    );
    assert_eq!(
        of_store["accounts"],
        json!({"expected": 550, "seen": 537, "inPart": 13, "unscanned": 0, "suspended": 1})
    );
    let reasons: Vec<&str> = of_store["unscanned"]
        .as_array()
        .expect("list")
        .iter()
        .filter_map(|one| one["reason"].as_str())
        .filter(|reason| *reason != "no status was written")
        .collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[0].starts_with("its status cannot be read: EOF"), "{reasons:?}");
    assert_eq!(reasons[1], "its status is that of 000000000004 global");
    assert_eq!(accounts(&of_store, "unexpected"), ["999999999999"]);
    // Every fourth target fails, numbered from 0; those without a status are not among them; nor is the unexpected one.
    assert_eq!(of_store["summary"]["failsBySeverity"]["high"], json!(275));
    assert_eq!(of_store["worst"].as_array().map(Vec::len), Some(100));

    let file = dir.path().join("told.json");
    let output = rollup(&[path, "--format", "json", "-o", file.to_str().expect("path")]);
    assert_eq!(text(&output.stdout), "");
    of_store["run"] = Value::Null;
    assert_eq!(read(&file), of_store);
    let told = text(&rollup(&[place]).stdout);
    assert!(told.starts_with("550 accounts expected, 537 seen, 13 in part, 1 suspended\n"), "{told}");

    for (place, word) in
        [("s3://konecta-reports/audit/runs/weekly", "has no targets.json"), ("s3://nosuch", "NoSuchBucket")]
    {
        let output = organization.world.command().args(["rollup", place]).output().expect("runs");
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{}", said(&output));
        assert!(text(&output.stderr).contains(word), "{}", said(&output));
    }
}

//! An organization that says what no emulator says: pages, refusals, answers that are not whole, regions of each account.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;

use super::{accounts, assert_is_rollup, read, said, text};
use crate::server::{ACCOUNT, Reply, Server, assumed_role, identity, repositories, repository, shortest};
use crate::world::program;

const LIST: &str = "organizations:ListAccounts";
const REPOSITORIES: &str = "ecr:DescribeRepositories";

/// A scan of the organization that a scripted server plays, with one account at a time, in the order of their numbers.
fn scripted(server: &Server, dir: &Path, region: &str) -> Output {
    command(server, dir, region).output().expect("runs")
}

fn command(server: &Server, dir: &Path, region: &str) -> Command {
    let mut command: Command = program();
    command.env("AWS_ACCESS_KEY_ID", "AKIDSCRIPTED").env("AWS_SECRET_ACCESS_KEY", "scripted");
    command.args(["scan", "--organization", "--control", "KA-ECR-003", "--max-attempts", "1", "--concurrency", "1"]);
    command.args(["--region", region, "--external-id", "secret-of-ours", "--role-name", "audit/reader"]);
    command.args(["--endpoint-url", &server.url(), "--output-dir"]).arg(dir);
    command
}

#[test]
fn at_the_deadline_an_account_is_told_in_part_and_the_next_is_not_entered() {
    let (first, second) = ("111111111111", "222222222222");
    let members = json!({"Accounts": [{"Id": first, "State": "ACTIVE"}, {"Id": second, "State": "ACTIVE"}]});
    let arn = format!("arn:aws:sts::{first}:assumed-role/reader/konecta-audit");
    let (output, dir) = shortest(|deadline| {
        let server = Server::start();
        server.on(LIST, [Reply::json(&members)]).on("sts:AssumeRole", [assumed_role("ASIAFIRST", &arn)]);
        let own = identity(ACCOUNT, &format!("arn:aws:iam::{ACCOUNT}:user/auditor"));
        server.on("sts:GetCallerIdentity", [own, identity(first, &arn)]);
        let page = repositories(&[repository("us-east-1", "a")], Some("two"));
        server.on(REPOSITORIES, [page, Reply::hang()]);
        let dir = tempfile::tempdir().expect("dir");
        let mut command = command(&server, dir.path(), "us-east-1");
        let output = command.args(["--timeout", "600", "--deadline", deadline]).output().expect("runs");
        ((output, dir), server.requests_for(REPOSITORIES).len() == 2)
    });
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let status = |account: &str| read(&dir.path().join(format!("status/{account}/all.json")));
    assert_eq!(status(first)["gaps"], 1, "{}", status(first));
    assert_eq!(status(second)["status"], "unscanned");
    assert!(status(second)["reason"].as_str().is_some_and(|reason| reason.contains("deadline")));
    let report = read(&dir.path().join(format!("account={first}/report.json")));
    assert_eq!(report["gaps"][0]["error"], "GivenUp");
}

#[test]
fn without_the_list_of_accounts_nothing_is_scanned() {
    let members = json!({"Accounts": [{"Id": ACCOUNT, "State": "ACTIVE"}], "NextToken": "two"});
    let page = || Reply::json(&members);
    for (replies, words) in [
        (
            [page(), Reply::error(LIST, 400, "AccessDeniedException")],
            vec![LIST, "is denied", "permissions --organization"],
        ),
        ([Reply::error(LIST, 400, "AWSOrganizationsNotInUseException"), page()], vec!["not a member", "--role-arn"]),
        ([page(), Reply::error(LIST, 500, "ServiceException")], vec![LIST, "not answered to its end"]),
        // A page that names itself, a page that breaks off, an answer without a list.
        ([page(), page()], vec![LIST, "circle"]),
        ([page(), page().cut()], vec![LIST, "not answered to its end"]),
        ([page(), Reply::json(&json!({}))], vec![LIST, "no list"]),
    ] {
        let server = Server::start();
        server.on(LIST, replies);
        let dir = tempfile::tempdir().expect("dir");
        let output = scripted(&server, dir.path(), "us-east-1");
        let err = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{err}");
        for word in words {
            assert!(err.contains(word), "{word} is not in {err}");
        }
        assert_eq!(server.requests_for("sts:AssumeRole"), [], "an account was entered");
    }
}

#[test]
fn accounts_of_all_pages_are_entered_one_by_one_with_keys_of_their_own() {
    let server = Server::start();
    let member = |id: &str, state: &str| json!({"Id": id, "Name": format!("n{id}"), "State": state});
    let (first, second, third) = ("111111111111", "222222222222", "333333333333");
    server.on(
        LIST,
        [
            Reply::json(&json!({"Accounts": [member(third, "ACTIVE")], "NextToken": "two"})),
            // AWS may send a page with nothing on it.
            Reply::json(&json!({"Accounts": [], "NextToken": "three"})),
            Reply::json(&json!({"Accounts": [
                member(second, "ACTIVE"), member("444444444444", "PENDING_CLOSURE"), {"Id": first, "Status": "ACTIVE"}
            ]})),
        ],
    );
    let arn = |account: &str| format!("arn:aws:sts::{account}:assumed-role/reader/konecta-audit");
    server.on(
        "sts:AssumeRole",
        [
            assumed_role("ASIAFIRST", &arn(first)),
            Reply::error("sts:AssumeRole", 403, "AccessDenied"),
            assumed_role("ASIATHIRD", &arn(third)),
        ],
    );
    // The third role leads into an account that is not the third.
    let own = identity(ACCOUNT, &format!("arn:aws:iam::{ACCOUNT}:user/auditor"));
    server.on("sts:GetCallerIdentity", [own, identity(first, &arn(first)), identity(second, &arn(second))]);
    server.on(REPOSITORIES, [repositories(&[repository("us-east-1", "konecta-erp/hr-service")], None)]);
    let dir = tempfile::tempdir().expect("dir");
    let output = scripted(&server, dir.path(), "us-east-1");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let rollup = read(&dir.path().join("rollup.json"));
    assert_is_rollup(&rollup);
    assert_eq!(
        (accounts(&rollup, "unscanned"), accounts(&rollup, "suspended")),
        (vec![second, third], vec!["444444444444"])
    );
    assert_eq!(rollup["suspended"][0]["state"], "PENDING_CLOSURE");
    let reason = |at: usize| rollup["unscanned"][at]["reason"].as_str().expect("reason").to_owned();
    assert!(
        reason(0).contains("role/audit/reader cannot be assumed") && reason(0).contains("AccessDenied"),
        "{rollup:#}"
    );
    assert!(reason(1).contains(&format!("leads into account {second}")), "{rollup:#}");
    let assumed = server.requests_for("sts:AssumeRole");
    assert!(assumed.iter().all(|request| request.body.contains("ExternalId=secret-of-ours")), "{assumed:#?}");
    let read_by: Vec<String> =
        server.requests_for(REPOSITORIES).into_iter().map(|request| request.access_key).collect();
    assert_eq!(read_by, ["ASIAFIRST"], "only the first account was read, and with its own key");
    // One after the other, as --concurrency 1 says: the second account is entered when the first has been read.
    let order: Vec<String> = server.requests().into_iter().map(|request| request.action).collect();
    let read_first = order.iter().position(|action| action == REPOSITORIES).expect("read");
    let entered: Vec<usize> =
        order.iter().enumerate().filter(|(_, action)| *action == "sts:AssumeRole").map(|(at, _)| at).collect();
    assert!(entered.len() == 3 && entered[0] < read_first && read_first < entered[1], "{order:?}");
    let tokens: Vec<bool> =
        server.requests_for(LIST).iter().map(|request| request.body.contains("\"NextToken\"")).collect();
    assert_eq!(tokens, [false, true, true]);
}

#[test]
fn all_regions_are_those_that_each_account_has_enabled() {
    let server = Server::start();
    let [first, second] = ["111111111111", "222222222222"];
    server.on(
        LIST,
        [Reply::json(&json!({"Accounts": [{"Id": first, "State": "ACTIVE"}, {"Id": second, "State": "ACTIVE"}]}))],
    );
    let arn = |account: &str| format!("arn:aws:sts::{account}:assumed-role/reader/konecta-audit");
    server.on("sts:AssumeRole", [first, second].map(|account| assumed_role("ASIASCRIPTED", &arn(account))));
    let own = identity(ACCOUNT, &format!("arn:aws:iam::{ACCOUNT}:user/auditor"));
    server.on("sts:GetCallerIdentity", [own, identity(first, &arn(first)), identity(second, &arn(second))]);
    let enabled = |names: &[&str]| {
        let items: String = names.iter().map(|name| format!("<item><regionName>{name}</regionName></item>")).collect();
        let answer = format!("<requestId>r</requestId><regionInfo>{items}</regionInfo>");
        Reply::xml(&format!("<DescribeRegionsResponse>{answer}</DescribeRegionsResponse>"))
    };
    server.on("ec2:DescribeRegions", [enabled(&["us-east-1"]), enabled(&["us-east-1", "af-south-1"])]);
    let dir = tempfile::tempdir().expect("dir");
    let output = scripted(&server, dir.path(), "all");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let regions =
        |account: &str| read(&dir.path().join(format!("account={account}/report.json")))["scan"]["regions"].clone();
    assert_eq!((regions(first), regions(second)), (json!(["us-east-1"]), json!(["af-south-1", "us-east-1"])));
    assert!(
        text(&output.stdout).starts_with("2 accounts expected, 2 seen\n2 targets: 2 complete\n"),
        "{}",
        said(&output)
    );
}

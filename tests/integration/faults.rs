//! What goes wrong between an auditor and AWS, each fault alone: nothing may pass by it, no verdict may be missing
//! for it, and the report says which call is to blame. The server of [`crate::server`] plays AWS.

#[cfg(target_os = "linux")]
mod elsewhere;
mod given_up;

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{ACCOUNT, Reply, Server, assumed_role, db_instance, identity, repositories, repository};
use crate::world::{findings, program, report};

const REPOSITORIES: &str = "ecr:DescribeRepositories";
const INSTANCES: &str = "rds:DescribeDBInstances";
const SUBNETS: &str = "ec2:DescribeSubnets";
const IDENTITY: &str = "sts:GetCallerIdentity";

/// The program as an identity of the server's account, in a hurry.
fn auditor() -> Command {
    let mut command = program();
    command.env("AWS_ACCESS_KEY_ID", "AKIDSCRIPTED").env("AWS_SECRET_ACCESS_KEY", "scripted");
    command.args(["scan", "--format", "json", "--max-attempts", "2"]);
    command
}

/// A scan of the server by these controls, in us-east-1 unless the arguments name regions.
fn scan(server: &Server, controls: &str, arguments: &[&str]) -> (Value, Option<i32>) {
    let mut command = auditor();
    command.args(["--endpoint-url", &server.url(), "--control", controls]).args(arguments);
    if !arguments.contains(&"--region") {
        command.args(["--region", "us-east-1"]);
    }
    let output = command.output().expect("runs");
    (report(&output), output.status.code())
}

/// A scan that must not begin: what is said on standard error.
fn refused(url: &str, arguments: &[&str]) -> String {
    let mut command = auditor();
    command.args(["--region", "us-east-1", "--endpoint-url", url]).args(arguments);
    let output = command.output().expect("runs");
    let [report, said] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("text"));
    assert_eq!((output.status.code(), report.as_str()), (Some(2), ""), "{said}");
    said
}

/// Every finding as `status control arn`, in order.
fn verdicts(report: &Value) -> Vec<String> {
    let mut all: Vec<String> = ["fail", "unknown", "waived", "pass", "not_applicable"]
        .into_iter()
        .flat_map(|status| findings(report, status).into_iter().map(move |finding| format!("{status} {finding}")))
        .collect();
    assert_eq!(all.len(), report["findings"].as_array().expect("findings").len(), "a status of another name");
    all.sort();
    all
}

/// Every gap as `kind action region error`.
fn gaps(report: &Value) -> Vec<String> {
    let gaps = report["gaps"].as_array().expect("gaps").iter();
    gaps.map(|gap| {
        let parts = ["kind", "action", "region", "error"];
        parts.map(|part| gap[part].as_str().unwrap_or_else(|| panic!("{gap} has no {part}"))).join(" ")
    })
    .collect()
}

/// The verdict on a claim.
fn claim<'a>(report: &'a Value, id: &str) -> &'a str {
    let claims = report["claims"].as_array().expect("claims");
    let claim = claims.iter().find(|claim| claim["id"] == id).unwrap_or_else(|| panic!("no claim {id}"));
    claim["verdict"].as_str().expect("verdict")
}

fn hr(region: &str) -> Value {
    repository(region, "konecta-erp/hr-service")
}

/// `status control` on the repository of [`hr`].
fn on_hr(status: &str, region: &str) -> String {
    format!("{status} KA-ECR-003 arn:aws:ecr:{region}:{ACCOUNT}:repository/konecta-erp/hr-service")
}

/// The unknown that stands for whatever was not listed.
fn unseen(control: &str, service: &str, region: &str) -> String {
    format!("unknown {control} arn:aws:{service}:{region}:{ACCOUNT}:*")
}

/// Asserts what a report must say when one listing in us-east-1 brought nothing at all.
fn assert_nothing_seen(seen: &(Value, Option<i32>), control: &str, gap: &str) {
    let (report, code) = seen;
    let service = gap.split([' ', ':']).nth(1).expect("kind service:Operation …");
    assert_eq!(gaps(report), [gap], "{report:#}");
    assert_eq!(verdicts(report), [unseen(control, service, "us-east-1")]);
    assert_eq!((*code, &report["scan"]["complete"]), (Some(3), &json!(false)));
}

/// Asserts that the one repository was judged and that nothing is missing.
fn assert_all_seen(seen: &(Value, Option<i32>)) {
    let (report, code) = seen;
    assert_eq!(gaps(report), [""; 0]);
    assert_eq!(verdicts(report), [on_hr("pass", "us-east-1")]);
    assert_eq!((*code, &report["scan"]["complete"]), (Some(0), &json!(true)));
    assert_eq!(claim(report, "ecr-aes256"), "holds");
}

#[test]
fn a_lost_second_page_leaves_the_first_judged_and_the_rest_unknown() {
    let server = Server::start();
    let lost = Reply::error(REPOSITORIES, 500, "ServerException");
    server.on(REPOSITORIES, [repositories(&[hr("us-east-1")], Some("two")), lost]);
    let (report, code) = scan(&server, "KA-ECR-001,KA-ECR-003", &[]);
    assert_eq!(gaps(&report), ["server_error ecr:DescribeRepositories us-east-1 ServerException"]);
    assert_eq!(report["gaps"][0]["controls"], json!(["KA-ECR-001", "KA-ECR-003"]));
    // The seven other repositories of the blueprint may stand on the page that did not come: none of them is missing.
    assert_eq!(findings(&report, "fail"), [""; 0]);
    assert_eq!(format!("pass {}", findings(&report, "pass").join(" ")), on_hr("pass", "us-east-1"));
    let unknown = findings(&report, "unknown");
    assert_eq!(unknown.len(), 2, "{unknown:?}");
    assert!(unknown.contains(&unseen("KA-ECR-003", "ecr", "us-east-1").replace("unknown ", "")), "{unknown:?}");
    assert!(unknown.iter().any(|finding| finding.starts_with("KA-ECR-001 ")), "{unknown:?}");
    assert_eq!((code, &report["scan"]["complete"]), (Some(3), &json!(false)));
    assert_eq!((claim(&report, "ecr-aes256"), claim(&report, "ecr-repositories")), ("unknown", "unknown"));
    let asked = server.requests_for(REPOSITORIES);
    assert_eq!(asked.len(), 3, "one first page, two attempts at the second");
    assert!(asked.iter().skip(1).all(|request| request.body.contains("\"nextToken\":\"two\"")), "{asked:#?}");
}

#[test]
fn a_next_page_that_is_named_for_ever_ends_as_a_broken_answer() {
    let server = Server::start();
    server.on(REPOSITORIES, [repositories(&[hr("us-east-1")], Some("again"))]);
    let (report, code) = scan(&server, "KA-ECR-003", &[]);
    assert_eq!(gaps(&report), ["broken_answer ecr:DescribeRepositories us-east-1 BrokenAnswer"]);
    assert_eq!(verdicts(&report), [on_hr("pass", "us-east-1"), unseen("KA-ECR-003", "ecr", "us-east-1")]);
    assert_eq!(code, Some(3));
    assert_eq!(claim(&report, "ecr-aes256"), "unknown");
    assert_eq!(server.requests_for(REPOSITORIES).len(), 2, "the second page names itself as the next");
}

#[test]
fn json_that_is_cut_short_is_no_empty_list() {
    let list = || repositories(&[hr("us-east-1")], None);
    for answer in [list().half(), list().cut()] {
        let server = Server::start();
        server.on(REPOSITORIES, [answer]);
        let seen = scan(&server, "KA-ECR-003", &[]);
        assert_nothing_seen(&seen, "KA-ECR-003", "broken_answer ecr:DescribeRepositories us-east-1 BrokenAnswer");
    }
}

#[test]
fn xml_that_is_cut_short_is_no_empty_list() {
    let list = || db_instance("us-east-1", "konecta-erp");
    for answer in [list().half(), list().cut()] {
        let server = Server::start();
        server.on(INSTANCES, [answer]);
        let seen = scan(&server, "KA-RDS-003", &[]);
        assert_nothing_seen(&seen, "KA-RDS-003", "broken_answer rds:DescribeDBInstances us-east-1 BrokenAnswer");
    }
}

#[test]
fn a_connection_that_is_reset_is_tried_again_and_then_a_gap() {
    let whole = || repositories(&[hr("us-east-1")], None);
    let once = Server::start();
    once.on(REPOSITORIES, [whole().reset(), whole()]);
    assert_all_seen(&scan(&once, "KA-ECR-003", &[]));
    assert_eq!(once.requests_for(REPOSITORIES).len(), 2);

    let always = Server::start();
    always.on(REPOSITORIES, [whole().reset()]);
    let seen = scan(&always, "KA-ECR-003", &[]);
    assert_nothing_seen(&seen, "KA-ECR-003", "broken_answer ecr:DescribeRepositories us-east-1 BrokenAnswer");
    assert_eq!(always.requests_for(REPOSITORIES).len(), 2);
}

#[test]
fn a_server_that_never_answers_is_left_when_the_time_is_up() {
    let server = Server::start();
    server.on(REPOSITORIES, [Reply::hang()]);
    let begun = Instant::now();
    let seen = scan(&server, "KA-ECR-003", &["--timeout", "1"]);
    // Two attempts of a second each; the rest is for a busy machine.
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(60), "{took:?}");
    assert_nothing_seen(&seen, "KA-ECR-003", "timed_out ecr:DescribeRepositories us-east-1 TimedOut");
    assert_eq!(server.requests_for(REPOSITORIES).len(), 2);
}

#[test]
fn a_slow_answer_within_the_time_is_an_answer() {
    let server = Server::start();
    server.on(REPOSITORIES, [repositories(&[hr("us-east-1")], None).after(Duration::from_millis(300))]);
    assert_all_seen(&scan(&server, "KA-ECR-003", &["--timeout", "10"]));
    assert_eq!(server.requests_for(REPOSITORIES).len(), 1);
}

#[test]
fn a_server_error_that_passes_leaves_no_trace() {
    let server = Server::start();
    let failing = Reply::error(REPOSITORIES, 500, "ServerException");
    server.on(REPOSITORIES, [failing, repositories(&[hr("us-east-1")], None)]);
    assert_all_seen(&scan(&server, "KA-ECR-003", &[]));
    assert_eq!(server.requests_for(REPOSITORIES).len(), 2);
}

#[test]
fn throttling_is_waited_out_and_told_as_such_where_it_does_not_end() {
    let throttled = || Reply::error(REPOSITORIES, 400, "ThrottlingException");
    let once = Server::start();
    once.on(REPOSITORIES, [throttled(), repositories(&[hr("us-east-1")], None)]);
    assert_all_seen(&scan(&once, "KA-ECR-003", &[]));
    assert_eq!(once.requests_for(REPOSITORIES).len(), 2);

    let always = Server::start();
    always.on(REPOSITORIES, [throttled()]);
    let seen = scan(&always, "KA-ECR-003", &[]);
    assert_nothing_seen(&seen, "KA-ECR-003", "throttled ecr:DescribeRepositories us-east-1 ThrottlingException");
    assert_eq!(always.requests_for(REPOSITORIES).len(), 2);
}

#[test]
fn a_token_that_expires_during_the_scan_leaves_the_rest_unknown() {
    let server = Server::start();
    let expired = Reply::error(REPOSITORIES, 400, "ExpiredTokenException");
    server.on(REPOSITORIES, [repositories(&[hr("us-east-1")], Some("two")), expired]);
    let (report, code) = scan(&server, "KA-ECR-003", &[]);
    assert_eq!(gaps(&report), ["refused ecr:DescribeRepositories us-east-1 ExpiredTokenException"]);
    let message = report["gaps"][0]["message"].as_str().expect("message");
    assert!(message.contains("expired") && message.contains("sign in again"), "{message}");
    assert_eq!(verdicts(&report), [on_hr("pass", "us-east-1"), unseen("KA-ECR-003", "ecr", "us-east-1")]);
    assert_eq!(code, Some(3));
    assert_eq!(claim(&report, "ecr-aes256"), "unknown");
    assert_eq!(server.requests_for(REPOSITORIES).len(), 2, "asking again with the same token is in vain");
}

#[test]
fn a_region_that_is_not_enabled_is_unknown_and_the_other_is_judged() {
    let server = Server::start();
    server.on(REPOSITORIES, [repositories(&[hr("us-east-1")], None)]);
    // Each service says it with a code of its own.
    for (action, status, code) in [
        (REPOSITORIES, 400, "UnrecognizedClientException"),
        (INSTANCES, 403, "OptInRequired"),
        (SUBNETS, 401, "AuthFailure"),
    ] {
        server.on_in("ap-east-1", action, [Reply::error(action, status, code)]);
    }
    let (report, code) = scan(&server, "KA-ECR-003,KA-RDS-003,KA-VPC-004", &["--region", "us-east-1,ap-east-1"]);
    let mut gaps = gaps(&report);
    gaps.sort();
    assert_eq!(
        gaps,
        [
            "refused ec2:DescribeSubnets ap-east-1 AuthFailure",
            "refused ecr:DescribeRepositories ap-east-1 UnrecognizedClientException",
            "refused rds:DescribeDBInstances ap-east-1 OptInRequired",
        ]
    );
    for gap in report["gaps"].as_array().expect("gaps") {
        let message = gap["message"].as_str().expect("message");
        assert!(message.contains("region") && message.contains("enable"), "{message}");
    }
    assert_eq!(
        verdicts(&report),
        [
            on_hr("pass", "us-east-1"),
            unseen("KA-ECR-003", "ecr", "ap-east-1"),
            unseen("KA-RDS-003", "rds", "ap-east-1"),
            unseen("KA-VPC-004", "ec2", "ap-east-1"),
        ]
    );
    assert_eq!(code, Some(3));
}

#[test]
fn a_denial_in_one_region_of_three_leaves_the_other_two_judged() {
    let server = Server::start();
    for region in ["us-east-1", "us-west-2"] {
        server.on_in(region, REPOSITORIES, [repositories(&[hr(region)], None)]);
    }
    server.on_in("eu-west-1", REPOSITORIES, [Reply::error(REPOSITORIES, 400, "AccessDeniedException")]);
    let (report, code) = scan(&server, "KA-ECR-003", &["--region", "us-east-1,us-west-2,eu-west-1"]);
    assert_eq!(gaps(&report), ["denied ecr:DescribeRepositories eu-west-1 AccessDeniedException"]);
    let pass = |region: &str| on_hr("pass", region);
    assert_eq!(verdicts(&report), [pass("us-east-1"), pass("us-west-2"), unseen("KA-ECR-003", "ecr", "eu-west-1")]);
    assert_eq!(code, Some(3));
    assert_eq!(claim(&report, "ecr-aes256"), "unknown");
    assert_eq!(server.requests_for(REPOSITORIES).len(), 3, "a denial is not tried again");
}

#[test]
fn an_endpoint_where_nobody_listens_ends_the_scan_before_it_begins() {
    let server = Server::start();
    let url = server.url();
    drop(server);
    let said = refused(&url, &[]);
    assert!(said.contains(&format!("{url} cannot be reached")), "{said}");
    assert!(said.contains("hint: ") && said.contains("--endpoint-url"), "{said}");
}

#[test]
fn a_wrong_clock_is_named_before_the_scan_begins() {
    for code in ["RequestTimeTooSkewed", "SignatureDoesNotMatch"] {
        let server = Server::start();
        server.on(IDENTITY, [Reply::error(IDENTITY, 403, code)]);
        let said = refused(&server.url(), &[]);
        assert!(said.contains(code) && said.contains("clock"), "{said}");
        assert!(server.requests().iter().all(|request| request.action == IDENTITY), "{:#?}", server.requests());
    }
}

#[test]
fn a_role_that_leads_into_another_account_is_refused() {
    let server = Server::start();
    let other = "999999999999";
    let assumed = |account: &str| format!("arn:aws:sts::{account}:assumed-role/auditor/konecta-audit");
    let own = identity(ACCOUNT, &format!("arn:aws:iam::{ACCOUNT}:user/auditor"));
    server.on("sts:AssumeRole", [assumed_role("ASIASCRIPTED", &assumed("222222222222"))]);
    server.on(IDENTITY, [own, identity(other, &assumed(other))]);
    let role = "arn:aws:iam::222222222222:role/auditor";
    let said = refused(&server.url(), &["--role-arn", role, "--control", "KA-ECR-003"]);
    assert!(said.contains(role) && said.contains(other), "{said}");
    assert_eq!(server.requests_for(REPOSITORIES), [], "the wrong account was read");
}

#[test]
fn a_role_that_leads_where_it_says_is_read_with_its_own_key() {
    let server = Server::start();
    let account = "222222222222";
    let assumed = format!("arn:aws:sts::{account}:assumed-role/auditor/konecta-audit");
    let own = identity(ACCOUNT, &format!("arn:aws:iam::{ACCOUNT}:user/auditor"));
    server.on("sts:AssumeRole", [assumed_role("ASIASCRIPTED", &assumed)]);
    server.on(IDENTITY, [own, identity(account, &assumed)]);
    let (report, code) = scan(&server, "KA-ECR-003", &["--role-arn", &format!("arn:aws:iam::{account}:role/auditor")]);
    assert_eq!((gaps(&report), code), (Vec::new(), Some(0)));
    assert_eq!(report["scan"]["accounts"], json!([account]));
    let keys: Vec<(String, String)> =
        server.requests().into_iter().map(|request| (request.action, request.access_key)).collect();
    let expected = [
        (IDENTITY, "AKIDSCRIPTED"),
        ("sts:AssumeRole", "AKIDSCRIPTED"),
        (IDENTITY, "ASIASCRIPTED"),
        (REPOSITORIES, "ASIASCRIPTED"),
    ];
    assert_eq!(keys, expected.map(|(action, key)| (action.to_owned(), key.to_owned())));
}

#[test]
fn an_empty_account_earns_no_pass() {
    let server = Server::start();
    let output = auditor().args(["--region", "us-east-1", "--endpoint-url", &server.url()]).output().expect("runs");
    let report = report(&output);
    assert_eq!(gaps(&report), [""; 0]);
    assert_eq!(report["scan"]["complete"], json!(true));
    assert_eq!(findings(&report, "pass"), [""; 0]);
    let failing = findings(&report, "fail");
    assert!(failing.iter().any(|finding| finding.starts_with("KA-ECR-001 ")), "{failing:?}");
    let declared =
        report["findings"].as_array().expect("findings").iter().find(|finding| finding["control"] == "KA-ECR-001");
    let missing = declared.and_then(|finding| finding["violations"].as_array()).expect("violations");
    assert_eq!(missing.len(), 8, "the eight services of the document: {missing:?}");
    assert!(missing.iter().all(|violation| violation["actual"] == "missing"), "{missing:?}");
    let held = report["claims"].as_array().expect("claims").iter().filter(|claim| claim["verdict"] == "holds");
    assert_eq!(held.map(|claim| &claim["id"]).collect::<Vec<_>>(), [""; 0], "claims hold about nothing");
    assert_eq!(output.status.code(), Some(1));
}

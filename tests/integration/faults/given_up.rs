//! Servers that cost too much time: a deadline that comes, a service that hangs, a read that fails alike for ever.

use std::collections::BTreeMap;

use super::*;
use crate::server::shortest;

const LIFECYCLE: &str = "ecr:GetLifecyclePolicy";

/// As many repositories as would keep a scan busy for long.
const MANY: usize = 100;

/// Requests of one service that may be in flight at once.
const AT_ONCE: usize = 8;

fn many() -> Reply {
    let all: Vec<Value> =
        (0..MANY).map(|number| repository("us-east-1", &format!("konecta-erp/r{number:03}"))).collect();
    repositories(&all, None)
}

/// How many gaps there are of each kind, action and error.
fn counted(report: &Value) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for gap in gaps(report) {
        *all.entry(gap).or_default() += 1;
    }
    all
}

/// Repositories of two regions, one page of which never comes.
fn second_page_hangs() -> Server {
    let server = Server::start();
    server.on(REPOSITORIES, [repositories(&[hr("us-east-1")], Some("two")), Reply::hang()]);
    server.on_in("eu-west-1", REPOSITORIES, [repositories(&[hr("eu-west-1")], None)]);
    server
}

/// Scans with the shortest deadline by which this machine, busy as it may be, has asked for the page that never comes.
fn scan_until_it_hangs(kept: &str) -> (Value, Option<i32>) {
    shortest(|deadline| {
        let server = second_page_hangs();
        let arguments =
            ["--timeout", "600", "--deadline", deadline, "--region", "us-east-1,eu-west-1", "--save-snapshot", kept];
        let seen = scan(&server, "KA-ECR-003,KA-ECR-004", &arguments);
        // One page of each region, and the one that hangs.
        (seen, server.requests_for(REPOSITORIES).len() == 3)
    })
}

#[test]
fn at_the_deadline_what_was_read_is_judged_and_the_rest_is_a_gap() {
    let dir = tempfile::tempdir().expect("dir");
    let kept = dir.path().join("kept.snap");
    let (report, code) = scan_until_it_hangs(kept.to_str().expect("text"));
    assert_eq!((code, &report["scan"]["complete"]), (Some(3), &json!(false)));
    let gaps = counted(&report);
    assert_eq!(gaps.get("timed_out ecr:DescribeRepositories us-east-1 GivenUp"), Some(&1), "{gaps:?}");
    assert_eq!(gaps.get("timed_out ecr:GetLifecyclePolicy us-east-1 GivenUp"), Some(&1), "never asked: {gaps:?}");
    let verdicts = verdicts(&report);
    for one in [on_hr("pass", "us-east-1"), on_hr("pass", "eu-west-1"), unseen("KA-ECR-003", "ecr", "us-east-1")] {
        assert!(verdicts.contains(&one), "{one} is not in {verdicts:#?}");
    }
    let message = report["gaps"][0]["message"].as_str().expect("message");
    assert!(message.contains("--deadline"), "{message}");
    let mut again = program();
    again.args(["scan", "--format", "json", "--control", "KA-ECR-003,KA-ECR-004", "--snapshot"]).arg(&kept);
    let output = again.output().expect("runs");
    assert_eq!((output.status.code(), super::verdicts(&crate::world::report(&output))), (Some(3), verdicts));
}

#[test]
fn a_deadline_before_the_account_is_entered_says_so() {
    let server = Server::start();
    server.on(IDENTITY, [Reply::hang()]);
    let said = refused(&server.url(), &["--deadline", "1s", "--timeout", "600"]);
    assert!(said.contains("deadline") && said.contains("--deadline"), "{said}");
    let said = refused(&server.url(), &["--deadline", "soon"]);
    assert!(said.contains("`soon` is not a time"), "{said}");
}

#[test]
fn a_service_that_hangs_is_given_up_and_the_others_are_read() {
    let server = Server::start();
    server.on(REPOSITORIES, [many()]).on(LIFECYCLE, [Reply::hang()]);
    server.on(INSTANCES, [db_instance("us-east-1", "konecta-erp")]);
    let (report, code) = scan(&server, "KA-ECR-004,KA-RDS-003", &["--timeout", "3"]);
    assert_eq!(code, Some(3));
    let asked = server.requests_for(LIFECYCLE).len();
    // Two rounds of what may be in flight at once, with two attempts each.
    assert!((AT_ONCE..=2 * 2 * AT_ONCE).contains(&asked), "{asked} requests");
    let gaps = counted(&report);
    assert_eq!(gaps.values().sum::<usize>(), MANY, "{gaps:?}");
    assert!(gaps["timed_out ecr:GetLifecyclePolicy us-east-1 GivenUp"] >= MANY - 2 * AT_ONCE, "{gaps:?}");
    let verdicts = verdicts(&report);
    let of = |control: &str, status: &str| {
        verdicts.iter().filter(|verdict| verdict.starts_with(&format!("{status} {control} "))).count()
    };
    assert_eq!((of("KA-ECR-004", "unknown"), of("KA-ECR-004", "pass"), of("KA-ECR-004", "fail")), (MANY, 0, 0));
    assert_eq!((of("KA-RDS-003", "pass"), of("KA-RDS-003", "unknown")), (1, 0), "{verdicts:#?}");
}

#[test]
fn a_read_that_fails_alike_three_times_is_given_up_and_one_that_there_is_not_at_once() {
    for (status, code, kind, most) in [
        (500, "ServerException", "server_error", 2 * (AT_ONCE + 2)),
        (400, "UnknownOperationException", "refused", AT_ONCE),
    ] {
        let server = Server::start();
        server.on(REPOSITORIES, [many()]).on(LIFECYCLE, [Reply::error(LIFECYCLE, status, code)]);
        let (report, exit) = scan(&server, "KA-ECR-003,KA-ECR-004", &[]);
        let asked = server.requests_for(LIFECYCLE).len();
        assert!(asked <= most, "{asked} requests for {code}");
        let gaps = counted(&report);
        assert_eq!(gaps.values().sum::<usize>(), MANY, "{gaps:?}");
        let given_up = gaps[&format!("{kind} ecr:GetLifecyclePolicy us-east-1 GivenUp")];
        assert!(given_up >= MANY - most, "{gaps:?}");
        assert_eq!(findings(&report, "pass").len(), MANY, "KA-ECR-003 rests on another read");
        assert_eq!((findings(&report, "unknown").len(), exit), (MANY, Some(3)));
    }
}

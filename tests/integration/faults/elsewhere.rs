//! A scan of an endpoint asks that endpoint and nobody else: no service forgets it, nothing calls home.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::process::{Command, Stdio};

use serde_json::json;

use super::{auditor, gaps};
use crate::server::Server;
use crate::world::{report, root};

/// Runs a command under `destinations.py`, which stops it at every system call by which a process can reach another
/// (`connect`, `sendto`, `sendmsg`, `sendmmsg`, and `io_uring_setup`, which could hide the others), in all threads and
/// children, and writes down the address before the kernel acts on it. An attempt that fails is seen like one that
/// succeeds, and a name that is looked up is seen as the call to the name server.
fn destinations(command: &Command) -> (BTreeSet<String>, std::process::Output) {
    let dir = tempfile::tempdir().expect("dir");
    let told = dir.path().join("destinations");
    let mut traced = Command::new("python3");
    traced.arg(root().join("tests/integration/faults/destinations.py")).arg(&told);
    // The tracer needs the environment of this machine, and the program must not see it.
    traced.args(["env", "-i"]);
    for (name, value) in command.get_envs() {
        traced.args(value.map(|value| [name, OsStr::new("="), value].into_iter().collect::<OsString>()));
    }
    traced.arg(command.get_program()).args(command.get_args());
    traced.current_dir(dir.path()).stdin(Stdio::null());
    let output = traced.output().expect("python3 runs");
    let lines = std::fs::read_to_string(&told).unwrap_or_else(|error| {
        panic!("the tracer has no result ({error}): {}", String::from_utf8_lossy(&output.stderr))
    });
    (lines.lines().map(str::to_owned).collect(), output)
}

/// Everything there is a read for, in two regions, by a machine that would have to ask EC2 for anything it lacks.
fn whole_scan() -> Command {
    let mut command = auditor();
    command.env_remove("AWS_EC2_METADATA_DISABLED").args(["--read-all", "--region", "us-east-1,eu-west-1"]);
    command
}

/// Asserts that all reads were answered and that the server was the only one that was spoken to.
fn assert_only(server: &Server, command: &Command) {
    let (destinations, output) = destinations(command);
    assert_eq!(destinations, BTreeSet::from([format!("connect {}", server.address())]));
    let report = report(&output);
    assert_eq!(output.status.code(), Some(1), "declared things are missing from an empty account");
    assert_eq!(gaps(&report), [""; 0]);
    assert_eq!(report["scan"]["complete"], json!(true));
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.host == server.address()), "{requests:#?}");
    let services: BTreeSet<&str> = requests.iter().filter_map(|request| request.action.split(':').next()).collect();
    let all =
        "acm autoscaling cloudfront ec2 ecr eks elasticloadbalancing iam logs organizations rds route53 sts wafv2";
    assert_eq!(services, all.split(' ').collect());
    // Every answer in the report came from here: who we are is the one call that it does not count.
    assert_eq!(report["scan"]["calls"], json!(requests.len() - 1));
}

#[test]
fn with_the_option_no_other_host_is_ever_asked() {
    let server = Server::start();
    let mut command = whole_scan();
    command.args(["--endpoint-url", &server.url()]);
    // The option is for everything: what the environment says of one service does not lead around it.
    command.env("AWS_ENDPOINT_URL_ECR", "http://127.0.0.2:9").env("AWS_ENDPOINT_URL", "http://127.0.0.3:9");
    assert_only(&server, &command);
}

#[test]
fn with_the_variable_no_other_host_is_ever_asked() {
    let server = Server::start();
    let mut command = whole_scan();
    command.env("AWS_ENDPOINT_URL", server.url());
    assert_only(&server, &command);
}

/// The tracer is no blind witness: one service that is led astray is seen, although nobody answers there.
#[test]
fn another_host_would_be_seen() {
    let server = Server::start();
    let mut command = whole_scan();
    command.env("AWS_ENDPOINT_URL", server.url()).env("AWS_ENDPOINT_URL_ECR", "http://127.0.0.2:9");
    let (destinations, _) = destinations(&command);
    let expected = ["connect 127.0.0.2:9".to_owned(), format!("connect {}", server.address())];
    assert_eq!(destinations, BTreeSet::from(expected));
}

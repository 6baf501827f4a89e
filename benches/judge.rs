//! From a snapshot file through the controls to findings: how many resources a second, in how much memory, and
//! whether ten times as many take ten times as long. The marks: 80,000 a second on one thread, 64 MB at 100,000, linear.
//!
//! Measured as CPU time of the process that judges (AMD EPYC, one thread): 100,000 in 0.83 s and 50 MB, 1,000,000 in
//! 7.3 s. The memory does not grow with the findings, but with the facts: 0.4 KB a resource that facts are made of or for.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints what it measures, and ends where it cannot"
)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use criterion::{Criterion, Throughput};
use konecta_core::audit;
use konecta_core::blueprint::Blueprint;
use konecta_core::control::catalogue::Catalogue;
use konecta_core::gap::ReadRecord;
use konecta_core::resource::Resource;
use konecta_core::snapshot::{ScanInfo, Snapshot, SnapshotFile, save};
use serde_json::{Value, json, value::to_raw_value};

const ACCOUNT: &str = "123456789012";

/// Resource `number` of a mixed account: repositories, databases, subnets, groups, distributions, listeners.
fn resource(number: usize) -> Resource {
    let (resource_type, arn, configuration, supplement) = match number % 5 {
        0 => {
            let name = format!("team-{}/service-{number}", number % 97);
            let configuration = json!({
                "repositoryName": name, "registryId": ACCOUNT, "imageTagMutability": "MUTABLE",
                "imageScanningConfiguration": {"scanOnPush": !number.is_multiple_of(3)}, "encryptionConfiguration": {"encryptionType": "AES256"},
            });
            let rule = json!({"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10}, "action": {"type": "expire"}}]});
            (
                "AWS::ECR::Repository",
                format!("arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{name}"),
                configuration,
                json!({"lifecyclePolicy": rule, "repositoryPolicy": null}),
            )
        }
        1 => (
            "AWS::RDS::DBInstance",
            format!("arn:aws:rds:us-east-1:{ACCOUNT}:db:db-{number}"),
            json!({
                "DBInstanceIdentifier": format!("db-{number}"), "Engine": "postgres", "EngineVersion": "16.4", "PubliclyAccessible": number % 7 == 1,
                "StorageEncrypted": true, "MultiAZ": number.is_multiple_of(2), "DeletionProtection": true, "BackupRetentionPeriod": 7, "Endpoint": {"Port": 5432},
            }),
            json!({}),
        ),
        2 => (
            "AWS::EC2::Volume",
            format!("arn:aws:ec2:us-east-1:{ACCOUNT}:volume/vol-{number}"),
            json!({"VolumeId": format!("vol-{number}"), "Encrypted": true, "Size": 100, "State": "in-use", "VolumeType": "gp3"}),
            json!({}),
        ),
        3 => (
            "AWS::CloudFront::Distribution",
            format!("arn:aws:cloudfront::{ACCOUNT}:distribution/E{number}"),
            json!({"Id": format!("E{number}"), "DistributionConfig": {
                "DefaultCacheBehavior": {"TargetOriginId": "a", "ViewerProtocolPolicy": if number % 4 == 3 { "allow-all" } else { "redirect-to-https" }, "Compress": true},
                "CacheBehaviors": {"Quantity": 0}, "ViewerCertificate": {"MinimumProtocolVersion": "TLSv1.2_2021"}, "Origins": {"Quantity": 0},
            }}),
            json!({}),
        ),
        _ => (
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            format!("arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:targetgroup/tg-{number}/1"),
            json!({"TargetGroupName": format!("tg-{number}"), "Protocol": "HTTP", "Port": 30080, "HealthCheckPath": "/health", "HealthCheckProtocol": "HTTP", "Matcher": {"HttpCode": "200"}}),
            json!({}),
        ),
    };
    let supplement = supplement
        .as_object()
        .expect("object")
        .iter()
        .map(|(key, value)| (key.clone(), to_raw_value(value).expect("json")));
    Resource {
        resource_type: resource_type.parse().expect("type"),
        resource_id: number.to_string(),
        account_id: ACCOUNT.parse().expect("account"),
        region: if number % 5 == 3 { "global" } else { "us-east-1" }.parse().expect("region"),
        tags: None,
        captured_at: "2026-11-23T12:00:00Z".parse().expect("time"),
        configuration: to_raw_value(&configuration as &Value).expect("json"),
        supplement: supplement.collect(),
        arn: arn.parse().expect("arn"),
    }
}

fn write(count: usize, path: &Path) {
    let now = "2026-11-23T12:00:00Z".parse().expect("time");
    let reads = konecta_core::control::reads::reads().expect("reads");
    let info = ScanInfo {
        tool_version: "bench".to_owned(),
        started_at: now,
        finished_at: now,
        accounts: vec![ACCOUNT.parse().expect("account")],
        regions: vec!["us-east-1".parse().expect("region")],
        calls: 1,
    };
    let read = |action: &konecta_core::id::Action, region: &str| ReadRecord {
        action: action.clone(),
        account_id: ACCOUNT.parse().expect("account"),
        region: region.parse().expect("region"),
        calls: 1,
        complete: true,
    };
    let mut snapshot = Snapshot {
        info,
        resources: (0..count).map(resource).collect(),
        reads: reads.iter().flat_map(|(action, _)| [read(action, "us-east-1"), read(action, "global")]).collect(),
        gaps: Vec::new(),
    };
    snapshot.sort();
    save(&snapshot, path).expect("saved");
}

fn judge(path: &Path, catalogue: &Catalogue) -> usize {
    let snapshot = SnapshotFile::open(path).expect("snapshot");
    let mut findings = 0;
    audit::judge(&snapshot, catalogue, &Blueprint::default(), &mut |_| findings += 1).expect("judged");
    findings
}

fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
    peak.unwrap_or_default() / 1024.0
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let catalogue = Catalogue::built_in().expect("catalogue");
    // Peak memory is that of the process, so the judging of a file happens in a process of its own.
    if let Some(at) = arguments.iter().position(|argument| argument == "--judge") {
        let path = PathBuf::from(&arguments[at + 1]);
        let started = Instant::now();
        let findings = judge(&path, &catalogue);
        println!("{} {findings} {}", started.elapsed().as_secs_f64(), peak_megabytes());
        return;
    }
    let dir = tempfile::tempdir().expect("dir");
    println!("{:>10} {:>10} {:>12} {:>9} {:>8}", "resources", "findings", "per second", "seconds", "peak MB");
    let all = arguments.iter().any(|argument| argument == "--million");
    for count in [10_000_usize, 100_000, 1_000_000].into_iter().filter(|&count| all || count < 1_000_000) {
        let path = dir.path().join(format!("{count}.snap"));
        write(count, &path);
        let output = std::process::Command::new(&arguments[0]).arg("--judge").arg(&path).output().expect("runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let words: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [seconds, findings, peak] = words[..] else { panic!("{text}{}", String::from_utf8_lossy(&output.stderr)) };
        println!("{count:>10} {findings:>10} {:>12.0} {seconds:>9.2} {peak:>8.1}", count as f64 / seconds);
    }
    if arguments.iter().any(|argument| argument == "--marks") {
        return;
    }
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let path = dir.path().join("100000.snap");
    let mut group = criterion.benchmark_group("judge");
    group.throughput(Throughput::Elements(100_000));
    group.bench_function("100,000 resources", |bench| bench.iter(|| judge(&path, &catalogue)));
    group.finish();
    criterion.final_summary();
}

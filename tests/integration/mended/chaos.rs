//! Random worlds on the emulators: what a plain `fix --yes` does there breaks no path that worked, and deletes nothing.
//! The oracle is the brute-force walk of the chaos test in memory (`konecta-fix/src/planning/chaos`), not the planner.

use konecta_base::snapshot::{Snapshot, SnapshotFile};

use super::TestAccount;
use crate::world::World;

#[path = "../../../crates/konecta-fix/src/planning/chaos"]
#[allow(dead_code, reason = "the test in memory uses more of it")]
mod oracle {
    use std::collections::BTreeSet;

    use konecta_base::snapshot::Snapshot;

    mod keeps;
    mod walk;

    /// What works in the first and not in the second, and how much works in the first.
    pub(super) fn lost(before: &Snapshot, after: &Snapshot, ssh: &str) -> (Vec<String>, usize) {
        let all = |snapshot: &Snapshot| {
            let works = walk::works(snapshot, &[ssh.to_owned()]);
            works.stack.into_iter().chain(works.others).collect::<BTreeSet<String>>()
        };
        let (before, after) = (all(before), all(after));
        (before.difference(&after).cloned().collect(), before.len())
    }
}

/// Where the people work who may use the bastion.
const OFFICE: &str = "203.0.113.0/24";

/// Twelve labels each, drawn by chance once.
const WORLDS: [&str; 10] = [
    "alb-health-matcher,alb-second-sg-open,bastion-role-not-action,bastion-ssh-undeclared,cf-no-security-headers,cf-no-web-acl,cf-old-http,cf-old-tls,cf-origin-elb-domain,ecr-scan-rule-elsewhere,node-sg-on-stranger,rds-public",
    "alb-health-matcher,alb-health-path,bastion-imdsv1,bastion-twice,cf-legacy-forwarding,ecr-missing,ecr-mutable-releases,node-role-inline-wildcard,node-template-public-address,rds-short-backups,rds-single-zone,rds-tags-not-copied",
    "alb-http-forwards,alb-without-https,bastion-role-customer-policy,bastion-twice,benign-eks-private,cf-no-access-logs,cf-static-uncached,ebs-not-encrypted-by-default,ecr-kms,node-public-address,node-template-public-address,rds-sg-vpc-range",
    "alb-rule-without-header,alb-sg-lookalike-list,bastion-gone,benign-sg-https-anywhere,cf-api-http-allowed,cf-no-compression,cluster-role-wildcard,ecr-misnamed,ng-ssh-anywhere,nodes-from-stranger,rds-no-minor-upgrades,rds-public-subnet",
    "alb-sg-office,benign-ecr-immutable,cf-api-key-without-authorization,cf-api-no-security-headers,cf-no-compression,cf-old-http,ecr-missing,ecr-no-lifecycle,eks-public-subnets,nodes-nodeports-anywhere,rds-sg-unused-group,sg-ssh-prefix-list",
    "alb-certificate-other-name,alb-rule-rotated,cf-api-key-without-authorization,cf-api-no-security-headers,cf-http-allowed,cf-no-origin-header,cf-origin-http-only,eks-api-anywhere,eks-key-disabled,eks-no-audit-log,nodes-from-vpc,rds-no-backups",
    "alb-rule-without-header,bastion-imdsv1,benign-ecr-immutable,benign-eks-private,cf-gzip-only,cf-old-tls,cf-weak-headers-policy,ng-one-zone,private-main-table,private-route-to-internet,rds-sg-reporting-instance,sg-redis-anywhere",
    "alb-health-matcher,alb-old-tls-policy,cf-api-cached,cf-default-certificate,cf-no-spa-errors,cf-origin-elb-domain,ecr-mutable-releases,eks-public-subnets,rds-short-backups,rds-ssl-pending-reboot,sg-ssh-ipv6,waf-group-counts",
    "alb-certificate-other-name,alb-health-matcher,bastion-untagged,benign-eks-private,cf-http-allowed,cf-spa-404-missing,eks-api-anywhere,ng-one-zone,node-public-address,rds-tags-not-copied,sg-redis-anywhere,waf-no-rules",
    "alb-health-path,alb-http-rule-forwards,alb-rule-rotated,bastion-untagged,benign-ecr-own-account,cf-api-cached,cf-no-access-logs,cf-origin-match-viewer,cluster-role-wildcard,eks-api-most,password-policy-short,rds-sg-vpc-range",
];

fn snapshot(bench: &TestAccount, name: &str) -> Snapshot {
    bench.content(name);
    SnapshotFile::open(&bench.path(name)).and_then(|file| file.load()).expect("a snapshot")
}

fn no_path_breaks_in(labels: &str) {
    let bench = TestAccount::over(World::labelled("good", &labels.split(',').collect::<Vec<_>>()));
    let before = snapshot(&bench, "before.snap");
    let fixed = bench.run(&["fix", "--yes", "--max-changes", "500"]);
    assert!(matches!(fixed.code, Some(0..=4)), "{labels}: {fixed:?}");
    let after = snapshot(&bench, "after.snap");
    let done = fixed.out.lines().chain(fixed.err.lines()).filter(|line| line.ends_with(" done")).count();
    let (lost, worked) = oracle::lost(&before, &after, OFFICE);
    println!("{done} changes, {worked} paths: {labels}");
    assert!(worked > 100, "{labels}: only {worked} paths worked");
    assert_eq!(lost, Vec::<String>::new(), "{labels}: broken by\n{}", fixed.out);
}

#[test]
fn a_plain_fix_breaks_no_path_of_a_random_world() {
    no_path_breaks_in(WORLDS[0]);
}

/// Ten minutes: `cargo test --test integration ten_random_worlds -- --ignored --nocapture`.
#[test]
#[ignore = "ten minutes; the first of the worlds is in every run"]
fn a_plain_fix_breaks_no_path_of_ten_random_worlds() {
    WORLDS.into_iter().for_each(no_path_breaks_in);
}

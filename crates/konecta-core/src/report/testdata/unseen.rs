//! The gaps and the claims of the report made by hand: one of every kind and verdict.

use super::{ONE, TWO, id};
use crate::report::ReportedGap;
use konecta_base::claim::{JudgedClaim, Verdict};
use konecta_base::finding::fingerprint;
use konecta_base::gap::{Gap, GapKind};

pub(super) fn gaps() -> Vec<ReportedGap> {
    let gap = |action: &str, kind: GapKind, error: &str, about: Option<&str>, controls: &[&str]| ReportedGap {
        gap: Gap {
            action: id(action),
            account_id: id(if kind == GapKind::Refused { TWO } else { ONE }),
            region: id(if action.starts_with("cloudfront") { "global" } else { "us-east-1" }),
            resource: about.map(id),
            kind,
            error: error.to_owned(),
            message: format!("{error} when calling {action}"),
        },
        controls: controls.iter().map(|&control| id(control)).collect(),
        needed: true,
    };
    let repository = |name: &str| format!("arn:aws:ecr:us-east-1:{ONE}:repository/konecta-erp/{name}");
    vec![
        gap(
            "ecr:GetLifecyclePolicy",
            GapKind::Denied,
            "AccessDeniedException",
            Some(&repository("hr-service")),
            &["KA-ECR-004"],
        ),
        gap(
            "ecr:GetLifecyclePolicy",
            GapKind::Denied,
            "AccessDeniedException",
            Some(&repository("auth-service")),
            &["KA-ECR-004"],
        ),
        gap(
            "ecr:DescribeRepositories",
            GapKind::Refused,
            "UnrecognizedClientException",
            None,
            &["KA-ECR-002", "KA-ECR-004"],
        ),
        gap("wafv2:GetWebACLForResource", GapKind::Throttled, "ThrottlingException", None, &["KA-CF-041"]),
        gap("rds:DescribeDBInstances", GapKind::TimedOut, "TimedOut", None, &["KA-RDS-001", "KA-RDS-004"]),
        gap("eks:ListClusters", GapKind::Unreachable, "DispatchFailure", None, &["KA-EKS-002"]),
        gap(
            "cloudfront:ListDistributions",
            GapKind::ServerError,
            "InternalError",
            None,
            &["KA-CF-001", "KA-CF-002", "KA-CF-006", "KA-CF-041"],
        ),
        gap("iam:GetAccountAuthorizationDetails", GapKind::BrokenAnswer, "EndlessPaging", None, &["KA-IAM-001"]),
        gap("eks:DescribeCluster", GapKind::NotMade, "NotMade", None, &["KA-EKS-002"]),
    ]
}

pub(super) fn claims() -> Vec<JudgedClaim> {
    let claim = |name: &str, says: &str, verdict: Verdict, reason: &str, controls: &[&str]| JudgedClaim {
        id: id(name),
        says: says.to_owned(),
        verdict,
        reason: reason.to_owned(),
        controls: controls.iter().map(|&control| id(control)).collect(),
        findings: controls.iter().map(|&control| fingerprint(&id(control), "arn", "")).collect(),
    };
    vec![
        claim(
            "cf-https-only",
            "HTTPS only (redirects HTTP to HTTPS)",
            Verdict::Broken,
            "KA-CF-001 fails on E2EXAMPLE1KONECTA",
            &["KA-CF-001"],
        ),
        claim(
            "cf-tls12",
            "TLS 1.2/1.3 for viewers; modern ciphers",
            Verdict::Unattainable,
            "with the default *.cloudfront.net certificate CloudFront takes TLSv1 whatever is asked for",
            &["KA-CF-002"],
        ),
        claim(
            "cf-origin-protected",
            "ALB not directly exposed, only accessible via CloudFront",
            Verdict::Broken,
            "KA-X-001 fails on konecta-erp-alb",
            &["KA-X-001"],
        ),
        claim("cf-edge", "400+ edge locations, SLA 99.99 %", Verdict::NotAuditable, "a promise of AWS's own", &[]),
        claim("ecr-scan", "image scanning on push", Verdict::Holds, "KA-ECR-002 passes on 1 resource", &["KA-ECR-002"]),
        claim(
            "ecr-lifecycle",
            "lifecycle policies keep the last 10 images",
            Verdict::Unknown,
            "KA-ECR-004 is unknown on 2 resources",
            &["KA-ECR-004"],
        ),
        claim(
            "rds-private",
            "private subnets, not internet accessible, no public access",
            Verdict::Broken,
            "KA-RDS-001 fails on konecta-erp-db",
            &["KA-RDS-001"],
        ),
    ]
}

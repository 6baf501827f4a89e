//! The findings of the report made by hand; rules give them names, titles and severities.

use serde_json::{Value, json};

use super::{id, resource};
use konecta_base::finding::{Evidence, Finding, Severity, Status, Violation};

pub(super) fn findings() -> Vec<Finding> {
    use Status::{Fail, NotApplicable, Pass, Unknown, Waived};
    let finding =
        |control: &str, status: Status, kind: &str, arn: &str, violations: Vec<Violation>, reasons: &[&str]| Finding {
            control: id(control),
            name: "".into(),
            title: "".into(),
            severity: Severity::Info,
            status,
            resource: resource(kind, arn).into(),
            violations: violations.into(),
            reasons: reasons.iter().map(|&reason| reason.to_owned()).collect(),
            evidence: [Evidence { action: id("ec2:DescribeSecurityGroups"), captured_at: id("2026-11-23T12:00:03Z") }]
                .into_iter()
                .collect(),
            unattainable: control == "KA-CF-002",
        };
    let cf = "arn:aws:cloudfront::123456789012:distribution/E2EXAMPLE1KONECTA";
    let elb = "arn:aws:elasticloadbalancing:us-east-1:123456789012";
    let db = "arn:aws:rds:us-east-1:123456789012:db:konecta-erp-db";
    let distribution = "AWS::CloudFront::Distribution";
    let viewer =
        |at: &str| violation(&format!("{at}.ViewerProtocolPolicy"), json!("allow-all"), json!("redirect-to-https"));
    let mut hops = violation("origin", json!("0.0.0.0/0 reaches port 443"), json!("only the CloudFront prefix list"));
    hops.proof = ["internet", "igw-0a1b2c3d", "sg-0f00ba4", "konecta-erp-alb:443"].map(str::to_owned).to_vec();
    vec![
        finding(
            "KA-SG-001",
            Fail,
            "AWS::EC2::SecurityGroup",
            "arn:aws:ec2:us-east-1:123456789012:security-group/sg-0123456789abcdef0",
            vec![violation(
                "IpPermissions[2].IpRanges[0].CidrIp",
                json!("0.0.0.0/0"),
                json!("the office range 10.20.0.0/16"),
            )],
            &[],
        ),
        finding(
            "KA-RDS-001",
            Fail,
            "AWS::RDS::DBInstance",
            db,
            vec![violation("PubliclyAccessible", json!(true), json!(false))],
            &[],
        ),
        finding(
            "KA-CF-001",
            Fail,
            distribution,
            cf,
            vec![viewer("CacheBehaviors.Items[0]"), viewer("CacheBehaviors.Items[1]"), viewer("DefaultCacheBehavior")],
            &[],
        ),
        finding(
            "KA-CF-002",
            Fail,
            distribution,
            cf,
            vec![violation("ViewerCertificate.MinimumProtocolVersion", json!("TLSv1"), json!("TLSv1.2_2021 or later"))],
            &[
                "With the default *.cloudfront.net certificate CloudFront always takes TLSv1; an alias with an ACM certificate gives TLS 1.2.",
            ],
        ),
        finding(
            "KA-CF-006",
            Fail,
            distribution,
            cf,
            vec![violation("HttpVersion", json!("http1.1"), json!("http2and3"))],
            &[],
        ),
        finding(
            "KA-CF-041",
            Unknown,
            distribution,
            cf,
            vec![],
            &["wafv2:GetWebACLForResource was throttled (us-east-1)"],
        ),
        finding(
            "KA-ALB-003",
            Fail,
            "AWS::ElasticLoadBalancingV2::Listener",
            &format!("{elb}:listener/app/konecta-erp-alb/50dc6c495c0c9188/f2f7dc8efc522ab2"),
            vec![violation("SslPolicy", json!("ELBSecurityPolicy-2016-08"), json!(["TLSv1.2", "TLSv1.3"]))],
            &[],
        ),
        finding(
            "KA-ALB-006",
            Pass,
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            &format!("{elb}:loadbalancer/app/konecta-erp-alb/50dc6c495c0c9188"),
            vec![],
            &[],
        ),
        finding(
            "KA-ECR-002",
            Pass,
            "AWS::ECR::Repository",
            "arn:aws:ecr:us-east-1:123456789012:repository/konecta-erp/hr-service",
            vec![],
            &[],
        ),
        finding(
            "KA-ECR-004",
            Unknown,
            "AWS::ECR::Repository",
            "arn:aws:ecr:us-east-1:123456789012:repository/konecta-erp/hr-service",
            vec![],
            &["ecr:GetLifecyclePolicy was denied (AccessDeniedException)"],
        ),
        finding(
            "KA-ECR-004",
            Unknown,
            "AWS::ECR::Repository",
            "arn:aws:ecr:eu-west-1:210987654321:repository/*",
            vec![],
            &["ecr:DescribeRepositories was refused (UnrecognizedClientException): repositories were not listed"],
        ),
        finding(
            "KA-RDS-004",
            Waived,
            "AWS::RDS::DBInstance",
            "arn:aws:rds:eu-west-1:210987654321:db:konecta-erp-replica",
            vec![violation("BackupRetentionPeriod", json!(0), json!("at least 7"))],
            &["accepted by a.hassan until 2027-01-31: a replica, restored from its source"],
        ),
        finding(
            "KA-EKS-002",
            Fail,
            "AWS::EKS::Cluster",
            "arn:aws:eks:us-east-1:123456789012:cluster/konecta-erp-prod",
            vec![violation("version", json!("1.29"), json!("a version whose extended support has not ended"))],
            &[],
        ),
        finding(
            "KA-IAM-001",
            NotApplicable,
            "AWS::IAM::Role",
            "arn:aws:iam::123456789012:role/konecta-erp-ci",
            vec![],
            &["no node uses it"],
        ),
        finding(
            "KA-X-001",
            Fail,
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            &format!("{elb}:loadbalancer/app/konecta-erp-alb/50dc6c495c0c9188"),
            vec![hops],
            &[],
        ),
    ]
}

fn violation(path: &str, actual: Value, expected: Value) -> Violation {
    Violation { path: path.to_owned(), actual, expected, proof: vec![] }
}

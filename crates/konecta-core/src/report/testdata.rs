//! One report made by hand, for the tests of every format: all statuses, severities, verdicts and kinds of gap.
//! Knows nothing of formats.

mod findings;
mod unseen;
mod words;

use std::io::Write;
use std::sync::Arc;

use serde_json::json;

use super::Report;
use findings::findings;
use konecta_base::finding::Severity;
use konecta_base::resource::ResourceRef;
use konecta_base::rule::{ControlError, Rule};
use konecta_base::snapshot::ScanInfo;
use unseen::{claims, gaps};
pub(crate) use words::{words, written_with};

const ONE: &str = "123456789012";
const TWO: &str = "210987654321";

/// An id of any kind from what a test writes down.
pub(crate) fn id<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is not an id"))
}

/// A resource whose account and region stand in its ARN, else in account one and `global`.
pub(crate) fn resource(kind: &str, arn: &str) -> ResourceRef {
    let part = |at: usize, otherwise: &'static str| {
        arn.split(':').nth(at).filter(|part| !part.is_empty()).unwrap_or(otherwise).to_owned()
    };
    ResourceRef { arn: id(arn), resource_type: id(kind), account_id: id(&part(4, ONE)), region: id(&part(3, "global")) }
}

/// What one of the formats that are streamed makes of a report.
pub(crate) fn text<E: std::fmt::Debug>(write: fn(&Report, &mut dyn Write) -> Result<(), E>, report: &Report) -> String {
    let mut bytes = Vec::new();
    write(report, &mut bytes).expect("memory takes it");
    String::from_utf8(bytes).expect("text")
}

/// What every test starts from.
pub(crate) fn report() -> Report {
    let mut report = Report {
        tool_version: "0.1.0".to_owned(),
        scan: ScanInfo {
            tool_version: "0.1.0".to_owned(),
            started_at: id("2026-11-23T12:00:00Z"),
            finished_at: id("2026-11-23T12:00:47Z"),
            accounts: vec![id(ONE), id(TWO)],
            regions: vec![id("eu-west-1"), id("us-east-1")],
            calls: 412,
        },
        rules: rules(),
        findings: findings(),
        gaps: gaps(),
        claims: claims(),
        errors: vec![ControlError {
            control: id("KA-X-001"),
            arn: format!("arn:aws:konecta:us-east-1:{ONE}:stack/konecta-erp"),
            message: "the time limit of 2 s was reached in data.konecta.origin.only_cloudfront_reaches_alb".to_owned(),
        }],
        baseline: None,
    };
    for finding in &mut report.findings {
        let rule = report.rules.iter().find(|rule| rule.id == finding.control).expect("a rule for every finding");
        finding.name = rule.name.as_str().into();
        finding.title = rule.title.as_str().into();
        finding.severity = rule.severity;
    }
    report.findings.sort_by_key(|f| (f.severity, f.status, f.control.clone(), f.resource.clone()));
    report
}

/// The same program on a stack where nothing was found and nothing stayed unseen.
pub(crate) fn empty() -> Report {
    let full = report();
    let scan = ScanInfo { accounts: vec![id(ONE)], regions: vec![id("us-east-1")], calls: 96, ..full.scan };
    Report { scan, findings: vec![], gaps: vec![], claims: vec![], errors: vec![], ..full }
}

/// Names, tags, paths and messages as somebody writes them who wants to do harm, or who simply writes Arabic.
pub(crate) fn hostile() -> Report {
    let mut report = report();
    let first = &mut report.findings[0];
    Arc::make_mut(&mut first.resource).arn =
        id(&format!("arn:aws:ec2:us-east-1:{ONE}:security-group/sg-\u{1b}]0;owned\u{7}\u{1b}[2J';reboot;'"));
    first.violations[0].path = "tags.\u{202e}drawkcab\u{9b}31m".to_owned();
    first.violations[0].actual = json!("\u{1b}[1A\u{1b}[Kpass\r\n[click](https://evil.example) {0} <script>");
    Arc::make_mut(&mut report.findings[1].resource).arn =
        id(&format!("arn:aws:eks:us-east-1:{ONE}:cluster/موارد-人事-👩‍💻-\u{200b}hidden"));
    report.findings[2].title = "A title\nin two lines \u{1b}[31mand red".into();
    Arc::make_mut(&mut report.findings[3].resource).arn =
        id(&format!("arn:aws:rds:us-east-1:{ONE}:db:{}", "very-long-name-".repeat(9)));
    report.gaps[0].gap.message = "AccessDenied\nresult  complete \u{1b}[32mall good".to_owned();
    report.errors[0].message = "\u{1b}[5mblink\u{1b}[0m".to_owned();
    report.claims[0].says = "first line\nBROKEN nothing".to_owned();
    report
}

fn rules() -> Vec<Rule> {
    let rule = |control: &str, name: &str, severity: Severity, title: &str| Rule {
        id: id(control),
        name: name.to_owned(),
        layer: name.split('.').next().unwrap_or_default().to_owned(),
        title: title.to_owned(),
        description: format!(
            "{title}. Where that does not hold, somebody on the way can read or change what the ERP sends."
        ),
        remediation: format!("Run `konecta-audit fix --control {control}` and look at the plan before you apply it."),
        severity,
        page: Some(format!("https://github.com/konecta/konecta-audit/blob/main/docs/controls/{control}.md")),
        related_resources: vec!["https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/".to_owned()],
        frameworks: [("fsbp".to_owned(), vec!["CloudFront.3".to_owned()])].into(),
    };
    use Severity::{Critical, High, Info, Low, Medium};
    let mut rules = vec![
        rule("KA-CF-001", "cloudfront.viewer_https", High, "Every cache behavior sends HTTP to HTTPS"),
        rule("KA-CF-002", "cloudfront.viewer_tls12", High, "Viewers need TLS 1.2 or later"),
        rule("KA-CF-006", "cloudfront.http3", Info, "HTTP/2 and HTTP/3 are switched on"),
        rule("KA-CF-041", "cloudfront.web_acl", High, "A web ACL stands before the distribution"),
        rule("KA-ALB-003", "alb.listener_tls12", High, "Listeners take TLS 1.2 or later"),
        rule("KA-ALB-006", "alb.drop_invalid_headers", Medium, "The load balancer drops invalid header fields"),
        rule("KA-SG-001", "network.ssh_closed", Critical, "No security group opens SSH to the internet"),
        rule("KA-ECR-002", "ecr.scan_on_push", Medium, "Images are scanned when they are pushed"),
        rule("KA-ECR-004", "ecr.lifecycle_keeps_ten", Low, "The lifecycle policy keeps the last ten images"),
        rule("KA-RDS-001", "rds.private", Critical, "The database has no public address"),
        rule("KA-RDS-004", "rds.backups", Medium, "Backups are kept for seven days or longer"),
        rule("KA-EKS-002", "eks.version_supported", High, "The cluster runs a supported Kubernetes"),
        rule("KA-IAM-001", "iam.node_role_least", Medium, "The nodes' role has no more than it needs"),
        rule("KA-X-001", "origin.only_cloudfront_reaches_alb", High, "Only CloudFront reaches the load balancer"),
    ];
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
}

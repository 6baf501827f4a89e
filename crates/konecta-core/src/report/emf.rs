//! The figures of a target as one line in CloudWatch's embedded metric format: CloudWatch Logs makes metrics of it.
//! Members and units are those of the specification. What was not counted is left out; it is not zero.

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use strum::IntoEnumIterator;

use super::{About, Report};
use konecta_base::finding::{Severity, Status};

/// The namespace of the metrics.
pub const NAMESPACE: &str = "KonectaAudit";

#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "_aws")]
    metadata: Metadata,
    #[serde(rename = "Account")]
    account: &'a str,
    #[serde(rename = "Region")]
    region: &'a str,
    #[serde(rename = "Run")]
    run: &'a str,
    #[serde(rename = "RequestId")]
    request: &'a str,
    #[serde(flatten)]
    values: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    timestamp: i64,
    cloud_watch_metrics: [Directive; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    /// One set, and empty: CloudWatch bills each combination of dimensions as a metric of its own, and 90,000 targets would
    /// be 900,000. Account and region are members of the line, for queries of the log.
    dimensions: [[&'static str; 0]; 1],
    metrics: Vec<Metric>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: String,
    unit: &'static str,
}

/// Writes the line, without a line break at its end. Without a report, of a target that could not be read at all, it has
/// only the time taken and that it is incomplete.
///
/// # Errors
/// When it cannot be written as JSON, which it always can.
pub fn render(
    report: Option<&Report>,
    about: &About<'_>,
    request: &str,
    at: Timestamp,
    taken: Duration,
) -> Result<String, serde_json::Error> {
    let mut counts: Vec<(String, usize)> = report.map(counted).unwrap_or_default();
    counts.push(("Incomplete".to_owned(), usize::from(about.incomplete)));
    let mut metrics: Vec<Metric> =
        counts.iter().map(|(name, _)| Metric { name: name.clone(), unit: "Count" }).collect();
    let mut values: serde_json::Map<String, serde_json::Value> =
        counts.into_iter().map(|(name, count)| (name, count.into())).collect();
    metrics.push(Metric { name: "DurationMilliseconds".to_owned(), unit: "Milliseconds" });
    let milliseconds = u64::try_from(taken.as_millis()).unwrap_or(u64::MAX);
    values.insert("DurationMilliseconds".to_owned(), milliseconds.into());
    serde_json::to_string(&Line {
        metadata: Metadata {
            timestamp: at.as_millisecond(),
            cloud_watch_metrics: [Directive { namespace: NAMESPACE, dimensions: [[]], metrics }],
        },
        account: about.target.account.as_str(),
        region: about.target.region.as_str(),
        run: about.run,
        request,
        values,
    })
}

fn counted(report: &Report) -> Vec<(String, usize)> {
    let fails = |severity| {
        report.findings.iter().filter(|finding| finding.status == Status::Fail && finding.severity == severity).count()
    };
    let named = |severity: Severity| {
        let name = match severity {
            Severity::Critical => "FindingsCritical",
            Severity::High => "FindingsHigh",
            Severity::Medium => "FindingsMedium",
            Severity::Low => "FindingsLow",
            Severity::Info => "FindingsInfo",
        };
        (name.to_owned(), fails(severity))
    };
    let mut counts: Vec<(String, usize)> = Severity::iter().map(named).collect();
    counts.push(("Unknown".to_owned(), report.count(Status::Unknown)));
    counts.push(("Calls".to_owned(), usize::try_from(report.scan.calls).unwrap_or(usize::MAX)));
    counts.push(("Gaps".to_owned(), report.gaps.len()));
    counts
}

//! The controls as SARIF rules. Severity belongs to the rule here: GitHub reads it nowhere else.
//! Knows nothing of findings.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor, ResultLevel, ToolComponent,
};

use super::invocation;
use super::preflight::{DESCRIPTION, TAGS_SHOWN};
use super::uri::is_web_address;
use crate::report::Report;
use konecta_base::finding::Severity;
use konecta_base::rule::Rule;
use konecta_base::text::{clip, prose, visible};

const HOME: &str = "https://github.com/konecta/konecta-audit";
/// A help text longer than this says too much; GitHub gives no limit.
const HELP: usize = 8_000;

pub(super) fn driver(report: &Report) -> ToolComponent {
    let version = filled([prose(&report.tool_version)], "0");
    ToolComponent::builder()
        .name("konecta-audit")
        .version(version.clone())
        .semantic_version(version)
        .information_uri(HOME)
        .rules(report.rules.iter().map(rule).collect::<Vec<_>>())
        .notifications(invocation::descriptors())
        .build()
}

fn rule(rule: &Rule) -> ReportingDescriptor {
    let id = rule.id.as_str();
    let title = filled([prose(&rule.title), prose(&rule.name)], id);
    let description = filled([prose(&rule.description)], &title);
    let text = filled([prose(&rule.remediation)], &description);
    let config = ReportingConfiguration::builder().level(word(&level(rule.severity))).build();
    let mut descriptor = ReportingDescriptor::builder()
        .id(id)
        .name(pascal(&rule.name, id))
        .short_description(message(&ended(clip(&title, DESCRIPTION - 1))))
        .full_description(message(&ended(clip(&description, DESCRIPTION - 1))))
        .help(
            MultiformatMessageString::builder()
                .text(clip(&text, HELP))
                .markdown(clip(&markdown(rule, &description, &text), HELP))
                .build(),
        )
        .default_configuration(config)
        .properties(properties(rule))
        .build();
    let explained = rule.related_resources.iter().find(|page| is_web_address(page));
    descriptor.help_uri = rule.page.as_ref().or(explained).cloned();
    descriptor
}

fn message(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

/// GitHub's buckets: critical from 9.0, high from 7.0, medium from 4.0, low above 0.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.5",
    }
}

pub(super) fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Info => ResultLevel::Note,
    }
}

/// A level where serde-sarif wants any JSON value.
pub(super) fn word(level: &ResultLevel) -> Value {
    json!(level)
}

fn properties(rule: &Rule) -> PropertyBag {
    let frameworks = rule.frameworks.iter().flat_map(|(name, ids)| ids.iter().map(move |id| format!("{name}/{id}")));
    let mut seen = BTreeSet::new();
    let tags: Vec<String> = ["security".to_owned(), "aws".to_owned(), rule.layer.clone()]
        .into_iter()
        .chain(frameworks)
        .map(|tag| clip(&prose(&tag), 100))
        .filter(|tag| !tag.is_empty() && seen.insert(tag.clone()))
        .take(TAGS_SHOWN)
        .collect();
    let more = BTreeMap::from([
        ("precision".to_owned(), json!("very-high")),
        ("problem.severity".to_owned(), json!(problem_severity(rule.severity))),
        ("security-severity".to_owned(), json!(security_severity(rule.severity))),
    ]);
    PropertyBag::builder().tags(tags).additional_properties(more).build()
}

fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

fn markdown(rule: &Rule, description: &str, remediation: &str) -> String {
    let mut parts = vec![description.to_owned(), format!("**What to do.** {remediation}")];
    let pages: Vec<String> =
        rule.related_resources.iter().filter(|page| is_web_address(page)).map(|page| format!("- <{page}>")).collect();
    if !pages.is_empty() {
        parts.push(pages.join("\n"));
    }
    let ids: Vec<String> =
        rule.frameworks.iter().map(|(name, ids)| format!("{}: {}", prose(name), visible(&ids.join(", ")))).collect();
    if !ids.is_empty() {
        parts.push(format!("In other standards: {}.", ids.join("; ")));
    }
    parts.join("\n\n")
}

/// `ecr.lifecycle_keeps_ten` as SARIF writes names: `EcrLifecycleKeepsTen`.
fn pascal(name: &str, otherwise: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    let name: String = name.split(|c: char| !c.is_ascii_alphanumeric()).map(capital).collect();
    clip(&filled([name], &otherwise.replace('-', "")), 255)
}

/// The first text that is not empty; SARIF has no empty strings.
pub(super) fn filled<const N: usize>(texts: [String; N], otherwise: &str) -> String {
    texts.into_iter().find(|text| !text.trim().is_empty()).unwrap_or_else(|| otherwise.to_owned())
}

fn ended(text: String) -> String {
    if text.ends_with(['.', '…', '!', '?']) { text } else { format!("{text}.") }
}

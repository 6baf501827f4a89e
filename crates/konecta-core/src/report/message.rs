//! The message about new findings, for a person who reads it in a mail: a subject and a body of plain text, worst first.
//! Keeps within what SNS takes. Knows news and reports; nothing of topics.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use strum::IntoEnumIterator;

use super::{About, Report, sentence};
use crate::changes::{Because, Gone, News};
use konecta_base::finding::{Finding, Severity, Status};
use konecta_base::text::{counted, prose, visible};

/// SNS takes subjects of less than 100 characters.
pub const LONGEST_SUBJECT: usize = 99;
/// SNS takes messages of at most 256 KiB.
pub const LARGEST_BODY: usize = 256 * 1024;
/// Of one finding this many places are told; the report has all.
const MOST_PLACES: usize = 5;
/// Kept free for the line that says how many more there are, and for what follows it.
const REST: usize = 256;

/// What SNS is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// One line of ASCII.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// Writes the message. There is one to send where `news.new` is not empty.
#[must_use]
pub fn render(report: &Report, news: &News<'_>, about: &About<'_>) -> Message {
    Message { subject: subject(news, about), body: body(report, news, about) }
}

/// Who reads a list of mails must see what it is about, and a retry must be known for one.
fn subject(news: &News<'_>, about: &About<'_>) -> String {
    let incomplete = if about.incomplete { "INCOMPLETE " } else { "" };
    let worst = news.new.first().map(|finding| format!(", worst {}", finding.severity)).unwrap_or_default();
    let new = news.new.len();
    let told = format!(
        "{incomplete}konecta-audit: {new} new{worst}: {}/{} {}",
        about.target.account, about.target.region, about.run
    );
    let ascii = told.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' });
    let mut subject: String = ascii.collect();
    if subject.len() > LONGEST_SUBJECT {
        subject.truncate(LONGEST_SUBJECT - 3);
        subject.push_str("...");
    }
    subject
}

fn body(report: &Report, news: &News<'_>, about: &About<'_>) -> String {
    let mut body = head(report, news, about);
    let blocks = news.new.iter().enumerate().map(|(at, finding)| block(report, at + 1, finding));
    let left = fill(&mut body, blocks, LARGEST_BODY - REST);
    if left > 0 {
        let _ = writeln!(body, "\nand {left} more: the report has them all.");
    }
    if !news.gone.is_empty() {
        body.push_str("\nNo longer open\n");
        let left = fill(&mut body, news.gone.iter().map(line_of_gone), LARGEST_BODY - REST / 2);
        if left > 0 {
            let _ = writeln!(body, "and {left} more");
        }
    }
    body
}

/// Appends the parts as long as there is room for them, whole; answers how many there was none for.
fn fill(body: &mut String, parts: impl Iterator<Item = String>, room: usize) -> usize {
    let mut left = 0;
    for part in parts {
        if left == 0 && body.len() + part.len() <= room {
            body.push_str(&part);
        } else {
            left += 1;
        }
    }
    left
}

fn head(report: &Report, news: &News<'_>, about: &About<'_>) -> String {
    let mut head = String::new();
    if about.incomplete {
        let _ = writeln!(
            head,
            "INCOMPLETE: {} and {} without a proof. What is not told here can still be wrong.\n",
            counted(report.gaps.len(), "gap"),
            counted(report.count(Status::Unknown) + report.errors.len(), "verdict")
        );
    }
    let place = if about.target.region.is_global() {
        "what belongs to no region".to_owned()
    } else {
        about.target.region.to_string()
    };
    let by_severity: Vec<String> = Severity::iter()
        .map(|severity| (news.new.iter().filter(|finding| finding.severity == severity).count(), severity))
        .filter(|(count, _)| *count > 0)
        .map(|(count, severity)| format!("{count} {severity}"))
        .collect();
    let list = if by_severity.is_empty() { String::new() } else { format!(" ({})", by_severity.join(", ")) };
    let new = counted(news.new.len(), "new finding");
    let _ = writeln!(head, "{new}{list} in account {}, {place}.", about.target.account);
    if news.first {
        head.push_str("This is the first run that tells of it: everything that fails is new.\n");
    }
    let _ = write!(head, "\nBesides: {} open as before, {} no longer", news.still, news.gone.len());
    if news.unseen > 0 {
        let _ = write!(head, ", {} that could not be judged this time", news.unseen);
    }
    let _ = writeln!(
        head,
        ".\nRead:    {}\nRun:     {}\nReport:  {}",
        report.scan.started_at,
        visible(about.run),
        visible(about.location)
    );
    head
}

fn block(report: &Report, number: usize, finding: &Finding) -> String {
    let severity = finding.severity.to_string().to_uppercase();
    let mut told = format!("\n{number}. {severity} {} {}\n", finding.control, sentence::title(finding));
    let _ = writeln!(told, "   {}", sentence::name(&finding.resource));
    let _ = writeln!(told, "   {}", visible(finding.resource.arn.as_str()));
    for violation in finding.violations.iter().take(MOST_PLACES) {
        let _ = writeln!(told, "   - {}", sentence::difference(violation));
        if !violation.proof.is_empty() {
            let _ = writeln!(told, "     Seen along {}.", sentence::proof(violation));
        }
    }
    let more = finding.violations.len().saturating_sub(MOST_PLACES);
    if more > 0 {
        let _ = writeln!(told, "   - and {} more", counted(more, "place"));
    }
    let mut beside = sentence::beside(finding).iter();
    if let Some(reason) = if finding.unattainable { beside.next() } else { None } {
        let _ = writeln!(told, "   AWS cannot give it as it is written: {}", prose(reason));
    }
    for reason in beside {
        let _ = writeln!(told, "   Waiver: {}", prose(reason));
    }
    if let Some(rule) = report.rule(&finding.control) {
        let _ = writeln!(told, "   To do: {}", prose(&rule.remediation));
    }
    told
}

fn line_of_gone(gone: &Gone) -> String {
    let known = &gone.finding;
    let why = match &gone.because {
        Because::Passes => "passes".to_owned(),
        Because::NotApplicable => "does not apply any more".to_owned(),
        Because::Absent => "is not there any more".to_owned(),
        Because::Waived(by) => prose(by),
    };
    format!("- {} {}: {why}\n", known.control, visible(known.resource.arn.as_str()))
}

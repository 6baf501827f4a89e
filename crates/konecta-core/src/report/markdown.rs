//! The report as a comment on a pull request: what was not seen first, then claims that do not hold, then findings,
//! worst first. A comment that is too long for GitHub is cut, and says by how much.

use std::fmt::Write as _;

use crate::baseline::BaselineState;
use konecta_base::claim::Verdict;
use konecta_base::finding::{Finding, Status};
use konecta_base::text::{counted, prose};

use super::{Report, sentence};

/// GitHub takes comments of 65,536 characters; an answer that a bot prepends to needs some of them.
const LONGEST: usize = 64_000;

/// Writes the report.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut page = Page::default();
    page.put(&head(report));
    page.table(&gaps(report));
    page.table(&claims(report));
    page.table(&findings(report));
    page.finish()
}

/// A heading, the first lines of a table, and its rows.
struct Section {
    opening: String,
    rows: Vec<String>,
    /// What a row is, for what is cut.
    noun: &'static str,
}

#[derive(Default)]
struct Page {
    text: String,
    cut: Vec<String>,
}

impl Page {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn table(&mut self, section: &Section) {
        if section.rows.is_empty() {
            return;
        }
        self.put(&section.opening);
        let fits = section.rows.iter().scan(self.text.len(), |length, row| {
            *length += row.len();
            (*length < LONGEST).then_some(())
        });
        let shown = fits.count();
        section.rows.iter().take(shown).for_each(|row| self.text.push_str(row));
        if shown < section.rows.len() {
            self.cut.push(format!("{} more", counted(section.rows.len() - shown, section.noun)));
        }
    }

    fn finish(mut self) -> String {
        if !self.cut.is_empty() {
            let _ = write!(
                self.text,
                "\n**Cut:** {} did not fit into a comment; the other formats hold all.\n",
                self.cut.join(" and ")
            );
        }
        self.text
    }
}

fn head(report: &Report) -> String {
    let mut text = String::from("## konecta-audit\n\n");
    let fails = report.count(Status::Fail);
    let open = report.count(Status::Unknown);
    if !report.complete() || !report.errors.is_empty() {
        let mut missing = vec![counted(report.gaps.len(), "call") + " without an answer"];
        if !report.errors.is_empty() {
            missing.push(counted(report.errors.len(), "evaluation") + " in error");
        }
        let _ = write!(text, "> **Incomplete**: {}. What was not seen does not count as good.\n\n", missing.join(", "));
    }
    let accounts: Vec<&str> = report.scan.accounts.iter().map(|account| account.as_str()).collect();
    let regions: Vec<&str> = report.scan.regions.iter().map(|region| region.as_str()).collect();
    let _ = writeln!(
        text,
        "**{fails} fail**, {open} unknown, {} waived, {} pass. Account {} in {}, {}.",
        report.count(Status::Waived),
        report.count(Status::Pass),
        accounts.join(", "),
        regions.join(", "),
        report.scan.started_at.strftime("%Y-%m-%d %H:%M UTC"),
    );
    if let Some(baseline) = &report.baseline {
        let new = baseline.count(BaselineState::New);
        let day = baseline.started_at.strftime("%Y-%m-%d %H:%M UTC");
        let _ = writeln!(text, "\n**{new} new** and {} fixed since {day}.", baseline.fixed.len());
    }
    text
}

fn gaps(report: &Report) -> Section {
    let rows = report.gaps.iter().map(|reported| {
        let gap = &reported.gap;
        let controls: Vec<&str> = reported.controls.iter().map(|control| control.as_str()).collect();
        format!("| `{}` | {} | {} | {} |\n", gap.action, cell(gap.account_id.as_str()), gap.kind, controls.join(", "))
    });
    Section {
        opening: "\n### Not seen\n\n| call | account | why | leaves open |\n|---|---|---|---|\n".to_owned(),
        rows: rows.collect(),
        noun: "call",
    }
}

fn claims(report: &Report) -> Section {
    let broken = report.claims.iter().filter(|claim| {
        matches!(claim.verdict, Verdict::Broken | Verdict::Missing | Verdict::Unattainable | Verdict::Unknown)
    });
    let rows = broken.map(|claim| {
        format!(
            "| {} | {} | {} |\n",
            claim.verdict.to_string().replace('_', " "),
            cell(&claim.says),
            cell(&claim.reason)
        )
    });
    let holds = report.claims.iter().filter(|claim| claim.verdict == Verdict::Holds).count();
    let opening = format!(
        "\n### The document\n\n{holds} of {} hold.\n\n| | claim | why |\n|---|---|---|\n",
        counted(report.claims.len(), "claim")
    );
    Section { opening, rows: rows.collect(), noun: "claim" }
}

fn findings(report: &Report) -> Section {
    let mut worst = report.worst_first();
    // What fails is acted on first, whatever its severity.
    worst.sort_by_key(|finding| finding.status);
    let shown = worst.into_iter().filter(|finding| matches!(finding.status, Status::Fail | Status::Unknown));
    let rows = shown.map(|finding| {
        format!(
            "| {} | {} | {} | {} | {} |\n",
            finding.severity,
            finding.status,
            finding.control,
            cell(&sentence::name(&finding.resource)),
            what(finding),
        )
    });
    Section {
        opening: "\n### Findings\n\n| | | control | resource | what |\n|---|---|---|---|---|\n".to_owned(),
        rows: rows.collect(),
        noun: "finding",
    }
}

fn what(finding: &Finding) -> String {
    let title = cell(&sentence::title(finding));
    let differences: Vec<String> = finding.violations.iter().map(|one| cell(&sentence::difference(one))).collect();
    let reasons: Vec<String> = finding.reasons.iter().map(|reason| cell(reason)).collect();
    let mut lines = vec![title];
    lines.extend(if finding.status == Status::Fail { differences } else { Vec::new() });
    lines.extend(reasons);
    lines.join("<br>")
}

/// Text in a cell that is shown as it is: no markup, no mention, no link, no end of the cell.
fn cell(text: &str) -> String {
    prose(text).chars().fold(String::new(), |mut cell, character| {
        match character {
            '&' => cell.push_str("&amp;"),
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            // GitHub makes a mention of `@name`, an issue of `#1`, a link of `www.` and `://`.
            '@' => cell.push_str("&#64;"),
            '#' => cell.push_str("&#35;"),
            ':' => cell.push_str("&#58;"),
            '\n' => cell.push(' '),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '!' | '~' | '$' => {
                cell.push('\\');
                cell.push(character);
            }
            other => cell.push(other),
        }
        cell
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::report::testdata;

    #[test]
    fn a_comment() {
        insta::assert_snapshot!(render(&testdata::report()));
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut report = testdata::report();
        let fail = report.findings.iter().find(|finding| finding.status == Status::Fail).expect("a fail").clone();
        let title: Arc<str> = "A title of some length, as titles are".into();
        report.findings = vec![Finding { title, ..fail }; 30_000];
        let text = render(&report);
        assert!(text.chars().count() < 65_536, "{}", text.len());
        let shown = text.lines().filter(|line| line.contains("| fail |")).count();
        assert!(
            text.contains(&format!("{} findings more did not fit", 30_000 - shown)),
            "{}",
            &text[text.len() - 200..]
        );
    }

    #[test]
    fn hostile_names_are_text() {
        let text = render(&testdata::hostile());
        assert!(!text.contains("<script") && !text.contains("<img") && !text.contains("javascript:"));
        assert!(text.lines().all(|line| !line.chars().any(konecta_base::text::acts)));
    }

    proptest! {
        #[test]
        fn a_cell_stays_a_cell(text in "\\PC{0,60}") {
            let cell = cell(&text);
            prop_assert!(!cell.contains('\n') && !cell.contains('<') && !cell.contains('@'));
            let unescaped = cell.replace("\\\\", "").replace("\\|", "");
            prop_assert!(!unescaped.contains('|'));
        }
    }
}

//! The roll-up as one page that opens offline: what was not seen first, then the worst targets with links to their pages,
//! then the controls. It has no script: a content security policy allows only the style that is in the page, by its hash.
//! Names and reasons are written by others and put on the page as text; what grows with the accounts is streamed.

use std::io::{self, BufRead, Seek, Write};

use strum::IntoEnumIterator;

use super::text::{accounts, controls_by_weight, counted, findings, narrowed, targets};
use super::{RollupAbout, each_named};
use crate::report::html::{STYLE, escape, filled, hash};
use crate::report::sarif::uri_of;
use crate::rollup::{Naming, Summary, WorstTarget};
use konecta_base::finding::Severity;

const PAGE: &str = include_str!("../html/rollup.html");

/// Where the main part of the page stands.
const MAIN: &str = "{{main}}";

/// Writes the page. `page` says where the page of a target is, as seen from the roll-up, by the key of its report.
///
/// # Errors
/// When the lists cannot be read or the page cannot be written.
pub fn html<R: BufRead + Seek>(
    about: &RollupAbout<'_>,
    summary: &Summary,
    lists: &mut R,
    page: &dyn Fn(&str) -> Option<String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (head, tail) = PAGE.split_once(MAIN).unwrap_or((PAGE, ""));
    let style = style();
    let is_whole = summary.is_whole();
    let head = filled(
        head,
        &[
            ("title", escape(&format!("konecta-audit: {}", accounts(summary)))),
            ("style-hash", hash(&style)),
            ("style", style),
            ("scan", scan(about, summary)),
            ("state", if is_whole { "complete" } else { "incomplete" }.to_owned()),
            ("accounts", escape(&accounts(summary))),
        ],
    );
    out.write_all(head.as_bytes())?;
    coverage(summary, lists, page, out)?;
    worst(summary, page, out)?;
    controls(about, summary, out)?;
    out.write_all(tail.as_bytes())
}

/// The style of the report's page. There is no script to choose a theme: the reader's own settings do.
fn style() -> String {
    let dark = STYLE.split_once(":root[data-theme=\"dark\"]").and_then(|(_, rest)| rest.split_once('}'));
    let dark = dark.map(|(members, _)| format!("@media (prefers-color-scheme: dark) {{ :root {members}}} }}\n"));
    format!("{STYLE}{}", dark.unwrap_or_default())
}

fn scan(about: &RollupAbout<'_>, summary: &Summary) -> String {
    let run = about.run.map(|run| ("Run", run.to_owned()));
    let narrowed = narrowed(about).map(|narrowed| ("Narrowed", narrowed));
    let rows = [
        ("Targets", targets(summary)),
        ("Findings", findings(summary).trim_start_matches("findings: ").to_owned()),
        ("Program", format!("konecta-audit {}", about.tool_version)),
    ];
    let rows = run.into_iter().chain(rows).chain(narrowed);
    rows.map(|(name, text)| format!("<dt>{name}</dt><dd>{}</dd>", escape(&text))).collect()
}

/// Everything that was not seen, or not whole.
fn coverage<R: BufRead + Seek>(
    summary: &Summary,
    lists: &mut R,
    page: &dyn Fn(&str) -> Option<String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    out.write_all(b"<section id=\"coverage\" aria-labelledby=\"coverage-title\">\n")?;
    out.write_all(b"<h2 id=\"coverage-title\">Coverage</h2>\n")?;
    let mut said = false;
    for (naming, count, heading, chip) in [
        (Naming::Unscanned, summary.targets.unscanned, "Not scanned", "fail"),
        (Naming::Unexpected, summary.targets.unexpected, "Not expected, and counted nowhere", "unknown"),
        (Naming::Incomplete, summary.targets.incomplete, "Seen in part", "unknown"),
        (Naming::Suspended, summary.suspended, "Suspended, and not entered", "quiet"),
    ] {
        if count == 0 {
            continue;
        }
        said = true;
        let word = heading.split(',').next().unwrap_or(heading);
        writeln!(out, "<h3>{heading}: {count}</h3>")?;
        opened(out, heading, &["account", "region", "name", "why", "report"])?;
        each_named(lists, naming, |named| {
            let region = named.region.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string);
            let why = named.reason.as_deref().unwrap_or_default();
            writeln!(
                out,
                "<tr><td class=\"account\">{}</td><td class=\"account\">{}</td><td>{}</td><td><span class=\"chip {chip}\">{}</span> {}</td><td>{}</td></tr>",
                escape(named.account.as_str()),
                escape(&region),
                escape(named.name.as_deref().unwrap_or_default()),
                escape(&word.to_lowercase()),
                escape(why),
                report(named.key.as_deref(), page, &format!("{} {region}", named.account)),
            )
        })?;
        out.write_all(b"</tbody></table></div>\n")?;
    }
    if !said {
        out.write_all(b"<p>Everything that was expected was seen whole.</p>\n")?;
    }
    out.write_all(b"</section>\n")
}

fn opened(out: &mut dyn Write, caption: &str, columns: &[&str]) -> io::Result<()> {
    let heads: String = columns.iter().map(|column| format!("<th scope=\"col\">{column}</th>")).collect();
    let label = escape(caption);
    writeln!(
        out,
        "<div class=\"table\" tabindex=\"0\" role=\"group\" aria-label=\"{label}\"><table><thead><tr>{heads}</tr></thead><tbody>"
    )
}

/// A link to the page of a target, else where its report is.
fn report(key: Option<&str>, page: &dyn Fn(&str) -> Option<String>, of: &str) -> String {
    let Some(key) = key else { return String::new() };
    match page(key) {
        // A relative address: nothing in it is taken for a scheme.
        Some(path) => {
            let (href, of) = (escape(&format!("./{}", uri_of(&path))), escape(of));
            format!("<a href=\"{href}\" aria-label=\"The page of {of}\">page</a>")
        }
        None => format!("<code>{}</code>", escape(key)),
    }
}

fn worst(summary: &Summary, page: &dyn Fn(&str) -> Option<String>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"<section id=\"worst\" aria-labelledby=\"worst-title\">\n")?;
    out.write_all(b"<h2 id=\"worst-title\">Worst targets</h2>\n")?;
    let count = summary.worst().count();
    if count == 0 {
        return out.write_all(b"<p>No target that was seen has a fail or an unknown.</p>\n</section>\n");
    }
    writeln!(
        out,
        "<p class=\"quiet\">{}, the worst first.</p>",
        counted(u64::try_from(count).unwrap_or(u64::MAX), "target")
    )?;
    let severities: Vec<String> = Severity::iter().map(|severity| severity.to_string()).collect();
    let columns = ["account", "region", "name"].into_iter().chain(severities.iter().map(String::as_str));
    let columns: Vec<&str> = columns.chain(["unknown", "report"]).collect();
    opened(out, "Worst targets", &columns)?;
    summary.worst().try_for_each(|target| row(target, page, out))?;
    out.write_all(b"</tbody></table></div>\n</section>\n")
}

fn row(target: &WorstTarget, page: &dyn Fn(&str) -> Option<String>, out: &mut dyn Write) -> io::Result<()> {
    let number = |count: u64, chip: &str| match count {
        0 => "<td class=\"quiet\">0</td>".to_owned(),
        count => format!("<td><span class=\"chip {chip}\">{count}</span></td>"),
    };
    let fails: String = Severity::iter()
        .map(|severity| number(target.fails_by_severity.get(&severity).copied().unwrap_or_default(), "fail"))
        .collect();
    let (account, region) = (target.account.as_str(), target.region.as_str());
    writeln!(
        out,
        "<tr><th scope=\"row\" class=\"account\">{}</th><td class=\"account\">{}</td><td>{}</td>{fails}{}<td>{}</td></tr>",
        escape(account),
        escape(region),
        escape(target.name.as_deref().unwrap_or_default()),
        number(target.unknown, "unknown"),
        report(target.key.as_deref(), page, &format!("{account} {region}")),
    )
}

fn controls(about: &RollupAbout<'_>, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"<section id=\"controls\" aria-labelledby=\"controls-title\">\n")?;
    out.write_all(b"<h2 id=\"controls-title\">Controls</h2>\n")?;
    let controls = controls_by_weight(about, summary);
    if controls.is_empty() {
        return out.write_all(b"<p>No control fails or is left open.</p>\n</section>\n");
    }
    opened(out, "Controls", &["control", "severity", "accounts", "fails", "unknown", "title"])?;
    for (control, totals) in controls {
        let rule = about.rule(control);
        let severity = rule.map(|rule| rule.severity.to_string()).unwrap_or_default();
        let title = rule.map(|rule| escape(&rule.title)).unwrap_or_default();
        let control = escape(control.as_str());
        writeln!(
            out,
            "<tr><th scope=\"row\" class=\"account\"><code>{control}</code></th><td>{severity}</td><td>{}</td><td>{}</td><td>{}</td><td>{title}</td></tr>",
            totals.accounts, totals.fails, totals.unknowns
        )?;
    }
    out.write_all(b"</tbody></table></div>\n</section>\n")
}

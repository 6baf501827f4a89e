//! The report for a person: what was read, the document claim by claim, the findings worst first, what was not
//! seen, and the next step. The same plain lines on a terminal and in a pipe; colour is all that `color` changes.
//! Knows the width it is given; never asks a terminal anything.

mod findings;
mod foot;
mod head;
mod paint;
mod since;

use super::Report;
use paint::Paint;

/// How the table is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableOptions {
    /// The columns of the terminal.
    pub width: usize,
    /// Whether to colour severities and statuses.
    pub color: bool,
    /// Whether to show what passes.
    pub show_pass: bool,
}

/// Narrower than this nothing can be read; wider lines are then left to the terminal.
const NARROWEST: usize = 60;

/// The report as text that ends with a newline.
#[must_use]
pub fn render(report: &Report, options: &TableOptions) -> String {
    let width = options.width.max(NARROWEST);
    let paint = Paint { color: options.color };
    let sections = [
        head::scan(report, width, paint),
        head::claims(report, width, paint),
        findings::section(report, width, options.show_pass, paint),
        since::section(report, width, paint),
        foot::gaps(report, width, paint),
        foot::errors(report, width, paint),
        foot::summary(report, width, paint),
    ];
    let mut text = String::new();
    for lines in sections.into_iter().filter(|lines| !lines.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        for line in lines {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

/// Lines of `label  text`, the text wrapped beside its label.
fn labelled(label: &str, text: &str, indent: usize, width: usize) -> Vec<String> {
    let room = width.saturating_sub(indent).max(20);
    let mut lines = konecta_base::text::wrap(text, room).into_iter();
    let first = format!("{label:<indent$}{}", lines.next().unwrap_or_default());
    std::iter::once(first).chain(lines.map(|line| format!("{:indent$}{line}", ""))).collect()
}

/// The same with the label as a heading.
fn titled(label: &str, text: &str, indent: usize, width: usize, paint: Paint) -> Vec<String> {
    let mut lines = labelled(label, text, indent, width);
    if let Some(rest) = lines.first().and_then(|line| line.strip_prefix(label)) {
        lines[0] = format!("{}{rest}", paint.heading(label));
    }
    lines
}

#[cfg(test)]
mod tests;

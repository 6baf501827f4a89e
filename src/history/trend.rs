//! The scans of before as a trend: a line a scan, the oldest first, a block for each of what was scanned.
//! Knows numbers; knows no database.

use std::fmt::Write as _;

use konecta_base::text::{counted, prose, wrap};
use serde::Serialize;

use super::Entry;

/// The version of the JSON form; a reader that does not know it must stop.
const VERSION: u32 = 1;

/// The bars of a column of fails, the shortest first.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The trend as lines that end with a newline.
pub(crate) fn as_table(entries: &[Entry], width: usize) -> String {
    let mut text = format!("{}, the oldest first\n", counted(entries.len(), "scan"));
    for group in groups(entries) {
        let Some(first) = group.first() else { continue };
        let mut head = format!("{} in {}", first.accounts.replace(',', ", "), first.regions.replace(',', ", "));
        if !first.selection.is_empty() {
            let _ = write!(head, ", only {}", first.selection);
        }
        text.push('\n');
        for line in wrap(&prose(&head), width.max(40)) {
            let _ = writeln!(text, "{line}");
        }
        let _ = writeln!(
            text,
            "  {:<16} {:>7} {:>4} {:>5} {:>4} {:>4} {:>4} {:>4} {:>8} {:>6} {:>6}",
            "WHEN (UTC)", "FAIL", "+/-", "CRIT", "HIGH", "MED", "LOW", "INFO", "UNKNOWN", "WAIVED", "PASS"
        );
        let most = group.iter().map(|entry| entry.failing()).max().unwrap_or_default();
        let mut before: Option<u32> = None;
        for entry in group {
            let failing = entry.failing();
            let change = before.map_or_else(String::new, |before| change(before, failing));
            let [critical, high, medium, low, info] = entry.fails;
            let note = match (entry.complete, entry.gaps) {
                (true, _) => "",
                (false, 0) => "  incomplete",
                (false, _) => "  gaps",
            };
            let _ = writeln!(
                text,
                "  {} {} {failing:>5} {change:>4} {critical:>5} {high:>4} {medium:>4} {low:>4} {info:>4} {:>8} {:>6} {:>6}{note}",
                entry.started_at.strftime("%Y-%m-%d %H:%M"),
                bar(failing, most),
                entry.unknown,
                entry.waived,
                entry.pass,
            );
            before = Some(failing);
        }
    }
    text
}

/// The trend as JSON.
pub(crate) fn as_json(entries: &[Entry]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Document<'a> {
        version: u32,
        scans: &'a [Entry],
    }
    konecta_core::report::json_text::write(&Document { version: VERSION, scans: entries })
}

/// The scans of the same, each in order; the groups by their first scan.
fn groups(entries: &[Entry]) -> Vec<Vec<&Entry>> {
    let mut groups: Vec<Vec<&Entry>> = Vec::new();
    for entry in entries {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| first.is_of_the_same(entry))) {
            Some(group) => group.push(entry),
            None => groups.push(vec![entry]),
        }
    }
    groups
}

fn change(before: u32, now: u32) -> String {
    match i64::from(now) - i64::from(before) {
        0 => "=".to_owned(),
        difference => format!("{difference:+}"),
    }
}

/// How high a number is against the highest.
fn bar(number: u32, most: u32) -> char {
    let steps = u64::try_from(BARS.len() - 1).unwrap_or_default();
    let height = if most == 0 { 0 } else { u64::from(number) * steps / u64::from(most) };
    usize::try_from(height).ok().and_then(|height| BARS.get(height)).copied().unwrap_or(' ')
}

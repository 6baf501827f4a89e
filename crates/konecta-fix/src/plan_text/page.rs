//! Lines that fit. Knows nothing of plans.

use jiff::Timestamp;

use super::{Legend, Look};
use konecta_base::text::wrap;

const NARROWEST: usize = 60;

pub(super) struct Page<'a> {
    pub(super) legend: &'a Legend,
    pub(super) width: usize,
    pub(super) verbose: bool,
    pub(super) text: String,
    color: bool,
}

impl<'a> Page<'a> {
    pub(super) fn of(look: Look<'a>) -> Self {
        let Look { legend, width, color, verbose } = look;
        Self { legend, width: width.max(NARROWEST), verbose, text: String::new(), color }
    }

    /// A line of ours above what it names, after an empty one.
    pub(super) fn heading(&mut self, words: &str) {
        self.text.push('\n');
        let start = self.text.len();
        self.put(0, words);
        self.paint(start, words, "1");
    }

    /// A line, wrapped under itself.
    pub(super) fn put(&mut self, indent: usize, line: &str) {
        self.hang(indent, "", line);
    }

    /// A line behind a label, wrapped behind it.
    pub(super) fn hang(&mut self, indent: usize, label: &str, line: &str) {
        let behind = indent + label.chars().count();
        for (at, piece) in wrap(line, self.width.saturating_sub(behind).max(20)).iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            let line = format!("{:indent$}{label:<rest$}{piece}", "", rest = behind - indent);
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    pub(super) fn field(&mut self, name: &str, text: &str) {
        self.hang(5, &format!("{name:<9} "), text);
    }

    /// Colours the first such word from here on, which is ours.
    pub(super) fn paint(&mut self, start: usize, word: &str, style: &str) {
        if !self.color {
            return;
        }
        if let Some(at) = self.text[start..].find(word) {
            let range = start + at..start + at + word.len();
            self.text.replace_range(range, &format!("\u{1b}[{style}m{word}\u{1b}[0m"));
        }
    }
}

/// A time as a person reads it: to the second.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

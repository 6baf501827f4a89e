//! Colour, laid on after the text has its place: a line is painted only where it begins with a word we wrote.
//! Knows nothing of findings; text from AWS is never painted.

/// Whether and how to colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    /// Whether to colour at all.
    pub(super) color: bool,
}

const BOLD: &str = "1";

const STYLES: [(&str, &str); 15] = [
    ("critical", "1;31"),
    ("high", "31"),
    ("medium", "33"),
    ("low", "36"),
    ("info", "2"),
    ("fail", "31"),
    ("unknown", "35"),
    ("waived", "2"),
    ("pass", "32"),
    ("broken", "31"),
    ("unattainable", "33"),
    ("INCOMPLETE", "1;33"),
    ("COMPLETE", "1;32"),
    ("error", "1;31"),
    ("gap", "35"),
];

impl Paint {
    /// A heading.
    pub(super) fn heading(self, text: &str) -> String {
        self.wear(BOLD, text)
    }

    /// A line whose leading words are painted, at most `words` of them, each only if it is one of ours.
    pub(super) fn leading(self, line: &str, words: usize) -> String {
        if !self.color || words == 0 {
            return line.to_owned();
        }
        let start = line.len() - line.trim_start().len();
        let (blank, rest) = line.split_at(start);
        let (word, tail) = rest.split_at(rest.find([' ', ':']).unwrap_or(rest.len()));
        match STYLES.iter().find(|(name, _)| *name == word) {
            Some((_, style)) => format!("{blank}{}{}", self.wear(style, word), self.leading(tail, words - 1)),
            None => line.to_owned(),
        }
    }

    fn wear(self, style: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

//! What is written into files and what is not, as text: unified diffs that `git apply` takes, then comments.
//! Decides nothing.

use konecta_base::text::prose;

use super::{Edited, Left, Link};

impl Edited {
    /// The diffs, file by file, and behind them what is to be done by hand.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text: String = self.files.iter().map(|file| visible(&file.diff)).collect();
        if !self.left.is_empty() {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str("# Not written, and why:\n");
            self.left.iter().for_each(|left| told(left, &mut text));
        }
        text
    }
}

/// Nothing of a file acts on the terminal; line ends of Windows stay, for the diff has to fit.
fn visible(diff: &str) -> String {
    let line = |line: &str| {
        let (body, end) = match (line.strip_suffix("\r\n"), line.strip_suffix('\n')) {
            (Some(body), _) => (body, "\r\n"),
            (None, Some(body)) => (body, "\n"),
            (None, None) => (line, ""),
        };
        let visible: String = body.split('\t').map(konecta_base::text::visible).collect::<Vec<_>>().join("\t");
        format!("{visible}{end}")
    };
    diff.split_inclusive('\n').map(line).collect()
}

/// How many arguments of one reason are told.
const MOST: usize = 4;

fn told(left: &Left, text: &mut String) {
    let Left { change, resource, arguments, reason, chain } = left;
    let change = if change.is_empty() { String::new() } else { format!("{change} ") };
    let more = arguments.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let arguments: Vec<&str> = arguments.iter().take(MOST).map(String::as_str).collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!(" {}{more}", arguments.join(", ")) };
    text.push_str(&format!("# - {}\n", prose(&format!("{change}{resource}{arguments}: {reason}"))));
    for Link { at, what } in chain {
        let at = at.as_ref().map_or_else(String::new, |at| format!("{}:{}:{}: ", at.path, at.line, at.column));
        text.push_str(&format!("#     {}\n", prose(&format!("{at}{what}"))));
    }
}

//! Text from AWS made fit for a person's terminal, a log line and a comment on GitHub.
//! Names, tags and policies are written by whoever may write them: none of their characters may move the cursor,
//! turn the reading direction or end a line. Knows nothing of findings.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Whether a character acts on the reader's screen instead of being seen on it.
///
/// Control characters (C0, DEL, C1 with its one-byte CSI), marks that turn the reading direction, and characters
/// without any width that can hide in a name. The joiners U+200C and U+200D stay: words and emoji need them.
#[must_use]
pub fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether any character of a text acts.
#[must_use]
pub fn has_acting(text: &str) -> bool {
    // Nearly all text is printable ASCII, of which nothing acts: looked at byte by byte it takes a tenth of the time.
    !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && text.chars().any(acts)
}

/// The text with every acting character spelled out, as in `\u{1b}`, on one line.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => seen.push_str("\\n"),
            '\r' => seen.push_str("\\r"),
            '\t' => seen.push_str("\\t"),
            acting if acts(acting) => {
                // Writing to a String cannot fail.
                let _ = write!(seen, "\\u{{{:x}}}", u32::from(acting));
            }
            other => seen.push(other),
        }
    }
    seen
}

/// Prose on one line: white space becomes one space each, acting characters are spelled out.
#[must_use]
pub fn prose(text: &str) -> String {
    visible(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// At most `limit` characters, the last one `…` where something was left out.
///
/// Counted in UTF-16 units, the largest of the ways in which readers of our files count.
#[must_use]
pub fn clip(text: &str, limit: usize) -> String {
    cut(text, limit, char::len_utf16)
}

/// At most `width` columns of a terminal, the last one `…` where something was left out.
#[must_use]
pub fn clip_to_width(text: &str, width: usize) -> String {
    if text.width() <= width { text.to_owned() } else { cut(text, width, |c| c.width().unwrap_or(0)) }
}

fn cut(text: &str, limit: usize, measure: impl Fn(char) -> usize) -> String {
    let total: usize = text.chars().map(&measure).sum();
    if total <= limit {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += measure(character);
        if used > limit {
            break;
        }
        kept.push(character);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// The text in lines of at most `width` columns: between words where it can be, after a `.`, `/`, `:`, `,` or `]`
/// of a long path where it must be, anywhere where nothing else is left.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let gap = usize::from(!line.is_empty());
        if line.width() + gap + word.width() <= width {
            line.push_str(&" "[..gap]);
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for piece in pieces(word, width) {
            if !line.is_empty() && line.width() + piece.width() > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push_str(&piece);
        }
    }
    lines.push(line);
    lines
}

/// A word in parts none of which is wider than `width`.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    for character in word.chars() {
        if !part.is_empty() && part.width() + character.width().unwrap_or(0) > width {
            parts.push(std::mem::take(&mut part));
        }
        part.push(character);
        if matches!(character, '.' | '/' | ':' | ',' | ']') {
            parts.push(std::mem::take(&mut part));
        }
    }
    parts.push(part);
    parts
}

/// A word as it can be pasted into a POSIX shell.
#[must_use]
pub fn shell_word(word: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(harmless) {
        word.to_owned()
    } else {
        format!("'{}'", visible(word).replace('\'', r"'\''"))
    }
}

/// `1 gap`, `2 gaps`.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_spelled_out() {
        assert_eq!(visible("a\u{1b}[2Jb\nc\u{9b}31m\u{202e}d\u{2066}"), r"a\u{1b}[2Jb\nc\u{9b}31m\u{202e}d\u{2066}");
        assert_eq!(visible("مدير 人事 👩‍💻"), "مدير 人事 👩‍💻");
        assert_eq!(prose("one\n  two\tthree\u{7}"), r"one two three\u{7}");
    }

    #[test]
    fn clipping_counts_what_the_reader_counts() {
        assert_eq!(clip("abcdef", 6), "abcdef");
        assert_eq!(clip("abcdefg", 6), "abcde…");
        assert_eq!(clip("👩👩👩👩", 6), "👩👩…");
        assert_eq!(clip_to_width("人事部門", 6), "人事…");
    }

    #[test]
    fn wrapping_breaks_between_words_then_in_paths_then_anywhere() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("is A.Items[0].Forwarded.Cookies", 14), ["is", "A.Items[0].", "Forwarded.", "Cookies"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("人事部門", 4), ["人事", "部門"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn a_shell_word_cannot_start_a_second_command() {
        assert_eq!(shell_word("arn:aws:rds:us-east-1:1:db:a"), "arn:aws:rds:us-east-1:1:db:a");
        assert_eq!(shell_word("a;rm -rf '$HOME'"), r"'a;rm -rf '\''$HOME'\'''");
    }
}

//! Rego as words, strings and marks, and whether a text is laid out so that every rule begins a line.
//! Knows no meaning; what it has not seen in a policy before it refuses.

/// What no rule and no variable may be called.
const KEYWORDS: [&str; 15] = [
    "as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null", "package", "some",
    "true", "with",
];

/// Behind one of these a name is still part of the same rule, and in front of one the same rule goes on.
const JOINING: [&str; 9] = ["as", "contains", "else", "every", "if", "in", "not", "some", "with"];

const OPERATORS: &str = ",:=<>|&+-*/%";

const MARKS: &str = ".,:;=<>!|&+-*/%()[]{}";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Word(&'a str),
    Quoted(&'a str),
    Mark(&'a str),
    /// Blanks or a comment.
    Blank(&'a str),
}

impl<'a> Piece<'a> {
    pub(super) fn text(self) -> &'a str {
        let (Self::Word(text) | Self::Quoted(text) | Self::Mark(text) | Self::Blank(text)) = self;
        text
    }

    pub(super) fn is_blank(self) -> bool {
        matches!(self, Piece::Blank(_))
    }

    fn ends_line(self) -> bool {
        matches!(self, Piece::Blank(text) if text.ends_with('\n'))
    }
}

/// Cuts a text into pieces that, one after the other, are the text; nothing if there is a sign that no policy has.
pub(super) fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length_while = |fits: fn(char) -> bool| rest.find(|char| !fits(char)).unwrap_or(rest.len());
        let piece = if is_name(first) {
            Piece::Word(&rest[..length_while(is_name)])
        } else if is_space(first) {
            Piece::Blank(&rest[..length_while(is_space)])
        } else if first == '#' {
            Piece::Blank(&rest[..length_while(|char| char != '\n')])
        } else if first == '"' || first == '`' {
            Piece::Quoted(&rest[..quoted(rest, first)?])
        } else {
            MARKS.contains(first).then_some(Piece::Mark(&rest[..first.len_utf8()]))?
        };
        rest = &rest[piece.text().len()..];
        found.push(piece);
    }
    Some(found)
}

/// The length of the string at the beginning of a text, its quotes included.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if char == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn is_name(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r')
}

pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// Whether every rule begins at the beginning of a line, which is where [`super::source`] looks for its name, and
/// every reference is written without blanks.
pub(super) fn is_plain(pieces: &[Piece<'_>]) -> bool {
    let mut depth = 0_usize;
    let mut last: Option<Piece<'_>> = None;
    for (at, &piece) in pieces.iter().enumerate() {
        // Behind an operator there must be its operand, wherever it stands.
        let is_loose = is_indented(pieces, at) && !matches!(last, Some(Piece::Mark(mark)) if OPERATORS.contains(mark));
        let fits = match piece {
            Piece::Blank(_) => continue,
            Piece::Mark(".") => {
                let blank = |at: Option<usize>| at.and_then(|at| pieces.get(at)).is_none_or(|piece| piece.is_blank());
                !blank(at.checked_sub(1)) && !blank(Some(at + 1))
            }
            Piece::Mark("(" | "[" | "{") => {
                depth += 1;
                depth > 1 || !is_loose
            }
            Piece::Mark(")" | "]" | "}") => {
                depth = depth.saturating_sub(1);
                true
            }
            Piece::Mark(mark) => depth > 0 || (mark != ";" && !is_loose),
            Piece::Quoted(_) => depth > 0 || !is_loose,
            Piece::Word(word) if depth == 0 => {
                let begins = starts_line(pieces, at);
                !is_loose && (begins || (goes_on(last, word) && !matches!(word, "default" | "package")))
            }
            Piece::Word(_) => true,
        };
        if !fits {
            return false;
        }
        last = Some(piece);
    }
    depth == 0
}

/// Whether a word outside of brackets is certain to belong to the rule that stands before it.
fn goes_on(last: Option<Piece<'_>>, word: &str) -> bool {
    JOINING.contains(&word)
        || match last {
            None | Some(Piece::Quoted(_) | Piece::Blank(_) | Piece::Mark(")" | "]" | "}")) => false,
            Some(Piece::Word(before)) => JOINING.contains(&before) || before == "default",
            Some(Piece::Mark(_)) => true,
        }
}

/// Whether it stands at the beginning of a line.
fn starts_line(pieces: &[Piece<'_>], at: usize) -> bool {
    at.checked_sub(1).is_none_or(|before| pieces[before].ends_line())
}

/// Whether it is the first in its line, but not at its beginning.
fn is_indented(pieces: &[Piece<'_>], at: usize) -> bool {
    at.checked_sub(1).is_some_and(
        |before| matches!(pieces[before], Piece::Blank(text) if text.contains('\n') && !text.ends_with('\n')),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> bool {
        is_plain(&pieces(text).expect("pieces"))
    }

    #[test]
    fn pieces_are_the_text() {
        let text = "a.b := \"x \\\" # y\" # \"z\n`raw \\` in [1.5e-3]\n";
        let found = pieces(text).expect("pieces");
        let whole: String = found
            .iter()
            .map(|&(Piece::Word(part) | Piece::Quoted(part) | Piece::Mark(part) | Piece::Blank(part))| part)
            .collect();
        assert_eq!(whole, text);
        assert!(found.contains(&Piece::Quoted("\"x \\\" # y\"")));
        assert!(found.contains(&Piece::Blank("# \"z")));
        assert!(found.contains(&Piece::Quoted("`raw \\`")));
    }

    #[test]
    fn unknown_signs_are_refused() {
        for text in ["x := $\"{input}\"", "ä := 1", "x := 'a'", "x := \"open", "x := @y", "a\u{a0}:= 1"] {
            assert_eq!(pieces(text), None, "{text}");
        }
    }

    #[test]
    fn rules_that_begin_lines_are_plain() {
        for text in [
            "default p := false\n\np if {\n\tx := 1\n\ty.z == x\n}\n\nf(x) := y if y := x.a\n",
            "p contains q if some q in input.a\n\nelse_ := 1.5\n",
            "p := 1 if {\n\ta\n} else := 2 if b\n",
            "f(x) := {1} |\n\t{2}\n",
            "p := {\n\t\"a\": 1,\n}\n# c\nq if not p\n",
        ] {
            assert!(plain(text), "{text}");
        }
    }

    #[test]
    fn rules_that_hide_are_not_plain() {
        for text in [
            " p := 1\n",
            "p := 1 q := 2\n",
            "p := 1; q := 2\n",
            "p := [1] q := 2\n",
            "p := \"a\" q := 2\n",
            "p := 1\n\tq := 2\n",
            "p := 1 default q := 2\n",
            "p if { a } q := 2\n",
            "p := 1 # c\n  q := 2\n",
            "p if a . b\n",
            "p if a. b\n",
            "p if a\n.b\n",
            "p := {1\n",
            "p := {1}\n\t| {2}\n",
            "p := {1} |\n\t{2} q := 3\n",
            "p := {1} |\n\t{2}\n\tq := 3\n",
        ] {
            assert!(!plain(text), "{text}");
        }
    }
}

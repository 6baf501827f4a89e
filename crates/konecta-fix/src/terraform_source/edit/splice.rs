//! Pieces of a text that take the place of others; everything else stays, byte by byte. And what is between the text
//! before and after, as a unified diff. Knows texts only.

use std::ops::Range;

/// A text that takes the place of a range of bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Splice {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

impl Splice {
    pub(super) fn new(range: Range<usize>, text: String) -> Self {
        Self { start: range.start, end: range.end, text }
    }
}

/// The text with its splices, which are in order and do not overlap.
pub(super) fn spliced(text: &str, splices: &[Splice]) -> Option<String> {
    let (mut made, mut at) = (String::with_capacity(text.len()), 0);
    for splice in splices {
        made.push_str(text.get(at..splice.start)?);
        made.push_str(&splice.text);
        at = splice.end;
    }
    made.push_str(text.get(at..)?);
    Some(made)
}

/// Lines of context in a diff.
const CONTEXT: usize = 3;

/// Lines that differ: which of the old ones, and what stands in their place.
#[derive(Debug)]
struct Block {
    old: Range<usize>,
    new: Vec<String>,
}

/// A unified diff of a file, as `diff -u` writes it.
pub(super) fn diff(path: &str, text: &str, splices: &[Splice]) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let blocks = blocks(text, &lines, splices);
    let mut told = format!("--- a/{path}\n+++ b/{path}\n");
    let (mut shift, mut at) = (0_isize, 0);
    while at < blocks.len() {
        let close = |pair: &[Block]| matches!(pair, [one, next] if next.old.start <= one.old.end + 2 * CONTEXT);
        let joined = blocks.windows(2).skip(at).take_while(|pair| close(pair)).count();
        let hunk = blocks.get(at..=at + joined).unwrap_or_default();
        at += joined + 1;
        shift += written(&mut told, &lines, hunk, shift);
    }
    told
}

/// Writes a hunk; by how many lines the text has grown there is returned.
fn written(told: &mut String, lines: &[&str], hunk: &[Block], shift: isize) -> isize {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { return 0 };
    let start = first.old.start.saturating_sub(CONTEXT);
    let end = (last.old.end + CONTEXT).min(lines.len());
    let count = |lines: usize| isize::try_from(lines).unwrap_or(isize::MAX);
    let grown: isize = hunk.iter().map(|block| count(block.new.len()) - count(block.old.len())).sum();
    let (old, new) = (end - start, count(end - start) + grown);
    // A side without lines is counted from the line before it.
    let from = |first: isize, lines: isize| if lines == 0 { first } else { first + 1 };
    let (at, after) = (from(count(start), count(old)), from(count(start) + shift, new));
    told.push_str(&format!("@@ -{at},{old} +{after},{new} @@\n"));
    let mut line = |sign: char, text: &str| {
        told.push(sign);
        told.push_str(text);
        if !text.ends_with('\n') {
            told.push_str("\n\\ No newline at end of file\n");
        }
    };
    let mut here = start;
    for block in hunk {
        lines.get(here..block.old.start).into_iter().flatten().for_each(|text| line(' ', text));
        lines.get(block.old.clone()).into_iter().flatten().for_each(|text| line('-', text));
        block.new.iter().for_each(|text| line('+', text));
        here = block.old.end;
    }
    lines.get(here..end).into_iter().flatten().for_each(|text| line(' ', text));
    grown
}

/// The lines that the splices touch, without those at their edges that stay as they are.
fn blocks(text: &str, lines: &[&str], splices: &[Splice]) -> Vec<Block> {
    let mut starts = vec![0];
    for line in lines {
        starts.push(starts.last().copied().unwrap_or_default() + line.len());
    }
    // What is put behind a last line without a break changes that line.
    let most = if text.is_empty() || text.ends_with('\n') { lines.len() } else { lines.len() - 1 };
    let line_of = |byte: usize| starts.partition_point(|start| *start <= byte).saturating_sub(1).min(most);
    let mut groups: Vec<(Range<usize>, Vec<Splice>)> = Vec::new();
    for splice in splices {
        let first = line_of(splice.start);
        let last = (line_of(splice.end.max(splice.start + 1) - 1) + 1).min(lines.len());
        let touched = first..last.max(first);
        match groups.last_mut() {
            Some((range, group)) if touched.start < range.end || touched.start == range.start => {
                range.end = range.end.max(touched.end);
                group.push(splice.clone());
            }
            Some(_) | None => groups.push((touched, vec![splice.clone()])),
        }
    }
    let mut found = Vec::new();
    for (mut old, group) in groups {
        let start = starts.get(old.start).copied().unwrap_or_default();
        let whole = starts.get(old.end).copied().unwrap_or(text.len());
        let moved: Vec<Splice> = group
            .into_iter()
            .map(|one| Splice { start: one.start - start, end: one.end - start, text: one.text })
            .collect();
        let new = text.get(start..whole).and_then(|piece| spliced(piece, &moved)).unwrap_or_default();
        let mut new: Vec<String> = new.split_inclusive('\n').map(str::to_owned).collect();
        while old.start < old.end && new.first().map(String::as_str) == lines.get(old.start).copied() {
            new.remove(0);
            old.start += 1;
        }
        while old.start < old.end && new.last().map(String::as_str) == lines.get(old.end - 1).copied() {
            new.pop();
            old.end -= 1;
        }
        found.push(Block { old, new });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_spliced_changes_and_the_diff_shows_it() {
        let text: String = (1..=20).map(|line| format!("line {line}\n")).collect();
        let at = |needle: &str| text.find(needle).expect("there");
        let splices = [
            Splice::new(at("2\n")..at("2\n") + 1, "two".to_owned()),
            Splice::new(at("line 4")..at("line 4"), "new\n".to_owned()),
            Splice::new(at("line 18")..at("line 19"), String::new()),
        ];
        let after = spliced(&text, &splices).expect("in order");
        assert_eq!(after.lines().count(), 20);
        insta::assert_snapshot!(diff("a.tf", &text, &splices), @r"
        --- a/a.tf
        +++ b/a.tf
        @@ -1,6 +1,7 @@
         line 1
        -line 2
        +line two
         line 3
        +new
         line 4
         line 5
         line 6
        @@ -15,6 +16,5 @@
         line 15
         line 16
         line 17
        -line 18
         line 19
         line 20
        ");
    }

    #[test]
    fn a_file_without_a_last_newline_is_told_as_such() {
        let splices = [Splice::new(4..5, "2".to_owned())];
        assert_eq!(
            diff("x", "a = 1", &splices),
            "--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n-a = 1\n\\ No newline at end of file\n+a = 2\n\\ No newline at end of file\n"
        );
        let end = [Splice::new(5..5, "\nb = 2\n".to_owned())];
        assert_eq!(spliced("a = 1", &end).as_deref(), Some("a = 1\nb = 2\n"));
    }
}

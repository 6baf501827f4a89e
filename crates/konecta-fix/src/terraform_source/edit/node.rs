//! What is put into a block that lacks it, and what is taken out: arguments in the columns of their neighbours, blocks at
//! the end, each with the line ends of the file. Knows HCL; nothing of AWS.

use std::collections::BTreeMap;

use hcl_edit::Span as _;
use hcl_edit::structure::{Attribute, Block, Structure};

use super::super::files::{File, Placed};
use super::place::{Entry, Step};
use super::splice::Splice;

/// Arguments and blocks that are to be written.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) arguments: BTreeMap<String, String>,
    blocks: BTreeMap<(String, Entry), Self>,
}

impl Node {
    /// Puts an argument at the end of a way; a way whose last step is a block (`{}`) makes that, empty.
    pub(super) fn put(&mut self, way: &[Step], value: String) {
        match way {
            [] => {}
            [last] => match last.name.strip_suffix("{}") {
                Some(name) => {
                    self.blocks.entry((name.to_owned(), last.entry.clone())).or_default();
                }
                None => drop(self.arguments.insert(last.name.clone(), value)),
            },
            [block, rest @ ..] => {
                self.blocks.entry((block.name.clone(), block.entry.clone())).or_default().put(rest, value);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.arguments.is_empty() && self.blocks.is_empty()
    }

    /// The lines of this node's content.
    pub(super) fn lines(&self, indent: &str) -> Vec<String> {
        let width = self.arguments.keys().map(String::len).max().unwrap_or_default();
        let mut lines: Vec<String> =
            self.arguments.iter().map(|(name, value)| format!("{indent}{name:width$} = {value}")).collect();
        for ((name, _), block) in &self.blocks {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend(block.whole(indent, name));
        }
        lines
    }

    fn whole(&self, indent: &str, name: &str) -> Vec<String> {
        if self.is_empty() {
            return vec![format!("{indent}{name} {{}}")];
        }
        let mut lines = vec![format!("{indent}{name} {{")];
        lines.extend(self.lines(&format!("{indent}  ")));
        lines.push(format!("{indent}}}"));
        lines
    }

    /// What puts all of this into a block.
    pub(super) fn put_into(&self, block: Placed<'_, Block>) -> Option<Vec<Splice>> {
        let text = &block.file.text;
        let span = block.it.span()?;
        let newline = newline(text);
        let outer = indent_of(text, span.start);
        let inner = block.it.body.iter().find_map(Structure::span);
        let inner = inner.map_or_else(|| format!("{outer}  "), |span| indent_of(text, span.start).to_owned());
        let open = open(block.it, text)?;
        let close = span.end.checked_sub(1)?;
        let content = text.get(open + 1..close)?;
        if !content.contains('\n') {
            // `{}`, or one argument on the line of the braces.
            let inner = format!("{outer}  ");
            let own = Some(content.trim()).filter(|own| !own.is_empty()).map(|own| format!("{inner}{own}"));
            let lines: Vec<String> = own.into_iter().chain(self.lines(&inner)).collect();
            let text = format!("{newline}{}{newline}{outer}", lines.join(newline));
            return Some(vec![Splice::new(open + 1..close, text)]);
        }
        let mut splices = Vec::new();
        if !self.arguments.is_empty() {
            splices.push(self.arguments_into(block, open, &inner, newline)?);
        }
        let mut before_is_empty = content.trim().is_empty() && self.arguments.is_empty();
        let start = line_start(text, close);
        for ((name, _), inside) in &self.blocks {
            let blank = if before_is_empty || inside.is_empty() { "" } else { newline };
            before_is_empty = false;
            let text = format!("{blank}{}{newline}", inside.whole(&inner, name).join(newline));
            splices.push(Splice::new(start..start, text));
        }
        Some(splices)
    }

    /// The arguments behind the last one that stands on a line of its own, in its column.
    fn arguments_into(&self, block: Placed<'_, Block>, open: usize, indent: &str, newline: &str) -> Option<Splice> {
        let text = &block.file.text;
        let last = block.it.body.iter().filter_map(Structure::as_attribute).filter(|one| is_plain(one, text)).last();
        let (at, column) = match last.and_then(|last| Some((last.value.span()?, last.key.span()?))) {
            Some((value, key)) => {
                let sign = text.get(key.start..value.start)?.find('=')?;
                (line_end(text, value.end), Some(sign))
            }
            None => (line_end(text, open), None),
        };
        let width = column.map_or_else(
            || self.arguments.keys().map(String::len).max().unwrap_or_default(),
            |column| column.saturating_sub(1),
        );
        let lines = self.arguments.iter().map(|(name, value)| format!("{newline}{indent}{name:width$} = {value}"));
        Some(Splice::new(at..at, lines.collect()))
    }
}

/// Arguments that say how often a block is there, and stand above the others; and tags, which stand below them.
const APART: [&str; 7] = ["for_each", "count", "provider", "depends_on", "source", "version", "tags"];

fn is_plain(attribute: &Attribute, text: &str) -> bool {
    let is_short = |span: std::ops::Range<usize>| text.get(span).is_some_and(|value| !value.contains('\n'));
    !APART.contains(&attribute.key.as_str()) && attribute.value.span().is_some_and(is_short)
}

/// What takes a block out, with its lines and the blank one before or behind it.
pub(super) fn without_block(block: Placed<'_, Block>) -> Option<Splice> {
    let text = &block.file.text;
    let span = block.it.span()?;
    let (mut start, mut end) = (above(text, line_start(text, span.start)), next_line(text, span.end));
    let is_blank = |line: &str| line.trim().is_empty();
    let behind = text.get(end..).and_then(|rest| rest.split_inclusive('\n').next());
    if behind.is_some_and(is_blank) {
        end += behind.map_or(0, str::len);
    } else if text.get(..start).and_then(|before| before.split_inclusive('\n').next_back()).is_some_and(is_blank) {
        start -= text.get(..start)?.split_inclusive('\n').next_back().map_or(0, str::len);
    }
    Some(Splice::new(start..end, String::new()))
}

/// What takes an argument out, with its line.
pub(super) fn without_argument(argument: Placed<'_, Attribute>) -> Option<Splice> {
    let text = &argument.file.text;
    let span = argument.it.key.span()?.start..argument.it.value.span()?.end;
    let start = line_start(text, span.start);
    let is_alone = text.get(start..span.start)?.trim().is_empty();
    Some(if is_alone {
        Splice::new(start..next_line(text, span.end), String::new())
    } else {
        Splice::new(span, String::new())
    })
}

/// What puts lines at the end of a file.
pub(super) fn at_end(file: &File, lines: &[String]) -> Splice {
    let newline = newline(&file.text);
    let end = file.text.len();
    let gap = match (file.text.is_empty(), file.text.ends_with('\n')) {
        (true, _) => String::new(),
        (false, true) => newline.to_owned(),
        (false, false) => newline.repeat(2),
    };
    Splice::new(end..end, format!("{gap}{}{newline}", lines.join(newline)))
}

/// Comments right above a block belong to it.
fn above(text: &str, mut start: usize) -> usize {
    while let Some(line) = text.get(..start).and_then(|before| before.split_inclusive('\n').next_back()) {
        let is_comment = line.trim_start().starts_with('#') || line.trim_start().starts_with("//");
        if !is_comment {
            break;
        }
        start -= line.len();
    }
    start
}

/// The brace that opens a block.
fn open(block: &Block, text: &str) -> Option<usize> {
    let head = block.ident.span()?.end;
    let head = block.labels.last().and_then(|label| label.span()).map_or(head, |span| span.end);
    Some(head + text.get(head..)?.find('{')?)
}

/// How lines end in a text.
fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

fn line_start(text: &str, byte: usize) -> usize {
    text.get(..byte).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
}

/// Where the line ends that a byte is in, before its break.
fn line_end(text: &str, byte: usize) -> usize {
    let rest = text.get(byte..).unwrap_or_default();
    let end = byte + rest.find('\n').unwrap_or(rest.len());
    if text.get(..end).is_some_and(|line| line.ends_with('\r')) && end > byte { end - 1 } else { end }
}

fn next_line(text: &str, byte: usize) -> usize {
    let rest = text.get(byte..).unwrap_or_default();
    byte + rest.find('\n').map_or(rest.len(), |at| at + 1)
}

fn indent_of(text: &str, byte: usize) -> &str {
    let line = text.get(line_start(text, byte)..byte).unwrap_or_default();
    line.get(..line.len() - line.trim_start().len()).unwrap_or_default()
}

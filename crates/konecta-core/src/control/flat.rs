//! A control and its libraries as one module that looks at nothing but `input`.
//! Knows Rego's words, strings and brackets; what it is not sure of it leaves alone, and the control is run as written.
//!
//! In regorus a reference costs by the length of its path and by the number of modules, `data.…` above all, and an
//! imported name evaluates every rule of its module. So the names of libraries become names of the control's own
//! module, and the world stands in the input, under [`WORLD`]. It also becomes plain which members of a resource a
//! control can look at at all.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, is_builtin};

/// Where the world stands in the input.
pub(super) const WORLD: &str = "konecta_world";

/// Names that no policy may use if it is to be flattened.
const OWN: &str = "konecta_";

/// What [`super::engine`] puts into the world, besides the facts of the resource.
const PARTS: [&str; 4] = ["blueprint", "index", "lifecycle", "now"];

/// One control in one module.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flat {
    /// The rules, without package and imports.
    pub(super) rules: String,
    /// Every member of the resource that may be looked at, as a path; what is below a path may be looked at too.
    pub(super) looked_at: BTreeSet<Vec<String>>,
    /// Whether it may look at the facts of the resource.
    pub(super) facts: bool,
}

/// Makes one module of a control and the libraries that it imports, if that is certain to mean the same.
pub(super) fn flatten(control: &Source, libraries: &[Source]) -> Option<Flat> {
    let mut flat = Flat { rules: String::new(), looked_at: BTreeSet::new(), facts: false };
    let mut taken = BTreeSet::new();
    let mut open = vec![(control, String::new())];
    while let Some((source, prefix)) = open.pop() {
        let module = Module::read(source, prefix, libraries)?;
        module.rewrite(&mut flat)?;
        for library in module.imports.into_values() {
            if taken.insert(&library.package) {
                open.push((library, prefix_of(library)));
            }
        }
    }
    Some(flat)
}

fn prefix_of(library: &Source) -> String {
    format!("{OWN}{}__", library.package.replace('.', "_"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    Word(&'a str),
    Quoted(&'a str),
    Mark(&'a str),
    /// Blanks and comments; `true` if there is an end of line among them.
    Blank(&'a str, bool),
}

/// Cuts a text into pieces that, one after the other, are the text.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length_while = |fits: fn(char) -> bool| rest.find(|char| !fits(char)).unwrap_or(rest.len());
        let piece = if is_name(first) {
            Piece::Word(&rest[..length_while(is_name)])
        } else if first.is_whitespace() {
            let blank = &rest[..length_while(char::is_whitespace)];
            Piece::Blank(blank, blank.contains('\n'))
        } else if first == '#' {
            Piece::Blank(&rest[..length_while(|char| char != '\n')], false)
        } else if first == '"' || first == '`' {
            Piece::Quoted(&rest[..quoted(rest, first)])
        } else {
            Piece::Mark(&rest[..first.len_utf8()])
        };
        let (Piece::Word(part) | Piece::Quoted(part) | Piece::Mark(part) | Piece::Blank(part, _)) = piece;
        rest = &rest[part.len()..];
        found.push(piece);
    }
    found
}

/// The length of the string at the beginning of a text, its quotes included.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if char == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_name(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

/// One source, cut into pieces, with its imports taken out.
struct Module<'a> {
    source: &'a Source,
    prefix: String,
    pieces: Vec<Piece<'a>>,
    imports: BTreeMap<&'a str, &'a Source>,
}

impl<'a> Module<'a> {
    fn read(source: &'a Source, prefix: String, libraries: &'a [Source]) -> Option<Self> {
        let mut module = Self { source, prefix, pieces: Vec::new(), imports: BTreeMap::new() };
        let all = pieces(&source.text);
        let mut at = 0;
        let mut starts_line = true;
        while let Some(&piece) = all.get(at) {
            if starts_line && matches!(piece, Piece::Word("package" | "import")) {
                let end = all[at..].iter().position(|piece| matches!(piece, Piece::Blank(_, true)));
                let end = end.map_or(all.len(), |length| at + length);
                if piece == Piece::Word("import") {
                    module.import(&all[at + 1..end], libraries)?;
                }
                at = end;
                continue;
            }
            starts_line = match piece {
                Piece::Blank(_, ends_line) => ends_line || starts_line,
                Piece::Word(_) | Piece::Quoted(_) | Piece::Mark(_) => false,
            };
            module.pieces.push(piece);
            at += 1;
        }
        let odd = |name: &String| name.starts_with(OWN) || is_builtin(name);
        (!source.rules.keys().any(odd)).then_some(module)
    }

    /// `data.konecta.lib.ecr` or `data.konecta.lib.ecr as registry`.
    fn import(&mut self, pieces: &[Piece<'a>], libraries: &'a [Source]) -> Option<()> {
        let spelled: Vec<&str> = pieces
            .iter()
            .filter_map(|piece| match *piece {
                Piece::Word(word) => Some(word),
                Piece::Mark(_) | Piece::Quoted(_) | Piece::Blank(..) => None,
            })
            .collect();
        if spelled == ["rego", "v1"] {
            return Some(());
        }
        let (path, alias) = match spelled.as_slice() {
            [path @ .., "as", alias] => (path, *alias),
            path => (path, *path.last()?),
        };
        let library = libraries.iter().find(|library| format!("data.{}", library.package) == path.join("."))?;
        (alias != "input" && alias != "data" && self.imports.insert(alias, library).is_none()).then_some(())
    }

    /// The next piece that is no blank, and where it stands.
    fn next(&self, from: usize) -> Option<(usize, Piece<'a>)> {
        let found = self.pieces.iter().enumerate().skip(from);
        found.map(|(at, &piece)| (at, piece)).find(|(_, piece)| !matches!(piece, Piece::Blank(..)))
    }

    /// Where the pieces end that follow from here, if they are these.
    fn follows(&self, from: usize, wanted: &[Piece<'_>]) -> Option<usize> {
        wanted.iter().try_fold(from, |from, wanted| {
            let (at, piece) = self.next(from)?;
            (piece == *wanted).then_some(at + 1)
        })
    }

    /// A member named behind a reference, as `.name` or `["name"]`, and where it ends.
    fn member(&self, from: usize) -> Option<(usize, String)> {
        match (self.pieces.get(from)?, self.pieces.get(from + 1)?) {
            (Piece::Mark("."), Piece::Word(word)) => Some((from + 2, (*word).to_owned())),
            (Piece::Mark("["), Piece::Quoted(text)) if self.pieces.get(from + 2) == Some(&Piece::Mark("]")) => {
                Some((from + 3, serde_json::from_str(text).ok()?))
            }
            (Piece::Word(_) | Piece::Quoted(_) | Piece::Mark(_) | Piece::Blank(..), _) => None,
        }
    }

    fn rewrite(&self, flat: &mut Flat) -> Option<()> {
        let mut at = 0;
        let mut is_member = false;
        while let Some(&piece) = self.pieces.get(at) {
            at = match piece {
                Piece::Word(word) if !is_member => self.word(word, at + 1, flat)?,
                Piece::Word(text) | Piece::Quoted(text) | Piece::Mark(text) | Piece::Blank(text, _) => {
                    flat.rules.push_str(text);
                    at + 1
                }
            };
            is_member = piece == Piece::Mark(".");
        }
        flat.rules.push('\n');
        Some(())
    }

    /// Writes what a word has to become; answers where to go on.
    fn word(&self, word: &str, after: usize, flat: &mut Flat) -> Option<usize> {
        if word == "with" || word == "import" || word.starts_with(OWN) {
            return None;
        }
        match word {
            "input" => {
                flat.looked_at.insert(self.path(after)?);
                flat.rules.push_str(word);
                Some(after)
            }
            "data" => self.data(after, flat),
            _ => {
                if let Some(library) = self.imports.get(word) {
                    let (after, name) = self.member(after).filter(|(_, name)| library.defines(name))?;
                    flat.rules.push_str(&prefix_of(library));
                    flat.rules.push_str(&name);
                    return Some(after);
                }
                if self.source.defines(word) {
                    flat.rules.push_str(&self.prefix);
                }
                flat.rules.push_str(word);
                Some(after)
            }
        }
    }

    /// The members named behind `input`; none if it stands by itself, which is then not certain to be the resource.
    fn path(&self, mut after: usize) -> Option<Vec<String>> {
        let mut path = Vec::new();
        while let Some((end, name)) = self.member(after) {
            path.push(name);
            after = end;
        }
        (path.first()? != WORLD).then_some(path)
    }

    /// `data.facts[input.arn]` and the parts of the world; anything else in `data` stays where it is.
    fn data(&self, after: usize, flat: &mut Flat) -> Option<usize> {
        let (end, name) = self.member(after)?;
        let end = if name == "facts" {
            let own = [Piece::Mark("["), Piece::Word("input"), Piece::Mark("."), Piece::Word("arn"), Piece::Mark("]")];
            flat.facts = true;
            self.follows(end, &own)?
        } else {
            PARTS.contains(&name.as_str()).then_some(end)?
        };
        flat.rules.push_str(&format!("input.{WORLD}.{name}"));
        Some(end)
    }
}

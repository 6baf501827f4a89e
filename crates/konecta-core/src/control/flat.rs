//! A control and its libraries as one module that looks at nothing but `input`.
//! Knows Rego's words, strings and brackets; what it is not sure of it leaves alone, and the control is run as written.
//!
//! In regorus a reference costs by the length of its path and by the number of modules, `data.…` above all, and an
//! imported name evaluates every rule of its module. So the names of libraries become names of the control's own
//! module, and the world stands in the input, under [`WORLD`]. It also becomes plain which members of a resource a
//! control can look at at all.
//!
//! A member that tells one resource from another is not read but asked for, by [`PEEK`]: so it becomes known, evaluation by
//! evaluation, whether it was looked at.
//!
//! A name that some module defines is prefixed wherever it stands in that module, be it the rule or a variable that
//! hides it, so no name of one module can come to mean one of another.

use std::collections::{BTreeMap, BTreeSet};

use super::outline::FACTS;
use super::pieces::{Piece, is_keyword, is_plain, pieces};
use super::source::{Source, is_builtin_root};

#[cfg(test)]
mod tests;

/// Where the world stands in the input.
pub(super) const WORLD: &str = "konecta_world";

/// The function that answers with a guarded member.
pub(super) const PEEK: &str = "konecta_peek";

/// How the names of members end that hardly two resources have alike. Verdicts do not depend on it.
const TELLING: [&str; 5] = ["Name", "Id", "Identifier", "Arn", "Time"];

/// The same for members of the envelope.
const TELLING_WHOLE: [&str; 2] = ["arn", "resourceId"];

/// What every name of the control itself begins with.
pub(super) const CONTROL: &str = "konecta_0_";

/// Names that no policy may use if it is to be flattened.
const OWN: &str = "konecta_";

/// What [`super::engine`] puts into the world, besides the facts of the resource.
const PARTS: [&str; 4] = ["blueprint", "index", "lifecycle", "now"];

/// One control in one module.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flat {
    /// The rules, without package and imports.
    pub(super) rules: String,
    /// Every member of the resource that may be looked at, as a path; what is below a path may be looked at too. The
    /// facts of the resource stand below [`FACTS`].
    pub(super) looked_at: BTreeSet<Vec<String>>,
    /// Members of the resource that are asked for by their number here.
    pub(super) guarded: Vec<Vec<String>>,
}

/// Makes one module of a control and the libraries that it imports, if that is certain to mean the same.
pub(super) fn flatten(control: &Source, libraries: &[Source]) -> Option<Flat> {
    let mut flat = Flat { rules: String::new(), looked_at: BTreeSet::new(), guarded: Vec::new() };
    let mut taken = BTreeSet::new();
    let mut open = vec![(control, CONTROL.to_owned())];
    while let Some((source, prefix)) = open.pop() {
        let module = Module::read(source, prefix, libraries)?;
        module.rewrite(&mut flat)?;
        for Library { source, prefix } in module.imports.into_values() {
            if taken.insert(prefix.clone()) {
                open.push((source, prefix));
            }
        }
    }
    Some(flat)
}

struct Library<'a> {
    source: &'a Source,
    prefix: String,
}

/// The library of this package; none if several files share it, or other packages stand below it.
fn library<'a>(libraries: &'a [Source], package: &str) -> Option<Library<'a>> {
    let below = format!("{package}.");
    let mut fitting =
        libraries.iter().enumerate().filter(|(_, one)| one.package == package || one.package.starts_with(&below));
    let (at, source) = fitting.next()?;
    let only = fitting.next().is_none() && source.package == package;
    only.then(|| Library { source, prefix: format!("{OWN}{}_", at + 1) })
}

/// One source, cut into pieces, with its imports taken out.
struct Module<'a> {
    source: &'a Source,
    prefix: String,
    pieces: Vec<Piece<'a>>,
    imports: BTreeMap<&'a str, Library<'a>>,
}

impl<'a> Module<'a> {
    fn read(source: &'a Source, prefix: String, libraries: &'a [Source]) -> Option<Self> {
        let mut module = Self { source, prefix, pieces: Vec::new(), imports: BTreeMap::new() };
        let mut is_v1 = false;
        let mut starts_line = true;
        let all = pieces(&source.text)?;
        let mut at = 0;
        while let Some(&piece) = all.get(at) {
            if starts_line && matches!(piece, Piece::Word("package" | "import")) {
                let length =
                    all[at..].iter().position(|piece| matches!(piece, Piece::Blank(text) if text.contains('\n')));
                let end = length.map_or(all.len(), |length| at + length);
                let spelled = spelled(&all[at + 1..end])?;
                if piece == Piece::Word("package") {
                    (spelled.concat() == source.package).then_some(())?;
                } else if spelled == ["rego", ".", "v1"] {
                    is_v1 = true;
                } else {
                    module.import(&spelled, libraries)?;
                }
                at = end;
                continue;
            }
            starts_line = matches!(piece, Piece::Blank(text) if text.ends_with('\n'));
            module.pieces.push(piece);
            at += 1;
        }
        let odd = |name: &String| name.starts_with(OWN) || is_builtin_root(name) || is_keyword(name);
        (is_v1 && is_plain(&module.pieces) && !source.rules.keys().any(odd)).then_some(module)
    }

    /// `data.konecta.lib.ecr` or `data.konecta.lib.ecr as registry`.
    fn import(&mut self, spelled: &[&'a str], libraries: &'a [Source]) -> Option<()> {
        let (path, alias) = match spelled {
            [path @ .., "as", alias] => (path, *alias),
            path => (path, *path.last()?),
        };
        let library = library(libraries, path.concat().strip_prefix("data.")?)?;
        let odd = ["input", "data"].contains(&alias)
            || is_keyword(alias)
            || is_builtin_root(alias)
            || self.source.defines(alias);
        (!odd && self.imports.insert(alias, library).is_none()).then_some(())
    }

    /// Where the pieces end that follow from here, if they are these.
    fn follows(&self, from: usize, wanted: &[Piece<'_>]) -> Option<usize> {
        let end = from + wanted.len();
        (self.pieces.get(from..end)? == wanted).then_some(end)
    }

    /// A member named behind a reference, as `.name` or `["name"]`, and where it ends.
    fn member(&self, from: usize) -> Option<(usize, String)> {
        match (self.pieces.get(from)?, self.pieces.get(from + 1)?) {
            (Piece::Mark("."), Piece::Word(word)) => Some((from + 2, (*word).to_owned())),
            (Piece::Mark("["), Piece::Quoted(text)) if self.pieces.get(from + 2) == Some(&Piece::Mark("]")) => {
                Some((from + 3, serde_json::from_str(text).ok()?))
            }
            (Piece::Word(_) | Piece::Quoted(_) | Piece::Mark(_) | Piece::Blank(_), _) => None,
        }
    }

    fn rewrite(&self, flat: &mut Flat) -> Option<()> {
        let mut at = 0;
        let mut is_member = false;
        while let Some(&piece) = self.pieces.get(at) {
            at = match piece {
                Piece::Word(word) if !is_member => self.word(word, at + 1, flat)?,
                Piece::Word(text) | Piece::Quoted(text) | Piece::Mark(text) | Piece::Blank(text) => {
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
        if matches!(word, "with" | "import" | "package") || word.starts_with(OWN) {
            return None;
        }
        match word {
            "input" => {
                let (path, end) = self.path(Vec::new(), after);
                // By itself it is not certain to be the resource.
                (path.first()? != WORLD).then_some(())?;
                if is_telling(&path) && !matches!(self.pieces.get(end), Some(Piece::Mark("." | "["))) {
                    let known = flat.guarded.iter().position(|guarded| *guarded == path);
                    let at = known.unwrap_or(flat.guarded.len());
                    if known.is_none() {
                        flat.guarded.push(path);
                    }
                    flat.rules.push_str(&format!("{PEEK}({at})"));
                    return Some(end);
                }
                flat.looked_at.insert(path);
                flat.rules.push_str(word);
                Some(after)
            }
            "data" => self.data(after, flat),
            _ => {
                // A variable of that name stands somewhere without a member behind it, so it ends here.
                if let Some(library) = self.imports.get(word) {
                    let (after, name) = self.member(after).filter(|(_, name)| library.source.defines(name))?;
                    flat.rules.push_str(&library.prefix);
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

    /// A path with the members that are named behind it, and where they end.
    fn path(&self, mut path: Vec<String>, mut after: usize) -> (Vec<String>, usize) {
        while let Some((end, name)) = self.member(after) {
            path.push(name);
            after = end;
        }
        (path, after)
    }

    /// `data.facts[input.arn]` and the parts of the world; anything else in `data` stays where it is.
    fn data(&self, after: usize, flat: &mut Flat) -> Option<usize> {
        let (end, name) = self.member(after)?;
        let end = if name == "facts" {
            let own = [Piece::Mark("["), Piece::Word("input"), Piece::Mark("."), Piece::Word("arn"), Piece::Mark("]")];
            let end = self.follows(end, &own)?;
            flat.looked_at.insert(self.path(vec![FACTS.to_owned()], end).0);
            end
        } else {
            PARTS.contains(&name.as_str()).then_some(end)?
        };
        flat.rules.push_str(&format!("input.{WORLD}.{name}"));
        Some(end)
    }
}

fn is_telling(path: &[String]) -> bool {
    match path {
        [name] => TELLING_WHOLE.contains(&name.as_str()),
        [.., name] => TELLING.iter().any(|end| name.ends_with(end)),
        [] => false,
    }
}

/// The words and points of an import or a package; nothing if anything else stands there.
fn spelled<'a>(pieces: &[Piece<'a>]) -> Option<Vec<&'a str>> {
    let told = pieces.iter().filter(|piece| !piece.is_blank());
    told.map(|&piece| match piece {
        Piece::Word(text) | Piece::Mark(text @ ".") => Some(text),
        Piece::Mark(_) | Piece::Quoted(_) | Piece::Blank(_) => None,
    })
    .collect()
}

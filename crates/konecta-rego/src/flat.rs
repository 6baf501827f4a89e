//! A control and its libraries as one module that looks at nothing but `input`.
//! Knows Rego's words, strings and brackets; what it is not sure of it leaves alone, and the control is run as written.
//!
//! In regorus a reference costs by the length of its path and by the number of modules, `data.…` above all, and an
//! imported name evaluates every rule of its module. So the names of libraries become names of the control's own
//! module, and the world stands in the input, under [`WORLD`]. It also becomes plain which members of a resource a
//! control can look at at all.
//!
//! A member that tells one resource from another is not read but asked for, by [`PEEK`]: so it becomes known, evaluation by
//! evaluation, whether it was looked at. So is each fact of the resource.
//!
//! A name that some module defines is prefixed wherever it stands in that module, be it the rule or a variable that
//! hides it, so no name of one module can come to mean one of another.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::outline::FACTS;
use super::pieces::{Piece, is_keyword, is_plain, pieces};
use super::rule_ids::MEMBERS;
use super::shorthand::{Shorthand, shorthands};
use super::source::{PolicySource, is_builtin_root};

#[cfg(test)]
mod tests;

/// Where the world stands in the input.
pub(super) const WORLD: &str = "konecta_world";

/// The function that answers with a guarded member.
pub(super) const PEEK: &str = "konecta_peek";

/// The function that answers with the ids that it is given, and notes that they were looked at.
pub(super) const IDS: &str = "konecta_ids";

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
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Flat {
    /// The rules, without package and imports.
    pub(super) rules: String,
    /// Every member of the resource that may be looked at, as a path; what is below a path may be looked at too. The
    /// facts of the resource stand below [`FACTS`].
    pub(super) looked_at: BTreeSet<Vec<String>>,
    /// The same as the policy spells it, with what it has a name of its own for as a whole: what is told of a verdict that is
    /// open.
    pub(super) spelled: BTreeSet<Vec<String>>,
    /// Members of the resource that are asked for by their number here.
    pub(super) guarded: Vec<Vec<String>>,
    /// Whether ids of rules may be looked at in a way that is not noted.
    pub(super) unnoted: bool,
}

impl Flat {
    /// Writes a member as one that is asked for.
    fn ask_for(&mut self, path: Vec<String>) {
        let known = self.guarded.iter().position(|guarded| *guarded == path);
        let at = known.unwrap_or(self.guarded.len());
        if known.is_none() {
            self.guarded.push(path);
        }
        self.rules.push_str(&format!("{PEEK}({at})"));
    }
}

/// Makes one module of a control and the libraries that it imports, if that is certain to mean the same.
pub(super) fn flatten(control: &PolicySource, libraries: &[PolicySource]) -> Option<Flat> {
    let mut flat = Flat::default();
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
    source: &'a PolicySource,
    prefix: String,
}

/// The library of this package; none if several files share it, or other packages stand below it.
fn library<'a>(libraries: &'a [PolicySource], package: &str) -> Option<Library<'a>> {
    let below = format!("{package}.");
    let mut fitting =
        libraries.iter().enumerate().filter(|(_, one)| one.package == package || one.package.starts_with(&below));
    let (at, source) = fitting.next()?;
    let only = fitting.next().is_none() && source.package == package;
    only.then(|| Library { source, prefix: format!("{OWN}{}_", at + 1) })
}

/// One source, cut into pieces, with its imports taken out.
struct Module<'a> {
    source: &'a PolicySource,
    prefix: String,
    pieces: Vec<Piece<'a>>,
    imports: BTreeMap<&'a str, Library<'a>>,
    shorthands: BTreeMap<&'a str, Shorthand>,
}

impl<'a> Module<'a> {
    fn read(source: &'a PolicySource, prefix: String, libraries: &'a [PolicySource]) -> Option<Self> {
        let mut module =
            Self { source, prefix, pieces: Vec::new(), imports: BTreeMap::new(), shorthands: BTreeMap::new() };
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
        module.shorthands = shorthands(&module.pieces);
        (is_v1 && is_plain(&module.pieces) && !source.rules.keys().any(odd)).then_some(module)
    }

    /// `data.konecta.lib.ecr` or `data.konecta.lib.ecr as registry`.
    fn import(&mut self, spelled: &[&'a str], libraries: &'a [PolicySource]) -> Option<()> {
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
                // What it stands for is written where it is used.
                Piece::Word(word) if self.shorthands.get(word).is_some_and(|one| one.begin == at) => {
                    let short = *self.shorthands.get(word)?;
                    flat.spelled.insert(self.stands_for(short));
                    short.end
                }
                Piece::Word(word) if !is_member => self.word(word, at + 1, flat)?,
                Piece::Quoted(text) if MEMBERS.iter().any(|name| text.trim_matches(['"', '`']) == *name) => {
                    flat.unnoted = true;
                    flat.rules.push_str(text);
                    at + 1
                }
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
            "input" => self.input(Vec::new(), after, flat),
            "data" => self.data(after, None, flat),
            _ => {
                if let Some(short) = self.shorthands.get(word) {
                    let is_member = self.pieces.get(short.meaning) == Some(&Piece::Word("input"));
                    return if is_member {
                        self.input(self.stands_for(*short), after, flat)
                    } else {
                        self.data(short.meaning + 1, Some(after), flat)
                    };
                }
                // A variable of that name stands somewhere without a member behind it, so it ends here.
                if let Some(library) = self.imports.get(word) {
                    // A name that is a library's own may be short for something, and not be there.
                    let is_told = |name: &String| library.source.defines(name) && !name.starts_with('_');
                    let (after, name) = self.member(after).filter(|(_, name)| is_told(name))?;
                    flat.rules.push_str(&library.prefix);
                    flat.rules.push_str(&name);
                    return Some(after);
                }
                let ids = self.ids(after, flat);
                if ids.is_some() {
                    flat.rules.push_str(&format!("{IDS}("));
                }
                if self.source.defines(word) {
                    flat.rules.push_str(&self.prefix);
                }
                flat.rules.push_str(word);
                let Some(end) = ids else { return Some(after) };
                self.pieces[after..end].iter().for_each(|piece| flat.rules.push_str(piece.text()));
                flat.rules.push(')');
                Some(end)
            }
        }
    }

    /// Where a path ends that leads from a variable to ids of rules.
    fn ids(&self, after: usize, flat: &mut Flat) -> Option<usize> {
        let (path, end) = self.path(Vec::new(), after);
        let are_ids = |name: &String| MEMBERS.contains(&name.as_str());
        // A head says `contains x.rule`, and takes no call.
        let before = self.pieces[..after - 1].iter().rev().find(|piece| !piece.is_blank());
        let is_head = before == Some(&Piece::Word("contains"));
        if path.last().is_some_and(are_ids) && !is_head && self.ends_at(end) {
            return Some(end);
        }
        flat.unnoted |= path.iter().any(are_ids);
        None
    }

    /// A member of the resource that is named behind a path; the path is empty but where a name of the module's own stands
    /// for it.
    fn input(&self, short: Vec<String>, after: usize, flat: &mut Flat) -> Option<usize> {
        let (path, end) = self.path(short.clone(), after);
        // By itself it is not certain to be the resource.
        (path.first()? != WORLD).then_some(())?;
        let is_guarded = is_telling(&path) && self.ends_at(end);
        if short.is_empty() && !is_guarded {
            flat.spelled.insert(path.clone());
        }
        if is_guarded {
            flat.ask_for(path);
            return Some(end);
        }
        flat.looked_at.insert(path);
        flat.rules.push_str("input");
        short.iter().for_each(|name| flat.rules.push_str(&format!(".{name}")));
        Some(after)
    }

    /// Whether no more of what was named is looked at by itself.
    fn ends_at(&self, end: usize) -> bool {
        !matches!(self.pieces.get(end), Some(Piece::Mark("." | "[")))
    }

    /// The path that a name of the module's own stands for.
    fn stands_for(&self, short: Shorthand) -> Vec<String> {
        if self.pieces.get(short.meaning) == Some(&Piece::Word("input")) {
            return self.path(Vec::new(), short.meaning + 1).0;
        }
        // Behind `data.facts[input.arn]`.
        self.path(vec![FACTS.to_owned()], short.meaning + 8).0
    }

    /// A path with the members that are named behind it, and where they end.
    fn path(&self, mut path: Vec<String>, mut after: usize) -> (Vec<String>, usize) {
        while let Some((end, name)) = self.member(after) {
            path.push(name);
            after = end;
        }
        (path, after)
    }

    /// `data.facts[input.arn]` and the parts of the world; anything else in `data` stays where it is. `used` is where it
    /// goes on behind a name of the module's own that stands for it.
    fn data(&self, after: usize, used: Option<usize>, flat: &mut Flat) -> Option<usize> {
        let (end, name) = self.member(after)?;
        if name == "facts" {
            let own = [Piece::Mark("["), Piece::Word("input"), Piece::Mark("."), Piece::Word("arn"), Piece::Mark("]")];
            let named = self.follows(end, &own)?;
            let (short, end) = self.path(vec![FACTS.to_owned()], named);
            if used.is_none() {
                flat.spelled.insert(short.clone());
            }
            let (path, end) = used.map_or((short.clone(), end), |used| self.path(short.clone(), used));
            flat.unnoted |= path[1..].iter().any(|name| MEMBERS.contains(&name.as_str()));
            // Which facts decide depends on the others: most groups are not a database's, whatever their rules say.
            if path.len() > 1 && self.ends_at(end) {
                flat.ask_for(path);
                return Some(end);
            }
            flat.rules.push_str(&format!("input.{WORLD}.facts"));
            path[1..].iter().for_each(|name| flat.rules.push_str(&format!("[{}]", json!(name))));
            flat.looked_at.insert(path);
            return Some(end);
        }
        PARTS.contains(&name.as_str()).then_some(())?;
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

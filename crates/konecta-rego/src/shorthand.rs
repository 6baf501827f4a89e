//! Names that a module gives to a member of its resource or to its facts: `_config := input.configuration.DistributionConfig`.
//! Knows where they stand; what becomes of them is for others to say.
//!
//! Taken as a rule, such a name looks at all that stands below the member: a comment or an id there, and no two resources
//! are alike. Taken as what it is short for, only what is named behind it is looked at.

use std::collections::BTreeMap;

use super::pieces::Piece;

/// Where a name is defined: all pieces of the definition, and where in them that begins which it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shorthand {
    pub(super) begin: usize,
    pub(super) meaning: usize,
    pub(super) end: usize,
}

/// The names that stand for a member wherever they stand, by their definitions. One that is anywhere used without a member
/// behind it could be a variable that hides it, or the whole member, and is a rule like others.
pub(super) fn shorthands<'a>(pieces: &[Piece<'a>]) -> BTreeMap<&'a str, Shorthand> {
    let mut found = BTreeMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        if let (Piece::Word(name), Some(shorthand)) = (piece, definition(pieces, at)) {
            let uses = (0..pieces.len()).filter(|&other| other != at && is_use(pieces, other, name));
            if uses.into_iter().all(|other| has_member(pieces, other)) {
                found.insert(*name, shorthand);
            }
        }
    }
    found
}

/// A name at the beginning of a line, and behind `:=` to the end of the line nothing but a path.
fn definition(pieces: &[Piece<'_>], begin: usize) -> Option<Shorthand> {
    let Piece::Word(name) = pieces[begin] else { return None };
    let starts_line = begin == 0 || matches!(pieces[begin - 1], Piece::Blank(text) if text.ends_with('\n'));
    let sign = [Piece::Blank(" "), Piece::Mark(":"), Piece::Mark("="), Piece::Blank(" ")];
    let meaning = begin + 1 + sign.len();
    if !name.starts_with('_') || !starts_line || pieces.get(begin + 1..meaning)? != sign {
        return None;
    }
    let own = [Piece::Mark("["), Piece::Word("input"), Piece::Mark("."), Piece::Word("arn"), Piece::Mark("]")];
    let mut end = match pieces.get(meaning)? {
        Piece::Word("input") if has_member(pieces, meaning) => meaning + 1,
        Piece::Word("data") if pieces.get(meaning + 1..meaning + 3)? == [Piece::Mark("."), Piece::Word("facts")] => {
            (pieces.get(meaning + 3..meaning + 3 + own.len())? == own).then_some(meaning + 3 + own.len())?
        }
        Piece::Word(_) | Piece::Quoted(_) | Piece::Mark(_) | Piece::Blank(_) => return None,
    };
    while let [Piece::Mark("."), Piece::Word(_), ..] = pieces.get(end..)? {
        end += 2;
    }
    let after = pieces[end..].iter().position(|piece| !piece.is_blank());
    let gap = &pieces[end..after.map_or(pieces.len(), |after| end + after)];
    let ends_line = matches!(gap.first(), Some(Piece::Blank(text)) if text.starts_with('\n'));
    let next = after.map(|after| pieces[end + after]);
    // What begins the next line begins another rule.
    let apart = matches!(gap.last(), Some(Piece::Blank(text)) if text.ends_with('\n'));
    let other = next.is_none_or(|next| apart && matches!(next, Piece::Word(word) if word != "else"));
    (ends_line && other).then_some(Shorthand { begin, meaning, end })
}

fn is_use(pieces: &[Piece<'_>], at: usize, name: &str) -> bool {
    pieces[at] == Piece::Word(name) && (at == 0 || pieces[at - 1] != Piece::Mark("."))
}

fn has_member(pieces: &[Piece<'_>], at: usize) -> bool {
    matches!(pieces.get(at + 1..at + 3), Some([Piece::Mark("."), Piece::Word(_)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pieces::pieces;

    fn names(text: &str) -> Vec<&str> {
        shorthands(&pieces(text).expect("pieces")).into_keys().collect()
    }

    #[test]
    fn a_name_for_a_member_or_for_the_facts_is_one() {
        let text = "_a := input.configuration.A\n\n# c\n_b := data.facts[input.arn]\n_c := input.tags\n\npass if _a.x == _b.y\n";
        assert_eq!(names(text), ["_a", "_b", "_c"]);
        assert_eq!(names("_a := data.facts[input.arn].open\n"), ["_a"]);
    }

    #[test]
    fn whatever_could_mean_something_else_is_none() {
        for text in [
            "a := input.configuration.A\n\npass if a.x\n",
            "_a := input.configuration.A\n\npass if count(_a) > 0\n",
            "_a := input.configuration.A\n\nf(_a) := _a.x\n",
            "_a := input.configuration.A\n\npass if some _a in input.b\n",
            "_a := input.configuration.A\n\npass if _a[x]\n",
            "_a := input.configuration.A if input.b\n",
            "_a := input.configuration.A + 1\n",
            "_a := input.configuration.A # c\n",
            "_a := input.configuration[x]\n",
            "_a := input\n",
            "_a := data.facts.b\n",
            "_a := data.index.b\n",
            "_a = input.configuration.A\n",
            "_a := input.configuration.A\n\n_a := input.configuration.B\n",
            "_a := input.configuration.A\nelse := 1\n",
        ] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }
}

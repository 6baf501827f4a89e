//! The answers that a control gave, by all that it can have looked at: asked the same, a policy says the same.
//! Sound because a policy is pure, and because what it can look at is told by its text; knows nothing of either.
//!
//! Each text that was seen at one place has a number ([`Interner`]), and a question is the numbers of the places that a
//! control looks at ([`ResultCache`]): a resource is compared once, however many controls look at it.

use std::collections::HashMap;

use super::verdict::ControlAnswer;

/// Longer texts hardly ever come twice, and would cost memory.
const LONGEST: usize = 4096;

/// So many bytes of text are kept of a place; then all are forgotten. Resources come sorted by type and place.
const ROOM: usize = 1 << 16;

/// So many answers are kept; then all are forgotten.
const MOST: usize = 256;

/// An answer of more sentences than this is not kept: answers cost memory too.
const WORDIEST: usize = 16;

/// After so many of them it is decided whether remembering is worth while.
const TRIAL: u32 = 512;

/// Whether what is remembered comes again.
#[derive(Debug, Default)]
struct Trial {
    asked: u32,
    found: u32,
}

impl Trial {
    fn count(&mut self, found: bool) {
        self.asked = self.asked.saturating_add(1);
        self.found = self.found.saturating_add(u32::from(found));
    }

    fn is_worthwhile(&self) -> bool {
        self.asked < TRIAL || self.found > self.asked / 8
    }
}

/// What one of the places of a resource holds, as a number that no other text at that place has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Number(u64);

impl Number {
    /// There is nothing.
    pub(super) const NOTHING: Self = Self(0);
    /// There is a text that need not be compared with any other.
    pub(super) const UNHEARD: Self = Self(u64::MAX);
}

/// The texts that were seen at one place. A number is never given again, so forgetting a text forgets what was
/// remembered by it.
#[derive(Debug, Default)]
pub(super) struct Interner {
    known: HashMap<Box<str>, Number>,
    bytes: usize,
    /// The text before this one: most often it is the same.
    last: Option<(Box<str>, Number)>,
    numbers: u64,
    trial: Trial,
}

impl Interner {
    /// The number of a text.
    pub(super) fn number(&mut self, text: &str) -> Number {
        if let Some((_, number)) = self.last.as_ref().filter(|(last, _)| **last == *text) {
            self.trial.count(true);
            return *number;
        }
        if text.len() > LONGEST || !self.trial.is_worthwhile() {
            self.trial.count(false);
            return Number::UNHEARD;
        }
        let known = self.known.get(text).copied();
        self.trial.count(known.is_some());
        let number = known.unwrap_or_else(|| self.learn(text));
        self.last = Some((text.into(), number));
        number
    }

    fn learn(&mut self, text: &str) -> Number {
        if self.bytes + text.len() > ROOM {
            self.known.clear();
            self.bytes = 0;
        }
        self.numbers += 1;
        self.bytes += text.len();
        self.known.insert(text.into(), Number(self.numbers));
        Number(self.numbers)
    }
}

/// What came of a question.
#[derive(Debug)]
enum Outcome {
    Answer(ControlAnswer),
    /// The control looked at this guarded place next: what stands there is part of the question.
    Looked(usize),
}

/// What is remembered of one control.
#[derive(Debug, Default)]
pub(super) struct ResultCache {
    outcomes: HashMap<Box<[Number]>, Outcome>,
    trial: Trial,
}

impl ResultCache {
    /// What was answered to the same question. It grows by what stands in the guarded places that the control then looked
    /// at, one after the other: which comes next was decided by what it had seen until then.
    pub(super) fn find(
        &mut self,
        question: &mut Vec<Number>,
        guarded: impl Fn(usize) -> Number,
    ) -> Option<ControlAnswer> {
        let answer = loop {
            match self.outcomes.get(question.as_slice()) {
                Some(Outcome::Answer(answer)) => break Some(answer.clone()),
                Some(&Outcome::Looked(place)) => question.push(guarded(place)),
                None => break None,
            }
        };
        self.trial.count(answer.is_some());
        answer
    }

    /// Remembers an answer, and the guarded places that the control looked at before it gave it.
    pub(super) fn keep(
        &mut self,
        question: &mut Vec<Number>,
        looked: &[usize],
        guarded: impl Fn(usize) -> Number,
        answer: &ControlAnswer,
    ) {
        let reasons = answer.not_applicable.len() + answer.unattainable.len() + answer.unknown.len();
        let sentences = answer.violations.len() + reasons;
        if sentences > WORDIEST || !self.is_worthwhile() {
            return;
        }
        if self.outcomes.len() >= MOST {
            self.outcomes.clear();
        }
        for &place in looked {
            self.outcomes.insert(question.as_slice().into(), Outcome::Looked(place));
            question.push(guarded(place));
            if question.last() == Some(&Number::UNHEARD) {
                return;
            }
        }
        self.outcomes.insert(question.as_slice().into(), Outcome::Answer(answer.clone()));
    }

    /// A control that looks at a name or an id is never asked the same.
    pub(super) fn is_worthwhile(&self) -> bool {
        self.trial.is_worthwhile()
    }

    /// Forgets all answers: around another world they may be others.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass() -> ControlAnswer {
        ControlAnswer { pass: true, ..ControlAnswer::default() }
    }

    fn find(result_cache: &mut ResultCache, open: &[Number], guarded: &[Number]) -> Option<ControlAnswer> {
        result_cache.find(&mut open.to_vec(), |place| guarded[place])
    }

    fn keep(
        result_cache: &mut ResultCache,
        open: &[Number],
        looked: &[usize],
        guarded: &[Number],
        answer: &ControlAnswer,
    ) {
        result_cache.keep(&mut open.to_vec(), looked, |place| guarded[place], answer);
    }

    #[test]
    fn only_the_same_question_has_the_same_answer() {
        let mut result_cache = ResultCache::default();
        let asked = [Number(1), Number::NOTHING];
        keep(&mut result_cache, &asked, &[], &[], &pass());
        assert_eq!(find(&mut result_cache, &asked, &[]), Some(pass()));
        assert_eq!(find(&mut result_cache, &[Number(1), Number(1)], &[]), None);
        result_cache.forget();
        assert_eq!(find(&mut result_cache, &asked, &[]), None);
    }

    #[test]
    fn what_was_looked_at_is_part_of_the_question_and_what_was_not_is_not() {
        let mut result_cache = ResultCache::default();
        let [one, two] = [Number(1), Number(2)];
        keep(&mut result_cache, &[one], &[1], &[one, one], &pass());
        assert_eq!(find(&mut result_cache, &[one], &[two, one]), Some(pass()));
        assert_eq!(find(&mut result_cache, &[one], &[one, two]), None);
        // With something else at the second place it looked at the first too.
        keep(&mut result_cache, &[one], &[1, 0], &[one, two], &ControlAnswer::default());
        assert_eq!(find(&mut result_cache, &[one], &[one, two]), Some(ControlAnswer::default()));
        assert_eq!(find(&mut result_cache, &[one], &[two, two]), None);
        assert_eq!(find(&mut result_cache, &[one], &[two, one]), Some(pass()));
    }

    #[test]
    fn an_unheard_text_that_was_looked_at_makes_no_question() {
        let mut result_cache = ResultCache::default();
        let guarded = [Number::UNHEARD];
        keep(&mut result_cache, &[Number(1)], &[0], &guarded, &pass());
        assert_eq!(find(&mut result_cache, &[Number(1)], &guarded), None);
        keep(&mut result_cache, &[Number(2)], &[], &guarded, &pass());
        assert_eq!(find(&mut result_cache, &[Number(2)], &guarded), Some(pass()));
    }

    #[test]
    fn questions_that_are_never_asked_twice_are_not_kept() {
        let mut result_cache = ResultCache::default();
        for number in 0..u64::from(2 * TRIAL) {
            let question = [Number(number)];
            assert_eq!(find(&mut result_cache, &question, &[]), None);
            keep(&mut result_cache, &question, &[], &[], &pass());
            assert!(result_cache.outcomes.len() <= MOST);
        }
        assert!(!result_cache.is_worthwhile());
    }

    #[test]
    fn an_answer_of_many_sentences_is_not_kept() {
        let mut result_cache = ResultCache::default();
        let not_applicable = vec![String::new(); WORDIEST + 1].into();
        keep(&mut result_cache, &[Number(1)], &[], &[], &ControlAnswer { not_applicable, ..ControlAnswer::default() });
        assert!(result_cache.outcomes.is_empty());
    }

    #[test]
    fn a_text_has_one_number_until_it_is_forgotten_and_no_other_text_ever_has_it() {
        let mut texts = Interner::default();
        let one = texts.number("1");
        let other = texts.number("2");
        assert_ne!(one, other);
        assert_eq!([texts.number("1"), texts.number("1"), texts.number("2")], [one, one, other]);
        let long = "x".repeat(LONGEST);
        let mut given = vec![one, other];
        for number in 0..2 * ROOM / LONGEST {
            given.push(texts.number(&long[number..]));
            assert!(texts.bytes <= ROOM);
        }
        given.push(texts.number("1"));
        let different: std::collections::HashSet<&Number> = given.iter().collect();
        assert_eq!(different.len(), given.len());
    }

    #[test]
    fn texts_that_never_come_twice_and_long_ones_are_not_kept() {
        let mut texts = Interner::default();
        assert_eq!(texts.number(&"x".repeat(LONGEST + 1)), Number::UNHEARD);
        let given: Vec<Number> = (0..2 * TRIAL).map(|number| texts.number(&number.to_string())).collect();
        assert_eq!(given.last(), Some(&Number::UNHEARD));
        assert!(texts.known.len() <= TRIAL as usize);
    }
}

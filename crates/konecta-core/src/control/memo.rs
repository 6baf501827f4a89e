//! The answers that a control gave, by all that it can have looked at: asked the same, a policy says the same.
//! Sound because a policy is pure, and because what it can look at is told by its text; knows nothing of either.

use std::collections::HashMap;

use super::verdict::Answer;

/// Longer questions are hardly ever asked twice, and would cost memory.
const LONGEST: usize = 4096;

/// So many questions are kept; then all are forgotten. Resources come sorted by type and place.
const MOST: usize = 256;

/// An answer of more sentences than this is not kept: answers cost memory too.
const WORDIEST: usize = 16;

/// After so many questions it is decided whether remembering is worth while.
const TRIAL: u32 = 512;

/// What is remembered of one control.
#[derive(Debug, Default)]
pub(super) struct Memo {
    answers: HashMap<Box<str>, Answer>,
    asked: u32,
    found: u32,
}

impl Memo {
    /// What was answered to the same question.
    pub(super) fn find(&mut self, question: &str) -> Option<&Answer> {
        self.asked = self.asked.saturating_add(1);
        let answer = self.answers.get(question)?;
        self.found = self.found.saturating_add(1);
        Some(answer)
    }

    /// Remembers an answer.
    pub(super) fn keep(&mut self, question: &str, answer: &Answer) {
        let sentences = answer.violations.len() + answer.not_applicable.len() + answer.unattainable.len();
        if question.len() > LONGEST || sentences > WORDIEST || !self.is_worthwhile() {
            return;
        }
        if self.answers.len() >= MOST {
            self.answers.clear();
        }
        self.answers.insert(question.into(), answer.clone());
    }

    /// A control that looks at a name or an id is never asked the same.
    pub(super) fn is_worthwhile(&self) -> bool {
        self.asked < TRIAL || self.found > self.asked / 8
    }

    /// Forgets all answers: around another world they may be others.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass() -> Answer {
        Answer { pass: true, ..Answer::default() }
    }

    #[test]
    fn only_the_same_question_has_the_same_answer() {
        let mut memo = Memo::default();
        memo.keep("a", &pass());
        assert_eq!(memo.find("a"), Some(&pass()));
        assert_eq!(memo.find("b"), None);
        memo.forget();
        assert_eq!(memo.find("a"), None);
    }

    #[test]
    fn questions_that_are_never_asked_twice_are_not_kept() {
        let mut memo = Memo::default();
        for number in 0..2 * TRIAL {
            let question = number.to_string();
            assert_eq!(memo.find(&question), None);
            memo.keep(&question, &pass());
            assert!(memo.answers.len() <= MOST);
        }
        assert!(!memo.is_worthwhile());
    }

    #[test]
    fn what_is_long_is_not_kept() {
        let mut memo = Memo::default();
        memo.keep(&"x".repeat(LONGEST + 1), &pass());
        memo.keep("x", &Answer { not_applicable: vec![String::new(); WORDIEST + 1], ..Answer::default() });
        assert!(memo.answers.is_empty());
    }
}

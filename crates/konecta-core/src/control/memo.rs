//! The answers that a control gave, by all that it can have looked at: asked the same, a policy says the same.
//! Sound because a policy is pure, and because what it can look at is told by its text; knows nothing of either.

use std::collections::HashMap;

use super::verdict::Answer;

/// Longer questions are hardly ever asked twice, and would cost memory.
const LONGEST: usize = 4096;

/// So many questions are kept, in so many bytes; then all are forgotten. Resources come sorted by type and place.
const MOST: usize = 256;

/// After so many questions it is decided whether remembering is worth while.
const TRIAL: u32 = 512;

/// What is remembered of one control. `F` stands for the facts of a resource.
#[derive(Debug)]
pub(super) struct Memo<F> {
    answers: HashMap<String, Vec<(F, Answer)>>,
    asked: u32,
    found: u32,
}

impl<F> Default for Memo<F> {
    fn default() -> Self {
        Self { answers: HashMap::new(), asked: 0, found: 0 }
    }
}

impl<F: PartialEq> Memo<F> {
    /// What was answered to the same question.
    pub(super) fn find(&mut self, question: &str, facts: &F) -> Option<Answer> {
        if !self.is_worthwhile() {
            return None;
        }
        self.asked = self.asked.saturating_add(1);
        let (_, answer) = self.answers.get(question)?.iter().find(|(known, _)| known == facts)?;
        self.found = self.found.saturating_add(1);
        Some(answer.clone())
    }

    /// Remembers an answer.
    pub(super) fn keep(&mut self, question: &str, facts: F, answer: &Answer) {
        if question.len() > LONGEST || !self.is_worthwhile() {
            return;
        }
        if self.answers.values().map(Vec::len).sum::<usize>() >= MOST {
            self.answers.clear();
        }
        self.answers.entry(question.to_owned()).or_default().push((facts, answer.clone()));
    }

    /// A control that looks at a name or an id is never asked the same.
    pub(super) fn is_worthwhile(&self) -> bool {
        self.asked < TRIAL || self.found > self.asked / 8
    }

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
        memo.keep("a", 1, &pass());
        assert_eq!(memo.find("a", &1), Some(pass()));
        assert_eq!(memo.find("a", &2), None);
        assert_eq!(memo.find("b", &1), None);
        memo.forget();
        assert_eq!(memo.find("a", &1), None);
    }

    #[test]
    fn questions_that_are_never_asked_twice_are_not_kept() {
        let mut memo = Memo::default();
        for number in 0..2 * TRIAL {
            let question = number.to_string();
            assert_eq!(memo.find(&question, &()), None);
            memo.keep(&question, (), &pass());
        }
        assert!(!memo.is_worthwhile());
        assert!(memo.answers.len() <= MOST);
    }
}

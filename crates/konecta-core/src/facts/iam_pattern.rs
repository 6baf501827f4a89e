//! IAM's patterns: `*` is any text, `?` any character. Knows text, and nothing of actions or ARNs.
//!
//! Patterns are held against patterns, since what a statement allows or denies is one itself.

/// Whether a pattern matches whatever another one matches. `true` is certain; `false` may be not proven.
pub fn covers(pattern: &str, other: &str) -> bool {
    let (pattern, other): (Vec<char>, Vec<char>) = (pattern.chars().collect(), other.chars().collect());
    // Which beginnings of `other` the beginning of the pattern, as far as it was gone through, covers.
    let mut reached: Vec<bool> = std::iter::once(true).chain(other.iter().map(|_| false)).collect();
    for sign in pattern {
        let mut next = vec![false; reached.len()];
        for (at, was) in reached.iter().enumerate() {
            let before = at.checked_sub(1).filter(|before| reached[*before]);
            next[at] = match sign {
                '*' => *was || at.checked_sub(1).is_some_and(|before| next[before]),
                // A star may be more than one character, or none.
                '?' => before.is_some_and(|before| other[before] != '*'),
                literal => before.is_some_and(|before| other[before] == literal),
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

/// Whether there is a text that both patterns match.
pub(crate) fn meets(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    // `below[j]`: whether what follows `i + 1` of the one and `j` of the other meets.
    let mut below: Vec<bool> = Vec::new();
    for i in (0..=one.len()).rev() {
        let mut here = vec![false; other.len() + 1];
        for j in (0..=other.len()).rev() {
            let (a, b) = (one.get(i), other.get(j));
            let skip_one = below.get(j).copied().unwrap_or(false);
            let skip_other = here.get(j + 1).copied().unwrap_or(false);
            let skip_both = below.get(j + 1).copied().unwrap_or(false);
            here[j] = match (a, b) {
                (None, None) => true,
                (Some('*'), _) if skip_one || skip_other => true,
                (_, Some('*')) if skip_other || skip_one => true,
                (Some(a), Some(b)) => (a == b || *a == '?' || *b == '?') && skip_both,
                (Some(_), None) | (None, Some(_)) => false,
            };
        }
        below = here;
    }
    below.first().copied().unwrap_or(false)
}

/// Whether it leaves nothing out but, at most, the empty text and short ones: `*`, `**`, `?*`.
pub(crate) fn is_anything(pattern: &str) -> bool {
    pattern.contains('*') && pattern.chars().all(|sign| matches!(sign, '*' | '?'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_takes_in_other_stars_and_a_question_mark_does_not() {
        assert!(covers("*", "") && covers("*", "a*b?") && covers("ecr:*", "ecr:Get*") && covers("a?c", "abc"));
        assert!(covers("a?", "a?") && covers("s3:*Object", "s3:Get*Object"));
        assert!(!covers("a?", "a*") && !covers("ecr:Get*", "ecr:*") && !covers("", "a") && !covers("a", ""));
    }

    #[test]
    fn patterns_meet_where_one_text_fits_both() {
        assert!(meets("iam:*", "*:PassRole") && meets("a*c", "ab?") && meets("*", "") && meets("a**", "?"));
        assert!(meets("a*", "*b?c") && !meets("iam:*", "s3:*"));
        assert!(!meets("a", "b*") && !meets("", "a") && !meets("a?", "a"));
    }

    #[test]
    fn anything_is_made_of_stars() {
        assert!(["*", "**", "?*", "*?"].into_iter().all(is_anything));
        assert!(!["", "?", "a*", "*:*"].into_iter().any(is_anything));
    }

    proptest! {
        #[test]
        fn what_is_covered_is_matched(pattern in "[ab*?]{0,6}", other in "[ab*?]{0,5}", text in "[ab]{0,6}") {
            if covers(&pattern, &other) && covers(&other, &text) {
                prop_assert!(covers(&pattern, &text));
            }
            // A text that both match is where they meet.
            if covers(&pattern, &text) && covers(&other, &text) {
                prop_assert!(meets(&pattern, &other));
            }
            prop_assert_eq!(meets(&pattern, &other), meets(&other, &pattern));
            prop_assert_eq!(meets(&pattern, &text), covers(&pattern, &text));
        }
    }
}

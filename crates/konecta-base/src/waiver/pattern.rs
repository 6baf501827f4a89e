//! Which resources a waiver names: an ARN in which a `*` stands for any number of characters, `:` and `/` included.
//! Knows the form of an ARN; knows nothing of the resources that there are.

use std::fmt;

use serde::Deserialize;

/// A pattern over ARNs. There is one special character, `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct ResourcePattern(String);

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a resource is an ARN (as in arn:aws:rds:us-east-1:123456789012:db:erp), in which * stands for anything")]
pub struct PatternError;

impl TryFrom<String> for ResourcePattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        let is_one = (text.starts_with("arn:") || text.contains('*')) && !text.contains(char::is_whitespace);
        if is_one { Ok(Self(text)) } else { Err(PatternError) }
    }
}

impl fmt::Display for ResourcePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl ResourcePattern {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it fits an ARN.
    #[must_use]
    pub fn matches(&self, arn: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = parts.next().and_then(|first| arn.strip_prefix(first)) else { return false };
        let parts: Vec<&str> = parts.collect();
        let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
        for part in middle {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.len() >= last.len() && rest.ends_with(last)
    }

    /// The region, where it is written out; empty for what is global. `None` where a `*` may stand for several.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.field(3)
    }

    /// The account, as [`ResourcePattern::region`].
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.field(4)
    }

    /// Whether something of a resource's name is written out, behind the six fields and the type:
    /// `…:db:erp-*` names one, `…:db:*` and `*` do not.
    #[must_use]
    pub fn names_a_resource(&self) -> bool {
        let own = self.0.splitn(6, ':').nth(5).unwrap_or_default();
        let name = own.split_once([':', '/']).map_or(own, |(_, name)| name);
        name.chars().any(|character| !matches!(character, '*' | ':' | '/'))
    }

    /// A field before which no `*` stands: behind one, the fields cannot be counted.
    fn field(&self, number: usize) -> Option<&str> {
        let mut fields = self.0.splitn(6, ':');
        if fields.clone().count() < 6 || fields.clone().take(number + 1).any(|field| field.contains('*')) {
            return None;
        }
        fields.nth(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> ResourcePattern {
        ResourcePattern(text.to_owned())
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (text, arn, fits) in [
            ("arn:a", "arn:a", true),
            ("arn:a", "arn:ab", false),
            ("arn:*:db", "arn:x:y:db", true),
            ("*", "arn:a", true),
            ("arn:a*b*c", "arn:a-b-b-c", true),
            ("arn:a*b*c", "arn:a-c", false),
            ("ab*ba", "aba", false),
            ("arn:a?", "arn:ab", false),
            ("arn:[a]", "arn:a", false),
        ] {
            assert_eq!(pattern(text).matches(arn), fits, "{text} on {arn}");
        }
    }

    #[test]
    fn a_pattern_that_names_nothing_is_told_apart() {
        for (text, names) in [
            ("arn:aws:rds:us-east-1:123456789012:db:konecta-erp", true),
            ("arn:aws:rds:*:123456789012:db:konecta-*", true),
            ("arn:aws:rds:us-east-1:123456789012:db:*", false),
            ("arn:aws:ec2:us-east-1:123456789012:security-group/*", false),
            ("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/erp/*", true),
            ("arn:aws:s3:::*", false),
            ("arn:aws:s3:::erp-logs", true),
            ("arn:aws:rds:*", false),
            ("*", false),
        ] {
            assert_eq!(pattern(text).names_a_resource(), names, "{text}");
        }
    }

    #[test]
    fn account_and_region_are_known_where_they_are_written_out() {
        let of = |text: &str| {
            let pattern = pattern(text);
            (pattern.account().map(str::to_owned), pattern.region().map(str::to_owned))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of("arn:aws:rds:us-east-1:123456789012:db:*"), (some("123456789012"), some("us-east-1")));
        assert_eq!(of("arn:aws:cloudfront::123456789012:distribution/E1"), (some("123456789012"), some("")));
        assert_eq!(of("arn:aws:rds:*:123456789012:db:a"), (None, None));
        assert_eq!(of("arn:aws:rds:us-east-1:*:db:a"), (None, some("us-east-1")));
        assert_eq!(of("*"), (None, None));
    }

    #[test]
    fn what_is_no_arn_is_refused() {
        assert!(ResourcePattern::try_from("konecta-erp-db".to_owned()).is_err());
        assert!(ResourcePattern::try_from(String::new()).is_err());
        assert!(ResourcePattern::try_from("*konecta-erp-db".to_owned()).is_ok());
    }
}

//! The path of a violation, as in `DistributionConfig.Origins.Items[alb].CustomHeaders`, taken apart: names, and the
//! entries of lists by what tells them apart. Knows nothing of Terraform.

/// A path of a violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// The names, each with `/*` behind it where an entry of a list is meant, joined by `/`.
    pub(super) pattern: String,
    /// What stands in the brackets, in order.
    pub(super) entries: Vec<String>,
}

impl Path {
    pub(super) fn of(text: &str) -> Self {
        let (mut pattern, mut entries) = (String::new(), Vec::new());
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            rest = rest.get(character.len_utf8()..).unwrap_or_default();
            match character {
                '.' => pattern.push('/'),
                '[' => {
                    let (entry, behind) = rest.split_at(closing(rest));
                    pattern.push_str("/*");
                    entries.push(entry.to_owned());
                    rest = behind.strip_prefix(']').unwrap_or(behind);
                }
                other => pattern.push(other),
            }
        }
        Self { pattern, entries }
    }
}

/// Where the bracket that is open ends; a name in it may hold brackets.
fn closing(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '[' => depth += 1,
            ']' if depth == 0 => return at,
            ']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_entries_are_told_apart() {
        for (text, pattern, entries) in [
            ("PubliclyAccessible", "PubliclyAccessible", vec![]),
            ("A.Items[/api/*].B", "A/Items/*/B", vec!["/api/*"]),
            (
                "Rules[arn:aws:x:1:listener-rule/a.b].Conditions[http-header]",
                "Rules/*/Conditions/*",
                vec!["arn:aws:x:1:listener-rule/a.b", "http-header"],
            ),
            ("A[b[0]].C", "A/*/C", vec!["b[0]"]),
            ("A[b", "A/*", vec!["b"]),
            ("", "", vec![]),
        ] {
            let path = Path::of(text);
            assert_eq!((path.pattern.as_str(), path.entries.iter().map(String::as_str).collect()), (pattern, entries));
        }
    }
}

//! Three-valued logic: `Some(true)`, `Some(false)`, and `None` for what is not known.
//! Knows nothing of AWS.

/// Whether any is true: true if one is, not known if none is and one is not known.
pub(crate) fn any(values: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(false);
    for value in values {
        match value {
            Some(true) => return Some(true),
            Some(false) => {}
            None => result = None,
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_truth_outweighs_what_is_not_known() {
        assert_eq!(any([]), Some(false));
        assert_eq!(any([Some(false), None]), None);
        assert_eq!(any([None, Some(true)]), Some(true));
    }
}

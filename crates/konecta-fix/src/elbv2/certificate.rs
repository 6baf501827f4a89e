//! Certificates of a region by the names that they cover. Knows nothing of what they are wanted for.

use serde_json::Value;

use crate::{RemedyContext, View};
use konecta_base::resource_types;

/// Where certificates come from that a public CA may stand behind; CloudFront believes no other.
const PUBLIC: [&str; 2] = ["AMAZON_ISSUED", "IMPORTED"];

/// The certificates that are issued, may be of a public CA, and name one of these.
pub(super) fn naming<'a>(context: &'a RemedyContext<'_>, beside: &'a View, names: &'a [String]) -> Vec<&'a View> {
    let here = |view: &&View| {
        view.reference.region == beside.reference.region
            && view.reference.account_id == beside.reference.account_id
            && view.text("/configuration/Status") == Some("ISSUED")
            && view.text("/configuration/Type").is_some_and(|kind| PUBLIC.contains(&kind))
    };
    let covers = |view: &&View| {
        let listed = view.list("/configuration/SubjectAlternativeNames").iter().filter_map(Value::as_str);
        let mut all = listed.chain(view.text("/configuration/DomainName"));
        all.any(|pattern| names.iter().any(|name| fits(pattern, name)))
    };
    context.all(resource_types::CERTIFICATE_MANAGER_CERTIFICATE).filter(here).filter(covers).collect()
}

/// `*` stands for one label, the first.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
    match pattern.strip_prefix("*.") {
        Some(rest) => name.split_once('.').is_some_and(|(label, tail)| !label.is_empty() && tail == rest),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_one_label() {
        for (pattern, name, expected) in [
            ("*.example.com", "origin.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
            ("Origin.example.com", "origin.EXAMPLE.com", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}

//! What a repository keeps and who may do what by a policy: AWS's own words evaluated by brute force, for the oracle.
//! Knows lifecycle policies and policy documents as JSON; nothing of where they come from.

use std::collections::BTreeSet;

use serde_json::Value;

const ACCOUNT: &str = "123456789012";

/// One image of a made repository.
#[derive(Debug)]
struct Image {
    tags: &'static [&'static str],
    days: u64,
}

/// A repository of many kinds of images, the youngest first: what a lifecycle policy leaves of it tells policies apart.
fn images() -> Vec<Image> {
    const TAGS: [&[&str]; 9] = [
        &["v1.4"],
        &["latest"],
        &[],
        &["v1"],
        &["release-2", "v2"],
        &["prod"],
        &["dev-7"],
        &["sha-1f3e"],
        &["2024-01"],
    ];
    (0..108).map(|at| Image { tags: TAGS[at % TAGS.len()], days: u64::try_from(at).expect("small") * 4 }).collect()
}

/// The numbers of the images that stay. <https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html>:
/// rules by priority; an image that a rule's tag criteria take is expired by no rule of a higher number.
pub(super) fn kept(policy: &Value) -> BTreeSet<usize> {
    let images = images();
    let mut rules: Vec<&Value> = policy["rules"].as_array().into_iter().flatten().collect();
    rules.sort_by_key(|rule| rule["rulePriority"].as_u64());
    let (mut taken, mut expired) = (BTreeSet::new(), BTreeSet::new());
    for rule in rules {
        let selection = &rule["selection"];
        let number = selection["countNumber"].as_u64().unwrap_or_default();
        let fits = |image: &Image| criteria(selection, image);
        let mine: Vec<usize> = (0..images.len()).filter(|at| !taken.contains(at) && fits(&images[*at])).collect();
        let gone = |(place, at): &(usize, &usize)| match selection["countType"].as_str() {
            Some("imageCountMoreThan") => u64::try_from(*place).expect("small") >= number,
            Some("sinceImagePushed") => images[**at].days > number,
            _ => false,
        };
        expired.extend(mine.iter().enumerate().filter(gone).map(|(_, at)| *at));
        taken.extend(mine);
    }
    (0..images.len()).filter(|at| !expired.contains(at)).collect()
}

fn criteria(selection: &Value, image: &Image) -> bool {
    let listed = |key: &str| -> Vec<&str> {
        selection[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    match selection["tagStatus"].as_str() {
        Some("any") => true,
        Some("untagged") => image.tags.is_empty(),
        Some("tagged") => {
            // Every pattern or prefix of the rule must be met by some tag of the image.
            let (patterns, prefixes) = (listed("tagPatternList"), listed("tagPrefixList"));
            !image.tags.is_empty()
                && patterns.iter().all(|pattern| image.tags.iter().any(|tag| glob(pattern, tag)))
                && prefixes.iter().all(|prefix| image.tags.iter().any(|tag| tag.starts_with(prefix)))
        }
        _ => false,
    }
}

fn words(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

/// Whether a document says so of an action on a resource, under no condition.
pub(super) fn says(document: &Value, effect: &str, action: &str, resource: &str) -> bool {
    let all = &document["Statement"];
    let statements: Vec<&Value> = all.as_array().map_or_else(|| vec![all], |list| list.iter().collect());
    statements.into_iter().any(|one| {
        let acts = words(&one["Action"]).iter().any(|pattern| glob(&pattern.to_lowercase(), &action.to_lowercase()));
        let on = words(&one["Resource"]).iter().any(|pattern| glob(pattern, resource));
        one["Effect"] == effect && acts && on && one["Condition"].is_null()
    })
}

/// Whom a statement of a resource policy names.
pub(super) fn principals(statement: &Value) -> Vec<String> {
    let principal = &statement["Principal"];
    let named = principal.as_object().into_iter().flatten().flat_map(|(_, value)| words(value));
    words(principal).into_iter().chain(named).map(str::to_owned).collect()
}

/// The actions that a statement names.
pub(super) fn actions(statement: &Value) -> Vec<String> {
    words(&statement["Action"]).into_iter().map(str::to_owned).collect()
}

/// Whether a statement that denies is about our own nodes' pulls.
pub(super) fn speaks_of_ours(statement: &Value) -> bool {
    let pulls = actions(statement).iter().any(|action| glob(&action.to_lowercase(), "ecr:batchgetimage"));
    let spared = statement["Condition"].to_string().contains(ACCOUNT);
    pulls && !spared && principals(statement).iter().any(|one| one == "*" || one.contains(ACCOUNT))
}

/// Whether a shell pattern with `*` and `?` matches.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    fn at(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.first() {
            None => text.is_empty(),
            Some(b'*') => (0..=text.len()).any(|skip| at(&pattern[1..], &text[skip..])),
            Some(b'?') => !text.is_empty() && at(&pattern[1..], &text[1..]),
            Some(byte) => text.first() == Some(byte) && at(&pattern[1..], &text[1..]),
        }
    }
    at(pattern.as_bytes(), text.as_bytes())
}

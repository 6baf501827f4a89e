//! The fact `lifecycle_faults`: where a lifecycle policy, as a whole, keeps other images than the last so many.
//! Knows ECR's evaluation of rules; nothing of what a control makes of it.
//!
//! What is held against the policy: of the images with a tag, whatever they are and whenever they were pushed and pulled,
//! exactly the last so many can be pulled; the others go, and so do images without a tag.
//! (docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html, "Lifecycle policy evaluation rules")

use serde_json::{Value, json};

/// Which images a rule selects by their tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tags {
    Any,
    /// Every image with a tag.
    Tagged,
    /// Some of them.
    Some,
    Untagged,
}

/// What makes a selected image go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    MoreThan(u64),
    Age,
}

/// A rule, wholly understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rule {
    priority: u64,
    tags: Tags,
    archived: bool,
    count: Count,
    expires: bool,
}

/// The faults, `[]` where there are none; `None` where a rule that decides is not understood.
pub(crate) fn lifecycle_faults(policy: &Value, images: u64) -> Option<Value> {
    let listed = policy.get("rules")?.as_array()?;
    let mut rules: Vec<(u64, Option<Rule>)> =
        listed.iter().map(|rule| Some((rule.get("rulePriority")?.as_u64()?, read(rule)))).collect::<Option<_>>()?;
    rules.sort_by_key(|(priority, _)| *priority);
    if rules.windows(2).any(|pair| matches!(pair, [one, other] if one.0 == other.0)) {
        return None;
    }
    // Only what stands before the first rule that is not understood is sure to act as it says.
    let understood: Vec<Rule> = rules.iter().map_while(|(_, rule)| *rule).collect();
    let whole = understood.len() == rules.len();
    let found = faults(&understood, images, whole);
    (whole || !found.is_empty()).then_some(Value::Array(found))
}

fn faults(rules: &[Rule], images: u64, whole: bool) -> Vec<Value> {
    let expected = format!("only the last {images} images are kept, whatever their tags");
    let fault = |rule: &Rule, actual: String| {
        let path = format!("lifecyclePolicy.rules[{}].selection", rule.priority);
        json!({"path": path, "actual": actual, "expected": expected})
    };
    let standard = || rules.iter().filter(|rule| !rule.archived);
    let all = standard().find(|rule| matches!(rule.tags, Tags::Any | Tags::Tagged));
    let mut found = Vec::new();
    // An image that a rule selects by its tags is not touched by a later one, which still counts it.
    for rule in standard().take_while(|rule| Some(*rule) != all).filter(|rule| rule.tags == Tags::Some) {
        let does = match (rule.expires, rule.count) {
            (true, Count::Age) => {
                "a rule by which images with these tags go by their age, be they among the last or not".to_owned()
            }
            (false, Count::Age) => {
                "a rule by which images with these tags are archived by their age, and cannot be pulled then".to_owned()
            }
            (_, Count::MoreThan(number)) => {
                format!(
                    "a rule that keeps images with these tags, up to {number}, beside the others, for no later rule touches them"
                )
            }
        };
        found.push(fault(rule, does));
    }
    match all {
        Some(rule) => {
            let gone = if rule.expires { "expire" } else { "are archived, and cannot be pulled then," };
            match rule.count {
                Count::Age => found.push(fault(
                    rule,
                    format!("a rule by which images {gone} by their age, be they among the last or not"),
                )),
                Count::MoreThan(number) if number != images => {
                    found.push(
                        json!({"path": format!("lifecyclePolicy.rules[{}].selection.countNumber", rule.priority),
                        "actual": number, "expected": images}),
                    );
                }
                Count::MoreThan(_) if !rule.expires && whole && !empties_archive(rules, false) => {
                    found.push(fault(
                        rule,
                        format!(
                            "a rule by which images beyond the last {number} are archived, and none of them ever expires",
                            number = images
                        ),
                    ));
                }
                Count::MoreThan(_) => {}
            }
        }
        None if whole => {
            let expected = format!("a rule that expires images of any tag status by imageCountMoreThan {images}");
            found.push(
                json!({"path": "lifecyclePolicy.rules", "actual": "a list without such a rule", "expected": expected}),
            );
        }
        None => {}
    }
    let untagged = standard().find(|rule| matches!(rule.tags, Tags::Any | Tags::Untagged));
    match untagged {
        Some(rule) if rule.tags == Tags::Untagged => {
            if let Count::MoreThan(number) = rule.count
                && number > images
            {
                found.push(fault(
                    rule,
                    format!("a rule that keeps images without a tag, up to {number}, for no later rule touches them"),
                ));
            } else if !rule.expires && whole && !empties_archive(rules, true) {
                found.push(fault(
                    rule,
                    "a rule by which images without a tag are archived, and none of them ever expires".to_owned(),
                ));
            }
        }
        // `found` already says so where there is no rule for all images at all.
        None if whole && all.is_some() => {
            let expected = "a rule that lets images without a tag go";
            found.push(json!({"path": "lifecyclePolicy.rules", "actual": "a list by which images without a tag are kept for ever", "expected": expected}));
        }
        Some(_) | None => {}
    }
    found
}

/// Whether what was archived expires some day.
fn empties_archive(rules: &[Rule], untagged: bool) -> bool {
    let archived = rules.iter().filter(|rule| rule.archived && rule.expires);
    let tags = if untagged { [Tags::Any, Tags::Untagged] } else { [Tags::Any, Tags::Tagged] };
    archived.into_iter().any(|rule| tags.contains(&rule.tags))
}

fn read(rule: &Value) -> Option<Rule> {
    let selection = rule.get("selection")?;
    let text = |key: &str| selection.get(key).and_then(Value::as_str);
    let lists = ["tagPatternList", "tagPrefixList"].map(|key| selection.get(key));
    let tags = match (text("tagStatus")?, lists) {
        ("any", [None, None]) => Tags::Any,
        ("untagged", [None, None]) => Tags::Untagged,
        ("tagged", [Some(patterns), None]) => {
            let patterns = patterns.as_array().filter(|patterns| !patterns.is_empty())?;
            // Of several patterns an image needs a tag for each.
            let every = |pattern: &Value| {
                Some(!pattern.as_str()?.is_empty() && pattern.as_str()?.chars().all(|sign| sign == '*'))
            };
            let every: Option<Vec<bool>> = patterns.iter().map(every).collect();
            if every?.into_iter().all(|every| every) { Tags::Tagged } else { Tags::Some }
        }
        ("tagged", [None, Some(prefixes)]) => {
            prefixes.as_array().filter(|prefixes| !prefixes.is_empty())?;
            Tags::Some
        }
        _ => return None,
    };
    let archived = match selection.get("storageClass") {
        None => false,
        Some(class) => match class.as_str()? {
            "standard" => false,
            "archive" => true,
            _ => return None,
        },
    };
    let number = selection.get("countNumber")?.as_u64().filter(|number| *number > 0)?;
    let count = match (text("countType")?, archived) {
        ("imageCountMoreThan", _) => Count::MoreThan(number),
        ("sinceImagePushed" | "sinceImagePulled", false) | ("sinceImageTransitioned", true) => Count::Age,
        _ => return None,
    };
    let expires = match rule.get("action")?.get("type")?.as_str()? {
        "expire" => true,
        "transition" if !archived => false,
        _ => return None,
    };
    Some(Rule { priority: rule.get("rulePriority")?.as_u64()?, tags, archived, count, expires })
}

#[cfg(test)]
#[path = "lifecycle_keeps/tests.rs"]
mod tests;

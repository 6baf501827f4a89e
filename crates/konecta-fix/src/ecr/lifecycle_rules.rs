//! What must change in the rules of a lifecycle policy for the last images to be kept, and no more than that.
//! Knows ECR's rules for rules; nothing of steps.

use serde_json::{Value, json};

/// The rule that keeps the last images, whatever their tags.
pub(super) fn keeping(priority: u64, images: u32) -> Value {
    json!({
        "rulePriority": priority,
        "description": format!("keep the last {images} images"),
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": images},
        "action": {"type": "expire"},
    })
}

/// Why the rules cannot be mended by rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conflict;

/// The same rules with as few of them changed as needed.
///
/// # Errors
/// Where a rule for images of any tag status is in the way that must stay: ECR takes only one of them, as the last.
pub(super) fn mended(rules: &[Value], images: u32) -> Result<Vec<Value>, Conflict> {
    let mut rules: Vec<Value> = rules.to_vec();
    if !rules.iter().any(|rule| is_counting(rule) && number(rule) == Some(u64::from(images))) {
        if let Some(at) = rules.iter().position(is_counting) {
            rules[at]["selection"]["countNumber"] = json!(images);
            // A description that names the old number would be a lie.
            if rules[at].get("description").is_some() {
                rules[at]["description"] = json!(format!("keep the last {images} images"));
            }
        } else {
            // Whatever expires images of any tag status by something else takes the place that the rule needs.
            rules.retain(|rule| !(is_any(rule) && is_expiring(rule) && takes_recent(rule, images)));
            if rules.iter().any(is_any) {
                return Err(Conflict);
            }
            let last = rules.iter().filter_map(priority).max().unwrap_or(0);
            rules.push(keeping(last + 1, images));
        }
    }
    let kept = rules
        .iter()
        .filter(|rule| is_counting(rule) && number(rule) == Some(u64::from(images)))
        .filter_map(priority)
        .min();
    // An image that a rule selects by its tags is not touched by a later one: whatever stands before the one that keeps the
    // last and is for some tags keeps others beside them, or takes some of them.
    let before = |rule: &Value| priority(rule) < kept && is_standard(rule);
    rules.retain(|rule| !(before(rule) && rule["selection"]["tagStatus"] == "tagged" && !is_counting(rule)));
    for rule in rules.iter_mut().filter(|rule| before(rule) && rule["selection"]["tagStatus"] == "untagged") {
        if rule["selection"]["countType"] == "imageCountMoreThan" && number(rule) > Some(u64::from(images)) {
            rule["selection"]["countNumber"] = json!(images);
        }
    }
    // Counting what has a tag lets nothing go that has none.
    if !rules.iter().any(|rule| is_standard(rule) && rule["selection"]["tagStatus"] != "tagged") {
        let last = rules.iter().filter_map(priority).max().unwrap_or(0);
        rules.push(keeping(last + 1, images));
    }
    Ok(rules)
}

/// Whether the new rules may expire images that the old ones kept. Certain is only that they do not where every old rule
/// is still there, at its place and for the same images, and lets none go earlier: a rule that is taken away may have
/// kept its images from a later one (an image that an earlier rule selects is not expired by a later one).
pub(super) fn expires_more(before: &[Value], after: &[Value]) -> bool {
    let bare = |rule: &Value| {
        let mut rule = rule.clone();
        if let Some(members) = rule.as_object_mut() {
            members.remove("description");
        }
        if let Some(selection) = rule["selection"].as_object_mut() {
            selection.remove("countNumber");
        }
        rule
    };
    let spares = |old: &Value, new: &Value| bare(old) == bare(new) && number(new) >= number(old);
    before.len() != after.len() || !before.iter().zip(after).all(|(old, new)| number(old).is_some() && spares(old, new))
}

fn priority(rule: &Value) -> Option<u64> {
    rule["rulePriority"].as_u64()
}

fn number(rule: &Value) -> Option<u64> {
    rule["selection"]["countNumber"].as_u64()
}

fn is_expiring(rule: &Value) -> bool {
    rule["action"]["type"] == "expire"
}

fn is_standard(rule: &Value) -> bool {
    rule["selection"].get("storageClass").is_none_or(|class| class == "standard")
}

fn is_any(rule: &Value) -> bool {
    rule["selection"]["tagStatus"] == "any"
}

/// Expires any image beyond a number: what the control calls counting.
fn is_counting(rule: &Value) -> bool {
    let selection = &rule["selection"];
    let patterns = selection["tagPatternList"].as_array().filter(|patterns| !patterns.is_empty());
    let all_tags = selection["tagStatus"] == "tagged" && patterns.is_some_and(|all| all.iter().all(|each| each == "*"));
    let stored = selection.get("storageClass").is_none_or(|class| class == "standard");
    is_expiring(rule) && selection["countType"] == "imageCountMoreThan" && stored && (is_any(rule) || all_tags)
}

/// Reaches for images that must be kept.
fn takes_recent(rule: &Value, images: u32) -> bool {
    let selection = &rule["selection"];
    let counts = selection["countType"] == "imageCountMoreThan";
    selection["tagStatus"] != "untagged" && (!counts || number(rule) < Some(u64::from(images)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(priority: u64, tags: &str, count: &str, number: u64) -> Value {
        json!({
            "rulePriority": priority, "action": {"type": "expire"},
            "selection": {"tagStatus": tags, "countType": count, "countNumber": number},
        })
    }

    #[test]
    fn a_number_changes_and_its_neighbours_stay() {
        let untagged = rule(1, "untagged", "sinceImagePushed", 1);
        let rules = [untagged.clone(), rule(2, "any", "imageCountMoreThan", 100)];
        let after = mended(&rules, 10).expect("rules");
        assert_eq!(after, [untagged, rule(2, "any", "imageCountMoreThan", 10)]);
        assert!(expires_more(&rules, &after));
    }

    #[test]
    fn only_the_same_rules_with_higher_numbers_expire_no_more() {
        let counting = |number: u64| rule(2, "any", "imageCountMoreThan", number);
        let tagged = rule(1, "tagged", "imageCountMoreThan", 2);
        assert!(!expires_more(&[counting(3)], &[counting(10)]));
        assert!(expires_more(&[counting(10)], &[counting(3)]));
        assert!(expires_more(&[], &[counting(10)]));
        // Without the first rule, what it selected is expired by the second.
        assert!(expires_more(&[tagged.clone(), counting(10)], &[counting(10)]));
        assert!(!expires_more(&[tagged.clone(), counting(3)], &[tagged, counting(10)]));
    }

    #[test]
    fn a_rule_for_some_tags_that_comes_first_goes() {
        for number in [2, 10, 1000] {
            let rules = [rule(1, "tagged", "imageCountMoreThan", number), rule(2, "any", "imageCountMoreThan", 10)];
            assert_eq!(mended(&rules, 10).expect("rules"), [rules[1].clone()]);
        }
        let rules = [rule(1, "untagged", "imageCountMoreThan", 1000), rule(2, "any", "imageCountMoreThan", 10)];
        let after = mended(&rules, 10).expect("rules");
        assert_eq!(after, [rule(1, "untagged", "imageCountMoreThan", 10), rules[1].clone()]);
        let later = [rule(1, "any", "imageCountMoreThan", 10), rule(2, "tagged", "imageCountMoreThan", 2)];
        assert_eq!(mended(&later, 10).expect("rules"), later);
    }

    #[test]
    fn a_rule_by_age_goes_only_where_it_takes_what_must_stay() {
        let by_age = rule(1, "tagged", "sinceImagePushed", 30);
        let keeps = rule(2, "any", "imageCountMoreThan", 10);
        assert_eq!(mended(&[by_age, keeps.clone()], 10).expect("rules"), [keeps]);
        let any = rule(5, "any", "sinceImagePushed", 30);
        assert_eq!(mended(&[any], 10).expect("rules"), [keeping(1, 10)]);
    }

    #[test]
    fn the_new_rule_comes_last_unless_its_place_is_taken() {
        let untagged = rule(7, "untagged", "sinceImagePushed", 1);
        assert_eq!(mended(std::slice::from_ref(&untagged), 10).expect("rules"), [untagged, keeping(8, 10)]);
        let mut archive = rule(1, "any", "sinceImagePulled", 90);
        archive["action"] = json!({"type": "transition"});
        assert_eq!(mended(&[archive], 10), Err(Conflict));
    }
}

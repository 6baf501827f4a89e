//! What is said of rules, and that a simulation of what ECR does with images agrees.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn rule(priority: u64, tags: Value, count: &str, number: u64, action: &str) -> Value {
    let mut selection = json!({"countType": count, "countNumber": number});
    selection.as_object_mut().expect("object").extend(tags.as_object().expect("object").clone());
    json!({"rulePriority": priority, "selection": selection, "action": {"type": action}})
}

fn any() -> Value {
    json!({"tagStatus": "any"})
}

fn untagged() -> Value {
    json!({"tagStatus": "untagged"})
}

fn tagged(pattern: &str) -> Value {
    json!({"tagStatus": "tagged", "tagPatternList": [pattern]})
}

fn archive() -> Value {
    json!({"tagStatus": "any", "storageClass": "archive"})
}

const COUNT: &str = "imageCountMoreThan";
const PUSHED: &str = "sinceImagePushed";

fn keep() -> Value {
    rule(9, any(), COUNT, 10, "expire")
}

/// The paths of the faults; `?` where it is not known.
fn paths(rules: &[Value]) -> Vec<String> {
    let Some(faults) = lifecycle_faults(&json!({"rules": rules}), 10) else { return vec!["?".to_owned()] };
    let path = |fault: &Value| fault["path"].as_str().expect("path").replace("lifecyclePolicy.rules", "");
    faults.as_array().expect("list").iter().map(path).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn the_last_ten_are_kept() {
    assert_eq!(paths(&[keep()]), NONE);
    assert_eq!(paths(&[rule(1, untagged(), PUSHED, 1, "expire"), keep()]), NONE);
    assert_eq!(paths(&[rule(1, untagged(), COUNT, 3, "expire"), keep()]), NONE);
    assert_eq!(paths(&[rule(1, tagged("*"), COUNT, 10, "expire"), rule(2, any(), PUSHED, 1, "expire")]), NONE);
    let archived = rule(9, archive(), "sinceImageTransitioned", 90, "expire");
    assert_eq!(paths(&[rule(1, any(), COUNT, 10, "transition"), archived]), NONE);
}

#[test]
fn what_an_earlier_rule_selects_no_later_one_expires() {
    let v =
        |count, number, action| rule(1, json!({"tagStatus": "tagged", "tagPrefixList": ["v"]}), count, number, action);
    for earlier in [
        v(COUNT, 1000, "expire"),
        v(COUNT, 10, "expire"),
        v(COUNT, 3, "expire"),
        v(PUSHED, 7, "expire"),
        v(PUSHED, 7, "transition"),
        v("sinceImagePulled", 90, "transition"),
    ] {
        assert_eq!(paths(&[earlier, keep()]), ["[1].selection"]);
    }
    assert_eq!(paths(&[rule(1, untagged(), COUNT, 1000, "expire"), keep()]), ["[1].selection"]);
    assert_eq!(paths(&[rule(1, any(), COUNT, 20, "transition"), keep()]), ["[1].selection.countNumber"]);
}

#[test]
fn what_is_never_let_go_is_kept() {
    assert_eq!(paths(&[]), [""]);
    assert_eq!(paths(&[rule(1, untagged(), COUNT, 10, "expire")]), [""]);
    assert_eq!(paths(&[rule(1, tagged("*"), COUNT, 10, "expire")]), [""]);
    assert_eq!(paths(&[rule(1, any(), COUNT, 10, "transition")]), ["[1].selection"]);
    assert_eq!(paths(&[rule(1, untagged(), PUSHED, 1, "transition"), keep()]), ["[1].selection"]);
    assert_eq!(paths(&[rule(1, archive(), COUNT, 10, "expire")]), [""]);
    assert_eq!(paths(&[rule(1, any(), COUNT, 50, "expire")]), ["[1].selection.countNumber"]);
    assert_eq!(paths(&[rule(1, any(), PUSHED, 30, "expire")]), ["[1].selection"]);
}

#[test]
fn what_is_not_understood_is_not_known_unless_an_earlier_rule_decides() {
    let new = |priority| rule(priority, any(), "sinceMoonrise", 1, "expire");
    assert_eq!(paths(&[new(1), keep()]), ["?"]);
    assert_eq!(paths(&[rule(1, tagged("v*"), COUNT, 1000, "expire"), new(2)]), ["[1].selection"]);
    for strange in [
        rule(1, json!({"tagStatus": "tagged"}), COUNT, 10, "expire"),
        rule(1, tagged(""), COUNT, 0, "expire"),
        rule(1, any(), COUNT, 10, "freeze"),
        rule(1, json!({"tagStatus": "any", "storageClass": "cold"}), COUNT, 10, "expire"),
        rule(1, json!({"tagStatus": "any", "storageClass": null}), COUNT, 10, "expire"),
        json!({"rulePriority": 1}),
    ] {
        assert_eq!(paths(&[strange, keep()]), ["?"]);
    }
    assert_eq!(paths(&[keep(), keep()]), ["?"]);
    assert_eq!(lifecycle_faults(&json!({"rules": null}), 10), None);
    assert_eq!(lifecycle_faults(&json!({"rules": [{"selection": {}}]}), 10), None);
}

/// An image: its tags, and how many days ago it was pushed; nobody ever pulls.
#[derive(Debug, Clone)]
struct Image {
    tag: Option<&'static str>,
    days: u64,
}

fn selects(rule: &Rule, image: &Image) -> bool {
    match (rule.tags, image.tag) {
        (Tags::Any, _) | (Tags::Tagged, Some(_)) | (Tags::Untagged, None) => true,
        // The rules of this test select `v`.
        (Tags::Some, tag) => tag == Some("v"),
        (Tags::Tagged, None) | (Tags::Untagged, Some(_)) => false,
    }
}

/// Which images can still be pulled: the rules as ECR applies them, in days of which `age` is the limit of each.
fn kept(rules: &[Rule], images: &[Image], age: u64) -> Vec<bool> {
    let stays = |at: usize| {
        let standard = rules.iter().filter(|rule| !rule.archived);
        let Some(rule) = standard.clone().find(|rule| selects(rule, &images[at])) else { return true };
        match rule.count {
            Count::Age => images[at].days <= age,
            Count::MoreThan(number) => {
                (images[..at].iter().filter(|other| selects(rule, other)).count() as u64) < number
            }
        }
    };
    (0..images.len()).map(stays).collect()
}

fn some_rule() -> impl Strategy<Value = (Tags, Count, bool)> {
    let tags = prop_oneof![Just(Tags::Any), Just(Tags::Tagged), Just(Tags::Some), Just(Tags::Untagged)];
    let count = prop_oneof![(1_u64..5).prop_map(Count::MoreThan), Just(Count::MoreThan(3)), Just(Count::Age)];
    (tags, count, any_bool())
}

fn any_bool() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Where no fault is found, the simulation keeps exactly the last three of any images with tags, and lets the old without go.
    #[test]
    fn what_is_found_right_is_right_in_the_simulation(
        rules in proptest::collection::vec(some_rule(), 1..4),
        tags in proptest::collection::vec(prop_oneof![Just(None), Just(Some("v")), Just(Some("w"))], 0..9),
        age in 0_u64..9,
    ) {
        let rules: Vec<Rule> = (1..).zip(rules)
            .map(|(priority, (tags, count, expires))| Rule { priority, tags, archived: false, count, expires }).collect();
        let images: Vec<Image> = (0..).zip(tags).map(|(days, tag)| Image { tag, days }).collect();
        if faults(&rules, 3, true).is_empty() {
            let by_tags = rules.iter().find(|rule| matches!(rule.tags, Tags::Any | Tags::Tagged)).map(|rule| rule.tags);
            let counted = |image: &Image| by_tags == Some(Tags::Any) || image.tag.is_some();
            for (at, stays) in kept(&rules, &images, age).into_iter().enumerate() {
                let rank = images[..at].iter().filter(|image| counted(image)).count();
                if images[at].tag.is_some() {
                    prop_assert_eq!(stays, rank < 3, "{:?} {:?}", rules, images);
                } else if images[at].days > age {
                    let without = images[..at].iter().filter(|image| image.tag.is_none()).count();
                    prop_assert!(!stays || rank < 3 || without < 3, "{:?} {:?}", rules, images);
                }
            }
        }
    }
}

/// Where a fault is found, some images show it.
#[test]
fn what_is_found_wrong_is_wrong_in_the_simulation() {
    let all = [Tags::Any, Tags::Tagged, Tags::Some, Tags::Untagged];
    let counts = [Count::MoreThan(2), Count::MoreThan(3), Count::MoreThan(4), Count::Age];
    let single: Vec<(Tags, Count)> = all.iter().flat_map(|tags| counts.map(|count| (*tags, count))).collect();
    // Worlds of six images, each with one of three tag states.
    let worlds: Vec<Vec<Image>> = (0_usize..729)
        .map(|code| {
            (0_u32..6)
                .map(|at| Image { tag: [None, Some("v"), Some("w")][code / 3_usize.pow(at) % 3], days: at.into() })
                .collect()
        })
        .collect();
    let pairs = single.iter().flat_map(|one| single.iter().map(move |other| [*one, *other]));
    for pair in pairs {
        let rules: Vec<Rule> = (1..)
            .zip(pair)
            .map(|(priority, (tags, count))| Rule { priority, tags, archived: false, count, expires: true })
            .collect();
        if faults(&rules, 3, true).is_empty() {
            continue;
        }
        let shows = |images: &Vec<Image>| {
            [0, 1, 9].into_iter().any(|age| {
                let kept = kept(&rules, images, age);
                let total = kept.iter().filter(|stays| **stays).count();
                let early = (0..3.min(images.len())).any(|at| images[at].tag.is_some() && !kept[at]);
                total > 3 || early
            })
        };
        assert!(worlds.iter().any(shows), "{rules:?}");
    }
}

//! KA-CF-032: answers of dynamic paths are not cached. Knows behaviors, their order and cache policies.

use serde_json::{Value, json};

use super::behaviors::{Behavior, behaviors, blamed};
use super::caching::{LEGACY_LIFETIMES, patterns};
use super::distribution::{self, append, at, set};
use super::policies::{CACHE, CACHING_DISABLED};
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::Class;
use crate::{RemedyContext, View};
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy =
    Remedy { id: "cloudfront.dynamic_not_cached", class: Class::B, actions: distribution::ACTIONS, propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let declared = &context.blueprint.cloudfront.dynamic_paths;
    let mut caching = blamed(finding, subject, "CachePolicyId");
    caching.extend(blamed(finding, subject, "ForwardedValues"));
    let within = |behavior: &Behavior<'_>| declared.iter().any(|path| within(behavior.pattern, path));
    let (own, wide): (Vec<_>, Vec<_>) = caching.into_iter().partition(within);
    let mut proposal = Proposal::default();
    if let Some(behavior) = wide.iter().find(|behavior| behavior.path != "/DefaultCacheBehavior") {
        let reason = format!(
            "{} also serves a dynamic path; a behavior for that path has to come before it, and the order of behaviors is for a person to decide",
            behavior.pattern
        );
        let get = format!("aws cloudfront get-distribution-config --id {} > config.json", subject.id);
        let add = format!(
            "put a copy of the behavior {} with the path pattern {} and the cache policy {CACHING_DISABLED} before it",
            behavior.pattern,
            declared.join(", ")
        );
        let update = format!(
            "aws cloudfront update-distribution --id {} --if-match <ETag> --distribution-config file://config.json",
            subject.id
        );
        proposal.refusals.push(Refusal::new(finding, Class::B, reason, &[&get, &add, &update]));
        return proposal;
    }
    let mut edits = Vec::new();
    let mut changed = Vec::new();
    for behavior in &own {
        if behavior.text(CACHE.member).is_some() {
            edits.extend(set(subject, behavior.member(CACHE.member), json!(CACHING_DISABLED)));
            changed.push(behavior.clone());
        } else {
            for name in LEGACY_LIFETIMES {
                edits.extend(set(subject, behavior.member(name), json!(0)));
            }
        }
    }
    let served: Vec<&String> = if wide.is_empty() { Vec::new() } else { unserved(subject, declared) };
    let added: Vec<Value> = served.iter().filter_map(|path| beside_default(subject, path)).collect();
    let names = served.iter().map(|path| path.as_str()).chain(own.iter().map(|behavior| behavior.pattern));
    let title = format!("Stop caching what {} of {} answers", names.collect::<Vec<_>>().join(", "), subject.id);
    edits.extend(append(subject, "/CacheBehaviors", added));
    if edits.is_empty() {
        return proposal;
    }
    let mut step = distribution::step(&REMEDY, subject, title, edits);
    step.effects.extend(CACHE.renamed(context, subject, &changed, CACHING_DISABLED));
    step.consequences = vec!["every request of these paths reaches the origin".to_owned()];
    if !changed.is_empty() {
        step.consequences.push(format!(
            "what only the old cache policy of {} passed on to the origin (headers, cookies, query strings) is passed on no more: the origin request policy has to name it",
            patterns(&changed)
        ));
    }
    proposal.steps.push(step);
    proposal
}

/// A pattern that matches only what the declared path matches, as far as a plain tail `*` can tell.
fn within(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (pattern.trim_start_matches('/'), path.trim_start_matches('/'));
    pattern == path || path.strip_suffix('*').is_some_and(|head| pattern.starts_with(head))
}

/// The declared paths that no ordered behavior is for: the default one answers them.
fn unserved<'a>(subject: &View, declared: &'a [String]) -> Vec<&'a String> {
    let served = |path: &String| behaviors(subject).skip(1).any(|behavior| within(path, behavior.pattern));
    declared.iter().filter(|path| !served(path)).collect()
}

/// A behavior for this path that does what the default one does, but for caching.
fn beside_default(subject: &View, path: &str) -> Option<Value> {
    let mut behavior = at(subject, "/DefaultCacheBehavior")?.clone();
    behavior["PathPattern"] = json!(path);
    if behavior["CachePolicyId"].is_string() {
        behavior["CachePolicyId"] = json!(CACHING_DISABLED);
    } else {
        for name in LEGACY_LIFETIMES {
            behavior[name] = json!(0);
        }
    }
    Some(behavior)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudfront::testdata::{DISABLED, OPTIMIZED, cache_policy, drifted, ordered};
    use crate::proof::World;

    fn world(change: impl FnOnce(&mut Value)) -> World {
        World::of(json!([drifted(change), cache_policy(OPTIMIZED), cache_policy(DISABLED)]))
    }

    #[test]
    fn the_behavior_of_the_path_stops_caching_and_others_stay() {
        let world = world(|config| {
            let items =
                json!([ordered("/api/v2/*", OPTIMIZED), ordered("/assets/*", OPTIMIZED), ordered("/api/*", DISABLED)]);
            config["CacheBehaviors"] = json!({"Quantity": 3, "Items": items});
        });
        let edits = world.mended("KA-CF-032", "/E1").remove(0).call.amend.expect("amend").edits;
        assert_eq!(edits.len(), 1);
        assert_eq!(edits[0].path, "/CacheBehaviors/Items/0/CachePolicyId");
    }

    #[test]
    fn a_path_that_the_default_serves_gets_a_behavior_of_its_own() {
        let world = world(|config| {
            config["CacheBehaviors"] = json!({"Quantity": 1, "Items": [ordered("/assets/*", OPTIMIZED)]});
        });
        let edits = world.mended("KA-CF-032", "/E1").remove(0).call.amend.expect("amend").edits;
        assert_eq!(edits[1].path, "/CacheBehaviors/Items/1");
        let item = edits[1].after.as_ref().expect("item");
        assert_eq!((&item["PathPattern"], &item["TargetOriginId"]), (&json!("/api/*"), &json!("alb")));
        assert!(item.get("ForwardedValues").is_none(), "null is not sent");
    }

    #[test]
    fn legacy_lifetimes_become_nothing() {
        let world = world(|config| {
            let mut legacy = ordered("/api/*", OPTIMIZED);
            legacy["CachePolicyId"] = Value::Null;
            legacy["ForwardedValues"] = json!({"QueryString": true, "Headers": {"Quantity": 1, "Items": ["Host"]}});
            for (name, seconds) in [("MinTTL", 0), ("DefaultTTL", 60), ("MaxTTL", 600)] {
                legacy[name] = json!(seconds);
            }
            config["CacheBehaviors"] = json!({"Quantity": 1, "Items": [legacy]});
        });
        let edits = world.mended("KA-CF-032", "/E1").remove(0).call.amend.expect("amend").edits;
        assert_eq!(edits.len(), 2, "{edits:?}");
    }

    #[test]
    fn the_order_of_behaviors_is_left_to_a_person() {
        let world = world(|config| {
            config["CacheBehaviors"] = json!({"Quantity": 1, "Items": [ordered("/a*", OPTIMIZED)]});
        });
        let proposal = world.proposed("KA-CF-032", "/E1");
        assert!(proposal.steps.is_empty() && proposal.refusals[0].procedure[1].contains("/api/*"), "{proposal:?}");
    }
}

//! KA-CF-030 and KA-CF-031: static behaviors compress and have the declared cache policy. Knows behaviors and cache
//! policies; whether what a path serves is really static only a person knows, which makes another policy class B.

use serde_json::{Value, json};

use super::behaviors::{Behavior, blamed};
use super::distribution::{self, set};
use super::policies::CACHE;
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Class, Edit, Step};
use crate::{RemedyContext, View};
use konecta_base::finding::Finding;

pub(super) const COMPRESSION: Remedy =
    Remedy { id: "cloudfront.compression", class: Class::B, actions: distribution::ACTIONS, propose: compress };

pub(super) const STATIC: Remedy =
    Remedy { id: "cloudfront.static_cache_policy", class: Class::B, actions: distribution::ACTIONS, propose: cache };

/// What a behavior has of its own only while it names no cache policy.
pub(super) const LEGACY_LIFETIMES: [&str; 3] = ["MinTTL", "DefaultTTL", "MaxTTL"];

fn compress(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let off = blamed(finding, subject, "Compress");
    let edits: Vec<Edit> =
        off.iter().filter_map(|behavior| set(subject, behavior.member("Compress"), json!(true))).collect();
    let mut proposal = optimize(finding, context, subject, &COMPRESSION);
    if !edits.is_empty() {
        let title = format!("Compress what {} of {} serves", patterns(&off), subject.id);
        let mut step = distribution::step(&COMPRESSION, subject, title, edits);
        step.class = Class::A;
        step.key.push_str("/Compress");
        proposal.steps.insert(0, step);
    }
    proposal
}

fn cache(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    context.subject(finding).map_or_else(Proposal::default, |subject| optimize(finding, context, subject, &STATIC))
}

/// The declared policy for the behaviors whose own one is blamed.
fn optimize(finding: &Finding, context: &RemedyContext<'_>, subject: &View, remedy: &'static Remedy) -> Proposal {
    let changed = blamed(finding, subject, "CachePolicy");
    if changed.is_empty() {
        return Proposal::default();
    }
    let refuse = |reason: String| {
        let look = format!("aws cloudfront get-distribution-config --id {}", subject.id);
        Proposal { steps: Vec::new(), refusals: vec![Refusal::new(finding, Class::B, reason, &[&look])] }
    };
    let Some(wanted) = context.blueprint.cloudfront.static_cache_policies.first() else {
        return refuse("the blueprint declares no policy in cloudfront.static_cache_policies".to_owned());
    };
    let Some(config) = CACHE.config(context, wanted) else {
        return refuse(format!("the declared cache policy {wanted} was not read, because no behavior names it"));
    };
    if changed.iter().any(|behavior| behavior.text(CACHE.member) == Some(wanted)) || !compresses(&config) {
        return refuse(format!("the declared cache policy {wanted} does not itself cache what is compressed"));
    }
    let mut edits = Vec::new();
    for behavior in &changed {
        edits.extend(name_policy(subject, behavior, wanted));
    }
    let title = format!("Cache what {} of {} serves by {}", patterns(&changed), subject.id, name(&config, wanted));
    let mut step: Step = distribution::step(remedy, subject, title, edits);
    // Both controls want the same of the same behaviors: one step.
    let places: Vec<&str> = changed.iter().map(|behavior| behavior.path.as_str()).collect();
    step.key = format!("cloudfront.CachePolicyId/{}{}", subject.id, places.join(","));
    step.effects.extend(CACHE.renamed(context, subject, &changed, wanted));
    step.consequences = vec![
        "headers, cookies and query strings that only the cache policy passed on no longer reach the origin".to_owned(),
        "answers that differ from user to user must have a behavior and a declared dynamic path of their own"
            .to_owned(),
    ];
    Proposal::step(step)
}

fn compresses(config: &Value) -> bool {
    let key = &config["ParametersInCacheKeyAndForwardedToOrigin"];
    key["EnableAcceptEncodingGzip"] == true
        && key["EnableAcceptEncodingBrotli"] == true
        && ["DefaultTTL", "MaxTTL"].iter().all(|name| config[name].as_u64().is_some_and(|seconds| seconds > 0))
}

/// A cache policy takes the place of another, or of legacy settings: CloudFront takes only one of the two.
pub(super) fn name_policy(subject: &View, behavior: &Behavior<'_>, id: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    if behavior.config.get("ForwardedValues").is_some_and(|legacy| !legacy.is_null()) {
        edits.extend(set(subject, behavior.member("ForwardedValues"), Value::Null));
        for name in LEGACY_LIFETIMES {
            if let Some(before) = behavior.config.get(name) {
                edits.push(Edit::new(behavior.member(name), Some(before.clone()), None));
            }
        }
    }
    edits.extend(set(subject, behavior.member(CACHE.member), json!(id)));
    edits
}

pub(super) fn patterns(behaviors: &[Behavior<'_>]) -> String {
    behaviors.iter().map(|behavior| behavior.pattern).collect::<Vec<_>>().join(", ")
}

fn name(config: &Value, id: &str) -> String {
    config["Name"].as_str().unwrap_or(id).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudfront::testdata::{DISABLED, OPTIMIZED, cache_policy, drifted};
    use crate::proof::World;
    use crate::step::Effect;

    #[test]
    fn compression_alone_is_switched_on_without_another_policy() {
        let world = World::of(json!([
            drifted(|config| config["DefaultCacheBehavior"]["Compress"] = json!(false)),
            cache_policy(OPTIMIZED),
            cache_policy(DISABLED),
        ]));
        let steps = world.mended("KA-CF-030", "/E1");
        assert_eq!(steps.len(), 1);
        assert_eq!(steps[0].class, Class::A);
        assert_eq!(steps[0].call.amend.as_ref().expect("amend").edits.len(), 1);
    }

    #[test]
    fn the_declared_policy_comes_and_the_old_one_is_named_no_more() {
        let mut own = cache_policy("own");
        own["configuration"]["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]["EnableAcceptEncodingBrotli"] =
            json!(false);
        let world = World::of(json!([
            drifted(|config| config["DefaultCacheBehavior"]["CachePolicyId"] = json!("own")),
            own,
            cache_policy(DISABLED),
        ]));
        for control in ["KA-CF-030", "KA-CF-031"] {
            let step = world.mended(control, "/E1").remove(0);
            assert_eq!(step.class, Class::B);
            let effects: Vec<(&str, String)> = step
                .effects
                .iter()
                .map(|effect| match effect {
                    Effect::Amended { .. } => ("amended", effect.resource().arn.to_string()),
                    Effect::Created { .. } => ("created", effect.resource().arn.to_string()),
                    Effect::Removed { .. } => ("removed", effect.resource().arn.to_string()),
                })
                .collect();
            assert_eq!(effects[1], ("created", format!("arn:aws:cloudfront::123456789012:cache-policy/{OPTIMIZED}")));
            assert_eq!(effects[2], ("removed", "arn:aws:cloudfront::123456789012:cache-policy/own".to_owned()));
        }
    }

    #[test]
    fn legacy_settings_go_when_a_policy_comes() {
        let legacy = drifted(|config| {
            let behavior = &mut config["DefaultCacheBehavior"];
            behavior["CachePolicyId"] = Value::Null;
            behavior["ForwardedValues"] = json!({"QueryString": true, "Cookies": {"Forward": "all"}});
            behavior["MinTTL"] = json!(0);
            behavior["DefaultTTL"] = json!(60);
        });
        let world = World::of(json!([legacy, cache_policy(DISABLED)]));
        let step = world.mended("KA-CF-031", "/E1").remove(0);
        let edits = step.call.amend.expect("amend").edits;
        let gone: Vec<&str> = edits.iter().filter(|edit| edit.after.is_none()).map(|edit| edit.path.as_str()).collect();
        assert_eq!(
            gone,
            [
                "/DefaultCacheBehavior/ForwardedValues",
                "/DefaultCacheBehavior/MinTTL",
                "/DefaultCacheBehavior/DefaultTTL"
            ]
        );
        assert_eq!(edits[3].before, None, "{edits:?}");
    }

    #[test]
    fn a_declared_policy_that_nobody_has_read_is_not_attached() {
        let mut world = World::of(json!([
            drifted(|config| config["DefaultCacheBehavior"]["CachePolicyId"] = json!(DISABLED)),
            cache_policy(DISABLED),
        ]));
        world.blueprint.cloudfront.static_cache_policies = vec!["ours".to_owned()];
        let proposal = world.proposed("KA-CF-031", "/E1");
        assert!(proposal.steps.is_empty() && proposal.refusals[0].reason.contains("ours"));
    }
}

//! KA-CF-020 and KA-CF-021: every behavior adds the security headers. A behavior without a policy gets the declared one; a
//! policy of our own gets the headers that it lacks, so that what else it sets stays. AWS's own policies cannot be changed.

use serde_json::{Value, json};

use super::behaviors::{Behavior, behaviors};
use super::caching::patterns;
use super::distribution::{self, set};
use super::policies::HEADERS;
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Amend, Call, Class, Edit, Effect, Step};
use crate::{RemedyContext, View, action};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;

const ACTIONS: &[&str] = &[
    changes::CLOUDFRONT_UPDATE_DISTRIBUTION,
    changes::CLOUDFRONT_GET_DISTRIBUTION_CONFIG,
    calls::CLOUDFRONT_GET_DISTRIBUTION,
    changes::CLOUDFRONT_UPDATE_RESPONSE_HEADERS_POLICY,
    changes::CLOUDFRONT_GET_RESPONSE_HEADERS_POLICY_CONFIG,
];

const POLICY_ACTIONS: &[&str] =
    &[changes::CLOUDFRONT_UPDATE_RESPONSE_HEADERS_POLICY, changes::CLOUDFRONT_GET_RESPONSE_HEADERS_POLICY_CONFIG];

pub(super) const SECURITY: Remedy =
    Remedy { id: "cloudfront.security_headers", class: Class::B, actions: ACTIONS, propose: security };

pub(super) const HSTS: Remedy = Remedy { id: "cloudfront.hsts", class: Class::B, actions: ACTIONS, propose: hsts };

const SECTION: &str = "/SecurityHeadersConfig";
/// The setting can be taken back; what browsers were told cannot.
const KEPT_BY_BROWSERS: &str = "browsers that saw the header insist on HTTPS until its lifetime is over: clients that need HTTP are turned away, even after the setting is taken back";
const TRANSPORT: &str = "StrictTransportSecurity";

fn security(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let lacking = |headers: &Value| wanted(context).into_iter().filter(|(name, _)| headers[name].is_null()).collect();
    propose(finding, context, &SECURITY, &lacking)
}

fn hsts(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let lacking = |headers: &Value| {
        let mut header = headers[TRANSPORT].clone();
        if header.is_null() {
            return wanted(context).into_iter().filter(|(name, _)| *name == TRANSPORT).collect();
        }
        let longest = context.blueprint.cloudfront.hsts_max_age;
        if header["AccessControlMaxAgeSec"].as_u64().is_some_and(|seconds| seconds < longest) {
            header["AccessControlMaxAgeSec"] = json!(longest);
        }
        header["Override"] = json!(true);
        if header == headers[TRANSPORT] { Vec::new() } else { vec![(TRANSPORT, header)] }
    };
    propose(finding, context, &HSTS, &lacking)
}

/// The four headers that both controls ask for, as AWS's own policy sets them, but for HSTS, which must prevail.
fn wanted(context: &RemedyContext<'_>) -> Vec<(&'static str, Value)> {
    vec![
        ("ContentTypeOptions", json!({"Override": true})),
        ("FrameOptions", json!({"Override": false, "FrameOption": "SAMEORIGIN"})),
        ("ReferrerPolicy", json!({"Override": false, "ReferrerPolicy": "strict-origin-when-cross-origin"})),
        (
            TRANSPORT,
            json!({"Override": true, "IncludeSubdomains": false, "Preload": false, "AccessControlMaxAgeSec": context.blueprint.cloudfront.hsts_max_age}),
        ),
    ]
}

/// What a policy lacks: names of headers and what they should be.
type Lacking<'a> = dyn Fn(&Value) -> Vec<(&'static str, Value)> + 'a;

fn propose(finding: &Finding, context: &RemedyContext<'_>, remedy: &'static Remedy, lacking: &Lacking<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let declared = context.blueprint.cloudfront.security_headers_policy.as_str();
    let mut proposal = Proposal::default();
    let (bare, named): (Vec<_>, Vec<_>) =
        behaviors(subject).partition(|behavior| behavior.config.get(HEADERS.member).is_some_and(Value::is_null));
    if !bare.is_empty() {
        match attach(context, subject, &bare, remedy) {
            Ok(step) => proposal.steps.push(step),
            Err(reason) => proposal.refusals.push(Refusal::new(finding, Class::A, reason, &[])),
        }
    }
    let mut ids: Vec<&str> = named.iter().filter_map(|behavior| behavior.text(HEADERS.member)).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids.into_iter().filter(|id| *id != declared || remedy.id == HSTS.id) {
        let Some(policy) = HEADERS.find(context, id) else { continue };
        let held = policy.at("/configuration/ResponseHeadersPolicyConfig/SecurityHeadersConfig");
        let held = held.unwrap_or(&Value::Null);
        let headers = lacking(held);
        let long = context.blueprint.cloudfront.hsts_max_age;
        let enough = held[TRANSPORT]["AccessControlMaxAgeSec"].as_u64().is_some_and(|seconds| seconds >= long);
        if headers.is_empty() || (id == declared && enough) {
            continue;
        }
        let name = policy.text("/configuration/ResponseHeadersPolicyConfig/Name").unwrap_or(id);
        if name.starts_with("Managed-") {
            let reason = format!(
                "{name} is AWS's own policy and cannot be changed; what else it sets has to be kept in one of your own"
            );
            let get = format!("aws cloudfront get-response-headers-policy-config --id {id}");
            let make =
                "aws cloudfront create-response-headers-policy --response-headers-policy-config file://policy.json";
            let attach = format!("give its id to the behaviors of {} that name {id}", subject.id);
            proposal.refusals.push(Refusal::new(finding, Class::B, reason, &[&get, make, &attach]));
        } else {
            proposal.steps.push(complete(context, policy, name, held, &headers, remedy));
        }
    }
    proposal
}

/// The declared policy for behaviors that have none.
fn attach(
    context: &RemedyContext<'_>,
    subject: &View,
    bare: &[Behavior<'_>],
    remedy: &'static Remedy,
) -> Result<Step, String> {
    let blueprint = &context.blueprint.cloudfront;
    let id = blueprint.security_headers_policy.as_str();
    let config = HEADERS.config(context, id);
    let config =
        config.ok_or_else(|| format!("the declared policy {id} was not read, because no behavior names it"))?;
    let age = config["SecurityHeadersConfig"][TRANSPORT]["AccessControlMaxAgeSec"].as_u64();
    if remedy.id == HSTS.id && age.is_none_or(|seconds| seconds < blueprint.hsts_max_age) {
        return Err(format!(
            "the declared policy {id} sends HSTS for less than the declared {} seconds",
            blueprint.hsts_max_age
        ));
    }
    let edits = bare.iter().filter_map(|behavior| set(subject, behavior.member(HEADERS.member), json!(id))).collect();
    let name = config["Name"].as_str().unwrap_or(id);
    let title = format!("Add the headers of {name} to what {} of {} answers", patterns(bare), subject.id);
    let mut step = distribution::step(remedy, subject, title, edits);
    // Both controls want the same of a bare behavior: one step.
    step.key = format!("cloudfront.ResponseHeadersPolicyId/{}", subject.id);
    step.effects.extend(HEADERS.renamed(context, subject, bare, id));
    step.consequences = vec!["pages can no longer be framed by other sites".to_owned(), KEPT_BY_BROWSERS.to_owned()];
    Ok(step)
}

/// The lacking headers for a policy of our own.
fn complete(
    context: &RemedyContext<'_>,
    policy: &View,
    name: &str,
    held: &Value,
    headers: &[(&'static str, Value)],
    remedy: &'static Remedy,
) -> Step {
    let id = &policy.id;
    let (wire, shown): (Vec<Edit>, Vec<Edit>) = if held.is_null() {
        // One member for all of them; whichever control asks, it is the same one.
        let all = Value::Object(wanted(context).into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
        (vec![Edit::new(SECTION, None, Some(all.clone()))], vec![Edit::new(SECTION, Some(Value::Null), Some(all))])
    } else {
        let edit = |before: Option<Value>, (name, after): &(&str, Value)| {
            Edit::new(format!("{SECTION}/{name}"), before, Some(after.clone()))
        };
        let wire =
            headers.iter().map(|header| edit(Some(held[header.0].clone()).filter(|before| !before.is_null()), header));
        (wire.collect(), headers.iter().map(|header| edit(held.get(header.0).cloned(), header)).collect())
    };
    let call = |edits: Vec<Edit>| Call {
        amend: Some(Amend {
            read: "GetResponseHeadersPolicyConfig".to_owned(),
            parameters: json!({"Id": id}),
            member: "ResponseHeadersPolicyConfig".to_owned(),
            token: Some(["ETag".to_owned(), "IfMatch".to_owned()]),
            spread: Vec::new(),
            edits,
        }),
        ..Call::new("cloudfront", "UpdateResponseHeadersPolicy", json!({"Id": id}))
    };
    let set: Vec<&str> = if held.is_null() {
        wanted(context).into_iter().map(|(name, _)| name).collect()
    } else {
        headers.iter().map(|(name, _)| *name).collect()
    };
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let mut consequences = vec!["holds for every distribution that uses the policy".to_owned()];
    let mut class = Class::A;
    if set.contains(&"FrameOptions") {
        consequences.push("pages can no longer be framed by other sites".to_owned());
        class = Class::B;
    }
    if set.contains(&TRANSPORT) {
        consequences.push(KEPT_BY_BROWSERS.to_owned());
        class = Class::B;
    }
    Step {
        merge: Some(format!("cloudfront:UpdateResponseHeadersPolicy/{id}")),
        class,
        consequences,
        effects: vec![Effect::amended(
            &policy.reference,
            shown.iter().map(|edit| edit.below("/configuration/ResponseHeadersPolicyConfig")).collect(),
        )],
        inverse: vec![call(wire.iter().rev().map(Edit::reversed).collect())],
        actions: POLICY_ACTIONS.iter().map(|name| action(name)).collect(),
        ..Step::new(
            remedy,
            &policy.reference,
            format!("{}/{id}", remedy.id),
            format!("Let the response headers policy {name} set {}", names.join(", ")),
            call(wire),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudfront::testdata::{drifted, headers_policy};
    use crate::proof::World;

    fn hold(headers: Value) -> Value {
        json!({"Name": "ours", "SecurityHeadersConfig": headers, "CorsConfig": {"OriginOverride": true}})
    }

    #[test]
    fn a_bare_behavior_gets_the_declared_policy_which_then_comes_into_sight() {
        let world = World::of(json!([drifted(|config| {
            config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] = Value::Null;
            config["CacheBehaviors"] = json!({"Quantity": 0});
        })]));
        for control in ["KA-CF-020", "KA-CF-021"] {
            let steps = world.mended(control, "/E1");
            assert_eq!(steps.len(), 1);
            let edits = &steps[0].call.amend.as_ref().expect("amend").edits;
            assert_eq!((edits.len(), &edits[0].before), (1, &None));
            assert!(matches!(steps[0].effects[1], Effect::Created { .. }));
        }
    }

    fn own(headers: Value) -> World {
        let own = drifted(|config| {
            config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] = json!("ours");
            config["CacheBehaviors"] = json!({"Quantity": 0});
        });
        World::of(json!([own, headers_policy("ours", hold(headers))]))
    }

    #[test]
    fn a_policy_of_our_own_gets_what_it_lacks_and_keeps_the_rest() {
        let brief = json!({"AccessControlMaxAgeSec": 300, "Override": true, "IncludeSubdomains": true});
        let world = own(json!({
            TRANSPORT: brief, "ContentTypeOptions": {"Override": true}, "ReferrerPolicy": null,
            "FrameOptions": {"Override": true, "FrameOption": "DENY"},
        }));
        let step = world.mended("KA-CF-021", "/E1").remove(0);
        let edits = step.call.amend.expect("amend").edits;
        assert_eq!(edits.len(), 1);
        assert_eq!(
            edits[0].after,
            Some(json!({"AccessControlMaxAgeSec": 31_536_000, "Override": true, "IncludeSubdomains": true}))
        );
        let step = world.mended("KA-CF-020", "/E1").remove(0);
        let edits = step.call.amend.expect("amend").edits;
        assert_eq!(
            (edits.len(), edits[0].path.as_str(), &edits[0].before),
            (1, "/SecurityHeadersConfig/ReferrerPolicy", &None)
        );
        assert_eq!(step.resource.arn.as_str().rsplit('/').next(), Some("ours"));
    }

    #[test]
    fn a_policy_without_security_headers_gets_the_same_whoever_asks() {
        let world = own(Value::Null);
        let [one, two] = ["KA-CF-020", "KA-CF-021"].map(|control| world.mended(control, "/E1").remove(0));
        assert_eq!(one.merge, two.merge);
        assert_eq!(one.call, two.call);
    }

    #[test]
    fn what_is_not_ours_is_not_changed() {
        let cors = drifted(|config| {
            config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] = json!("cors");
            config["CacheBehaviors"] = json!({"Quantity": 0});
        });
        let policy = headers_policy("cors", json!({"Name": "Managed-SimpleCORS", "SecurityHeadersConfig": null}));
        let proposal = World::of(json!([cors, policy])).proposed("KA-CF-020", "/E1");
        assert!(proposal.steps.is_empty() && proposal.refusals[0].reason.contains("Managed-SimpleCORS"));
    }
}

//! KA-WAF-001 and KA-WAF-002: a web ACL gets what it lacks of the baseline, behind its own rules. Which of a group's
//! rules only count was somebody's decision and stays, and so does what a rule lets in.

use serde_json::{Value, json};

use super::rules;
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Amend, Call, Class, Edit, Effect, Step};
use crate::{RemedyContext, View};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;

const ACTIONS: &[&str] = &[changes::WAFV2_UPDATE_WEB_ACL, calls::WAFV2_GET_WEB_ACL];

pub(super) const BASELINE: Remedy =
    Remedy { id: "wafv2.baseline", class: Class::B, actions: ACTIONS, propose: complete };

pub(super) const HAS_RULES: Remedy =
    Remedy { id: "wafv2.has_rules", class: Class::B, actions: ACTIONS, propose: complete };

/// What `UpdateWebACL` takes of a web ACL; what it is not told it takes away.
const PARAMETERS: [&str; 13] = [
    "DefaultAction",
    "Description",
    "Rules",
    "VisibilityConfig",
    "DataProtectionConfig",
    "CustomResponseBodies",
    "CaptchaConfig",
    "ChallengeConfig",
    "TokenDomains",
    "AssociationConfig",
    "OnSourceDDoSProtectionConfig",
    "ApplicationConfig",
    "MonetizationConfig",
];

fn complete(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(acl) = context.subject(finding) else { return Proposal::default() };
    let waf = &context.blueprint.waf;
    let held = acl.list("/configuration/Rules");
    let mut edits = Vec::new();
    let mut proposal = Proposal::default();
    let mut priority = held.iter().filter_map(|rule| rule["Priority"].as_u64()).max().map_or(0, |last| last + 1);
    let mut added = Vec::new();
    for name in &waf.managed_groups {
        let own = held.iter().enumerate().filter(|(_, rule)| {
            let group = &rule["Statement"]["ManagedRuleGroupStatement"];
            group["VendorName"] == "AWS" && group["Name"] == name.as_str()
        });
        let mut own = own.peekable();
        if own.peek().is_none() && lacks(finding, name) {
            added.push(rules::group(name, priority));
            priority += 1;
        }
        for (at, rule) in own {
            let rule_name = rule["Name"].as_str().unwrap_or(name);
            let blamed = |end: &str| finding.violations.iter().any(|v| v.path == format!("Rules[{rule_name}].{end}"));
            if blamed("OverrideAction") {
                let before = rule.get("OverrideAction").cloned();
                edits.push(Edit::new(format!("/Rules/{at}/OverrideAction"), before, Some(json!({"None": {}}))));
            }
            if blamed("RuleActionOverrides") {
                let reason = format!(
                    "somebody has set rules of {rule_name} to count; whether legitimate requests match them only the sampled requests tell"
                );
                let look = format!(
                    "aws wafv2 get-sampled-requests --web-acl-arn {} --rule-metric-name {rule_name} --scope <scope> --time-window <window> --max-items 100",
                    acl.reference.arn
                );
                proposal.refusals.push(Refusal::new(
                    finding,
                    Class::N,
                    reason,
                    &[&look, "then take the override away"],
                ));
            }
        }
    }
    for first in finding.violations.iter().filter(|one| one.path.ends_with("].Action")) {
        let reason = format!(
            "{} lets every request in before the rule groups are tried; whether to drop it or to move it behind them is for a person to say",
            first.path.trim_end_matches(".Action")
        );
        proposal.refusals.push(Refusal::new(
            finding,
            Class::N,
            reason,
            &["give it a greater priority number than the groups have"],
        ));
    }
    if lacks(finding, "RateBasedStatement") {
        let limit = rules::rate(waf, priority);
        if held.iter().any(|rule| rule["Name"] == rules::RATE) {
            let reason = format!("the rule {} is there, and does not block, or not at the declared limit", rules::RATE);
            let procedure = "give it the action Block and the declared limit";
            proposal.refusals.push(Refusal::new(finding, Class::N, reason, &[procedure]));
        } else {
            added.push(limit);
        }
    }
    if let Some(first) = held.iter().find(|rule| rule["Action"].get("Allow").is_some())
        && !(added.is_empty() && edits.is_empty())
    {
        let reason = format!(
            "rule {} lets requests in, and what stands behind it would not see them: whether it comes before the baseline is for a person to say",
            first["Name"].as_str().unwrap_or("?")
        );
        let procedure = "give it a greater priority number than the baseline has, or take it away";
        proposal.refusals.push(Refusal::new(finding, Class::N, reason, &[procedure]));
        return proposal;
    }
    edits.extend(
        added.into_iter().zip(held.len()..).map(|(rule, at)| Edit::new(format!("/Rules/{at}"), None, Some(rule))),
    );
    if !edits.is_empty() {
        proposal.steps.extend(step(acl, edits));
    }
    proposal
}

/// Whether the finding says that something of this name is missing; an empty web ACL lacks everything.
fn lacks(finding: &Finding, name: &str) -> bool {
    finding.violations.iter().any(|violation| violation.path == format!("Rules.{name}") || violation.path == "Rules")
}

fn step(acl: &View, edits: Vec<Edit>) -> Option<Step> {
    let name = acl.text("/configuration/Name")?;
    let asked = json!({
        "Name": name, "Scope": acl.text("/supplement/scope")?, "Id": acl.text("/configuration/Id")?,
    });
    // AWS describes a web ACL without a description with an empty one, and does not take that back.
    let wordless =
        (acl.text("/configuration/Description") == Some("")).then(|| Edit::new("/Description", Some(json!("")), None));
    let amend = |edits: Vec<Edit>| Call {
        amend: Some(Amend {
            read: "GetWebACL".to_owned(),
            parameters: asked.clone(),
            member: "WebACL".to_owned(),
            token: Some(["LockToken".to_owned(), "LockToken".to_owned()]),
            spread: PARAMETERS.iter().map(|&name| name.to_owned()).collect(),
            edits: wordless.iter().cloned().chain(edits).collect(),
        }),
        ..Call::new("wafv2", "UpdateWebACL", asked.clone())
    };
    let shown = |edit: &Edit| {
        let whole = |value: &Option<Value>| value.clone().map(rules::shown);
        Edit::new(format!("/configuration{}", edit.path), whole(&edit.before), whole(&edit.after))
    };
    Some(Step {
        merge: Some(format!("wafv2:UpdateWebACL/{}", acl.reference.arn)),
        class: Class::B,
        consequences: vec![
            "requests that the rules take for attacks are answered with 403".to_owned(),
            "every rule of a web ACL is paid for".to_owned(),
        ],
        effects: vec![Effect::amended(&acl.reference, edits.iter().map(shown).collect())],
        inverse: vec![amend(edits.iter().rev().map(Edit::reversed).collect())],
        // Both controls want the same of a web ACL without rules: one step.
        ..Step::new(
            &BASELINE,
            &acl.reference,
            format!("wafv2.UpdateWebACL/{}", acl.reference.arn),
            format!("Let the web ACL {name} block with the whole baseline"),
            amend(edits),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::World;
    use crate::wafv2::testdata::web_acl;

    const COMMON: &str = "AWSManagedRulesCommonRuleSet";

    fn own() -> Value {
        json!({"Name": "own", "Priority": 7, "Action": {"Block": {}}, "Statement": {"GeoMatchStatement": {"CountryCodes": ["EG"]}}})
    }

    #[test]
    fn what_is_missing_comes_behind_what_is_there() {
        let world = World::of(json!([web_acl("edge", json!([own(), rules::shown(rules::group(COMMON, 3))]))]));
        let call = world.mended("KA-WAF-002", "/edge/1").remove(0).call;
        let edits = call.amend.expect("amend").edits;
        assert_eq!(edits[0], Edit::new("/Description", Some(json!("")), None));
        let added: Vec<(&str, &Value)> = edits[1..]
            .iter()
            .map(|edit| (edit.path.as_str(), &edit.after.as_ref().expect("rule")["Priority"]))
            .collect();
        let expected =
            [("/Rules/2", json!(8)), ("/Rules/3", json!(9)), ("/Rules/4", json!(10)), ("/Rules/5", json!(11))];
        assert_eq!(added, expected.iter().map(|(path, priority)| (*path, priority)).collect::<Vec<_>>());
        assert!(
            edits[1].after.as_ref().expect("rule")["Statement"]["ManagedRuleGroupStatement"]
                .get("ExcludedRules")
                .is_none()
        );
    }

    #[test]
    fn what_a_rule_lets_in_before_is_left_to_a_person() {
        let mut allow = own();
        allow["Action"] = json!({"Allow": {}});
        let every_path = json!({"ByteMatchStatement": {
            "SearchString": "Lw==", "FieldToMatch": {"UriPath": {}}, "PositionalConstraint": "STARTS_WITH",
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        }});
        let world = World::of(json!([web_acl("edge", json!([allow]))]));
        let proposal = world.proposed("KA-WAF-002", "/edge/1");
        assert!(proposal.steps.is_empty() && proposal.refusals.len() == 1, "{:?}", proposal.refusals);
        allow["Priority"] = json!(0);
        allow["Statement"] = every_path;
        let all = rules::all(&konecta_base::blueprint::Waf::default()).into_iter().map(rules::shown);
        let behind = all.map(|mut rule| {
            rule["Priority"] = json!(rule["Priority"].as_u64().expect("number") + 1);
            rule
        });
        let rules: Vec<Value> = [allow].into_iter().chain(behind).collect();
        let proposal = World::of(json!([web_acl("edge", json!(rules))])).proposed("KA-WAF-002", "/edge/1");
        assert!(proposal.steps.is_empty());
        assert!(proposal.refusals[0].reason.contains("lets every request in"), "{:?}", proposal.refusals);
    }

    #[test]
    fn both_controls_want_the_same_of_an_empty_one() {
        let world = World::of(json!([web_acl("edge", json!([]))]));
        let [one, two] = ["KA-WAF-001", "KA-WAF-002"].map(|control| world.mended(control, "/edge/1").remove(0));
        assert_eq!(one.key, two.key);
        assert_eq!(one.call, two.call);
        assert_eq!(one.call.parameters["Scope"], json!("CLOUDFRONT"));
    }

    #[test]
    fn a_group_that_counts_blocks_again_and_single_rules_are_left_to_a_person() {
        let mut all: Vec<Value> =
            rules::all(&konecta_base::blueprint::Waf::default()).into_iter().map(rules::shown).collect();
        all[1]["OverrideAction"] = json!({"Count": {}});
        let world = World::of(json!([web_acl("edge", json!(all))]));
        let edits = world.mended("KA-WAF-002", "/edge/1").remove(0).call.amend.expect("amend").edits;
        assert_eq!(
            edits[1],
            Edit::new("/Rules/1/OverrideAction", Some(json!({"Count": {}})), Some(json!({"None": {}})))
        );
        all[1] = rules::shown(rules::group("AWSManagedRulesKnownBadInputsRuleSet", 1));
        all[0]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"] =
            json!([{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]);
        let proposal = World::of(json!([web_acl("edge", json!(all))])).proposed("KA-WAF-002", "/edge/1");
        assert!(proposal.steps.is_empty());
        assert_eq!(proposal.refusals[0].class, Class::N);
    }
}

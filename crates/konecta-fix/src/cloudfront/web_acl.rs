//! KA-CF-041: the declared web ACL stands before a distribution, and is made where there is none of its name.
//! Knows how it is named; what is in it is for `fix/wafv2` to know.

use super::distribution::{self, set};
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use crate::wafv2::create;
use crate::{RemedyContext, action};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy {
    id: "cloudfront.web_acl",
    class: Class::B,
    actions: &[
        changes::CLOUDFRONT_UPDATE_DISTRIBUTION,
        changes::CLOUDFRONT_GET_DISTRIBUTION_CONFIG,
        calls::CLOUDFRONT_GET_DISTRIBUTION,
        changes::WAFV2_ASSOCIATE_WEB_ACL,
        changes::WAFV2_CREATE_WEB_ACL,
        changes::WAFV2_DELETE_WEB_ACL,
        calls::WAFV2_GET_WEB_ACL,
        calls::WAFV2_LIST_WEB_ACLS,
    ],
    propose,
};

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let name = context.blueprint.waf.web_acl.as_str();
    let mut proposal = Proposal::default();
    let attached = match create::existing(context, subject, name) {
        Some(acl) => serde_json::json!(acl.reference.arn),
        None => {
            let Some(step) = create::step(&REMEDY, context, subject, name) else {
                return Proposal::default();
            };
            proposal.steps.push(step);
            create::arn(subject, name).placeholder()
        }
    };
    let Some(edit) = set(subject, "/WebACLId", attached) else { return proposal };
    let mut step =
        distribution::step(&REMEDY, subject, format!("Put the web ACL {name} before {}", subject.id), vec![edit]);
    step.needs = proposal.steps.iter().map(|made| made.key.clone()).collect();
    // CloudFront attaches it in the name of whoever asks; it looks the web ACL up itself.
    step.actions
        .extend([changes::WAFV2_ASSOCIATE_WEB_ACL, calls::WAFV2_GET_WEB_ACL, calls::WAFV2_LIST_WEB_ACLS].map(action));
    step.consequences = vec!["requests that its rules take for attacks are answered with 403".to_owned()];
    proposal.steps.push(step);
    proposal
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::cloudfront::testdata::drifted;
    use crate::proof::World;
    use crate::wafv2::testdata::web_acl;

    fn bare() -> Value {
        drifted(|config| config["WebACLId"] = json!(""))
    }

    #[test]
    fn one_is_made_with_the_baseline_and_then_attached() {
        let steps = World::of(json!([bare()])).mended("KA-CF-041", "/E1");
        assert_eq!(steps.len(), 2);
        let (made, attached) = (&steps[0], &steps[1]);
        assert_eq!(made.call.parameters["Scope"], json!("CLOUDFRONT"));
        assert_eq!(made.call.parameters["Rules"].as_array().map(Vec::len), Some(5));
        let first = &made.call.parameters["Rules"][0]["Statement"]["ManagedRuleGroupStatement"];
        assert_eq!(first, &json!({"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}));
        assert_eq!(made.inverse[0].operation, "DeleteWebACL");
        assert!(made.inverse[0].parameters["LockToken"]["$find"].is_object());
        assert_eq!(attached.needs, std::slice::from_ref(&made.key));
        let edits = &attached.call.amend.as_ref().expect("amend").edits;
        assert_eq!(edits[0].before, Some(json!("")));
        assert!(edits[0].after.as_ref().expect("value")["$find"].is_object());
    }

    #[test]
    fn one_of_that_name_is_attached_as_it_is() {
        let steps = World::of(json!([bare(), web_acl("konecta-erp", json!([]))])).mended("KA-CF-041", "/E1");
        assert_eq!(steps.len(), 1);
        let after = steps[0].call.amend.as_ref().expect("amend").edits[0].after.clone().expect("value");
        assert!(after.as_str().expect("text").contains("webacl/konecta-erp/"), "{after}");
        let others = World::of(json!([bare(), web_acl("elsewhere", json!([]))])).mended("KA-CF-041", "/E1");
        assert_eq!(others.len(), 2);
    }
}

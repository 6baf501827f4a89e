//! A web ACL for the edge, made with the baseline. Knows how it is found again by its name; not what it is put before.

use serde_json::{Map, Value, json};

use super::rules;
use crate::registry::Remedy;
use crate::step::{Call, Class, Effect, Find, Step};
use crate::{RemedyContext, View, action};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::id::{Arn, ResourceType};
use konecta_base::resource::ResourceRef;
use konecta_base::resource_types;

const SCOPE: &str = "CLOUDFRONT";

/// The web ACL of this name for the edge, in the account of the distribution.
pub(crate) fn existing<'a>(context: &'a RemedyContext<'_>, distribution: &View, name: &str) -> Option<&'a View> {
    context.all(resource_types::WA_FV2_WEB_ACL).find(|acl| {
        acl.text("/supplement/scope") == Some(SCOPE)
            && acl.reference.account_id == distribution.reference.account_id
            && acl.reference.arn.as_str().contains(&format!("/webacl/{name}/"))
    })
}

/// Its ARN, looked up when it is there.
pub(crate) fn arn(distribution: &View, name: &str) -> Find {
    find(name, "/ARN", json!(planned(distribution, name)))
}

/// A step that makes it; the same one for every distribution of the account.
pub(crate) fn step(remedy: &Remedy, context: &RemedyContext<'_>, distribution: &View, name: &str) -> Option<Step> {
    let beside = &distribution.reference;
    let reference = ResourceRef {
        arn: planned(distribution, name).parse::<Arn>().ok()?,
        resource_type: resource_types::WA_FV2_WEB_ACL.parse::<ResourceType>().ok()?,
        account_id: beside.account_id.clone(),
        region: beside.region.clone(),
    };
    let waf = &context.blueprint.waf;
    let made = rules::all(waf);
    let shown: Vec<Value> = made.iter().cloned().map(rules::shown).collect();
    let view = View {
        reference: reference.clone(),
        id: name.to_owned(),
        body: json!({
            "configuration": {
                "Name": name, "DefaultAction": {"Allow": {}}, "Rules": shown, "VisibilityConfig": rules::metrics(name),
                "PreProcessFirewallManagerRuleGroups": null, "PostProcessFirewallManagerRuleGroups": null,
            },
            "supplement": {"scope": SCOPE}, "tags": null,
        }),
    };
    let call = json!({
        "Name": name, "Scope": SCOPE, "DefaultAction": {"Allow": {}}, "Rules": made, "VisibilityConfig": rules::metrics(name),
    });
    let delete = json!({
        "Name": name, "Scope": SCOPE, "Id": find(name, "/Id", json!("planned")).placeholder(),
        "LockToken": find(name, "/LockToken", json!("planned")).placeholder(),
    });
    Some(Step {
        class: Class::B,
        consequences: vec!["a web ACL, its rules and every request that it looks at are paid for".to_owned()],
        effects: vec![Effect::Created { resource: Box::new(view), exists: arn(distribution, name) }],
        inverse: vec![Call::new("wafv2", "DeleteWebACL", delete)],
        actions: [changes::WAFV2_CREATE_WEB_ACL, changes::WAFV2_DELETE_WEB_ACL, calls::WAFV2_LIST_WEB_ACLS]
            .map(action)
            .to_vec(),
        ..Step::new(
            remedy,
            &reference,
            format!("wafv2.create/{}/{name}", beside.account_id),
            format!("Make the web ACL {name} with {} and a rate limit", waf.managed_groups.join(", ")),
            Call::new("wafv2", "CreateWebACL", call),
        )
    })
}

fn find(name: &str, take: &str, planned: Value) -> Find {
    Find {
        service: "wafv2".to_owned(),
        operation: "ListWebACLs".to_owned(),
        parameters: json!({"Scope": SCOPE}),
        list: "/WebACLs".to_owned(),
        matching: Map::from_iter([("/Name".to_owned(), json!(name))]),
        take: take.to_owned(),
        planned,
    }
}

/// AWS chooses the last part of the ARN.
fn planned(distribution: &View, name: &str) -> String {
    let partition = distribution.reference.arn.partition();
    format!("arn:{partition}:wafv2:us-east-1:{}:global/webacl/{name}/planned", distribution.reference.account_id)
}

//! KA-SG-006: rules that let anybody but nodes and the cluster reach the database are closed; rules for them that open
//! more than the database's port are narrowed to it. Knows the rules that the finding names.

use serde_json::{Map, Value, json};

use super::{exposed, rules};
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Call, Class, Edit, Effect, Step};
use crate::{RemedyContext, View, action};
use konecta_base::changes;
use konecta_base::finding::Finding;
use konecta_base::resource_types;

pub(super) const REMEDY: Remedy = Remedy {
    id: "ec2.database_ingress",
    class: Class::B,
    actions: &[
        changes::EC2_REVOKE_SECURITY_GROUP_INGRESS,
        changes::EC2_AUTHORIZE_SECURITY_GROUP_INGRESS,
        changes::EC2_CREATE_TAGS,
        changes::EC2_MODIFY_SECURITY_GROUP_RULES,
    ],
    propose,
};

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let named = |end: &str| {
        let paths =
            finding.violations.iter().map(|violation| violation.path.as_str()).filter(|path| path.ends_with(end));
        paths.filter_map(rules::in_brackets).collect()
    };
    let mut proposal = exposed::close_strangers(&REMEDY, finding, context, &named("].source"));
    for id in named("].ports") {
        let wide = rules::find(context, &id);
        match (wide, wide.and_then(|rule| rules::group(context, rule.text("/configuration/GroupId")?))) {
            (Some(rule), Some(group)) => match narrowed(context, rule, group) {
                Ok(step) => proposal.steps.push(step),
                Err(reason) => proposal.refusals.push(Refusal::new(finding, Class::B, reason, &[])),
            },
            (_, _) => {
                proposal.refusals.push(Refusal::new(finding, Class::B, format!("{id} is not known any more"), &[]))
            }
        }
    }
    proposal
}

/// Narrows a rule to the database's port, or closes it where another rule says just that.
fn narrowed(context: &RemedyContext<'_>, rule: &View, group: &View) -> Result<Step, &'static str> {
    let ports = context.fact(group.reference.arn.as_str(), "database_ports").and_then(Value::as_array);
    let [port] = ports.map_or(&[][..], Vec::as_slice) else {
        return Err("databases on different ports carry the group: which of them the rule is for, only you know");
    };
    let peer = |rule: &View| rule.at("/configuration/ReferencedGroupInfo/GroupId").cloned();
    let wanted = [("IpProtocol", json!("tcp")), ("FromPort", port.clone()), ("ToPort", port.clone())];
    let says_it = |other: &&View| {
        other.id != rule.id
            && other.text("/configuration/GroupId") == Some(group.id.as_str())
            && peer(other) == peer(rule)
            && other.at("/configuration/IsEgress") == Some(&json!(false))
            && wanted.iter().all(|(key, value)| other.at(&format!("/configuration/{key}")) == Some(value))
    };
    if context.all(resource_types::EC2_SECURITY_GROUP_RULE).find(says_it).is_some() {
        return exposed::close(context, rule, &REMEDY)
            .ok_or("not all of the rule is known, so it could not be given back");
    }
    let peer = peer(rule).ok_or("the source of the rule is not known")?;
    // The API takes the rule whole: what is not said is gone.
    let whole = |settings: Map<String, Value>| {
        let mut settings = settings;
        settings.insert("ReferencedGroupId".to_owned(), peer.clone());
        settings.extend(rules::description(rule, group).map(|text| ("Description".to_owned(), text.clone())));
        let change = json!({"SecurityGroupRuleId": rule.id, "SecurityGroupRule": settings});
        Call::new("ec2", "ModifySecurityGroupRules", json!({"GroupId": group.id, "SecurityGroupRules": [change]}))
    };
    let now = |key: &str| rule.at(&format!("/configuration/{key}")).cloned();
    let edits =
        wanted.iter().map(|(key, value)| Edit::new(format!("/configuration/{key}"), now(key), Some(value.clone())));
    let before = wanted.iter().filter_map(|(key, _)| Some(((*key).to_owned(), now(key)?))).collect();
    let after = wanted.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    Ok(Step {
        merge: Some(format!("ec2:ModifySecurityGroupRules/{}", group.id)),
        class: Class::B,
        consequences: vec!["other ports of what carries the group are closed to nodes and the cluster".to_owned()],
        effects: vec![Effect::amended(&rule.reference, edits.filter(|edit| edit.before != edit.after).collect())],
        inverse: vec![whole(before)],
        actions: vec![action(changes::EC2_MODIFY_SECURITY_GROUP_RULES)],
        ..Step::new(
            &REMEDY,
            &group.reference,
            format!("ec2.narrow_rule/{}", rule.id),
            format!("Narrow {} to tcp {port}", rules::named(rule)),
            whole(after),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ec2::testdata::{cidr, cluster_stack, database, group, member, rule};
    use crate::proof::World;

    fn world(rules: Vec<Value>) -> World {
        let mut resources = cluster_stack();
        resources.extend([group("sg-db"), group("sg-bastion"), database("db-1", "sg-db")]);
        resources.extend(rules);
        World::of(json!(resources))
    }

    #[test]
    fn strangers_go_and_the_nodes_stay() {
        let world = world(vec![
            rule("sgr-nodes", "sg-db", (5432, 5432), member("sg-nodes")),
            rule("sgr-bastion", "sg-db", (5432, 5432), member("sg-bastion")),
            rule("sgr-all", "sg-db", (5432, 5432), cidr("0.0.0.0/0")),
        ]);
        let steps = world.mended("KA-SG-006", "security-group/sg-db");
        let found: Vec<_> = steps.iter().map(|step| (step.key.as_str(), step.class)).collect();
        assert_eq!(found, [("ec2.close_rule/sgr-all", Class::B), ("ec2.close_rule/sgr-bastion", Class::B)]);
    }

    #[test]
    fn the_nodes_keep_the_port_that_they_need() {
        let steps = world(vec![rule("sgr-nodes", "sg-db", (1, 65535), member("sg-nodes"))])
            .mended("KA-SG-006", "security-group/sg-db");
        let [step] = steps.as_slice() else { panic!("{steps:?}") };
        let told = &step.call.parameters["SecurityGroupRules"][0]["SecurityGroupRule"];
        let expected = json!({"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "ReferencedGroupId": "sg-nodes", "Description": "why sgr-nodes"});
        assert_eq!(told, &expected);
        assert_eq!(step.inverse[0].parameters["SecurityGroupRules"][0]["SecurityGroupRule"]["ToPort"], 65535);
    }

    #[test]
    fn a_wide_rule_beside_the_right_one_goes() {
        let rules = vec![
            rule("sgr-right", "sg-db", (5432, 5432), member("sg-nodes")),
            rule("sgr-wide", "sg-db", (1, 65535), member("sg-nodes")),
        ];
        let steps = world(rules).mended("KA-SG-006", "security-group/sg-db");
        assert_eq!(steps.iter().map(|step| step.key.as_str()).collect::<Vec<_>>(), ["ec2.close_rule/sgr-wide"]);
    }
}

//! The table names arguments that there are, and an entry says what it says in AWS's words.

use serde_json::json;

use super::*;

fn part(terraform: &str, at: &str) -> &'static Part {
    of(terraform).find(|part| part.at.ends_with(at)).expect("a row")
}

fn said(part: &Part, said: &Value, unknown: &Value) -> (Value, bool) {
    let entry = part.entry(said, unknown, part.constants());
    (Value::Object(entry.members), entry.is_whole)
}

#[test]
fn an_entry_is_said_in_the_words_of_the_api() {
    let rule = part("aws_network_acl_rule", "Entries");
    let tcp = json!({"rule_number": 50, "egress": false, "protocol": "tcp", "rule_action": "allow", "cidr_block": "0.0.0.0/0",
        "ipv6_cidr_block": "", "from_port": 22, "to_port": 22, "icmp_type": null});
    let entry = json!({"Egress": false, "RuleNumber": 50, "Protocol": "6", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0",
        "PortRange": {"From": 22, "To": 22}});
    assert_eq!(said(rule, &tcp, &json!({})), (entry, true));
    // The provider writes ports where a rule is about every protocol; the API has none.
    let all = json!({"rule_number": 1, "protocol": "-1", "rule_action": "deny", "cidr_block": "0.0.0.0/0", "from_port": 0, "to_port": 0});
    let entry =
        json!({"Egress": false, "RuleNumber": 1, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"});
    assert_eq!(said(rule, &all, &json!({})), (entry, true));
    // Not known is not the default.
    let open = said(rule, &json!({"rule_number": 1}), &json!({"egress": true, "protocol": true}));
    assert_eq!(open, (json!({"RuleNumber": 1}), false));
}

#[test]
fn one_known_target_of_a_route_is_its_only_one() {
    let route = part("aws_route", "Routes");
    let to = json!({"destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"});
    let entry =
        json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "Origin": "CreateRoute", "State": "active"});
    assert_eq!(said(route, &to, &json!({"network_interface_id": true, "state": true})), (entry, true));
    let (open, is_whole) = said(route, &json!({"destination_cidr_block": "0.0.0.0/0"}), &json!({"gateway_id": true}));
    assert_eq!((open.get("GatewayId"), is_whole), (None, false));
}

#[test]
fn a_document_that_is_none_is_not_known() {
    let policy = part("aws_iam_role_policy", "RolePolicyList");
    let known = json!({"name": "x", "policy": "{\"Statement\": []}"});
    assert_eq!(
        said(policy, &known, &json!({})),
        (json!({"PolicyName": "x", "PolicyDocument": {"Statement": []}}), true)
    );
    assert_eq!(said(policy, &json!({"name": "x", "policy": "{"}), &json!({})), (json!({"PolicyName": "x"}), false));
}

#[test]
fn every_list_of_blocks_with_names_is_one() {
    let schema: Value = serde_json::from_str(include_str!("../../../../fixtures/terraform/schema.json")).expect("JSON");
    for row in BLOCKS.iter() {
        let block = &schema["resources"][&row.terraform][&row.argument];
        assert_eq!(block["nesting"] == "list", row.ordered, "{} {}", row.terraform, row.argument);
        assert!(block["of"][&row.by.0].is_string() || block["of"][&row.by.0].is_number(), "{block}");
        let kind = crate::emit::terraform::table::kind(&row.resource_type).expect("in the column `terraform`");
        let start = format!("{}/*/", row.at);
        let blocks = format!("{}*.", row.argument);
        let ours = kind.arguments.iter().filter(|(pattern, _)| pattern.starts_with(&start));
        assert!(ours.map(|(_, way)| way).all(|way| way.starts_with(&blocks)), "{}", row.at);
    }
}

/// Every argument stands in the provider's schema, and every argument of a block that there is stands in the table.
#[test]
fn every_argument_is_one_of_the_provider_s() {
    let schema: Value = serde_json::from_str(include_str!("../../../../fixtures/terraform/schema.json")).expect("JSON");
    for part in parts() {
        let kinds: Vec<&Value> = std::iter::once(&part.terraform)
            .chain(&part.or)
            .map(|kind| &schema["resources"][kind])
            .inspect(|kind| assert!(kind.is_object(), "{}: run tools/terraform_schema.py", part.terraform))
            .collect();
        let names = part.members.iter().map(|(argument, _)| argument).chain(&part.document);
        let names: Vec<&str> = names.map(|name| name.split('.').next().unwrap_or(name)).collect();
        if part.is_separate() {
            for name in &names {
                assert!(kinds[0][*name].is_string(), "{} {name}", part.terraform);
            }
            assert!(crate::terraform_state::named_by(&part.terraform).is_some(), "{}", part.terraform);
        }
        for (argument, _) in part.arguments() {
            let blocks: Vec<&Value> = kinds.iter().map(|kind| &kind[argument]).collect();
            assert!(blocks.iter().all(|block| !block.is_null()), "{} {argument}", part.terraform);
            for name in names.iter().filter(|name| !name.is_empty()) {
                let there = blocks.iter().any(|block| !block["of"][*name].is_null());
                assert!(there, "{} {argument}.{name}", part.terraform);
            }
            for name in blocks.iter().filter_map(|block| block["of"].as_object()).flatten().map(|(name, _)| name) {
                assert!(names.contains(&name.as_str()), "{} {argument}.{name}", part.terraform);
            }
        }
        let known =
            |member: &String| part.members.iter().any(|(_, one)| one == member) || part.constants.contains_key(member);
        let in_blocks = |member: &String| part.blocks.values().any(|constants| constants.contains_key(member));
        assert!(part.key.iter().all(|member| known(member) || in_blocks(member)), "{}", part.terraform);
        assert_eq!(part.form == Form::List, !part.key.is_empty(), "{}", part.terraform);
        assert!(part.one_of.iter().flatten().all(|name| part.knows(name)), "{}", part.terraform);
    }
}

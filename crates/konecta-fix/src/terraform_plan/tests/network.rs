//! Entries of network ACLs, routes, tables of subnets and rules of security groups, as `parts.rs` has the others.

use std::slice::from_ref;

use konecta_base::finding::Status::{Fail, Pass, Unknown};

use super::drifted::*;
use super::*;

fn acl_rule(number: u32, action: &str, ports: (u16, u16)) -> Value {
    json!({"network_acl_id": "acl-e4dfb8b7b9f2b39bd", "rule_number": number, "egress": false, "protocol": "tcp",
        "rule_action": action, "cidr_block": "0.0.0.0/0", "ipv6_cidr_block": null, "from_port": ports.0, "to_port": ports.1})
}

fn block(number: u32, action: &str, (from, to): (u16, u16)) -> Value {
    json!({"rule_no": number, "action": action, "protocol": "6", "cidr_block": "0.0.0.0/0", "ipv6_cidr_block": "",
        "from_port": from, "to_port": to, "icmp_type": 0, "icmp_code": 0})
}

#[test]
fn the_entries_of_a_network_acl() {
    let address = "aws_network_acl_rule.x";
    let deny = |number| acl_rule(number, "deny", (0, 65535));
    let open =
        json!({"network_acl_id": "acl-e4dfb8b7b9f2b39bd", "rule_number": 1, "protocol": "tcp", "rule_action": "deny"});
    for (plan, expected) in [
        (creates(address, &deny(1), &json!({"id": true})), Pass),
        (deletes(address, &acl_rule(50, "allow", (22, 22))), Pass),
        (creates(address, &deny(200), &json!({"id": true})), Fail),
        (updates(address, &acl_rule(50, "allow", (22, 22)), &acl_rule(50, "deny", (22, 22)), &no()), Pass),
        (updates(address, &acl_rule(50, "allow", (22, 22)), &acl_rule(50, "allow", (3389, 3389)), &no()), Fail),
        (creates(address, &open, &json!({"cidr_block": true})), Unknown),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-VPC-007", IN_FORCE), expected, "{plan}");
    }
    let arn = "arn:aws:ec2:us-east-1:123456789012:network-acl/acl-e4dfb8b7b9f2b39bd";
    let inline = |blocks: &[Value]| json!({"arn": arn, "id": "acl-e4dfb8b7b9f2b39bd", "ingress": blocks});
    let was = inline(&[block(50, "allow", (22, 22))]);
    for address in ["aws_network_acl.x", "aws_default_network_acl.x"] {
        for (plan, expected) in [
            (updates(address, &was, &inline(&[]), &no()), Pass),
            (updates(address, &was, &inline(&[block(50, "allow", (22, 23))]), &no()), Fail),
            (updates(address, &was, &json!({"arn": arn}), &json!({"ingress": true})), Unknown),
        ] {
            assert_eq!(verdict(from_ref(&plan), "KA-VPC-007", IN_FORCE), expected, "{plan}");
        }
    }
    // What Terraform does not make, it only forgets.
    let done = laid(&[deletes("aws_default_network_acl.x", &was)]);
    assert_eq!((done.changed, at(&done, ACL, "/configuration/IsDefault")), (0, Some(json!(true))));
    let egress = json!({"arn": arn, "egress": [block(100, "deny", (1, 2))]});
    let done = laid(&[updates("aws_network_acl.x", &json!({"arn": arn}), &egress, &no())]);
    let entries = at(&done, IN_FORCE, "/configuration/Entries").expect("entries");
    let numbered = entries.as_array().expect("a list").iter().filter(|entry| entry["RuleNumber"] == 100);
    let actions: Vec<(&Value, &Value)> = numbered.map(|entry| (&entry["Egress"], &entry["RuleAction"])).collect();
    assert_eq!(actions, [(&json!(true), &json!("deny")), (&json!(false), &json!("allow"))]);
}

#[test]
fn the_routes_of_a_table() {
    let address = "aws_route.x";
    let table = "rtb-c7d3313128010c608";
    let nat = "nat-8d7a5eb09ac45e309";
    let out = |target: &Value| with(&json!({"route_table_id": table, "destination_cidr_block": "0.0.0.0/0"}), target);
    let (gateway, closed) = (json!({"gateway_id": "igw-bf34c86179c5b2857"}), json!({"nat_gateway_id": nat}));
    let computed =
        json!({"id": true, "network_interface_id": true, "origin": true, "state": true, "instance_id": true});
    for (plan, expected) in [
        (updates(address, &out(&gateway), &out(&closed), &computed), Pass),
        (creates(address, &out(&closed), &computed), Pass),
        (creates(address, &out(&gateway), &computed), Fail),
        (creates(address, &out(&no()), &json!({"gateway_id": true})), Unknown),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-VPC-003", PRIVATE), expected, "{plan}");
    }
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:route-table/{table}");
    let inline = |target: &Value| json!({"arn": arn, "route": [with(&json!({"cidr_block": "0.0.0.0/0", "ipv6_cidr_block": ""}), target)]});
    let address = "aws_route_table.x";
    for (plan, expected) in [
        (updates(address, &inline(&gateway), &inline(&closed), &no()), Pass),
        (updates(address, &inline(&closed), &inline(&gateway), &no()), Fail),
        (updates(address, &inline(&gateway), &json!({"arn": arn}), &json!({"route": true})), Unknown),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-VPC-003", PRIVATE), expected, "{plan}");
    }
}

#[test]
fn the_table_of_a_subnet() {
    let address = "aws_route_table_association.x";
    let to = |table: &str| json!({"subnet_id": "subnet-9c20fb8efeb1f613b", "route_table_id": table, "gateway_id": ""});
    // Closed, open, and one that the same plan makes.
    let (closed, open, new) =
        (to("rtb-4a329ecae2ae2e845"), to("rtb-a73284011d1ec73b3"), json!({"subnet_id": "subnet-9c20fb8efeb1f613b"}));
    let was = to("rtb-c7d3313128010c608");
    assert_eq!(verdict(&[updates(address, &was, &closed, &no())], "KA-VPC-003", PRIVATE), Pass);
    assert_eq!(verdict(&[updates(address, &was, &open, &no())], "KA-VPC-003", PRIVATE), Fail);
    // It falls back to the main table, which leads to the internet.
    assert_eq!(verdict(&[deletes(address, &was)], "KA-VPC-003", PRIVATE), Fail);
    let unknown = json!({"route_table_id": true});
    for plan in [updates(address, &was, &new, &unknown), change(address, &["delete", "create"], &was, &new, &unknown)] {
        let done = laid(&[plan]);
        let told: Vec<&String> = done.not_judged.iter().collect();
        assert_eq!(
            told,
            ["aws_route_table_association.x: what it belongs to is not known yet, or not among what was read"]
        );
        let findings = findings(&done.snapshot);
        let ours = findings.iter().filter(|one| one.control.as_str() == "KA-VPC-003");
        // The others have a table of their own, which is known.
        let open: Vec<&str> =
            ours.filter(|one| one.status == Unknown).map(|one| one.resource.arn.short_name()).collect();
        assert!(open.contains(&"subnet-9c20fb8efeb1f613b") && !open.contains(&"subnet-eef79905394ef1717"), "{open:?}");
    }
}

fn rules(cidrs: &[&str], ports: (u16, u16)) -> Value {
    json!({"type": "ingress", "security_group_id": "sg-2362b407d54f83fae", "security_group_rule_id": "", "protocol": "tcp",
        "from_port": ports.0, "to_port": ports.1, "cidr_blocks": cidrs, "self": false})
}

#[test]
fn several_rules_in_one_resource() {
    let address = "aws_security_group_rule.x";
    let was = rules(&["0.0.0.0/0"], (22, 22));
    let replaced = |after: &Value, unknown: &Value| change(address, &["delete", "create"], &was, after, unknown);
    let open = json!({"type": "ingress", "security_group_id": "sg-2362b407d54f83fae", "protocol": "tcp", "from_port": 22, "to_port": 22});
    let computed = json!({"id": true, "source_security_group_id": true, "security_group_rule_id": true});
    for (plan, expected) in [
        (deletes(address, &was), Pass),
        (replaced(&rules(&["203.0.113.0/24", "198.51.100.0/24"], (22, 22)), &computed), Pass),
        (replaced(&rules(&["203.0.113.0/24", "0.0.0.0/0"], (20, 25)), &computed), Fail),
        (replaced(&open, &json!({"cidr_blocks": true})), Unknown),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-SG-001", OPEN), expected, "{plan}");
    }
    // What takes its place belongs to a group that is not there yet: the old one is not gone without it.
    let elsewhere =
        json!({"type": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]});
    let done = laid(&[replaced(&elsewhere, &json!({"security_group_id": true}))]);
    assert_eq!(done.not_judged.len(), 1, "{:?}", done.not_judged);
    assert_eq!(done.snapshot.resources.len(), DRIFTED.resources.len());
}

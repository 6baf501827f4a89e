//! Only what opens the port goes; what is wider stays, behind a deny.

use super::*;
use crate::ec2::testdata::resource;
use crate::proof::World;

fn entry(number: u64, action: &str, cidr: &str, ports: Option<(u64, u64)>) -> Value {
    let family = if cidr.contains(':') { "Ipv6CidrBlock" } else { "CidrBlock" };
    let mut entry =
        json!({"Egress": false, "Protocol": "-1", "RuleAction": action, "RuleNumber": number, family: cidr});
    if let Some((from, to)) = ports {
        entry["Protocol"] = json!("6");
        entry["PortRange"] = json!({"From": from, "To": to});
    }
    entry
}

fn world(entries: &[Value]) -> World {
    let vpc = json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "CidrBlockAssociationSet": [{"CidrBlock": "10.0.0.0/16"}]});
    let acl = json!({"NetworkAclId": "acl-1", "VpcId": "vpc-1", "Associations": [{"SubnetId": "subnet-1"}], "Entries": entries});
    let world = World::of(json!([
        resource("VPC", "vpc", "vpc-1", vpc),
        resource("Subnet", "subnet", "subnet-1", json!({"SubnetId": "subnet-1", "VpcId": "vpc-1"})),
        resource("NetworkAcl", "network-acl", "acl-1", acl),
    ]));
    world.with(|blueprint| blueprint.bastion.ssh_cidrs = vec!["203.0.113.0/24".to_owned()])
}

fn titles(steps: &[Step]) -> Vec<String> {
    let entry = |step: &Step| {
        let told = &step.call.parameters;
        format!(
            "{} {} {} {} {}",
            step.call.operation, told["RuleNumber"], told["RuleAction"], told["PortRange"]["From"], told["CidrBlock"]
        )
    };
    steps.iter().map(entry).collect()
}

#[test]
fn an_entry_for_the_port_alone_goes() {
    let office = entry(40, "allow", "203.0.113.0/24", Some((22, 22)));
    let world = world(&[
        entry(50, "allow", "0.0.0.0/0", Some((22, 22))),
        office,
        entry(60, "allow", "0.0.0.0/0", Some((443, 443))),
    ]);
    let steps = world.mended("KA-VPC-007", "/acl-1");
    let [keep, step] = steps.as_slice() else { panic!("{steps:?}") };
    let expected = "CreateNetworkAclEntry 49 \"allow\" 22 \"10.0.0.0/16\"";
    assert_eq!(titles(std::slice::from_ref(keep)), [expected], "the VPC's own keep the port, the office has an entry");
    assert_eq!(step.needs, std::slice::from_ref(&keep.key));
    assert_eq!(step.call.parameters, json!({"NetworkAclId": "acl-1", "Egress": false, "RuleNumber": 50}));
    let back = json!({"NetworkAclId": "acl-1", "Egress": false, "RuleNumber": 50, "Protocol": "6", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 22, "To": 22}});
    assert_eq!(step.inverse[0].parameters, back);
    assert!(keep.proven.is_empty(), "letting in presupposes nothing");
    assert_eq!(step.proven, ["10.0.0.0/16 and 203.0.113.0/24 still come in on tcp 22 afterwards"]);
}

#[test]
fn an_entry_goes_alone_where_a_later_one_lets_in_who_needs_the_port() {
    let vpc = entry(60, "allow", "10.0.0.0/8", None);
    let office = entry(70, "allow", "203.0.113.0/24", None);
    let world = world(&[entry(50, "allow", "0.0.0.0/0", Some((22, 22))), vpc, office]);
    assert_eq!(titles(&world.mended("KA-VPC-007", "/acl-1")).len(), 1);
}

#[test]
fn nobody_is_locked_out_of_a_bastion() {
    let mut world = world(&[entry(50, "allow", "0.0.0.0/0", Some((22, 22)))]).with(|b| b.bastion.ssh_cidrs.clear());
    let mut bastion = crate::ec2::testdata::instance("i-1", "subnet-1", "sg-1");
    bastion["tags"] = json!({"Role": "bastion"});
    world.snapshot.resources.extend(World::of(json!([bastion])).snapshot.resources);
    let acl = world.snapshot.resources.iter_mut().find(|one| one.resource_id == "acl-1").expect("ACL");
    let mut body: Value = serde_json::from_str(acl.configuration.get()).expect("JSON");
    body["Associations"] = json!([{"NetworkAclId": "acl-1", "SubnetId": "subnet-1"}]);
    acl.configuration = serde_json::value::to_raw_value(&body).expect("JSON");
    world.snapshot.sort();
    let refused = world.proposed("KA-VPC-007", "/acl-1");
    assert!(refused.steps.is_empty() && refused.refusals[0].reason.contains("lock everybody out"), "{refused:?}");
}

#[test]
fn an_entry_for_everything_stays_behind_a_deny() {
    let steps = world(&[entry(100, "allow", "0.0.0.0/0", None)]).mended("KA-VPC-007", "/acl-1");
    let expected = [
        "CreateNetworkAclEntry 97 \"allow\" 22 \"10.0.0.0/16\"",
        "CreateNetworkAclEntry 98 \"allow\" 22 \"203.0.113.0/24\"",
        "CreateNetworkAclEntry 99 \"deny\" 22 \"0.0.0.0/0\"",
    ];
    assert_eq!(titles(&steps[..3]), expected);
    assert_eq!(steps[2].proven, ["10.0.0.0/16 and 203.0.113.0/24 still come in on tcp 22 afterwards"]);
    assert_eq!(steps[3].call.parameters["PortRange"]["From"], 3389);
    assert!(steps.windows(2).all(|pair| pair[1].needs == [pair[0].key.clone()]));
}

#[test]
fn without_a_number_before_it_nothing_is_done() {
    let proposal = world(&[entry(1, "allow", "0.0.0.0/0", None)]).proposed("KA-VPC-007", "/acl-1");
    assert!(proposal.steps.is_empty());
    assert!(proposal.refusals[0].reason.contains("no number left"));
}

#[test]
fn ipv6_is_shut_by_itself() {
    let steps = world(&[entry(100, "allow", "::/0", Some((22, 22)))]).mended("KA-VPC-007", "/acl-1");
    assert_eq!(titles(&steps), ["DeleteNetworkAclEntry 100 null null null"]);
}

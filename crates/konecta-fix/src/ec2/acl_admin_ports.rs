//! KA-VPC-007: an administration port is shut by a network ACL. An entry that opens nothing else goes; where the port is part
//! of a wider entry, a deny is put before it. Either way what the VPC itself and the declared administrators need is
//! allowed first, and without a declared administrator nobody is locked out of a bastion.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde_json::{Value, json};

use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Call, Class, Edit, Effect, Step};
use crate::{RemedyContext, View};
use konecta_base::changes;
use konecta_base::finding::Finding;
use konecta_base::resource_types;

const ACTIONS: &[&str] = &[changes::EC2_CREATE_NETWORK_ACL_ENTRY, changes::EC2_DELETE_NETWORK_ACL_ENTRY];

pub(super) const REMEDY: Remedy = Remedy { id: "ec2.acl_admin_ports", class: Class::B, actions: ACTIONS, propose };

const ENTRIES: &str = "/configuration/Entries";
const SSH: u64 = 22;
/// How many entries a network ACL may have in one direction, unless AWS was asked for more.
const QUOTA: usize = 20;

/// The entries as they will be, and the steps so far.
struct Work<'a> {
    context: &'a RemedyContext<'a>,
    acl: &'a View,
    entries: Vec<Value>,
    steps: Vec<Step>,
}

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(acl) = context.subject(finding) else { return Proposal::default() };
    let mut work = Work { context, acl, entries: acl.list(ENTRIES).to_vec(), steps: Vec::new() };
    let mut proposal = Proposal::default();
    for violation in &finding.violations {
        // `entries[22 ipv4]`
        let place = violation.path.trim_start_matches("entries[").trim_end_matches(']');
        let Some((port, family)) = place.split_once(' ') else { continue };
        let Ok(port) = port.parse::<u64>() else { continue };
        let numbers = numbers(context, acl, port, family);
        if let Err(reason) = work.shut(port, family, &numbers) {
            let look = format!("aws ec2 describe-network-acls --network-acl-ids {}", acl.id);
            proposal.refusals.push(Refusal::new(
                finding,
                Class::B,
                reason,
                &[&look, "put a deny for the port before the entry that allows it"],
            ));
        }
    }
    proposal.steps = work.steps;
    proposal
}

impl Work<'_> {
    /// Shuts a port to all who do not need it, and says of each closing step who still comes in.
    fn shut(&mut self, port: u64, family: &str, numbers: &BTreeSet<u64>) -> Result<(), &'static str> {
        let first = self.steps.len();
        self.close(port, family, numbers)?;
        let kept: Vec<String> =
            self.needed(port, family).into_iter().filter(|cidr| admits(&self.entries, port, cidr)).collect();
        if !kept.is_empty() {
            let proof = format!("{} still come in on tcp {port} afterwards", kept.join(" and "));
            let closing = self.steps[first..].iter_mut().filter(|step| !step.consequences.is_empty());
            closing.for_each(|step| step.proven.push(proof.clone()));
        }
        Ok(())
    }

    fn close(&mut self, port: u64, family: &str, numbers: &BTreeSet<u64>) -> Result<(), &'static str> {
        if port == SSH && self.context.blueprint.bastion.ssh_cidrs.is_empty() && self.holds_bastion() {
            return Err(
                "a bastion stands behind it and no address is declared (ssh_cidrs in the section [bastion] of \
                        konecta-audit.toml), so to shut SSH would lock everybody out",
            );
        }
        let only_this =
            |entry: &Value| entry["PortRange"] == json!({"From": port, "To": port}) && entry["Protocol"] == "6";
        let named: Vec<Value> = self.entries.iter().filter(|entry| is_named(entry, family, numbers)).cloned().collect();
        if !named.is_empty() && named.iter().all(only_this) {
            let rest: Vec<Value> = self.entries.iter().filter(|entry| !named.contains(entry)).cloned().collect();
            let loses = |cidr: &String| admits(&self.entries, port, cidr) && !admits(&rest, port, cidr);
            let kept: Vec<_> =
                self.needed(port, family).into_iter().filter(loses).map(|cidr| ("allow", cidr)).collect();
            self.put_before(&named, port, kept)?;
            for entry in named {
                self.delete(&entry);
            }
            return Ok(());
        }
        let mut wanted: Vec<(&str, String)> =
            self.needed(port, family).into_iter().map(|cidr| ("allow", cidr)).collect();
        wanted.push(("deny", if family == "ipv6" { "::/0" } else { "0.0.0.0/0" }.to_owned()));
        self.put_before(&named, port, wanted)
    }

    /// Puts entries before those that are named, as near to the first of them as can be.
    fn put_before(&mut self, named: &[Value], port: u64, wanted: Vec<(&str, String)>) -> Result<(), &'static str> {
        if wanted.is_empty() {
            return Ok(());
        }
        let first = named
            .iter()
            .filter_map(|entry| entry["RuleNumber"].as_u64())
            .min()
            .ok_or("the entry is not there any more")?;
        let number = |entry: &Value| entry["RuleNumber"].as_u64();
        let there: BTreeSet<u64> =
            self.acl.list(ENTRIES).iter().filter(|entry| entry["Egress"] == false).filter_map(number).collect();
        // What was made for another port does not speak of this one, so it may come after.
        let made = self.ingress().filter_map(number).filter(|number| !there.contains(number) && *number < first).min();
        let end = made.unwrap_or(first);
        // Above what is denied or allowed by a lower number already, as near to the entry as can be.
        let from = there.iter().filter(|number| **number < first).max().map_or(1, |number| number + 1);
        let count = u64::try_from(wanted.len()).unwrap_or(u64::MAX);
        if end < from.saturating_add(count) {
            return Err("there is no number left before the entry that opens the port");
        }
        if self.ingress().count() + wanted.len() > QUOTA {
            return Err("the network ACL would have more entries than AWS gives");
        }
        for ((action, cidr), number) in wanted.into_iter().zip(end - count..) {
            self.create(action, port, &cidr, number);
        }
        Ok(())
    }

    /// Whether an instance that is or may be a bastion stands in a subnet of the ACL.
    fn holds_bastion(&self) -> bool {
        let subnets: Vec<&Value> =
            self.acl.list("/configuration/Associations").iter().filter_map(|one| one.get("SubnetId")).collect();
        self.context.all(resource_types::EC2_INSTANCE).any(|view| {
            let parts = self.context.fact(view.reference.arn.as_str(), "parts").and_then(Value::as_array);
            let bastion = parts.is_none_or(|parts| parts.iter().any(|part| part == "bastion"));
            bastion && view.at("/configuration/SubnetId").is_some_and(|subnet| subnets.contains(&subnet))
        })
    }

    fn ingress(&self) -> impl Iterator<Item = &Value> {
        self.entries.iter().filter(|entry| entry["Egress"] == false && entry["RuleNumber"] != 32767)
    }

    /// Who keeps the port: the VPC's own addresses, and on SSH the declared administrators.
    fn needed(&self, port: u64, family: &str) -> Vec<String> {
        let vpc = self.acl.text("/configuration/VpcId");
        let vpc = self.context.all(resource_types::EC2_VPC).find(|one| vpc == Some(one.id.as_str()));
        let (list, key) = if family == "ipv6" {
            ("Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock")
        } else {
            ("CidrBlockAssociationSet", "CidrBlock")
        };
        let blocks = vpc.map_or(&[][..], |vpc| vpc.list(&format!("/configuration/{list}")));
        let own = blocks.iter().filter_map(|block| block[key].as_str());
        let declared = self.context.blueprint.bastion.ssh_cidrs.iter().map(String::as_str);
        let declared = declared.filter(|cidr| port == SSH && cidr.contains(':') == (family == "ipv6"));
        own.chain(declared).map(str::to_owned).collect()
    }

    fn create(&mut self, rule_action: &str, port: u64, cidr: &str, number: u64) {
        let family = if cidr.contains(':') { "Ipv6CidrBlock" } else { "CidrBlock" };
        let entry = json!({
            "Egress": false, "Protocol": "6", "PortRange": {"From": port, "To": port}, "RuleAction": rule_action,
            "RuleNumber": number, family: cidr,
        });
        let then = [self.acl.list(ENTRIES), std::slice::from_ref(&entry)].concat();
        self.entries.push(entry.clone());
        let title = format!("Have {} {rule_action} tcp {port} from {cidr} by entry {number}", self.acl.id);
        let consequences = if rule_action == "deny" {
            vec![format!("nobody but the VPC itself and the declared administrators comes in on tcp {port}")]
        } else {
            Vec::new()
        };
        self.step(number, title, consequences, then, (self.create_call(&entry), self.delete_call(number)));
    }

    fn delete(&mut self, entry: &Value) {
        let Some(number) = entry["RuleNumber"].as_u64() else { return };
        let then = self.acl.list(ENTRIES).iter().filter(|other| *other != entry).cloned().collect();
        self.entries.retain(|other| other != entry);
        let title = format!("Remove entry {number} from {}", self.acl.id);
        let consequences = vec!["whoever came in by the entry no longer does, unless a later one allows it".to_owned()];
        self.step(number, title, consequences, then, (self.delete_call(number), self.create_call(entry)));
    }

    fn create_call(&self, entry: &Value) -> Call {
        let mut parameters = entry.clone();
        parameters["NetworkAclId"] = json!(self.acl.id);
        Call::new("ec2", "CreateNetworkAclEntry", parameters)
    }

    fn delete_call(&self, number: u64) -> Call {
        Call::new(
            "ec2",
            "DeleteNetworkAclEntry",
            json!({"NetworkAclId": self.acl.id, "Egress": false, "RuleNumber": number}),
        )
    }

    fn step(&mut self, number: u64, title: String, consequences: Vec<String>, then: Vec<Value>, calls: (Call, Call)) {
        // One after the other: a deny must not stand there without what is allowed before it.
        let needs = self.steps.last().map(|step| step.key.clone());
        self.steps.push(Step {
            class: Class::B,
            consequences,
            effects: vec![Effect::amended(
                &self.acl.reference,
                vec![Edit::new(ENTRIES, Some(json!(self.acl.list(ENTRIES))), Some(json!(then)))],
            )],
            inverse: vec![calls.1],
            needs: needs.into_iter().collect(),
            ..Step::new(&REMEDY, &self.acl.reference, format!("{}/{}/{number}", REMEDY.id, self.acl.id), title, calls.0)
        });
    }
}

/// Whether these entries let all of a range in on a TCP port: the first that fits decides, and one that fits in part
/// counts only as a refusal.
fn admits(entries: &[Value], port: u64, cidr: &str) -> bool {
    let Ok(range) = cidr.parse::<IpNet>() else { return false };
    let number = |entry: &&Value| entry["RuleNumber"].as_u64().unwrap_or(u64::MAX);
    let mut ingress: Vec<&Value> = entries.iter().filter(|entry| entry["Egress"] == false).collect();
    ingress.sort_by_key(number);
    for entry in ingress {
        let bound = |key: &str| entry["PortRange"][key].as_u64();
        let speaks = entry["Protocol"] == "-1"
            || entry["Protocol"] == "6" && bound("From") <= Some(port) && Some(port) <= bound("To");
        let source = ["CidrBlock", "Ipv6CidrBlock"].into_iter().find_map(|key| entry[key].as_str());
        let Some(source) = source.and_then(|source| source.parse::<IpNet>().ok()).filter(|_| speaks) else { continue };
        let allows = entry["RuleAction"] == "allow";
        if source.contains(&range) {
            return allows;
        }
        if range.contains(&source) && !allows {
            return false;
        }
    }
    false
}

/// The entries that open the port, by the fact that the finding was made of.
fn numbers(context: &RemedyContext<'_>, acl: &View, port: u64, family: &str) -> BTreeSet<u64> {
    let open = context.fact(acl.reference.arn.as_str(), "acl_open_ports").and_then(Value::as_array);
    let meets = |range: &&Value| {
        range["family"] == family && range["from"].as_u64() <= Some(port) && Some(port) <= range["to"].as_u64()
    };
    let named = open.into_iter().flatten().filter(meets).filter_map(|range| range["entries"].as_array());
    named.flatten().filter_map(Value::as_u64).collect()
}

/// Whether the finding names this entry: an ingress entry of its family that allows.
fn is_named(entry: &Value, family: &str, numbers: &BTreeSet<u64>) -> bool {
    let key = if family == "ipv6" { "Ipv6CidrBlock" } else { "CidrBlock" };
    entry["Egress"] == false
        && entry["RuleAction"] == "allow"
        && entry.get(key).is_some()
        && entry["RuleNumber"].as_u64().is_some_and(|number| numbers.contains(&number))
}

#[cfg(test)]
mod tests;

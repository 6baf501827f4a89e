//! Which TCP ports a network ACL leaves open to the internet: of all entries that fit an address, the first decides.
//! Knows nothing of security groups, which are asked as well.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::cidr::{Family, Span, is_internet, public_size};
use super::region_index::RegionIndex;
use crate::model::ec2::{NetworkAcl, NetworkAclEntry};
use konecta_base::calls;

/// One ingress entry that speaks of TCP.
struct Entry {
    number: i64,
    allows: bool,
    span: Span,
    ports: (u16, u16),
}

/// The fact `acl_subnets`: the subnets of the account in which it is in force.
pub(crate) fn subnets(region_index: &RegionIndex<'_>, acl: &NetworkAcl) -> Option<Value> {
    let whole = region_index.seen.whole(region_index.place, calls::EC2_DESCRIBE_SUBNETS);
    let mut found = BTreeSet::new();
    for association in acl.associations.as_ref()? {
        let subnet = association.subnet_id.as_ref()?;
        if region_index.by_id.subnets.contains_key(subnet.as_str()) {
            found.insert(subnet);
        } else if !whole {
            return None;
        }
    }
    Some(json!(found))
}

/// The fact `acl_open_ports`; `None` where an entry is not understood.
pub(crate) fn open_ports(acl: &NetworkAcl) -> Option<Value> {
    let mut entries = Vec::new();
    for sent in acl.entries.as_ref()?.iter().filter(|entry| entry.egress != Some(true)) {
        sent.egress?;
        entries.extend(read(sent)?);
    }
    entries.sort_by_key(|entry| entry.number);
    let open = Family::BOTH.into_iter().flat_map(|family| open_in(family, &entries)).collect();
    Some(Value::Array(open))
}

/// `Some(None)` for an entry that does not speak of TCP.
fn read(sent: &NetworkAclEntry) -> Option<Option<Entry>> {
    let ports = match sent.protocol.as_deref()? {
        "-1" => (0, u16::MAX),
        "6" | "tcp" => sent.port_range.as_ref().and_then(|range| range.from.zip(range.to))?,
        // Every other protocol has a number.
        other if other.parse::<u8>().is_ok() => return Some(None),
        _ => return None,
    };
    let allows = match sent.rule_action.as_deref()? {
        "allow" => true,
        "deny" => false,
        _ => return None,
    };
    let span = Span::parse(sent.cidr_block.as_ref().or(sent.ipv6_cidr_block.as_ref())?)?;
    Some(Some(Entry { number: sent.rule_number?, allows, span, ports }))
}

fn open_in(family: Family, entries: &[Entry]) -> Vec<Value> {
    let entries: Vec<&Entry> = entries.iter().filter(|entry| entry.span.family == family).collect();
    let edges: BTreeSet<u32> =
        entries.iter().flat_map(|one| [u32::from(one.ports.0), u32::from(one.ports.1) + 1]).collect();
    let edges: Vec<u32> = edges.into_iter().collect();
    let mut open: Vec<(u16, u16, BTreeSet<i64>)> = Vec::new();
    for (&from, &end) in edges.iter().zip(edges.iter().skip(1)) {
        let (Ok(from), Ok(to)) = (u16::try_from(from), u16::try_from(end - 1)) else { continue };
        let Some(by) = opened(family, entries.iter().filter(|one| one.ports.0 <= from && to <= one.ports.1)) else {
            continue;
        };
        match open.last_mut() {
            Some((_, last, numbers)) if u32::from(*last) + 1 == u32::from(from) && *numbers == by => *last = to,
            Some(_) | None => open.push((from, to, by)),
        }
    }
    let told = open.iter().map(
        |(from, to, by)| json!({"protocol": "tcp", "family": family.name(), "from": from, "to": to, "entries": by}),
    );
    told.collect()
}

/// The numbers of the entries that let the internet in; `None` where they do not. As many small ones as could stay without
/// being the internet among themselves are not to blame, as for security groups.
fn opened<'a>(family: Family, entries: impl Iterator<Item = &'a &'a Entry>) -> Option<BTreeSet<i64>> {
    let (mut decided, mut allowed) = (Vec::new(), Vec::new());
    for entry in entries {
        let new = decided.iter().fold(vec![entry.span], |left: Vec<Span>, taken: &Span| {
            left.into_iter().flat_map(|span| span.without(taken)).collect()
        });
        decided.push(entry.span);
        if entry.allows && public_size(family, &new) > 0 {
            allowed.push((public_size(family, &new), entry.number, new));
        }
    }
    if !is_internet(family, allowed.iter().flat_map(|(_, _, spans)| spans)) {
        return None;
    }
    allowed.sort();
    let (mut harmless, mut by): (Vec<Span>, BTreeSet<i64>) = (Vec::new(), BTreeSet::new());
    for (_, number, spans) in &allowed {
        let together: Vec<Span> = harmless.iter().chain(spans).copied().collect();
        if is_internet(family, &together) {
            by.insert(*number);
        } else {
            harmless = together;
        }
    }
    Some(by)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(entries: Value) -> Option<Value> {
        open_ports(&serde_json::from_value(json!({"Entries": entries})).expect("acl"))
    }

    fn entry(number: i64, action: &str, cidr: &str, ports: Option<(u16, u16)>) -> Value {
        let family = if cidr.contains(':') { "Ipv6CidrBlock" } else { "CidrBlock" };
        let mut entry =
            json!({"Egress": false, "RuleNumber": number, "RuleAction": action, "Protocol": "-1", family: cidr});
        if let Some((from, to)) = ports {
            entry["Protocol"] = json!("6");
            entry["PortRange"] = json!({"From": from, "To": to});
        }
        entry
    }

    #[test]
    fn the_first_entry_that_fits_decides_whatever_the_order_of_the_answer() {
        let all = entry(100, "allow", "0.0.0.0/0", None);
        let deny = |number| entry(number, "deny", "0.0.0.0/0", Some((22, 22)));
        assert_eq!(
            open(json!([all, deny(90)])),
            Some(json!([
                {"protocol": "tcp", "family": "ipv4", "from": 0, "to": 21, "entries": [100]},
                {"protocol": "tcp", "family": "ipv4", "from": 23, "to": 65535, "entries": [100]},
            ]))
        );
        assert_eq!(open(json!([all, deny(110)])).expect("open").as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn a_denied_part_leaves_the_rest_open_and_a_whole_denied_in_halves_is_shut() {
        let all = entry(100, "allow", "0.0.0.0/0", Some((22, 22)));
        let part = entry(10, "deny", "10.0.0.0/8", Some((22, 22)));
        assert_eq!(open(json!([part, all])).expect("open")[0]["entries"], json!([100]));
        let halves = [entry(10, "deny", "0.0.0.0/1", None), entry(11, "deny", "128.0.0.0/1", Some((0, 30)))];
        assert_eq!(open(json!([halves[0], halves[1], all])), Some(json!([])));
    }

    #[test]
    fn families_are_told_apart_and_other_protocols_do_not_count() {
        let six = entry(100, "allow", "::/0", Some((22, 22)));
        assert_eq!(open(json!([six, entry(1, "deny", "0.0.0.0/0", None)])).expect("open")[0]["family"], "ipv6");
        let udp = json!({"Egress": false, "RuleNumber": 1, "RuleAction": "allow", "Protocol": "17", "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 22, "To": 22}});
        assert_eq!(open(json!([udp])), Some(json!([])));
    }

    #[test]
    fn what_is_not_understood_leaves_nothing_known() {
        for broken in [
            json!({}),
            json!({"Egress": false}),
            json!({"Egress": false, "Protocol": "6", "RuleNumber": 1, "RuleAction": "allow"}),
            json!({"Egress": false, "Protocol": "everything", "RuleNumber": 1, "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"}),
        ] {
            assert_eq!(open(json!([broken])), None);
        }
    }
}

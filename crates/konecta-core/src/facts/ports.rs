//! Which ports of a security group the internet may open, by sweeping over the ports that its rules name.
//! Knows nothing of what carries the group.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::cidr::{Family, Span, is_internet, public_size};
use super::ingress::{Peer, Protocol, Rule};
use super::prefix_lists::PrefixLists;

/// What the internet may open, as far as it was seen, and whether that is all.
#[derive(Debug)]
pub(crate) struct OpenPorts {
    pub(crate) open: Vec<Value>,
    pub(crate) complete: bool,
}

/// A rule whose addresses are known.
struct Admits {
    protocol: Protocol,
    ports: (u16, u16),
    spans: Vec<Span>,
    /// The CIDR, or the id of the prefix list.
    source: String,
    rule: String,
}

/// One stretch of ports that the same rules open.
struct Opening {
    from: u16,
    to: u16,
    sources: BTreeSet<String>,
    rules: BTreeSet<String>,
}

/// Judges the rules of one group; `whole` says whether they are all.
pub(crate) fn open_ports(rules: &[Rule], whole: bool, lists: &PrefixLists) -> OpenPorts {
    let (mut admits, mut complete) = (Vec::new(), whole);
    for rule in rules {
        match admitted(rule, lists) {
            Ok(Some(admitted)) => admits.push(admitted),
            Ok(None) => {}
            Err(NotSeen) => complete = false,
        }
    }
    let open = Family::BOTH.into_iter().flat_map(|family| open_in(family, &admits)).collect();
    OpenPorts { open, complete }
}

/// A rule or a list was not fully seen.
struct NotSeen;

/// The addresses that a rule lets in; `None` where it lets in no addresses, or only CloudFront's.
fn admitted(rule: &Rule, lists: &PrefixLists) -> Result<Option<Admits>, NotSeen> {
    if rule.doubt().is_some() {
        return Err(NotSeen);
    }
    let (Ok(traffic), Ok(peer)) = (&rule.traffic, &rule.peer) else { return Err(NotSeen) };
    let (spans, source) = match peer {
        Peer::Group { .. } => return Ok(None),
        Peer::Cidr { text, span } => (vec![*span], text.clone()),
        Peer::PrefixList(id) => {
            let list = lists.get(id).ok_or(NotSeen)?;
            match list.cloudfront {
                Some(true) => return Ok(None),
                Some(false) => (list.spans().ok_or(NotSeen)?, id.clone()),
                None => return Err(NotSeen),
            }
        }
    };
    let ports = traffic.ports.unwrap_or((0, u16::MAX));
    Ok(Some(Admits { protocol: traffic.protocol.clone(), ports, spans, source, rule: rule.id.clone() }))
}

/// Everything that is open in one family. What is open for all protocols is said once, as `all`; beside it stands
/// only what the rules of one protocol open by themselves.
fn open_in(family: Family, admits: &[Admits]) -> Vec<Value> {
    let admits: Vec<&Admits> = admits.iter().filter(|one| one.spans.iter().any(|span| span.family == family)).collect();
    if !is_internet(family, admits.iter().flat_map(|one| &one.spans)) {
        return Vec::new();
    }
    let mut open = Vec::new();
    let mut with_all = true;
    let protocols: BTreeSet<&Protocol> =
        [&Protocol::All].into_iter().chain(admits.iter().map(|one| &one.protocol)).collect();
    // `All` comes first.
    for protocol in protocols {
        let openings = sweep(family, &select(&admits, protocol, with_all));
        with_all &= protocol != &Protocol::All || openings.is_empty();
        open.extend(openings.iter().map(|opening| describe(protocol, family, opening)));
    }
    open
}

/// The rules for a protocol, with or without those for all.
fn select<'a>(admits: &[&'a Admits], protocol: &Protocol, with_all: bool) -> Vec<&'a Admits> {
    let speaks = |one: &&Admits| &one.protocol == protocol || with_all && one.protocol == Protocol::All;
    admits.iter().copied().filter(speaks).collect()
}

/// Goes over the ports from one edge of a rule to the next; between two edges the same rules hold.
fn sweep(family: Family, admits: &[&Admits]) -> Vec<Opening> {
    let mut edges: BTreeSet<u32> = BTreeSet::new();
    for one in admits {
        edges.extend([u32::from(one.ports.0), u32::from(one.ports.1) + 1]);
    }
    let edges: Vec<u32> = edges.into_iter().collect();
    let mut openings: Vec<Opening> = Vec::new();
    for (&from, &end) in edges.iter().zip(edges.iter().skip(1)) {
        let (Ok(from), Ok(to)) = (u16::try_from(from), u16::try_from(end - 1)) else { continue };
        let Some(opening) = opening(family, admits, from, to) else { continue };
        match openings.last_mut() {
            Some(before) if u32::from(before.to) + 1 == u32::from(from) && before.same_rules(&opening) => {
                before.to = to
            }
            Some(_) | None => openings.push(opening),
        }
    }
    openings
}

impl Opening {
    fn same_rules(&self, other: &Self) -> bool {
        self.sources == other.sources && self.rules == other.rules
    }
}

fn opening(family: Family, admits: &[&Admits], from: u16, to: u16) -> Option<Opening> {
    let covering: Vec<&Admits> =
        admits.iter().copied().filter(|one| one.ports.0 <= from && to <= one.ports.1).collect();
    let to_blame = to_blame(family, covering)?;
    Some(Opening {
        from,
        to,
        sources: to_blame.iter().map(|one| one.source.clone()).collect(),
        rules: to_blame.iter().map(|one| one.rule.clone()).collect(),
    })
}

/// The rules that together let the internet in; `None` where all of them do not.
///
/// As many small ones as could stay without being the internet among themselves are not to blame (`10.0.0.0/8` or
/// an office's address beside `0.0.0.0/0`), unless the others are not the internet without them.
fn to_blame(family: Family, mut admits: Vec<&Admits>) -> Option<Vec<&Admits>> {
    if !is_internet(family, admits.iter().flat_map(|one| &one.spans)) {
        return None;
    }
    admits.retain(|one| public_size(family, &one.spans) > 0);
    admits.sort_by_cached_key(|one| (public_size(family, &one.spans), one.rule.clone()));
    let (mut harmless, mut to_blame) = (Vec::new(), Vec::new());
    for one in &admits {
        harmless.extend(&one.spans);
        if is_internet(family, harmless.iter().copied()) {
            harmless.truncate(harmless.len() - one.spans.len());
            to_blame.push(*one);
        }
    }
    let enough = is_internet(family, to_blame.iter().flat_map(|one| &one.spans));
    Some(if enough { to_blame } else { admits })
}

/// TCP, UDP and "all" have ports; other protocols have none.
fn describe(protocol: &Protocol, family: Family, opening: &Opening) -> Value {
    let mut entry = json!({
        "protocol": protocol.name(),
        "family": family.name(),
        "sources": opening.sources,
        "rules": opening.rules,
    });
    if matches!(protocol, Protocol::All | Protocol::Tcp | Protocol::Udp) {
        entry["from"] = json!(opening.from);
        entry["to"] = json!(opening.to);
    }
    entry
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(id: &str, protocol: &str, ports: (i64, i64), cidr: &str) -> Rule {
        let family = if cidr.contains(':') { "CidrIpv6" } else { "CidrIpv4" };
        let sent = json!({"SecurityGroupRuleId": id, "IsEgress": false, "IpProtocol": protocol, "FromPort": ports.0, "ToPort": ports.1, family: cidr});
        super::super::ingress::rule_for_tests(sent)
    }

    fn open(rules: &[Rule]) -> Vec<Value> {
        open_ports(rules, true, &PrefixLists::default()).open
    }

    #[test]
    fn halves_on_overlapping_ports_are_the_internet_where_they_overlap() {
        let rules = [rule("a", "tcp", (20, 30), "0.0.0.0/1"), rule("b", "6", (25, 40), "128.0.0.0/1")];
        // Each half alone is far more than a /8.
        assert_eq!(open(&rules).len(), 3);
        let eighths = [rule("a", "tcp", (20, 30), "52.0.0.0/9"), rule("b", "6", (25, 40), "52.128.0.0/9")];
        let expected = json!([{"protocol": "tcp", "from": 25, "to": 30, "family": "ipv4",
            "sources": ["52.0.0.0/9", "52.128.0.0/9"], "rules": ["a", "b"]}]);
        assert_eq!(json!(open(&eighths)), expected);
    }

    #[test]
    fn adjacent_ranges_of_the_same_rules_are_one() {
        let rules = [rule("a", "tcp", (0, 65535), "0.0.0.0/0"), rule("b", "tcp", (22, 22), "10.0.0.0/8")];
        let expected = json!([{"protocol": "tcp", "from": 0, "to": 65535, "family": "ipv4", "sources": ["0.0.0.0/0"], "rules": ["a"]}]);
        assert_eq!(json!(open(&rules)), expected);
    }

    #[test]
    fn all_protocols_count_for_each_of_them() {
        let open = open(&[rule("a", "-1", (-1, -1), "52.0.0.0/9"), rule("b", "17", (53, 53), "52.128.0.0/9")]);
        let expected = json!([{"protocol": "udp", "from": 53, "to": 53, "family": "ipv4",
            "sources": ["52.0.0.0/9", "52.128.0.0/9"], "rules": ["a", "b"]}]);
        assert_eq!(json!(open), expected);
        let all = super::open_ports(&[rule("a", "-1", (-1, -1), "::/0")], true, &PrefixLists::default()).open;
        assert_eq!(
            json!(all),
            json!([{"protocol": "all", "from": 0, "to": 65535, "family": "ipv6", "sources": ["::/0"], "rules": ["a"]}])
        );
    }

    #[test]
    fn a_rule_that_opens_a_port_by_itself_stands_beside_all() {
        let open = open(&[
            rule("a", "-1", (-1, -1), "0.0.0.0/0"),
            rule("b", "tcp", (22, 22), "0.0.0.0/1"),
            rule("c", "udp", (53, 53), "10.0.0.0/8"),
        ]);
        let found: Vec<_> = open.iter().map(|entry| (&entry["protocol"], &entry["rules"])).collect();
        assert_eq!(found, [(&json!("all"), &json!(["a"])), (&json!("tcp"), &json!(["b"]))]);
    }

    #[test]
    fn icmp_has_no_ports() {
        let open = open(&[rule("a", "icmp", (-1, -1), "0.0.0.0/0")]);
        assert_eq!(
            json!(open),
            json!([{"protocol": "icmp", "family": "ipv4", "sources": ["0.0.0.0/0"], "rules": ["a"]}])
        );
    }

    #[test]
    fn many_small_ranges_are_all_to_blame_and_an_office_beside_the_world_is_not() {
        let many: Vec<Rule> =
            (0..256).map(|n| rule(&format!("r{n}"), "tcp", (22, 22), &format!("52.{n}.0.0/16"))).collect();
        assert_eq!(open(&many)[0]["rules"].as_array().expect("rules").len(), 256);
        assert!(open(&many[1..]).is_empty());
        let office = [rule("w", "tcp", (22, 22), "0.0.0.0/0"), rule("o", "tcp", (22, 22), "203.0.113.7/32")];
        assert_eq!(open(&office)[0]["rules"], json!(["w"]));
    }

    proptest! {
        /// Port by port, the sweep says what the union of the rules for that port says.
        #[test]
        fn the_sweep_agrees_with_every_single_port(parts in prop::collection::vec((0_i64..12, 0_i64..6, 0_usize..4, 0_usize..3), 0..8)) {
            let cidrs = ["52.0.0.0/9", "52.128.0.0/9", "10.0.0.0/8", "0.0.0.0/0"];
            let protocols = ["tcp", "udp", "-1"];
            let rules: Vec<Rule> = parts.iter().enumerate().map(|(n, (from, len, cidr, protocol))| {
                rule(&format!("r{n}"), protocols[*protocol], (*from, from + len), cidrs[*cidr])
            }).collect();
            let open = open(&rules);
            for port in 0..20_u16 {
                let covering = rules.iter().filter(|rule| rule.reaches(&Protocol::Tcp, port) == Some(true));
                let spans: Vec<Span> = covering.filter_map(|rule| match &rule.peer {
                    Ok(Peer::Cidr { span, .. }) => Some(*span),
                    _ => None,
                }).collect();
                let said = open.iter().any(|entry| {
                    ["tcp", "all"].iter().any(|name| entry["protocol"] == *name)
                        && entry["from"].as_u64() <= Some(u64::from(port)) && Some(u64::from(port)) <= entry["to"].as_u64()
                });
                prop_assert_eq!(said, is_internet(Family::Ipv4, &spans), "port {}", port);
            }
        }
    }
}

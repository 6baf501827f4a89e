//! Rules of security groups that let in: what traffic, from whom, and what of that is not understood.
//! Knows nothing of what carries a group.

use std::collections::{BTreeMap, BTreeSet};

use super::cidr::{Family, Span};
use super::seen::{AccountRegion, Seen};
use super::world::{Item, Regional};
use crate::model::ec2;
use konecta_base::calls;

/// A protocol as rules speak of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Protocol {
    All,
    Tcp,
    Udp,
    /// ICMP of either version.
    Icmp,
    /// Any other, by number or name.
    Other(String),
}

impl Protocol {
    fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "-1" | "all" => Self::All,
            "6" | "tcp" => Self::Tcp,
            "17" | "udp" => Self::Udp,
            "1" | "icmp" | "58" | "icmpv6" => Self::Icmp,
            other => Self::Other(other.to_owned()),
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::All => "all",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Other(name) => name,
        }
    }
}

/// What a rule lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) protocol: Protocol,
    /// First and last port; `None` where the protocol has none, or for all protocols.
    pub(crate) ports: Option<(u16, u16)>,
}

/// Whom a rule lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Peer {
    Cidr {
        text: String,
        span: Span,
    },
    PrefixList(String),
    /// `gone` where the peering over which it was named is no more: then nobody comes in as its member.
    Group {
        id: String,
        account: Option<String>,
        vpc: Option<String>,
        gone: bool,
    },
}

/// States of a peering that never carries anything again.
const OVER: [&str; 4] = ["deleted", "expired", "failed", "rejected"];

/// One rule that lets in, or may.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) traffic: Result<Traffic, &'static str>,
    pub(crate) peer: Result<Peer, &'static str>,
    /// Whether it is known that the rule lets in at all.
    pub(crate) ingress: bool,
}

impl Rule {
    /// What is not understood of the rule.
    pub(crate) fn doubt(&self) -> Option<&'static str> {
        match (&self.peer, &self.traffic) {
            _ if !self.ingress => Some("its direction was not sent"),
            (Err(why), _) | (_, Err(why)) => Some(why),
            (Ok(_), Ok(_)) => None,
        }
    }

    /// Whether the rule lets in to a TCP or UDP port; `None` where that cannot be told.
    pub(crate) fn reaches(&self, protocol: &Protocol, port: u16) -> Option<bool> {
        let traffic = self.traffic.as_ref().ok()?;
        let (from, to) = traffic.ports.unwrap_or((0, u16::MAX));
        let reaches = traffic.protocol == Protocol::All || &traffic.protocol == protocol && (from..=to).contains(&port);
        if reaches && !self.ingress { None } else { Some(reaches) }
    }
}

/// All rules of one place that let in, by group.
#[derive(Debug, Default)]
pub(crate) struct Ingress {
    by_group: BTreeMap<String, Vec<Rule>>,
    /// The groups of which it was seen that they are there.
    groups: BTreeSet<String>,
    whole: bool,
}

impl Ingress {
    pub(crate) fn of(place: &AccountRegion, here: &Regional, seen: &Seen) -> Self {
        let mut ingress = Self {
            groups: here.security_groups.iter().map(|item| item.id(item.body.group_id.as_ref()).to_owned()).collect(),
            whole: seen.whole(place, calls::EC2_DESCRIBE_SECURITY_GROUP_RULES),
            ..Self::default()
        };
        for item in here.rules.iter().filter(|item| item.body.is_egress != Some(true)) {
            match &item.body.group_id {
                Some(group) => ingress.by_group.entry(group.clone()).or_default().push(read(item, group)),
                // It could be a rule of any group.
                None => ingress.whole = false,
            }
        }
        ingress
    }

    /// What was seen of a group's rules.
    pub(crate) fn seen(&self, group: &str) -> &[Rule] {
        self.by_group.get(group).map_or(&[], Vec::as_slice)
    }

    /// All rules of a group; `None` where there may be more than were seen: a group that is in no list of groups has
    /// rules that no list of rules shows.
    pub(crate) fn all(&self, group: &str) -> Option<&[Rule]> {
        (self.whole && self.groups.contains(group)).then(|| self.seen(group))
    }
}

fn read(item: &Item<ec2::SecurityGroupRule>, group: &str) -> Rule {
    let sent = &item.body;
    Rule {
        id: item.id(sent.security_group_rule_id.as_ref()).to_owned(),
        group: group.to_owned(),
        traffic: traffic(sent),
        peer: peer(sent),
        ingress: sent.is_egress == Some(false),
    }
}

fn traffic(sent: &ec2::SecurityGroupRule) -> Result<Traffic, &'static str> {
    let protocol = Protocol::parse(sent.ip_protocol.as_ref().ok_or("its protocol was not sent")?);
    let ports = match protocol {
        Protocol::All | Protocol::Icmp | Protocol::Other(_) => None,
        Protocol::Tcp | Protocol::Udp => Some(ports(sent.from_port, sent.to_port)?),
    };
    Ok(Traffic { protocol, ports })
}

/// -1 stands for all ports.
fn ports(from: Option<i64>, to: Option<i64>) -> Result<(u16, u16), &'static str> {
    let (Some(from), Some(to)) = (from, to) else { return Err("its ports were not sent") };
    let (from, to) = if (from, to) == (-1, -1) { (0, i64::from(u16::MAX)) } else { (from, to) };
    match (u16::try_from(from), u16::try_from(to)) {
        (Ok(from), Ok(to)) if from <= to => Ok((from, to)),
        (_, _) => Err("its ports are not a range"),
    }
}

fn peer(sent: &ec2::SecurityGroupRule) -> Result<Peer, &'static str> {
    let cidr = |text: &String, family: Family| match Span::parse(text) {
        Some(span) if span.family == family => Ok(Peer::Cidr { text: text.clone(), span }),
        Some(_) | None => Err("its range is not a CIDR"),
    };
    let sources = (&sent.cidr_ipv4, &sent.cidr_ipv6, &sent.prefix_list_id, &sent.referenced_group_info);
    match sources {
        (Some(text), None, None, None) => cidr(text, Family::Ipv4),
        (None, Some(text), None, None) => cidr(text, Family::Ipv6),
        (None, None, Some(id), None) => Ok(Peer::PrefixList(id.clone())),
        (None, None, None, Some(group)) => Ok(Peer::Group {
            id: group.group_id.clone().ok_or("the group that it lets in was not sent")?,
            account: group.user_id.clone(),
            vpc: group.vpc_id.clone(),
            gone: group.peering_status.as_deref().is_some_and(|status| OVER.contains(&status)),
        }),
        (None, None, None, None) => Err("its source was not sent"),
        (_, _, _, _) => Err("it has more than one source"),
    }
}

/// A rule as the tests of other files write it.
#[cfg(test)]
pub(crate) fn rule_for_tests(sent: serde_json::Value) -> Rule {
    let body = serde_json::from_value(sent).expect("rule");
    read(&Item { arn: String::new(), resource_id: "sgr-1".into(), tags: None, body }, "sg-1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    use super::rule_for_tests as rule;

    fn traffic_of(protocol: &str, from: Option<i64>, to: Option<i64>) -> Result<Traffic, &'static str> {
        let rule = rule(json!({"IsEgress": false, "IpProtocol": protocol, "FromPort": from, "ToPort": to}));
        rule.traffic
    }

    #[test]
    fn a_group_that_no_list_shows_is_not_a_group_without_rules() {
        let (place, seen) = Seen::everything();
        let mut here = Regional::default();
        here.security_groups.push(Item {
            arn: String::new(),
            resource_id: "sg-1".into(),
            tags: None,
            body: ec2::SecurityGroup::default(),
        });
        let ingress = Ingress::of(&place, &here, &seen);
        assert_eq!(ingress.all("sg-1").map(<[Rule]>::len), Some(0));
        assert!(ingress.all("sg-2").is_none());
    }

    #[test]
    fn protocols_have_one_name() {
        for (sent, name) in [("6", "tcp"), ("TCP", "tcp"), ("17", "udp"), ("-1", "all"), ("58", "icmp"), ("50", "50")] {
            let traffic = traffic_of(sent, Some(0), Some(9)).expect(sent);
            assert_eq!(traffic.protocol.name(), name);
        }
        assert_eq!(traffic_of("icmp", Some(8), Some(-1)).expect("icmp").ports, None);
        assert_eq!(traffic_of("tcp", Some(-1), Some(-1)).expect("tcp").ports, Some((0, 65535)));
    }

    #[test]
    fn what_was_not_sent_is_a_doubt_and_not_a_guess() {
        let whole =
            json!({"IsEgress": false, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "10.0.0.0/8"});
        assert_eq!(rule(whole.clone()).doubt(), None);
        for key in ["IsEgress", "IpProtocol", "FromPort", "ToPort", "CidrIpv4"] {
            let mut cut = whole.clone();
            cut.as_object_mut().expect("object").remove(key);
            assert!(rule(cut).doubt().is_some(), "{key}");
        }
        for bad in [json!({"FromPort": 23}), json!({"CidrIpv4": "::/0"}), json!({"PrefixListId": "pl-1"})] {
            let mut changed = whole.clone();
            changed.as_object_mut().expect("object").extend(bad.as_object().expect("object").clone());
            assert!(rule(changed).doubt().is_some(), "{bad}");
        }
    }

    #[test]
    fn a_rule_reaches_a_port_or_not_or_it_cannot_be_told() {
        let base = json!({"IsEgress": false, "IpProtocol": "tcp", "FromPort": 20, "ToPort": 25});
        assert_eq!(rule(base.clone()).reaches(&Protocol::Tcp, 22), Some(true));
        assert_eq!(rule(base.clone()).reaches(&Protocol::Tcp, 26), Some(false));
        assert_eq!(rule(base).reaches(&Protocol::Udp, 22), Some(false));
        assert_eq!(rule(json!({"IsEgress": false, "IpProtocol": "-1"})).reaches(&Protocol::Udp, 53), Some(true));
        assert_eq!(rule(json!({"IsEgress": false})).reaches(&Protocol::Tcp, 22), None);
        assert_eq!(rule(json!({"IpProtocol": "-1"})).reaches(&Protocol::Tcp, 22), None);
    }
}

//! Which ports of a security group the internet may open, by sweeping over the ports that its rules name.
//! Knows nothing of what carries the group.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::cidr::{Family, Span, is_internet, public_size};
use super::ingress::{Peer, Protocol, Rule, Traffic};
use super::listening::Balanced;
use super::prefix_lists::PrefixLists;
use super::sink::object;

/// The TCP ports on which CloudFront connects to an origin. Anybody's distribution does: its list is the internet there.
const CLOUDFRONT: [(u16, u16); 3] = [(80, 80), (443, 443), (1024, u16::MAX)];

/// What the internet may open, as far as it was seen.
#[derive(Debug, Default)]
pub(crate) struct OpenPorts {
    pub(crate) open: Vec<Value>,
    /// Rules that may open more, and why that is not known.
    pub(crate) doubts: Vec<Value>,
}

/// A rule whose addresses are known.
struct Admits {
    protocol: Protocol,
    ports: (u16, u16),
    spans: Vec<Span>,
    /// The CIDR, or the id of the prefix list.
    source: String,
    rule: String,
    cloudfront: bool,
}

/// One stretch of ports that the same rules open.
struct Opening {
    from: u16,
    to: u16,
    sources: BTreeSet<String>,
    rules: BTreeSet<String>,
    /// Those of the sources that are CloudFront's lists.
    cloudfront: BTreeSet<String>,
}

/// Judges the rules of one group; `front` says on which of its ports load balancers listen.
pub(crate) fn open_ports(rules: &[Rule], lists: &PrefixLists, front: &Balanced<'_>) -> OpenPorts {
    let mut found = OpenPorts::default();
    let mut admits = Vec::new();
    for rule in rules {
        match admitted(rule, lists) {
            Ok(Some(Who::These(spans, source))) => {
                let Ok(traffic) = &rule.traffic else { continue };
                admits.push(admit(rule, traffic.protocol.clone(), ports(traffic), spans, source));
            }
            Ok(Some(Who::CloudFront(family, list))) => {
                for range in reached(rule, front) {
                    match front.doubt() {
                        Some(why) => found.doubts.push(doubt(rule, &Protocol::Tcp, Some(range), why)),
                        None => admits.push(Admits {
                            cloudfront: true,
                            ..admit(rule, Protocol::Tcp, range, vec![family.everything()], list.to_owned())
                        }),
                    }
                }
            }
            Ok(None) => {}
            Err(why) => found.doubts.push(match &rule.traffic {
                Ok(traffic) => doubt(rule, &traffic.protocol, traffic.ports, &why),
                Err(_) => json!({"rule": rule.id, "why": format!("{}: {why}", rule.id)}),
            }),
        }
    }
    found.open = Family::BOTH.into_iter().flat_map(|family| open_in(family, &admits)).collect();
    found
}

/// Whom a rule lets in, as far as that is addresses.
enum Who<'a> {
    These(Vec<Span>, String),
    CloudFront(Family, &'a str),
}

/// `None` where a rule lets in no addresses.
fn admitted<'a>(rule: &'a Rule, lists: &PrefixLists) -> Result<Option<Who<'a>>, String> {
    let peer = match (&rule.peer, rule.doubt()) {
        (Ok(peer), None) => peer,
        (_, why) => return Err(why.unwrap_or("it is not understood").to_owned()),
    };
    let id = match peer {
        Peer::Group { .. } => return Ok(None),
        Peer::Cidr { text, span } => return Ok(Some(Who::These(vec![*span], text.clone()))),
        Peer::PrefixList(id) => id,
    };
    let list = lists.get(id).ok_or_else(|| format!("prefix list {id} was not seen"))?;
    if let Some(family) = list.of_cloudfront().ok_or_else(|| format!("whose list {id} is was not sent"))? {
        return Ok(Some(Who::CloudFront(family, id)));
    }
    let spans = list.spans().ok_or_else(|| format!("not all entries of prefix list {id} were read"))?;
    Ok(Some(Who::These(spans, id.clone())))
}

fn admit(rule: &Rule, protocol: Protocol, ports: (u16, u16), spans: Vec<Span>, source: String) -> Admits {
    Admits { protocol, ports, spans, source, rule: rule.id.clone(), cloudfront: false }
}

fn ports(traffic: &Traffic) -> (u16, u16) {
    traffic.ports.unwrap_or((0, u16::MAX))
}

fn doubt(rule: &Rule, protocol: &Protocol, ports: Option<(u16, u16)>, why: &str) -> Value {
    let ports = ports.or_else(|| (protocol == &Protocol::All).then_some((0, u16::MAX)));
    object([
        ("rule", Some(json!(rule.id))),
        ("protocol", Some(json!(protocol.name()))),
        ("from", ports.map(|(from, _)| json!(from))),
        ("to", ports.map(|(_, to)| json!(to))),
        ("why", Some(json!(format!("{}: {why}", rule.id)))),
    ])
}

/// The ports that a rule for CloudFront opens to it, without those on which a load balancer waits for just that.
fn reached(rule: &Rule, front: &Balanced<'_>) -> Vec<(u16, u16)> {
    let Ok(traffic) = &rule.traffic else { return Vec::new() };
    if !matches!(traffic.protocol, Protocol::All | Protocol::Tcp) {
        return Vec::new();
    }
    let (first, last) = ports(traffic);
    let within = CLOUDFRONT.map(|(from, to)| (from.max(first), to.min(last)));
    let within = within.into_iter().filter(|(from, to)| from <= to);
    within.flat_map(|range| front.beside(range)).collect()
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
        cloudfront: to_blame.iter().filter(|one| one.cloudfront).map(|one| one.source.clone()).collect(),
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
    if !opening.cloudfront.is_empty() {
        entry["cloudfront"] = json!(opening.cloudfront);
    }
    entry
}

#[cfg(test)]
mod tests;

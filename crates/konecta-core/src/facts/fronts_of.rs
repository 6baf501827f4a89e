//! Load balancers before load balancers: what leads to one over a target group of type `alb`, and whose address and
//! groups it sees then.
//! Knows nothing of distributions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::cidr::Span;
use super::load_balancer::{TargetGroup, subnets};
use super::region_index::RegionIndex;
use super::seen::AccountRegion;
use super::wiring::told_ids;
use super::world::Item;
use crate::model::elb::{self, LoadBalancer};
use konecta_base::calls;

/// One load balancer before another.
#[derive(Debug, Clone)]
pub(crate) struct Front<'g> {
    /// The load balancer before.
    pub(crate) balancer: &'g str,
    /// The target group over which it leads on.
    pub(crate) group: &'g str,
    /// The port at which it leads on; `None` where it was not sent.
    pub(crate) port: Option<u16>,
    /// Whether those behind see the client's address; `None` where it is not known.
    keeps: Option<bool>,
}

/// All that stand before another, by that one.
#[derive(Debug, Default)]
pub(crate) struct Fronts<'g> {
    by_target: BTreeMap<&'g str, Vec<Front<'g>>>,
    /// What stands behind each load balancer.
    by_front: BTreeMap<&'g str, BTreeSet<&'g str>>,
    /// Why there may be more in a place.
    doubts: Vec<(&'g AccountRegion, String)>,
}

impl<'g> Fronts<'g> {
    pub(crate) fn of(grounds: &'g [RegionIndex<'_>]) -> Self {
        let mut fronts = Self::default();
        for region_index in grounds.iter().filter(|region_index| !region_index.place.region.is_global()) {
            let place = region_index.place;
            if !region_index.seen.whole(place, calls::ELASTICLOADBALANCING_DESCRIBE_TARGET_GROUPS) {
                let why = format!("target groups of {} in {} were not listed to the end", place.account, place.region);
                fronts.doubts.push((place, why));
            }
            for group in &region_index.here.target_groups {
                if let Err(why) = fronts.see(region_index, group) {
                    fronts.doubts.push((place, why));
                }
            }
        }
        fronts
    }

    fn see(&mut self, region_index: &'g RegionIndex<'_>, group: &'g TargetGroup) -> Result<(), String> {
        let (arn, sent) = (&group.item.arn, &group.item.body);
        match sent.target_type.as_deref() {
            _ if sent.load_balancer_arns.as_ref().is_some_and(Vec::is_empty) => return Ok(()),
            Some("alb") => {}
            Some(_) => return Ok(()),
            None => return Err(format!("it was not sent what kind of targets {arn} has")),
        }
        let balancers = sent.load_balancer_arns.as_ref().ok_or_else(|| format!("it was not sent what uses {arn}"))?;
        let lacks =
            region_index.seen.lacks(region_index.place, calls::ELASTICLOADBALANCING_DESCRIBE_TARGET_HEALTH, arn);
        let targets = group.supplement.as_ref().filter(|_| !lacks);
        let targets = targets.ok_or_else(|| format!("the targets of {arn} were not read"))?;
        for target in targets {
            let target = target.target.as_ref();
            let id = target.and_then(|target| target.id.as_deref());
            let id = id.ok_or_else(|| format!("a target of {arn} was not sent"))?;
            if !id.contains(":loadbalancer/") {
                return Err(format!("target {id} of {arn} is not a load balancer"));
            }
            for balancer in balancers {
                self.by_front.entry(balancer).or_default().insert(id);
            }
            self.by_target.entry(id).or_default().extend(balancers.iter().map(|balancer| Front {
                balancer,
                group: arn,
                port: target.and_then(|target| target.port),
                keeps: keeps(region_index, arn),
            }));
        }
        Ok(())
    }

    /// What stands before a load balancer.
    pub(crate) fn before(&self, balancer: &str) -> &[Front<'g>] {
        self.by_target.get(balancer).map_or(&[], Vec::as_slice)
    }

    /// What stands behind a load balancer.
    pub(crate) fn behind(&self, balancer: &str) -> impl Iterator<Item = (&'g str, &Front<'g>)> {
        let targets = self.by_front.get(balancer).into_iter().flatten();
        let all = targets.flat_map(|target| self.before(target).iter().map(move |front| (*target, front)));
        all.filter(move |(_, front)| front.balancer == balancer)
    }

    /// Why more may stand before the load balancers of a place.
    pub(crate) fn doubts(&self, place: &AccountRegion) -> impl Iterator<Item = String> {
        self.doubts.iter().filter(move |(of, _)| *of == place).map(|(_, why)| why.clone())
    }
}

/// Whether a target group keeps clients' addresses.
fn keeps(region_index: &RegionIndex<'_>, group: &str) -> Option<bool> {
    let all = region_index.here.attributes.get(group)?;
    let one = all.iter().find(|one| one.key.as_deref() == Some("preserve_client_ip.enabled"))?;
    one.value.as_deref()?.parse().ok()
}

impl Front<'_> {
    /// Whether a listener may lead to the target group.
    pub(crate) fn may_get_from(&self, listener: &elb::Listener) -> bool {
        let actions = listener.default_actions.as_ref().map(Value::to_string);
        actions.is_none_or(|actions| actions.contains(&format!("\"{}\"", self.group)))
    }

    /// How the load balancer before shows itself to those behind.
    pub(crate) fn passing(&self, place: &RegionIndex<'_>, before: &Item<LoadBalancer>) -> Passing {
        let stands = subnets(&before.body);
        let range = |id: &String| {
            let subnet = place.by_id.subnets.get(id.as_str())?;
            Span::parse(subnet.body.cidr_block.as_ref()?)
        };
        let addresses = stands.known.iter().map(range).collect::<Option<Vec<Span>>>();
        Passing {
            keeps: self.keeps,
            groups: told_ids(&before.body.security_groups).known,
            addresses: addresses.filter(|all| stands.whole && !all.is_empty()),
        }
    }
}

/// How a load balancer shows itself to those behind it.
#[derive(Debug, Default)]
pub(crate) struct Passing {
    keeps: Option<bool>,
    groups: BTreeSet<String>,
    /// The ranges of its own addresses, where they are known.
    addresses: Option<Vec<Span>>,
}

impl Passing {
    /// Who of one source before gets in by one source behind; `None` if nobody does.
    pub(crate) fn meet(&self, before: &Value, behind: &Value) -> Option<Value> {
        let kept = || self.by_address(before, behind);
        let own = || self.by_front(before, behind);
        match self.keeps {
            Some(true) => kept(),
            Some(false) => own(),
            None if kept() == own() => own(),
            None => Some(open(before, "it was not sent whether clients' addresses are kept")),
        }
    }

    /// A group that the load balancer before carries lets in whatever comes over it.
    fn names_front(&self, behind: &Value) -> bool {
        behind["source"]["id"].as_str().is_some_and(|id| self.groups.contains(id))
    }

    /// Those behind see the client.
    fn by_address(&self, before: &Value, behind: &Value) -> Option<Value> {
        if self.names_front(behind) {
            return Some(before.clone());
        }
        match (kind(before), kind(behind)) {
            ("unknown", _) => Some(before.clone()),
            (_, "unknown") => Some(behind.clone()),
            // Members of a group come from inside the network.
            ("security_group", _) | (_, "security_group") => None,
            ("cidr", "cidr") => match (span(before), span(behind)) {
                (Some(one), Some(two)) if one.without(&two).is_empty() => Some(before.clone()),
                (Some(one), Some(two)) if two.without(&one).is_empty() => Some(behind.clone()),
                (Some(_), Some(_)) => None,
                (_, _) => Some(open(behind, "its range is not a CIDR")),
            },
            (_, "prefix_list") if is_anyone(before) => Some(behind.clone()),
            ("prefix_list", _) if is_anyone(behind) => Some(before.clone()),
            ("prefix_list", "prefix_list") if before["prefixList"] == behind["prefixList"] => Some(before.clone()),
            (_, _) => Some(open(behind, "what it has in common with those before it is not known")),
        }
    }

    /// Those behind see the load balancer itself.
    fn by_front(&self, before: &Value, behind: &Value) -> Option<Value> {
        if self.names_front(behind) {
            return Some(before.clone());
        }
        match kind(behind) {
            "security_group" => None,
            "cidr" if is_anyone(behind) => Some(before.clone()),
            "cidr" => match (span(behind), &self.addresses) {
                (Some(range), Some(own)) if own.iter().all(|one| one.without(&range) == [*one]) => None,
                (Some(range), Some(own)) if own.iter().any(|one| one.without(&range).is_empty()) => {
                    Some(before.clone())
                }
                (_, _) => Some(open(behind, "whether the load balancer before is in it is not known")),
            },
            // CloudFront's addresses are public ones.
            "prefix_list" if behind["prefixList"]["cloudfront"] == true => None,
            "unknown" => Some(behind.clone()),
            _ => Some(open(behind, "whether the load balancer before is in it is not known")),
        }
    }
}

fn kind(source: &Value) -> &str {
    source["kind"].as_str().unwrap_or("unknown")
}

fn span(source: &Value) -> Option<Span> {
    Span::parse(source["cidr"].as_str()?)
}

fn is_anyone(source: &Value) -> bool {
    source["cidr"] == "0.0.0.0/0"
}

fn open(source: &Value, why: &str) -> Value {
    json!({"kind": "unknown", "rule": source["rule"], "group": source["group"], "why": why})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(range: &str) -> Value {
        json!({"kind": "cidr", "cidr": range, "rule": "sgr-1", "group": "sg-1"})
    }

    fn group(id: &str) -> Value {
        json!({"kind": "security_group", "source": {"id": id}, "rule": "sgr-2", "group": "sg-1"})
    }

    fn edge() -> Value {
        json!({"kind": "prefix_list", "prefixList": {"id": "pl-1", "cloudfront": true}, "rule": "sgr-3"})
    }

    fn passing(keeps: Option<bool>) -> Passing {
        let addresses = Some(vec![Span::parse("10.0.1.0/24").expect("range")]);
        Passing { keeps, groups: BTreeSet::from(["sg-front".to_owned()]), addresses }
    }

    #[test]
    fn where_addresses_are_kept_both_have_to_let_a_client_in() {
        let kept = passing(Some(true));
        assert_eq!(kept.meet(&cidr("0.0.0.0/0"), &cidr("203.0.113.0/24")), Some(cidr("203.0.113.0/24")));
        assert_eq!(kept.meet(&cidr("198.51.100.0/24"), &cidr("203.0.113.0/24")), None);
        assert_eq!(kept.meet(&cidr("0.0.0.0/0"), &edge()), Some(edge()));
        assert_eq!(kept.meet(&edge(), &edge()), Some(edge()));
        assert_eq!(kept.meet(&cidr("0.0.0.0/0"), &group("sg-other")), None);
        assert_eq!(kept.meet(&cidr("0.0.0.0/0"), &group("sg-front")), Some(cidr("0.0.0.0/0")));
        assert_eq!(kept.meet(&edge(), &cidr("120.0.0.0/8")).expect("open")["kind"], "unknown");
    }

    #[test]
    fn where_they_are_not_the_first_decides_for_all_that_the_second_lets_it_bring() {
        let own = passing(Some(false));
        assert_eq!(own.meet(&cidr("0.0.0.0/0"), &cidr("10.0.0.0/16")), Some(cidr("0.0.0.0/0")));
        assert_eq!(own.meet(&cidr("0.0.0.0/0"), &cidr("10.9.0.0/16")), None);
        assert_eq!(own.meet(&cidr("0.0.0.0/0"), &edge()), None);
        assert_eq!(own.meet(&cidr("0.0.0.0/0"), &group("sg-front")), Some(cidr("0.0.0.0/0")));
        let nowhere = Passing { addresses: None, ..passing(Some(false)) };
        assert_eq!(nowhere.meet(&cidr("0.0.0.0/0"), &cidr("10.0.0.0/16")).expect("open")["kind"], "unknown");
    }

    #[test]
    fn what_is_not_known_of_addresses_is_known_where_both_say_the_same() {
        let open = passing(None);
        assert_eq!(open.meet(&cidr("0.0.0.0/0"), &cidr("0.0.0.0/0")), Some(cidr("0.0.0.0/0")));
        assert_eq!(open.meet(&cidr("0.0.0.0/0"), &cidr("10.0.0.0/16")).expect("open")["kind"], "unknown");
    }
}

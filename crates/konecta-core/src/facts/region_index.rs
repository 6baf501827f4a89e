//! One place with everything that is derived once and used by several facts.
//! Knows how to name a source; the facts themselves are made elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::by_id::ById;
use super::ingress::{Ingress, Peer, Rule};
use super::load_balancer::Doors;
use super::prefix_lists::PrefixLists;
use super::routes::{Nat, Reach, Routes};
use super::seen::{AccountRegion, Seen};
use super::sink::object;
use super::subnet_role::{Role, SubnetRoles};
use super::wiring::Wiring;
use super::world::Regional;
use crate::model::ec2;
use konecta_base::blueprint::Blueprint;
use konecta_base::calls;

/// One place, prepared.
pub(crate) struct RegionIndex<'a> {
    pub(crate) place: &'a AccountRegion,
    pub(crate) here: &'a Regional,
    pub(crate) seen: &'a Seen,
    pub(crate) lists: &'a PrefixLists,
    pub(crate) blueprint: &'a Blueprint,
    pub(crate) by_id: ById<'a>,
    pub(crate) ingress: Ingress,
    pub(crate) wiring: Wiring,
    pub(crate) doors: Doors<'a>,
    /// Where each subnet's routes lead.
    pub(crate) reaches: BTreeMap<&'a str, Reach>,
    /// The NAT gateways over which each subnet goes out; why they are not known.
    pub(crate) nats: BTreeMap<&'a str, Result<Vec<Nat>, String>>,
    /// What each subnet is for, as far as it is known.
    pub(crate) roles: BTreeMap<&'a str, Role>,
    /// The header by which load balancers know our distribution.
    pub(crate) origin_header: String,
    group_vpcs: BTreeMap<&'a str, Option<&'a String>>,
}

impl<'a> RegionIndex<'a> {
    pub(crate) fn of(
        place: &'a AccountRegion,
        (here, global): (&'a Regional, &'a Regional),
        seen: &'a Seen,
        lists: &'a PrefixLists,
        blueprint: &'a Blueprint,
    ) -> Self {
        let wiring = Wiring::of(place, here, global, seen, &blueprint.bastion);
        let by_id = ById::of(here);
        let routes = Routes::of(place, here, seen, (lists, &by_id));
        let roles = SubnetRoles::of(place, here, seen, &wiring);
        let tag = &blueprint.network.subnet_role_tag;
        let subnets = || here.subnets.iter().map(|subnet| (subnet.id(subnet.body.subnet_id.as_ref()), subnet));
        let is_foreign =
            |subnet: &ec2::Subnet| subnet.owner_id.as_ref().is_some_and(|owner| owner != place.account.as_str());
        let foreign: BTreeSet<&str> =
            subnets().filter(|(_, subnet)| is_foreign(&subnet.body)).map(|(id, _)| id).collect();
        let reaches = subnets().map(|(id, subnet)| (id, routes.reach(subnet))).collect();
        let nats = subnets().map(|(id, subnet)| (id, routes.nats(subnet))).collect();
        Self {
            reaches,
            nats,
            by_id,
            // Tags of what another account owns are not seen, so their absence says nothing.
            roles: subnets()
                .filter_map(|(id, subnet)| Some((id, roles.role(subnet, tag)?)))
                .filter(|(id, role)| role.role.is_some() || !foreign.contains(id))
                .collect(),
            group_vpcs: here
                .security_groups
                .iter()
                .map(|item| (item.id(item.body.group_id.as_ref()), item.body.vpc_id.as_ref()))
                .collect(),
            ingress: Ingress::of(place, here, seen),
            doors: Doors::of(place, here, seen),
            origin_header: blueprint.cloudfront.origin_header.clone(),
            place,
            here,
            seen,
            lists,
            blueprint,
            wiring,
        }
    }

    /// Whether what is known of a thing here counts: not where its owner is an account of this scan as well.
    pub(crate) fn speaks_for(&self, owner: Option<&String>) -> bool {
        owner.is_none_or(|owner| {
            owner == self.place.account.as_str() || !self.seen.is_scanned(owner, &self.place.region)
        })
    }

    /// Whether a group named as a source is one of this place.
    pub(crate) fn is_own_group(&self, id: &str, account: Option<&String>) -> Option<bool> {
        if account.is_some_and(|account| account != self.place.account.as_str()) {
            return Some(false);
        }
        if self.group_vpcs.contains_key(id) {
            return Some(true);
        }
        // A group that is not in the list is a foreign one only if the list is whole.
        self.seen.whole(self.place, calls::EC2_DESCRIBE_SECURITY_GROUPS).then_some(false)
    }

    /// A rule as a source: see docs/facts.md.
    pub(crate) fn source(&self, rule: &Rule) -> Value {
        let (Ok(peer), Ok(traffic), None) = (&rule.peer, &rule.traffic, rule.doubt()) else {
            let why = rule.doubt().unwrap_or_default();
            return json!({"kind": "unknown", "rule": rule.id, "group": rule.group, "why": why});
        };
        let (kind, name, who) = match peer {
            Peer::Cidr { text, .. } => ("cidr", "cidr", json!(text)),
            Peer::PrefixList(id) => ("prefix_list", "prefixList", self.lists.describe(id)),
            Peer::Group { id, account, vpc, gone } => {
                ("security_group", "source", self.group(id, account.as_ref(), vpc.as_ref(), *gone))
            }
        };
        object([
            ("kind", Some(json!(kind))),
            (name, Some(who)),
            ("rule", Some(json!(rule.id))),
            ("group", Some(json!(rule.group))),
            ("protocol", Some(json!(traffic.protocol.name()))),
            ("from", traffic.ports.map(|(from, _)| json!(from))),
            ("to", traffic.ports.map(|(_, to)| json!(to))),
        ])
    }

    /// Whether an account is neither this one nor another of the scan nor one that the blueprint trusts.
    pub(crate) fn is_stranger(&self, account: &str) -> bool {
        let trusted = self.blueprint.stack.trusted_accounts.iter().any(|known| known.as_str() == account);
        account != self.place.account.as_str() && !trusted && !self.seen.has_account(account)
    }

    /// A group as a source. What a group of another account belongs to is not known.
    fn group(&self, id: &str, account: Option<&String>, vpc: Option<&String>, gone: bool) -> Value {
        let own = self.is_own_group(id, account) == Some(true);
        let vpc = vpc.or_else(|| self.group_vpcs.get(id).filter(|_| own).copied().flatten());
        object([
            ("id", Some(json!(id))),
            ("parts", if own { self.wiring.groups.describe(id) } else { None }),
            ("vpcId", vpc.map(|vpc| json!(vpc))),
            (
                "account",
                account.filter(|account| *account != self.place.account.as_str()).map(|account| json!(account)),
            ),
            ("stranger", account.filter(|account| self.is_stranger(account)).map(|_| Value::Bool(true))),
            ("gone", gone.then_some(Value::Bool(true))),
        ])
    }

    /// All rules of all these groups that could open a TCP port, as sources; `None` where there may be more.
    pub(crate) fn sources_on<'b>(&self, groups: impl IntoIterator<Item = &'b String>, port: u16) -> Option<Vec<Value>> {
        let mut sources = Vec::new();
        for group in groups {
            let rules = self.ingress.all(group)?.iter();
            let open = rules.filter(|rule| rule.reaches(&super::ingress::Protocol::Tcp, port) != Some(false));
            sources.extend(open.map(|rule| self.source(rule)));
        }
        Some(sources)
    }
}

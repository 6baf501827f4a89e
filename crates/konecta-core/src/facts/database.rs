//! Who can open a database's port, group by group and down to the machine.
//! Knows nothing of what the database holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::attachments::{Ids, Part};
use super::ground::Ground;
use super::ingress::{Peer, Protocol, Rule};
use super::wiring::{Machine, group_ids};
use super::world::Item;
use crate::model::ec2::NetworkInterface;
use crate::model::rds::DbInstance;

/// The groups that guard a database.
pub(crate) fn groups(database: &DbInstance) -> Ids {
    let groups = database.vpc_security_groups.as_ref();
    Ids::of(groups.map(|groups| groups.iter().map(|group| group.vpc_security_group_id.as_ref())))
}

/// The subnets in which a database may stand.
pub(crate) fn subnets(database: &DbInstance) -> Ids {
    let subnets = database.db_subnet_group.as_ref().and_then(|group| group.subnets.as_ref());
    Ids::of(subnets.map(|subnets| subnets.iter().map(|subnet| subnet.subnet_identifier.as_ref())))
}

/// On which ports databases listen behind which groups.
pub(crate) struct Ports {
    /// By group; `None` where the port of one of its databases was not sent.
    by_group: BTreeMap<String, Option<BTreeSet<u16>>>,
    whole: bool,
}

impl Ports {
    pub(crate) fn of(ground: &Ground<'_>) -> Self {
        let whole = ground.seen.whole(ground.place, "rds:DescribeDBInstances");
        let mut ports = Self { by_group: BTreeMap::new(), whole };
        for database in &ground.here.databases {
            let port = database.body.endpoint.as_ref().and_then(|endpoint| endpoint.port);
            let guards = groups(&database.body);
            ports.whole &= guards.whole;
            for group in guards.known {
                let known = ports.by_group.entry(group).or_insert_with(|| Some(BTreeSet::new()));
                match (known.as_mut(), port) {
                    (Some(known), Some(port)) => {
                        known.insert(port);
                    }
                    (_, _) => *known = None,
                }
            }
        }
        ports
    }

    /// The fact `database_ports`; `None` where one may be missing.
    pub(crate) fn behind(&self, group: &str) -> Option<Value> {
        let ports = self.by_group.get(group).map_or_else(|| Some(BTreeSet::new()), Clone::clone);
        ports.filter(|_| self.whole).map(|ports| json!(ports))
    }
}

/// Clients by kind and id, each with the ways in.
type Clients = BTreeMap<(&'static str, String), BTreeSet<String>>;

/// The fact `database_clients`; `None` where port, groups, rules or what carries them was not fully seen.
pub(crate) fn clients(ground: &Ground<'_>, carriers: &Carriers, database: &Item<DbInstance>) -> Option<Value> {
    let port = database.body.endpoint.as_ref()?.port?;
    let guards = groups(&database.body);
    if !guards.whole {
        return None;
    }
    let mut clients = Clients::new();
    for guard in &guards.known {
        for rule in ground.ingress.all(guard)? {
            if rule.reaches(&Protocol::Tcp, port) != Some(false) {
                admit(ground, carriers, rule, &mut clients)?;
            }
        }
    }
    let describe =
        |((kind, id), proof): (&(&str, String), &BTreeSet<String>)| json!({"kind": kind, "id": id, "proof": proof});
    Some(clients.iter().map(describe).collect())
}

/// Adds everyone whom a rule lets in.
fn admit(ground: &Ground<'_>, carriers: &Carriers, rule: &Rule, clients: &mut Clients) -> Option<()> {
    let mut add = |kind, id: &str, proof: String| {
        clients.entry((kind, id.to_owned())).or_default().insert(proof);
    };
    let way = |whom: &str| format!("{} of {} admits {whom}", rule.id, rule.group);
    match (&rule.peer, rule.doubt()) {
        (_, Some(why)) => add("unknown", &rule.id, format!("{} of {}: {why}", rule.id, rule.group)),
        (Ok(Peer::Cidr { text, .. }), None) => add("cidr", text, way(text)),
        (Ok(Peer::PrefixList(id)), None) => add("prefix_list", id, way(id)),
        (Ok(Peer::Group { id, account, .. }), None) => {
            let own = ground.is_own_group(id, account.as_ref())?;
            let members = if own { carriers.of(id)? } else { Found::Nobody };
            let Found::Members(members) = members else {
                // Whoever is put into a group that is empty, or not ours to see into, gets in.
                add("security_group", id, way(id));
                return Some(());
            };
            for (kind, carrying) in members {
                for member in &carrying.named {
                    add(kind, &member.id, way(id));
                    add(kind, &member.id, format!("{} is a member of {id}", member.who));
                }
                if carrying.more > 0 {
                    add(kind, id, format!("{} more like these are members of {id}", carrying.more));
                }
            }
        }
        (Err(_), None) => {}
    }
    Some(())
}

/// Something that carries a group.
struct Member {
    kind: &'static str,
    id: String,
    who: String,
}

/// So many members of one kind are named for one group; of the others the number is enough, as they are alike.
const NAMED: usize = 50;

/// What carries which group: interfaces, and instances whose interfaces were not listed.
pub(crate) struct Carriers {
    by_group: BTreeMap<String, BTreeMap<&'static str, Carrying>>,
    whole: bool,
}

/// Who carries a group.
enum Found<'a> {
    Nobody,
    Members(&'a BTreeMap<&'static str, Carrying>),
}

/// The members of one kind.
#[derive(Default)]
struct Carrying {
    named: Vec<Member>,
    more: usize,
}

impl Carriers {
    /// Everything that carries a group; `None` where something that was not fully seen may carry it too.
    fn of(&self, group: &str) -> Option<Found<'_>> {
        self.whole.then(|| self.by_group.get(group).map_or(Found::Nobody, Found::Members))
    }

    fn note(&mut self, carried: &Ids, member: impl Fn() -> Member) {
        self.whole &= carried.whole;
        for group in &carried.known {
            let member = member();
            let carrying = self.by_group.entry(group.clone()).or_default().entry(member.kind).or_default();
            if carrying.named.len() < NAMED {
                carrying.named.push(member);
            } else {
                carrying.more += 1;
            }
        }
    }
}

/// Gathers what carries which group.
pub(crate) fn carriers(ground: &Ground<'_>) -> Carriers {
    let reads = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeInstances"];
    let whole = reads.iter().all(|action| ground.seen.whole(ground.place, action));
    let (mut carriers, mut told) = (Carriers { by_group: BTreeMap::new(), whole }, BTreeSet::new());
    for item in &ground.here.interfaces {
        let carried = group_ids(item.body.groups.as_ref());
        carriers.note(&carried, || interface(ground, item));
        let holder = item.body.attachment.as_ref().and_then(|one| one.instance_id.as_deref());
        told.extend(
            holder.into_iter().flat_map(|holder| carried.known.iter().map(move |group| (holder, group.clone()))),
        );
    }
    for (id, machine) in ground.wiring.machines.iter().filter(|(_, machine)| !machine.is_gone()) {
        let untold = |group: &&String| !told.contains(&(id.as_str(), (*group).clone()));
        let known = machine.groups.known.iter().filter(untold).cloned().collect();
        carriers.note(&Ids { known, whole: machine.groups.whole }, || instance(id, machine, None));
    }
    carriers
}

fn interface(ground: &Ground<'_>, item: &Item<NetworkInterface>) -> Member {
    let id = item.id(item.body.network_interface_id.as_ref());
    let attachment = item.body.attachment.as_ref();
    let holder = attachment.and_then(|attachment| attachment.instance_id.as_deref());
    let plain = |kind| Member { kind, id: id.to_owned(), who: id.to_owned() };
    if let Some(holder) = holder {
        return match ground.wiring.machines.get(holder) {
            Some(machine) => instance(holder, machine, Some(id)),
            None => plain("unknown"),
        };
    }
    if is_control_plane(ground, item) {
        return plain("cluster");
    }
    let owner = attachment.and_then(|attachment| attachment.instance_owner_id.as_deref());
    let of_a_service = owner.is_some_and(|owner| owner != ground.place.account.as_str());
    let free = item.body.status.as_deref() == Some("available");
    plain(if of_a_service || free { "interface" } else { "unknown" })
}

/// A node counts as itself, whichever of its interfaces carries the group; other instances by their interface.
fn instance(id: &str, machine: &Machine, interface: Option<&str>) -> Member {
    let kind = match machine.node {
        Some(true) => "node",
        Some(false) => "interface",
        None => "unknown",
    };
    let known_as = if kind == "node" { id } else { interface.unwrap_or(id) };
    let who = interface.map_or_else(|| format!("instance {id}"), |interface| format!("{interface} (instance {id})"));
    Member { kind, id: known_as.to_owned(), who }
}

/// The interfaces of a control plane carry the cluster's group, hang on a machine of AWS's, and EKS writes the
/// cluster's name on them; all three must hold.
fn is_control_plane(ground: &Ground<'_>, item: &Item<NetworkInterface>) -> bool {
    let named = |cluster: &str| item.body.description.as_deref() == Some(&format!("Amazon EKS {cluster}"));
    let of_a_cluster = ground.here.clusters.iter().any(|cluster| named(cluster.id(cluster.body.name.as_ref())));
    let owner = item.body.attachment.as_ref().and_then(|attachment| attachment.instance_owner_id.as_deref());
    let foreign = owner.is_some_and(|owner| owner != ground.place.account.as_str());
    let groups = group_ids(item.body.groups.as_ref());
    let wired = groups.known.iter().any(|id| ground.wiring.groups.has(id, Part::Cluster));
    of_a_cluster && foreign && wired
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_alike_the_number_is_enough() {
        let mut carriers = Carriers { by_group: BTreeMap::new(), whole: true };
        let ids = Ids { known: ["sg-1".to_owned()].into(), whole: true };
        for number in 0..NAMED + 7 {
            carriers.note(&ids, || Member { kind: "node", id: format!("i-{number}"), who: String::new() });
        }
        let Some(Found::Members(members)) = carriers.of("sg-1") else { panic!("members") };
        assert_eq!((members["node"].named.len(), members["node"].more), (NAMED, 7));
        assert!(matches!(carriers.of("sg-2"), Some(Found::Nobody)));
        carriers.note(&Ids::default(), || Member { kind: "node", id: String::new(), who: String::new() });
        assert!(carriers.of("sg-1").is_none());
    }
}

//! Who can open a database's port, group by group and down to the machine.
//! Knows nothing of what the database holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::attachments::Ids;
use super::carriers::{Carriers, Who, family};
use super::ingress::{Peer, Protocol, Rule};
use super::region_index::RegionIndex;
use super::world::Item;
use crate::model::rds::DbInstance;
use konecta_base::calls;

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
    pub(crate) fn of(region_index: &RegionIndex<'_>) -> Self {
        let whole = region_index.seen.whole(region_index.place, calls::RDS_DESCRIBE_DB_INSTANCES);
        let mut ports = Self { by_group: BTreeMap::new(), whole };
        for database in &region_index.here.databases {
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

/// The fact `database_clients`; `None` where the database's port or any of its groups was not sent. What else was not
/// seen is a client of the kind `unknown`, with the reason as its proof.
pub(crate) fn clients(
    region_index: &RegionIndex<'_>,
    carriers: &Carriers,
    database: &Item<DbInstance>,
) -> Option<Value> {
    let port = database.body.endpoint.as_ref()?.port?;
    let guards = groups(&database.body);
    let own = family(database);
    let mut clients = Clients::new();
    let mut doubt = |id: &str, why: String| {
        clients.entry(("unknown", id.to_owned())).or_default().insert(why);
    };
    // A database of a VPC always has a group: of none, it was not sent.
    if !guards.whole || guards.known.is_empty() {
        doubt(&database.arn, "not all security groups of the database were sent".to_owned());
    }
    for guard in guards.known.iter().filter(|guard| region_index.ingress.all(guard).is_none()) {
        doubt(guard, format!("the rules of {guard} were not seen to their end"));
    }
    for guard in &guards.known {
        for rule in region_index.ingress.seen(guard) {
            if rule.reaches(&Protocol::Tcp, port) != Some(false) {
                admit(region_index, carriers, rule, &own, &mut clients);
            }
        }
    }
    let describe =
        |((kind, id), proof): (&(&str, String), &BTreeSet<String>)| json!({"kind": kind, "id": id, "proof": proof});
    Some(clients.iter().map(describe).collect())
}

/// Adds everyone whom a rule lets in.
fn admit(region_index: &RegionIndex<'_>, carriers: &Carriers, rule: &Rule, own: &str, clients: &mut Clients) {
    let mut add = |kind, id: &str, proof: String| {
        clients.entry((kind, id.to_owned())).or_default().insert(proof);
    };
    let way = |whom: &str| format!("{} of {} admits {whom}", rule.id, rule.group);
    match (&rule.peer, rule.doubt()) {
        (_, Some(why)) => add("unknown", &rule.id, format!("{} of {}: {why}", rule.id, rule.group)),
        (Ok(Peer::Cidr { text, .. }), None) => add("cidr", text, way(text)),
        (Ok(Peer::PrefixList(id)), None) => add("prefix_list", id, way(id)),
        (Ok(Peer::Group { gone: true, .. }), None) | (Err(_), None) => {}
        (Ok(Peer::Group { id, account, .. }), None) => match foreign(region_index, id, account.as_ref()) {
            Some(Ok(why)) => {
                add("security_group", id, way(id));
                add("security_group", id, why);
            }
            Some(Err(why)) => add("unknown", id, format!("{}: {why}", way(id))),
            None => {
                for (who, carrying) in carriers.seen(id) {
                    let Some((kind, note)) = client(region_index, who, own) else { continue };
                    for member in &carrying.named {
                        add(kind, &member.id, way(id));
                        add(kind, &member.id, format!("{} is a member of {id}{note}", member.name));
                    }
                    if carrying.more > 0 {
                        add(kind, id, format!("{} more like these are members of {id}", carrying.more));
                    }
                }
                for why in carriers.gaps() {
                    add("unknown", id, format!("{}: {why}", way(id)));
                }
                if carriers.seen(id).next().is_none() && carriers.gaps().next().is_none() {
                    // Whoever is put into a group that is empty gets in.
                    add("security_group", id, way(id));
                    add("security_group", id, format!("nothing carries {id} now; whatever is put into it comes in"));
                }
            }
        },
    }
}

/// Whose a group is that is not of this place: a stranger's, with the proof, or not known, with the reason; `None` for
/// one of this place.
fn foreign(region_index: &RegionIndex<'_>, id: &str, account: Option<&String>) -> Option<Result<String, String>> {
    if let Some(account) = account.filter(|account| *account != region_index.place.account.as_str()) {
        let known = region_index.is_stranger(account);
        return Some(if known {
            Ok(format!("{id} is of account {account}, which is not of this stack"))
        } else {
            Err(format!("{id} is of account {account}, and what carries it is not seen from here"))
        });
    }
    let listed = region_index.is_own_group(id, account) == Some(true);
    (!listed).then(|| Err(format!("no listing shows {id}, so what carries it is not known")))
}

/// As what one comes to the database, with what is to be said of it; `None` for what opens no connection, and for the
/// database's own family.
fn client(region_index: &RegionIndex<'_>, who: &Who, own: &str) -> Option<(&'static str, String)> {
    let stack = region_index.blueprint.eks.cluster.as_str();
    let kind = who.kind();
    Some(match who {
        Who::Idle => return None,
        Who::Database(family) if family == own => return None,
        Who::Node(cluster) | Who::Cluster(cluster) | Who::Pod(cluster) if cluster == stack => (kind, String::new()),
        Who::Node(cluster) | Who::Cluster(cluster) | Who::Pod(cluster) => {
            ("interface", format!(", and of cluster {cluster}, not of {stack}"))
        }
        Who::Alb(_) | Who::Bastion | Who::Database(_) => ("interface", format!(", a {kind}")),
        Who::Other => ("interface", String::new()),
        Who::Unknown { why, .. } => ("unknown", format!("; {why}")),
    })
}

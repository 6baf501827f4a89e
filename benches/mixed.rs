//! A mixed account as a snapshot: 17 types of resources that are wired to each other, 945 bytes each.
//! Knows the shapes of AWS's answers from the fixtures of the controls; judges nothing.
//!
//! What a control looks at takes one of [`KINDS`] values, as in an account that grew by copying, or all differ: names and ids
//! always do.

mod shapes;

use std::path::Path;

use konecta_base::gap::ReadRecord;
use konecta_base::id::Region;
use konecta_base::reads::{ReadScope, reads};
use konecta_base::resource::Resource;
use konecta_base::snapshot::{ScanInfo, Snapshot, save};
use serde_json::Value;

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";
const NOW: &str = "2026-11-23T12:00:00Z";
/// How many values what a control looks at takes.
pub(crate) const KINDS: usize = 40;

/// So many that hardly two of a type are the same; what is a port with them is still one.
pub(crate) const ALL_DIFFERENT: usize = 30_000;

/// How many of a hundred resources are of each type; what is left over are network interfaces.
const SHARES: [(Type, usize); 14] = [
    (Type::Distribution, 2),
    (Type::Role, 4),
    (Type::Balancer, 2),
    (Type::Listener, 4),
    (Type::TargetGroup, 2),
    (Type::Instance, 4),
    (Type::Volume, 4),
    (Type::Interface, 6),
    (Type::Group, 12),
    (Type::Rule, 40),
    (Type::Subnet, 6),
    (Type::RouteTable, 3),
    (Type::Repository, 6),
    (Type::Database, 4),
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Type {
    Distribution,
    Role,
    Balancer,
    Listener,
    TargetGroup,
    Instance,
    Volume,
    Interface,
    Group,
    Rule,
    Subnet,
    RouteTable,
    Repository,
    Database,
    Vpc,
    Acl,
    Gateway,
}

const TYPES: [Type; 17] = [
    Type::Distribution,
    Type::Role,
    Type::Balancer,
    Type::Listener,
    Type::TargetGroup,
    Type::Instance,
    Type::Volume,
    Type::Interface,
    Type::Group,
    Type::Rule,
    Type::Subnet,
    Type::RouteTable,
    Type::Repository,
    Type::Database,
    Type::Vpc,
    Type::Acl,
    Type::Gateway,
];

/// The inputs of fixtures, whose shapes are AWS's.
struct Templates {
    distribution: Value,
    balancer: Value,
    listener: Value,
    target_group: Value,
    repository: Value,
    database: Value,
    role: Value,
    subnet: Value,
    acl: Value,
    instance: Value,
    vpc: Value,
}

macro_rules! template {
    ($name:literal) => {
        first(include_str!(concat!("../fixtures/controls/", $name, "/pass.json")))
    };
}

fn first(text: &str) -> Value {
    let mut all = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    all.next().and_then(Result::ok).expect("a fixture")["input"].take()
}

impl Templates {
    fn read() -> Self {
        Self {
            distribution: template!("cloudfront/access_logs"),
            balancer: template!("alb/access_logs"),
            listener: template!("alb/tls_policy"),
            target_group: template!("alb/health_check"),
            repository: template!("ecr/lifecycle_keeps_ten"),
            database: template!("rds/storage_encrypted"),
            role: template!("iam/no_admin"),
            subnet: template!("network/no_auto_public_ip"),
            acl: template!("network/acl_admin_ports"),
            instance: template!("network/imdsv2"),
            vpc: template!("network/flow_logs"),
        }
    }
}

/// Writes an account of so many resources, in which what a control looks at takes so many values.
pub(crate) fn write(count: usize, kinds: usize, path: &Path) {
    let account = Account { count, kinds, templates: Templates::read() };
    let resources = TYPES.into_iter().flat_map(|kind| (0..account.number(kind)).map(move |at| (kind, at)));
    let resources = resources.map(|(kind, at)| account.resource(kind, at)).collect();
    let region: Region = REGION.parse().expect("region");
    let record = |action: &konecta_base::id::Action, region: Region| ReadRecord {
        action: action.clone(),
        account_id: ACCOUNT.parse().expect("account"),
        region,
        calls: 1,
        complete: true,
    };
    let places = |scope: ReadScope| match scope {
        ReadScope::Regional => vec![region.clone()],
        ReadScope::Global => vec![Region::global()],
        ReadScope::Both => vec![region.clone(), Region::global()],
    };
    let made = reads().iter().flat_map(|(action, read)| places(read.scope).into_iter().map(|at| record(action, at)));
    let info = ScanInfo {
        tool_version: "bench".to_owned(),
        started_at: NOW.parse().expect("time"),
        finished_at: NOW.parse().expect("time"),
        accounts: vec![ACCOUNT.parse().expect("account")],
        regions: vec![region.clone()],
        calls: 1,
    };
    let mut snapshot = Snapshot { info, resources, reads: made.collect(), gaps: Vec::new() };
    snapshot.sort();
    save(&snapshot, path).expect("saved");
}

struct Account {
    count: usize,
    kinds: usize,
    templates: Templates,
}

/// A number that looks like an id of AWS.
fn hex(number: usize) -> String {
    format!("0{:016x}", (number as u64).wrapping_mul(2_654_435_761))
}

impl Account {
    /// Which of the values that a control looks at a resource has.
    fn variant(&self, kind: Type, at: usize) -> usize {
        let mut mixed = (at as u64).wrapping_add((kind as u64) << 40).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % self.kinds as u64) as usize
    }

    fn number(&self, kind: Type) -> usize {
        let share =
            |kind| SHARES.iter().find(|(one, _)| *one == kind).map(|(_, share)| (self.count * share / 100).max(1));
        let networks = (self.count / 2000).max(1);
        let own = share(kind).unwrap_or(networks);
        if kind != Type::Interface {
            return own;
        }
        let all: usize = SHARES.iter().filter_map(|(one, _)| share(*one)).sum::<usize>() + 3 * networks;
        (own + self.count).saturating_sub(all)
    }

    fn id(&self, kind: Type, at: usize) -> String {
        let names = [
            (Type::Vpc, "vpc"),
            (Type::Subnet, "subnet"),
            (Type::Group, "sg"),
            (Type::Instance, "i"),
            (Type::Gateway, "igw"),
        ];
        let name = names.iter().find(|(one, _)| *one == kind).map_or("x", |(_, name)| name);
        format!("{name}-{}", hex(at % self.number(kind)))
    }

    fn vpc(&self, at: usize) -> String {
        self.id(Type::Vpc, at)
    }

    fn balancer_arn(&self, at: usize) -> String {
        let id = hex(at % self.number(Type::Balancer));
        format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/lb-{id}/{}", &id[1..])
    }

    fn resource(&self, kind: Type, at: usize) -> Resource {
        let value = match kind {
            Type::Distribution => self.distribution(at),
            Type::Role => self.role(at),
            Type::Balancer => self.balancer(at),
            Type::Listener => self.listener(at),
            Type::TargetGroup => self.target_group(at),
            Type::Instance => self.instance(at),
            Type::Volume => self.volume(at),
            Type::Interface => self.interface(at),
            Type::Group => self.group(at),
            Type::Rule => self.rule(at),
            Type::Subnet => self.subnet(at),
            Type::RouteTable => self.route_table(at),
            Type::Repository => self.repository(at),
            Type::Database => self.database(at),
            Type::Vpc => self.network(at),
            Type::Acl => self.acl(at),
            Type::Gateway => self.gateway(at),
        };
        serde_json::from_str(&value.to_string()).expect("a resource")
    }
}

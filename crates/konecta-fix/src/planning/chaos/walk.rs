//! The oracle of the chaos test: a brute-force walk of a snapshot that says what works in it, packet by packet and
//! request by request. Knows AWS's own rules (routes, network ACLs, security groups, listeners, certificates,
//! policies); nothing of facts, of controls, of remedies or of the planner's model, all of which it is there to check.
//!
//! What cannot be seen in a snapshot counts as not working: only what worked before can be broken.

mod front;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::keeps;
use konecta_base::snapshot::Snapshot;

/// A client somewhere in the internet, of whom nobody has heard.
const STRANGER: &str = "198.51.100.7";
/// Any server of the internet that nodes need: registries, and the public endpoint of a cluster.
const OUTSIDE: &str = "9.9.9.9";
/// The first and the last port from which Linux and load balancers call.
const EPHEMERAL: [u64; 2] = [32_768, 60_999];

/// What works.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Works {
    /// The paths of the stack: these may break at no moment of any run.
    pub(super) stack: BTreeSet<String>,
    /// What somebody may lean on beside them: gone only where a person allowed disruption.
    pub(super) others: BTreeSet<String>,
}

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    name: String,
    ip: IpAddr,
    /// `None` for whoever is outside.
    subnet: Option<String>,
    groups: BTreeSet<String>,
    public: Option<IpAddr>,
}

/// A snapshot laid open: resources by type, each as `{arn, id, c: configuration, s: supplement, tags}`.
pub(super) struct Walk {
    kinds: BTreeMap<String, Vec<Value>>,
    ssh: Vec<IpNet>,
    /// Whether one end connects to another at a port: each behavior and each scheme asks again.
    connections: RefCell<BTreeMap<(End, End, u64), bool>>,
}

/// What works in a snapshot. `ssh` is where the people work who may use the bastion.
pub(super) fn works(snapshot: &Snapshot, ssh: &[String]) -> Works {
    let walk = Walk::new(snapshot, ssh);
    let mut works = Works::default();
    walk.viewers(&mut works);
    walk.past_the_edge(&mut works);
    walk.database(&mut works);
    walk.cluster(&mut works);
    walk.people(&mut works);
    walk.registry(&mut works);
    walk.instances(&mut works);
    walk.roles(&mut works);
    works
}

/// `Value::pointer` without its escapes, which no pointer here has: it copies every step, and a walk looks at millions.
fn at<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(value, |value, step| match value.as_array() {
        Some(list) => list.get(step.parse::<usize>().ok()?),
        None => value.get(step),
    })
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    at(value, pointer).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    at(value, pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn texts(value: &Value, pointer: &str) -> BTreeSet<String> {
    list(value, pointer).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn ip(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

impl End {
    fn outside(address: &str) -> Self {
        let ip = address.parse().expect("an address");
        Self { name: address.to_owned(), ip, subnet: None, groups: BTreeSet::new(), public: Some(ip) }
    }
}

impl Walk {
    fn new(snapshot: &Snapshot, ssh: &[String]) -> Self {
        let mut kinds: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for resource in &snapshot.resources {
            let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
            let supplement: serde_json::Map<String, Value> =
                resource.supplement.iter().map(|(key, text)| (key.clone(), parse(text.get()))).collect();
            kinds.entry(resource.resource_type.as_str().to_owned()).or_default().push(serde_json::json!({
                "arn": resource.arn.as_str(), "id": resource.resource_id, "tags": resource.tags,
                "c": parse(resource.configuration.get()), "s": supplement,
            }));
        }
        let ssh = ssh.iter().filter_map(|range| range.parse().ok()).collect();
        Self { kinds, ssh, connections: RefCell::default() }
    }

    fn all(&self, kind: &str) -> &[Value] {
        self.kinds.get(kind).map_or(&[], Vec::as_slice)
    }

    fn find(&self, kind: &str, pointer: &str, wanted: &str) -> Option<&Value> {
        self.all(kind).iter().find(|one| text(one, pointer) == wanted)
    }

    /// Whether a TCP connection comes about: out of the one end, through the subnets, into the other, and back.
    fn connects(&self, from: &End, to: &End, port: u64) -> bool {
        let asked = (from.clone(), to.clone(), port);
        if let Some(known) = self.connections.borrow().get(&asked) {
            return *known;
        }
        let connects = self.passes(from, to, port);
        self.connections.borrow_mut().insert(asked, connects);
        connects
    }

    fn passes(&self, from: &End, to: &End, port: u64) -> bool {
        let same = from.subnet.is_some() && from.subnet == to.subnet;
        let out = from.subnet.is_none() || self.group_lets(&from.groups, true, to, port);
        let into = to.subnet.is_none() || self.group_lets(&to.groups, false, from, port);
        out && into
            && (same
                || self.acl_lets(from, true, to.ip, port)
                    && self.acl_lets(to, false, from.ip, port)
                    && EPHEMERAL.iter().all(|back| {
                        self.acl_lets(to, true, from.ip, *back) && self.acl_lets(from, false, to.ip, *back)
                    }))
            && self.routed(from, to)
            && self.routed(to, from)
    }

    /// Whether packets from one end find the way to the other.
    fn routed(&self, from: &End, to: &End) -> bool {
        let Some(subnet) = &from.subnet else { return to.subnet.is_none() || to.public.is_some() };
        let Some(route) = self.route(subnet, to.ip) else { return false };
        match text(route, "/GatewayId") {
            "local" => to.subnet.is_some(),
            gateway if gateway.starts_with("igw-") => to.subnet.is_none() && from.public.is_some(),
            _ => {
                to.subnet.is_none()
                    && self.find("AWS::EC2::NatGateway", "/c/NatGatewayId", text(route, "/NatGatewayId")).is_some()
            }
        }
    }

    /// The route of a subnet that an address takes: that of the longest prefix in its own table, else in the main one.
    fn route(&self, subnet: &str, to: IpAddr) -> Option<&Value> {
        let tables = self.all("AWS::EC2::RouteTable");
        let vpc = text(self.find("AWS::EC2::Subnet", "/c/SubnetId", subnet)?, "/c/VpcId");
        let own = |table: &&Value| list(table, "/c/Associations").iter().any(|one| text(one, "/SubnetId") == subnet);
        let main = |table: &&Value| {
            text(table, "/c/VpcId") == vpc && list(table, "/c/Associations").iter().any(|one| one["Main"] == true)
        };
        let table = tables.iter().find(own).or_else(|| tables.iter().find(main))?;
        let length = |route: &Value| {
            let range: IpNet = text(route, "/DestinationCidrBlock").parse().ok()?;
            (range.contains(&to) && text(route, "/State") != "blackhole").then(|| range.prefix_len())
        };
        list(table, "/c/Routes").iter().filter(|route| length(route).is_some()).max_by_key(|route| length(route))
    }

    /// Whether a rule of any of these groups lets traffic with the other end through.
    fn group_lets(&self, groups: &BTreeSet<String>, egress: bool, other: &End, port: u64) -> bool {
        self.all("AWS::EC2::SecurityGroupRule").iter().any(|rule| {
            let bound = |key: &str| rule["c"][key].as_i64().unwrap_or(-1);
            let port = i64::try_from(port).expect("a port");
            let opens = match text(rule, "/c/IpProtocol") {
                "-1" => true,
                "tcp" | "6" => (bound("FromPort")..=bound("ToPort")).contains(&port) || bound("FromPort") == -1,
                _ => false,
            };
            let range = |cidr: &str| cidr.parse::<IpNet>().is_ok_and(|range| range.contains(&other.ip));
            let list_id = text(rule, "/c/PrefixListId");
            let listed = || {
                self.find("AWS::EC2::PrefixList", "/c/PrefixListId", list_id)
                    .is_some_and(|found| list(found, "/s/entries").iter().any(|entry| range(text(entry, "/Cidr"))))
            };
            rule["c"]["IsEgress"] == egress
                && groups.contains(text(rule, "/c/GroupId"))
                && opens
                && (other.groups.contains(text(rule, "/c/ReferencedGroupInfo/GroupId"))
                    || range(text(rule, "/c/CidrIpv4"))
                    || !list_id.is_empty() && listed())
        })
    }

    /// Whether the network ACL of an end's subnet lets packets to or from an address through: the lowest number that
    /// fits decides.
    fn acl_lets(&self, end: &End, egress: bool, other: IpAddr, port: u64) -> bool {
        let Some(subnet) = &end.subnet else { return true };
        let mine = |acl: &&Value| list(acl, "/c/Associations").iter().any(|one| text(one, "/SubnetId") == subnet);
        let Some(acl) = self.all("AWS::EC2::NetworkAcl").iter().find(mine) else { return true };
        let fits = |entry: &&Value| {
            let range = text(entry, "/CidrBlock").parse::<IpNet>().is_ok_and(|range| range.contains(&other));
            let bound = |key: &str, usual: u64| entry["PortRange"][key].as_u64().unwrap_or(usual);
            let protocol = match text(entry, "/Protocol") {
                "-1" => true,
                "6" => (bound("From", 0)..=bound("To", 65_535)).contains(&port),
                _ => false,
            };
            entry["Egress"] == egress && range && protocol
        };
        let first = list(acl, "/c/Entries").iter().filter(fits).min_by_key(|entry| entry["RuleNumber"].as_u64());
        first.is_some_and(|entry| entry["RuleAction"] == "allow")
    }

    fn instance(&self, instance: &Value) -> Option<End> {
        let mut groups: BTreeSet<String> =
            list(instance, "/c/SecurityGroups").iter().map(|one| text(one, "/GroupId").to_owned()).collect();
        for interface in list(instance, "/c/NetworkInterfaces") {
            groups.extend(list(interface, "/Groups").iter().map(|one| text(one, "/GroupId").to_owned()));
        }
        Some(End {
            name: text(instance, "/id").to_owned(),
            ip: ip(text(instance, "/c/PrivateIpAddress"))?,
            subnet: Some(text(instance, "/c/SubnetId").to_owned()),
            groups,
            public: ip(text(instance, "/c/PublicIpAddress")),
        })
    }

    /// The running instances of which this holds.
    fn running(&self, holds: impl Fn(&Value) -> bool) -> Vec<End> {
        let alive = |one: &&Value| text(one, "/c/State/Name") == "running" && holds(one);
        self.all("AWS::EC2::Instance").iter().filter(alive).filter_map(|one| self.instance(one)).collect()
    }

    fn nodes(&self) -> Vec<End> {
        self.running(is_node)
    }

    fn bastions(&self) -> Vec<End> {
        self.running(|one| text(one, "/tags/Role") == "bastion")
    }

    /// An address of something that AWS puts into subnets: the last but one of each.
    fn ends_in(&self, name: &str, subnets: &[&str], groups: &BTreeSet<String>, public: bool) -> Vec<End> {
        let end = |subnet: &&str| {
            let range = self.find("AWS::EC2::Subnet", "/c/SubnetId", subnet)?;
            let range: IpNet = text(range, "/c/CidrBlock").parse().ok()?;
            let ip = range.hosts().last()?;
            Some(End {
                name: format!("{name} in {subnet}"),
                ip,
                subnet: Some((*subnet).to_owned()),
                groups: groups.clone(),
                public: public.then_some(ip),
            })
        };
        subnets.iter().filter_map(end).collect()
    }

    fn balancer_ends(&self, balancer: &Value) -> Vec<End> {
        let zones: Vec<&str> =
            list(balancer, "/c/AvailabilityZones").iter().map(|zone| text(zone, "/SubnetId")).collect();
        let public = text(balancer, "/c/Scheme") == "internet-facing";
        self.ends_in(text(balancer, "/id"), &zones, &texts(balancer, "/c/SecurityGroups"), public)
    }

    fn database(&self, works: &mut Works) {
        for database in self.all("AWS::RDS::DBInstance") {
            let id = text(database, "/id");
            let Some(port) = database["c"]["Endpoint"]["Port"].as_u64() else { continue };
            let groups: BTreeSet<String> = list(database, "/c/VpcSecurityGroups")
                .iter()
                .map(|one| text(one, "/VpcSecurityGroupId").to_owned())
                .collect();
            let subnets: Vec<&str> =
                list(database, "/c/DBSubnetGroup/Subnets").iter().map(|one| text(one, "/SubnetIdentifier")).collect();
            let public = database["c"]["PubliclyAccessible"] == true;
            let ends = self.ends_in(id, &subnets, &groups, public);
            for node in self.nodes() {
                for end in ends.iter().filter(|end| self.connects(&node, end, port)) {
                    works.stack.insert(format!("node {} → database {}", node.name, end.name));
                }
            }
            for one in self.running(|one| !is_node(one)).iter().chain(&[End::outside(STRANGER)]) {
                for end in ends.iter().filter(|end| self.connects(one, end, port)) {
                    works.others.insert(format!("{} → database {}", one.name, end.name));
                }
            }
            if !self.forces_tls(database) {
                works.others.insert(format!("clients of database {id} that speak no TLS"));
            }
            if database["c"]["BackupRetentionPeriod"] == 0 {
                works.others.insert(format!("database {id} without the pause of its first backup"));
            }
        }
    }

    fn forces_tls(&self, database: &Value) -> bool {
        list(database, "/c/DBParameterGroups").iter().any(|named| {
            let group = self.find("AWS::RDS::DBParameterGroup", "/id", text(named, "/DBParameterGroupName"));
            let parameters = group.map_or(&[][..], |group| list(group, "/s/parameters"));
            parameters.iter().any(|one| {
                ["rds.force_ssl", "require_secure_transport"].contains(&text(one, "/ParameterName"))
                    && ["1", "ON"].contains(&text(one, "/ParameterValue"))
            })
        })
    }

    fn cluster(&self, works: &mut Works) {
        for cluster in self.all("AWS::EKS::Cluster") {
            let id = text(cluster, "/id");
            let config = &cluster["c"]["resourcesVpcConfig"];
            let public = config["endpointPublicAccess"] == true;
            let allowed = texts(config, "/publicAccessCidrs");
            let mut groups = texts(config, "/securityGroupIds");
            groups.insert(text(config, "/clusterSecurityGroupId").to_owned());
            let subnets: Vec<&str> = list(config, "/subnetIds").iter().filter_map(Value::as_str).collect();
            let ends = self.ends_in(id, &subnets, &groups, false);
            let inside = config["endpointPrivateAccess"] == true && self.names_resolve(text(config, "/vpcId"));
            let ranges: Vec<IpNet> = allowed.iter().filter_map(|range| range.parse().ok()).collect();
            for node in self.nodes() {
                let within = inside && !ends.is_empty() && ends.iter().all(|end| self.connects(&node, end, 443));
                let without = !inside
                    && public
                    && self.leaves_as(&node).is_some_and(|ip| ranges.iter().any(|range| range.contains(&ip)));
                if within || without {
                    works.stack.insert(format!("node {} → API of {id}", node.name));
                }
            }
            if public {
                works.others.extend(allowed.iter().map(|range| format!("people at {range} → API of {id}")));
            }
        }
        for group in self.all("AWS::EKS::Nodegroup") {
            let size = |key: &str| group["c"]["scalingConfig"][key].as_u64().unwrap_or_default();
            if size("desiredSize") <= size("maxSize") {
                works.stack.insert(format!("{} keeps its {} nodes", text(group, "/id"), size("desiredSize")));
            }
        }
    }

    /// Whether the name of a private endpoint resolves to its private addresses: a truth of the world that no scan reads
    /// (`more` puts it there).
    fn names_resolve(&self, vpc: &str) -> bool {
        let vpc = self.find("AWS::EC2::VPC", "/c/VpcId", vpc);
        vpc.is_some_and(|vpc| names_resolve(&vpc["s"]))
    }

    /// The address under which an instance comes out into the internet, if it does.
    fn leaves_as(&self, from: &End) -> Option<IpAddr> {
        let outside = End::outside(OUTSIDE);
        if !self.group_lets(&from.groups, true, &outside, 443) || !self.routed(from, &outside) {
            return None;
        }
        let open = self.acl_lets(from, true, outside.ip, 443)
            && EPHEMERAL.iter().all(|back| self.acl_lets(from, false, outside.ip, *back));
        let route = self.route(from.subnet.as_ref()?, outside.ip)?;
        let nat = self.find("AWS::EC2::NatGateway", "/c/NatGatewayId", text(route, "/NatGatewayId"));
        let nat = nat.and_then(|nat| ip(text(nat, "/c/NatGatewayAddresses/0/PublicIp")));
        nat.or(from.public).filter(|_| open)
    }

    fn people(&self, works: &mut Works) {
        for bastion in self.bastions() {
            for range in &self.ssh {
                let person = range.hosts().next().map(|ip| End::outside(&ip.to_string()));
                if person.is_some_and(|person| self.connects(&person, &bastion, 22)) {
                    works.stack.insert(format!("people at {range} → bastion {}", bastion.name));
                }
            }
            for node in self.nodes().iter().filter(|node| self.connects(&bastion, node, 22)) {
                works.stack.insert(format!("bastion {} → node {}", bastion.name, node.name));
            }
        }
        let everybody = self.running(|_| true);
        let outside = [End::outside(STRANGER)];
        for end in &everybody {
            for port in [22, 443, 3389, 6379, 8080, 30080] {
                for other in everybody.iter().chain(&outside).filter(|other| other.name != end.name) {
                    if self.connects(other, end, port) {
                        works.others.insert(format!("{} → {}:{port}", other.name, end.name));
                    }
                }
            }
        }
    }

    fn registry(&self, works: &mut Works) {
        for repository in self.all("AWS::ECR::Repository") {
            let (id, arn) = (text(repository, "/id"), text(repository, "/arn"));
            let kept = keeps::kept(&repository["s"]["lifecyclePolicy"]);
            works.stack.extend(kept.into_iter().map(|image| format!("image {image} of {id} stays")));
            let statements = list(&repository["s"], "/repositoryPolicy/Statement");
            for node in self.all("AWS::EC2::Instance").iter().filter(|one| is_node(one)) {
                let Some(role) = self.role_of(node) else { continue };
                let denied = statements.iter().any(|one| one["Effect"] == "Deny" && keeps::speaks_of_ours(one));
                let pulls =
                    self.may(role, "ecr:BatchGetImage", arn) && self.may(role, "ecr:GetDownloadUrlForLayer", arn);
                let reaches = self.instance(node).and_then(|end| self.leaves_as(&end)).is_some();
                if pulls && reaches && !denied {
                    works.stack.insert(format!("node {} pulls from {id}", text(node, "/id")));
                }
            }
            for statement in statements.iter().filter(|one| one["Effect"] == "Allow") {
                for principal in keeps::principals(statement) {
                    for action in keeps::actions(statement) {
                        works.others.insert(format!("{principal} by {action} at {id}"));
                    }
                }
            }
            if text(repository, "/c/imageTagMutability") == "MUTABLE" {
                works.others.insert(format!("whoever pushes a tag of {id} again"));
            }
        }
    }

    fn role_of(&self, instance: &Value) -> Option<&Value> {
        let profile = text(instance, "/c/IamInstanceProfile/Arn");
        let holds = |role: &&Value| list(role, "/c/InstanceProfileList").iter().any(|one| text(one, "/Arn") == profile);
        self.all("AWS::IAM::Role").iter().find(holds)
    }

    /// Whether a policy of a role allows an action, and none denies it.
    fn may(&self, role: &Value, action: &str, resource: &str) -> bool {
        let inline = list(role, "/c/RolePolicyList").iter().map(|one| &one["PolicyDocument"]);
        let attached = list(role, "/c/AttachedManagedPolicies").iter().filter_map(|one| {
            let policy = self.find("AWS::IAM::ManagedPolicy", "/arn", text(one, "/PolicyArn"))?;
            list(policy, "/c/PolicyVersionList")
                .iter()
                .find(|one| one["IsDefaultVersion"] == true)
                .map(|one| &one["Document"])
        });
        let documents: Vec<&Value> = inline.chain(attached).collect();
        let says = |effect: &str| documents.iter().any(|one| keeps::says(one, effect, action, resource));
        says("Allow") && !says("Deny")
    }

    fn instances(&self, works: &mut Works) {
        for instance in self.all("AWS::EC2::Instance") {
            let id = text(instance, "/id");
            if text(instance, "/c/MetadataOptions/HttpTokens") == "optional" {
                works.others.insert(format!("programs on {id} that speak IMDSv1"));
            }
            let hops = instance["c"]["MetadataOptions"]["HttpPutResponseHopLimit"].as_u64().unwrap_or_default();
            if hops > 1 {
                works.others.insert(format!("containers on {id} that ask IMDS"));
            }
        }
        for subnet in self.all("AWS::EC2::Subnet") {
            let id = text(subnet, "/c/SubnetId");
            let groups = self.all("AWS::EKS::Nodegroup").iter().any(|one| texts(one, "/c/subnets").contains(id));
            let scaled = self
                .all("AWS::AutoScaling::AutoScalingGroup")
                .iter()
                .any(|one| text(one, "/c/VPCZoneIdentifier").split(',').any(|one| one == id));
            if subnet["c"]["MapPublicIpOnLaunch"] == true && (groups || scaled) {
                works.others.insert(format!("what is launched in {id} gets a public address"));
            }
        }
    }

    fn roles(&self, works: &mut Works) {
        for role in self.all("AWS::IAM::Role").iter().chain(self.all("AWS::IAM::User")) {
            let id = text(role, "/id");
            for policy in list(role, "/c/AttachedManagedPolicies") {
                let name = text(policy, "/PolicyName");
                works.others.insert(format!("{id} has {name}"));
                if ["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEKSClusterPolicy"].contains(&name) {
                    works.stack.insert(format!("{id} has {name}"));
                }
            }
            works.others.extend(
                list(role, "/c/RolePolicyList")
                    .iter()
                    .map(|one| format!("{id} has {}: {}", text(one, "/PolicyName"), one["PolicyDocument"])),
            );
        }
    }
}

/// Whether a VPC's supplement says that AWS's resolver answers with private addresses; on where nothing is said.
pub(super) fn names_resolve(supplement: &Value) -> bool {
    ["enableDnsSupport", "enableDnsHostnames", "amazonProvidedDns"].iter().all(|key| supplement[*key] != false)
}

fn is_node(instance: &Value) -> bool {
    let tags = instance["tags"].as_object();
    tags.is_some_and(|tags| tags.contains_key("eks:cluster-name") || tags.contains_key("eks:nodegroup-name"))
}

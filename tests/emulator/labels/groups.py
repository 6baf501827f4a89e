"""Security groups: the internet's way in, and the ways to the nodes and to the database."""

from __future__ import annotations

from stack import cluster, network
from stack.access import BASTION_ROLE
from stack.names import DATABASE, DATABASE_PORT, PROJECT, VPC_CIDR
from stack.state import World

from labels import label
from labels.balancer import customer_prefix_list

SSH = (22, 22)
POSTGRES = (DATABASE_PORT, DATABASE_PORT)
HALVES = ("0.0.0.0/1", "128.0.0.0/1")
_EVERYTHING_OPEN = ["KA-SG-001", "KA-SG-002", "KA-SG-003"]


def _group(world: World, name: str) -> str:
    """A group that nothing carries."""
    return network.security_group(world, f"{PROJECT}-{name}", f"Label {name}")


@label("sg-ssh-anywhere", ["KA-SG-001"])
def ssh_anywhere(world: World) -> str:
    """A security group lets everybody in on 22."""
    group = _group(world, "ssh-anywhere")
    network.from_cidr(world, group, network.ANYWHERE, SSH, "everybody")
    return group


@label("sg-ssh-ipv6", ["KA-SG-001"])
def ssh_ipv6(world: World) -> str:
    """A security group lets everybody in on 22 over IPv6 only."""
    group = _group(world, "ssh-ipv6")
    network.from_cidr(world, group, "::/0", SSH, "everybody over IPv6")
    return group


@label("sg-ssh-halves", ["KA-SG-001"])
def ssh_halves(world: World) -> str:
    """Two rules of half the internet each let everybody in on 22."""
    group = _group(world, "ssh-halves")
    for half in HALVES:
        network.from_cidr(world, group, half, SSH, "half of everybody")
    return group


@label("sg-ssh-prefix-list", ["KA-SG-001"])
def ssh_prefix_list(world: World) -> str:
    """A prefix list that holds 0.0.0.0/0 lets everybody in on 22."""
    group = _group(world, "ssh-prefix-list")
    network.from_prefix_list(world, group, customer_prefix_list(world, "offices", network.ANYWHERE), SSH, "offices")
    return group


@label("sg-rdp-in-range", ["KA-SG-001"])
def rdp_in_range(world: World) -> str:
    """A range of ports open to everybody holds 3389."""
    group = _group(world, "rdp-in-range")
    network.from_cidr(world, group, network.ANYWHERE, (3380, 3400), "range around RDP")
    return group


@label("sg-all-traffic", _EVERYTHING_OPEN)
def all_traffic(world: World) -> str:
    """A security group lets everybody in on everything."""
    group = _group(world, "all-traffic")
    network.from_cidr(world, group, network.ANYWHERE, None, "everything")
    return group


@label("sg-all-tcp", _EVERYTHING_OPEN)
def all_tcp(world: World) -> str:
    """A security group lets everybody in on all TCP ports, without saying -1."""
    group = _group(world, "all-tcp")
    network.from_cidr(world, group, network.ANYWHERE, (0, 65535), "all TCP")
    return group


@label("sg-redis-anywhere", ["KA-SG-003"])
def redis_anywhere(world: World) -> str:
    """A security group lets everybody in on 6379."""
    group = _group(world, "redis-anywhere")
    network.from_cidr(world, group, network.ANYWHERE, (6379, 6379), "Redis")
    return group


@label("sg-kubelet-halves", ["KA-SG-003"])
def kubelet_halves(world: World) -> str:
    """Two rules of half the internet each let everybody in on the kubelet's port."""
    group = _group(world, "kubelet-halves")
    for half in HALVES:
        network.from_cidr(world, group, half, (10250, 10250), "kubelet")
    return group


@label("benign-sg-https-anywhere", [])
def https_anywhere(world: World) -> str:
    """A security group that nothing carries lets everybody in on 443, which is no admin port."""
    group = _group(world, "https-anywhere")
    network.from_cidr(world, group, network.ANYWHERE, (443, 443), "a web server's rule")
    return group


@label("benign-sg-ssh-private", [])
def ssh_private(world: World) -> str:
    """A security group lets private addresses in on 22."""
    group = _group(world, "ssh-private")
    network.from_cidr(world, group, "10.0.0.0/8", SSH, "inside")
    return group


@label("nodes-nodeports-anywhere", ["KA-SG-003", "KA-SG-005"])
def nodeports_anywhere(world: World) -> str:
    """The nodes let everybody in on the NodePort range."""
    network.from_cidr(world, "nodes", network.ANYWHERE, (30000, 32767), "NodePorts")
    return world.security_groups["nodes"]


@label("nodes-from-vpc", ["KA-SG-005"])
def nodes_from_vpc(world: World) -> str:
    """The nodes let in the whole VPC by its range, not by security group."""
    network.from_cidr(world, "nodes", VPC_CIDR, (1, 65535), "the VPC")
    return world.security_groups["nodes"]


@label("nodes-from-stranger", ["KA-SG-005"])
def nodes_from_stranger(world: World) -> str:
    """The nodes let in a security group that has no business with them."""
    stranger = _group(world, "stranger")
    network.from_group(world, "nodes", stranger, (8080, 8080), "a stranger")
    return world.security_groups["nodes"]


@label(
    "nodes-from-classic-balancer",
    ["KA-SG-005"],
    exclusive="in the drifted world nodes-from-stranger and nodes-from-vpc let strangers in already",
)
def nodes_from_classic_balancer(world: World) -> str:
    """The nodes let in the group of a classic load balancer, which is listed by the older API alone."""
    group = _group(world, "classic")
    world.aws.elb.create_load_balancer(
        LoadBalancerName=f"{PROJECT}-classic",
        Listeners=[{"Protocol": "TCP", "LoadBalancerPort": 80, "InstanceProtocol": "TCP", "InstancePort": 30080}],
        Subnets=world.subnets["private"],
        SecurityGroups=[group],
        Scheme="internal",
    )
    network.from_group(world, "nodes", group, (30080, 30080), "the old load balancer")
    return world.security_groups["nodes"]


@label("rds-sg-internet", ["KA-SG-003", "KA-SG-006", "KA-X-005"])
def database_from_internet(world: World) -> str:
    """The database lets everybody in on 5432."""
    network.from_cidr(world, "database", network.ANYWHERE, POSTGRES, "everybody")
    return world.security_groups["database"]


@label("rds-sg-vpc-range", ["KA-SG-006", "KA-X-005"])
def database_from_vpc(world: World) -> str:
    """The database lets in the VPC's whole range, and so the bastion."""
    network.from_cidr(world, "database", VPC_CIDR, POSTGRES, "the VPC")
    return world.security_groups["database"]


@label("rds-sg-bastion", ["KA-SG-006", "KA-X-005"])
def database_from_bastion(world: World) -> str:
    """The database lets in the bastion."""
    network.from_group(world, "database", "bastion", POSTGRES, "psql from the bastion")
    return world.security_groups["database"]


@label("rds-sg-reporting-instance", ["KA-SG-006", "KA-X-005"])
def database_from_reporting_instance(world: World) -> str:
    """The database lets in the security group of an instance that is no EKS node."""
    group = _group(world, "reporting")
    _stranger(world, "reporting", [group])
    network.from_group(world, "database", group, POSTGRES, "reporting")
    return world.security_groups["database"]


@label("rds-sg-unused-group", ["KA-SG-006"], debatable=["KA-X-005"])
def database_from_unused_group(world: World) -> str:
    """The database lets in a security group that nothing carries yet."""
    network.from_group(world, "database", _group(world, "unused"), POSTGRES, "nobody, for now")
    return world.security_groups["database"]


@label("rds-sg-all-ports", ["KA-SG-006"])
def database_all_ports(world: World) -> str:
    """The database lets the nodes in on every port, not on PostgreSQL's alone."""
    network.from_group(world, "database", "nodes", None, "nodes on all ports")
    return world.security_groups["database"]


@label("rds-second-sg", ["KA-SG-006", "KA-X-005"])
def database_second_group(world: World) -> str:
    """A second security group on the database lets the public subnets in; the first is as it should be."""
    second = _group(world, "db-debug")
    network.from_cidr(world, second, "10.0.0.0/23", POSTGRES, "public subnets")
    world.aws.rds.modify_db_instance(
        DBInstanceIdentifier=DATABASE,
        VpcSecurityGroupIds=[world.security_groups["database"], second],
        ApplyImmediately=True,
    )
    return second


@label("node-sg-on-stranger", ["KA-SG-005", "KA-SG-006", "KA-X-005"])
def node_group_on_stranger(world: World) -> str:
    """An instance that is no EKS node carries the nodes' security group, and so reaches the database."""
    return _stranger(world, "build-agent", [world.security_groups["nodes"]])


@label("sg-default-open", ["KA-VPC-002"])
def default_open(world: World) -> str:
    """The VPC's default security group lets its members in to each other, as AWS makes it."""
    mine = [{"Name": "vpc-id", "Values": [world.vpc]}, {"Name": "group-name", "Values": ["default"]}]
    group: str = world.aws.ec2.describe_security_groups(Filters=mine)["SecurityGroups"][0]["GroupId"]
    network.from_group(world, group, group, None, "each other")
    return group


def _stranger(world: World, name: str, groups: list[str]) -> str:
    """An instance in a private subnet that has nothing to do with EKS; returns its id."""
    return cluster.run_instance(
        world,
        f"{PROJECT}-{name}",
        world.subnets["private"][0],
        groups,
        profile=BASTION_ROLE,
        tags={"Role": name},
    )

"""Subnets: what their routes make of them, and public addresses by default."""

from __future__ import annotations

from stack import network
from stack.names import PROJECT
from stack.state import World, tag_specification

from labels import label

_PRIVATE_IS_PUBLIC = ["KA-VPC-003", "KA-NG-001", "KA-EKS-008"]
_DATABASE_IS_PUBLIC = ["KA-VPC-003", "KA-RDS-002"]


def _own_table(world: World, subnet: str) -> None:
    """Take the subnet's table away: from now on the VPC's main table speaks for it."""
    ec2 = world.aws.ec2
    for table in ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])[
        "RouteTables"
    ]:
        for association in table["Associations"]:
            if association.get("SubnetId") == subnet:
                ec2.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])


@label("private-route-to-internet", _PRIVATE_IS_PUBLIC)
def private_route_to_internet(world: World) -> str:
    """The default route of a private subnet is the internet gateway, not the NAT gateway."""
    ec2 = world.aws.ec2
    table = world.route_tables["private"][0]
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock=network.ANYWHERE)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=network.ANYWHERE, GatewayId=world.internet_gateway)
    return world.subnets["private"][0]


@label("private-nat-elsewhere", ["KA-X-011"])
def private_nat_elsewhere(world: World) -> str:
    """The private subnet of the second zone goes out over the NAT gateway of the first, and is cut off with it."""
    world.aws.ec2.replace_route(
        RouteTableId=world.route_tables["private"][1],
        DestinationCidrBlock=network.ANYWHERE,
        NatGatewayId=world.nat_gateways[0],
    )
    return world.subnets["private"][1]


@label("private-main-table", _PRIVATE_IS_PUBLIC)
def private_main_table(world: World) -> str:
    """A private subnet has no table of its own, and the main table leads to the internet."""
    subnet = world.subnets["private"][1]
    _own_table(world, subnet)
    world.aws.ec2.create_route(
        RouteTableId=world.main_route_table,
        DestinationCidrBlock=network.ANYWHERE,
        GatewayId=world.internet_gateway,
    )
    return subnet


@label("database-route-to-internet", _DATABASE_IS_PUBLIC)
def database_route_to_internet(world: World) -> str:
    """The database subnets have a default route to the internet gateway."""
    world.aws.ec2.create_route(
        RouteTableId=world.route_tables["database"][0],
        DestinationCidrBlock=network.ANYWHERE,
        GatewayId=world.internet_gateway,
    )
    return world.subnets["database"][0]


@label("database-ipv6-route-to-internet", _DATABASE_IS_PUBLIC)
def database_ipv6_route_to_internet(world: World) -> str:
    """The database subnets have a default route to the internet gateway for IPv6 only."""
    world.aws.ec2.create_route(
        RouteTableId=world.route_tables["database"][0],
        DestinationIpv6CidrBlock="::/0",
        GatewayId=world.internet_gateway,
    )
    return world.subnets["database"][0]


@label("public-without-internet", ["KA-VPC-003"])
def public_without_internet(world: World) -> str:
    """A subnet that calls itself public has a table without a route to the internet gateway."""
    subnet = world.subnets["public"][1]
    _own_table(world, subnet)
    table = world.aws.ec2.create_route_table(
        VpcId=world.vpc, TagSpecifications=tag_specification("route-table", f"{PROJECT}-cut-off")
    )["RouteTable"]["RouteTableId"]
    world.aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    return subnet


@label("private-public-addresses", ["KA-VPC-004"])
def private_public_addresses(world: World) -> str:
    """A private subnet gives its instances public addresses."""
    return _map_public(world, world.subnets["private"][1])


@label("public-public-addresses", ["KA-VPC-004"])
def public_public_addresses(world: World) -> str:
    """A public subnet gives its instances public addresses unasked."""
    return _map_public(world, world.subnets["public"][0])


def _map_public(world: World, subnet: str) -> str:
    world.aws.ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    return subnet


@label("vpc-no-flow-logs", ["KA-VPC-001", "KA-X-014"])
def no_flow_logs(world: World) -> str:
    """Nobody writes down who speaks with whom in the VPC."""
    ec2 = world.aws.ec2
    logs = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [world.vpc]}])["FlowLogs"]
    ec2.delete_flow_logs(FlowLogIds=[log["FlowLogId"] for log in logs])
    return world.vpc


@label("acl-ssh-anywhere", ["KA-VPC-007"])
def acl_ssh_anywhere(world: World) -> str:
    """The network ACL lets everybody in on 22, before the entry that denies it."""
    acls = world.aws.ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [world.vpc]}])["NetworkAcls"]
    acl: str = acls[0]["NetworkAclId"]
    network.acl_entry(world, acl, 50, "allow", network.ANYWHERE, 22)
    return acl

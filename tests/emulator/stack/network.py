"""VPC, subnets, routes, flow logs and the five security groups."""

from __future__ import annotations

from stack.aws import Aws
from stack.names import (
    ALB,
    CLOUDFRONT_PREFIX_LIST,
    CLUSTER,
    DATABASE,
    DATABASE_PORT,
    FLOW_LOG_GROUP,
    NODE_PORT,
    PROJECT,
    SSH_CIDR,
    SUBNETS,
    VPC_CIDR,
    ZONES,
    role_arn,
)
from stack.state import World, tag_list, tag_specification

ANYWHERE = "0.0.0.0/0"


def build(world: World) -> None:
    _vpc(world)
    _subnets(world)
    _routes(world)
    _acl(world)
    _security_groups(world)
    world.aws.ec2.enable_ebs_encryption_by_default()


def remove_default_vpc(aws: Aws) -> None:
    """A default VPC has public auto-assign subnets and no flow logs: a careful account has none."""
    ec2 = aws.ec2
    for vpc in ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]:
        mine = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
        for subnet in ec2.describe_subnets(Filters=mine)["Subnets"]:
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        attached = [{"Name": "attachment.vpc-id", "Values": [vpc["VpcId"]]}]
        for gateway in ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]:
            ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc["VpcId"])
            ec2.delete_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"])
        ec2.delete_vpc(VpcId=vpc["VpcId"])


def _vpc(world: World) -> None:
    ec2 = world.aws.ec2
    vpc = ec2.create_vpc(CidrBlock=VPC_CIDR, TagSpecifications=tag_specification("vpc", f"{PROJECT}-vpc"))
    world.vpc = vpc["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=world.vpc, EnableDnsHostnames={"Value": True})
    gateway = ec2.create_internet_gateway(TagSpecifications=tag_specification("internet-gateway", f"{PROJECT}-igw"))
    world.internet_gateway = gateway["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=world.internet_gateway, VpcId=world.vpc)


def flow_logs(world: World) -> None:
    """Needs the role of stack.access, so that module calls it."""
    world.aws.logs.create_log_group(logGroupName=FLOW_LOG_GROUP, tags={"Project": PROJECT})
    world.aws.logs.put_retention_policy(logGroupName=FLOW_LOG_GROUP, retentionInDays=365)
    world.aws.ec2.create_flow_logs(
        ResourceIds=[world.vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="cloud-watch-logs",
        LogGroupName=FLOW_LOG_GROUP,
        DeliverLogsPermissionArn=role_arn(f"{PROJECT}-flow-logs"),
        TagSpecifications=tag_specification("vpc-flow-log", f"{PROJECT}-flow-log"),
    )


def _subnets(world: World) -> None:
    ec2 = world.aws.ec2
    kubernetes = {"public": {"kubernetes.io/role/elb": "1"}, "private": {"kubernetes.io/role/internal-elb": "1"}}
    for tier, cidrs in SUBNETS.items():
        world.subnets[tier] = []
        for zone, cidr in zip(ZONES, cidrs, strict=True):
            subnet = ec2.create_subnet(
                VpcId=world.vpc,
                CidrBlock=cidr,
                AvailabilityZone=zone,
                TagSpecifications=tag_specification(
                    "subnet", f"{PROJECT}-{tier}-{zone[-1]}", {"Tier": tier, **kubernetes.get(tier, {})}
                ),
            )["Subnet"]["SubnetId"]
            # AWS answers false when nobody said anything, and so does moto; said anyway, for the test's sake.
            ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": False})
            world.subnets[tier].append(subnet)


def _routes(world: World) -> None:
    """One table for the public subnets, one a zone for the private ones, one without a way out for the database.

    The main table stays empty: a subnet without a table of its own must not get a way out by accident.
    """
    ec2 = world.aws.ec2
    mine = [{"Name": "vpc-id", "Values": [world.vpc]}, {"Name": "association.main", "Values": ["true"]}]
    world.main_route_table = ec2.describe_route_tables(Filters=mine)["RouteTables"][0]["RouteTableId"]
    ec2.create_tags(Resources=[world.main_route_table], Tags=tag_list(f"{PROJECT}-main"))

    public = _route_table(world, "public", "public", world.subnets["public"])
    ec2.create_route(RouteTableId=public, DestinationCidrBlock=ANYWHERE, GatewayId=world.internet_gateway)
    for zone, public_subnet, private_subnet in zip(
        ZONES, world.subnets["public"], world.subnets["private"], strict=True
    ):
        address = ec2.allocate_address(Domain="vpc", TagSpecifications=tag_specification("elastic-ip", PROJECT))
        nat = ec2.create_nat_gateway(
            SubnetId=public_subnet,
            AllocationId=address["AllocationId"],
            TagSpecifications=tag_specification("natgateway", f"{PROJECT}-nat-{zone[-1]}"),
        )["NatGateway"]["NatGatewayId"]
        world.nat_gateways.append(nat)
        table = _route_table(world, "private", f"private-{zone[-1]}", [private_subnet])
        ec2.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, NatGatewayId=nat)
    _route_table(world, "database", "database", world.subnets["database"])


def _route_table(world: World, tier: str, name: str, subnets: list[str]) -> str:
    table: str = world.aws.ec2.create_route_table(
        VpcId=world.vpc, TagSpecifications=tag_specification("route-table", f"{PROJECT}-{name}", {"Tier": tier})
    )["RouteTable"]["RouteTableId"]
    for subnet in subnets:
        world.aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    world.route_tables.setdefault(tier, []).append(table)
    return table


def _acl(world: World) -> None:
    """The VPC's one network ACL: SSH from inside and from the office, and nobody else on 22 and 3389."""
    acls = world.aws.ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [world.vpc]}])["NetworkAcls"]
    acl = acls[0]["NetworkAclId"]
    acl_entry(world, acl, 80, "allow", VPC_CIDR, 22)
    acl_entry(world, acl, 81, "allow", SSH_CIDR, 22)
    acl_entry(world, acl, 90, "deny", ANYWHERE, 22)
    acl_entry(world, acl, 91, "deny", ANYWHERE, 3389)


def acl_entry(world: World, acl: str, number: int, action: str, cidr: str, port: int) -> None:
    """An ingress entry for one TCP port."""
    world.aws.ec2.create_network_acl_entry(
        NetworkAclId=acl,
        RuleNumber=number,
        Protocol="6",
        RuleAction=action,
        Egress=False,
        CidrBlock=cidr,
        PortRange={"From": port, "To": port},
    )


def security_group(world: World, name: str, description: str) -> str:
    """A security group of the stack, without ingress rules and with the egress rule that EC2 gives."""
    group: str = world.aws.ec2.create_security_group(
        GroupName=name,
        Description=description,
        VpcId=world.vpc,
        TagSpecifications=tag_specification("security-group", name),
    )["GroupId"]
    return group


def from_group(world: World, target: str, source: str, ports: tuple[int, int] | None, why: str) -> None:
    """Let ``source`` reach ``target``; both are keys of ``world.security_groups`` or ids. No ports: all traffic."""
    source = world.security_groups.get(source, source)
    _allow(world, target, ports, {"UserIdGroupPairs": [{"GroupId": source, "Description": why}]})


def from_cidr(world: World, target: str, cidr: str, ports: tuple[int, int] | None, why: str) -> None:
    """Let an IPv4 or IPv6 range reach ``target``."""
    if ":" in cidr:
        _allow(world, target, ports, {"Ipv6Ranges": [{"CidrIpv6": cidr, "Description": why}]})
    else:
        _allow(world, target, ports, {"IpRanges": [{"CidrIp": cidr, "Description": why}]})


def from_prefix_list(world: World, target: str, prefix_list: str, ports: tuple[int, int] | None, why: str) -> None:
    """Let a managed prefix list reach ``target``."""
    _allow(world, target, ports, {"PrefixListIds": [{"PrefixListId": prefix_list, "Description": why}]})


def _allow(world: World, target: str, ports: tuple[int, int] | None, source: dict[str, object]) -> None:
    permission: dict[str, object] = {"IpProtocol": "-1" if ports is None else "tcp", **source}
    if ports is not None:
        permission |= {"FromPort": ports[0], "ToPort": ports[1]}
    group = world.security_groups.get(target, target)
    world.aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])


def _security_groups(world: World) -> None:
    ec2 = world.aws.ec2
    groups = world.security_groups
    groups["alb"] = security_group(world, ALB, "Load balancer: CloudFront only")
    groups["bastion"] = security_group(world, f"{PROJECT}-bastion", "Bastion: SSH from the office")
    groups["cluster"] = security_group(world, f"eks-cluster-sg-{CLUSTER}", "EKS control plane")
    groups["nodes"] = security_group(world, f"{PROJECT}-nodes", "EKS worker nodes")
    groups["database"] = security_group(world, DATABASE, "PostgreSQL: nodes only")

    lists = ec2.describe_managed_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": [CLOUDFRONT_PREFIX_LIST]}]
    )["PrefixLists"]
    world.cloudfront_prefix_list = next(each["PrefixListId"] for each in lists if each["OwnerId"] == "AWS")

    for port, why in ((443, "HTTPS from CloudFront"), (80, "redirect to HTTPS")):
        from_prefix_list(world, "alb", world.cloudfront_prefix_list, (port, port), why)
    from_group(world, "nodes", "alb", (NODE_PORT, NODE_PORT), "ingress controller")
    from_group(world, "nodes", "cluster", None, "control plane")
    from_group(world, "nodes", "nodes", None, "node to node")
    from_group(world, "nodes", "bastion", (22, 22), "SSH through the bastion")
    from_group(world, "cluster", "nodes", (443, 443), "kubelets to the API server")
    from_group(world, "cluster", "cluster", None, "control plane to itself")
    from_group(world, "database", "nodes", (DATABASE_PORT, DATABASE_PORT), "PostgreSQL from the nodes")
    from_cidr(world, "bastion", SSH_CIDR, (22, 22), "SSH from the office")

    default = ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [world.vpc]}, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"][0]
    if default["IpPermissions"]:
        ec2.revoke_security_group_ingress(GroupId=default["GroupId"], IpPermissions=default["IpPermissions"])
    if default["IpPermissionsEgress"]:
        ec2.revoke_security_group_egress(GroupId=default["GroupId"], IpPermissions=default["IpPermissionsEgress"])
    # moto puts the interfaces of NAT gateways into the default group; in AWS they carry no group at all.
    for interface in ec2.describe_network_interfaces()["NetworkInterfaces"]:
        if default["GroupId"] in [group["GroupId"] for group in interface["Groups"]]:
            ec2.modify_network_interface_attribute(
                NetworkInterfaceId=interface["NetworkInterfaceId"], Groups=[groups["cluster"]]
            )

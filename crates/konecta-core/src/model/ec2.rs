//! What facts read of EC2: subnets, routes, groups, rules, lists, interfaces, instances.
//! Knows nothing of what follows from them.

use serde::Deserialize;

use super::Presence;

shape! {
    /// A subnet.
    Subnet {
        /// Its id.
        subnet_id: Option<String>,
        /// Its VPC; without it, the main route table that it would inherit is not known.
        vpc_id: Option<String>,
        /// Its zone.
        availability_zone: Option<String>,
        /// Whether what is launched in it gets a public IPv4 address, unless the launch says otherwise.
        map_public_ip_on_launch: Option<bool>,
        /// The account it belongs to: in a shared VPC, another one than those that use it.
        owner_id: Option<String>,
        /// Its IPv4 range; a subnet for IPv6 only has none.
        cidr_block: Option<String>,
        /// Its IPv6 ranges.
        ipv6_cidr_block_association_set: Option<Vec<SubnetIpv6Range>>,
    }
}

shape! {
    /// An IPv6 range of a subnet.
    SubnetIpv6Range {
        /// The range.
        ipv6_cidr_block: Option<String>,
    }
}

shape! {
    /// A route table.
    RouteTable {
        /// Its id.
        route_table_id: Option<String>,
        /// Its VPC; without it, the table could be the main table of any.
        vpc_id: Option<String>,
        /// Where it is in force; without it, it could be in force on any subnet of its VPC.
        associations: Option<Vec<RouteTableAssociation>>,
        /// Its routes; without them, it could lead anywhere.
        routes: Option<Vec<Route>>,
    }
}

shape! {
    /// A route table's place of force. One that names neither a subnet nor a gateway and is not known to be the main
    /// association could stand for any subnet.
    RouteTableAssociation {
        /// Whether the table is its VPC's main table.
        main: Option<bool>,
        /// The subnet.
        subnet_id: Option<String>,
        /// The gateway of an edge association.
        gateway_id: Option<String>,
        /// How far it has got.
        association_state: Option<AssociationState>,
    }
}

shape! {
    /// How far an association has got.
    AssociationState {
        /// `associated` while it is in force; `associating`, `disassociating`, `disassociated` or `failed`.
        state: Option<String>,
    }
}

shape! {
    /// A route. Without a destination it could be the default route, without a target it could lead to the internet.
    Route {
        /// An IPv4 destination.
        destination_cidr_block: Option<String>,
        /// An IPv6 destination.
        destination_ipv6_cidr_block: Option<String>,
        /// A prefix list as destination.
        destination_prefix_list_id: Option<String>,
        /// An internet, virtual private or endpoint gateway, or `local`.
        gateway_id: Option<String>,
        /// An egress-only gateway: lets nobody in.
        egress_only_internet_gateway_id: Option<String>,
        /// A NAT gateway.
        nat_gateway_id: Option<String>,
        /// A transit gateway.
        transit_gateway_id: Option<String>,
        /// A peering.
        vpc_peering_connection_id: Option<String>,
        /// An instance.
        instance_id: Option<String>,
        /// An interface.
        network_interface_id: Option<String>,
        /// An Outposts gateway.
        local_gateway_id: Option<String>,
        /// A Wavelength gateway: it leads to a carrier's network and from there to the internet.
        carrier_gateway_id: Option<String>,
        /// A Cloud WAN core network.
        core_network_arn: Option<String>,
        /// An Oracle Database network.
        odb_network_arn: Option<String>,
        /// `active` or `blackhole`; without it, the route could be either.
        state: Option<String>,
    }
}

shape! {
    /// An internet gateway.
    InternetGateway {
        /// Its id.
        internet_gateway_id: Option<String>,
        /// The VPCs it is attached to.
        attachments: Option<Vec<InternetGatewayAttachment>>,
    }
}

shape! {
    /// An internet gateway's attachment.
    InternetGatewayAttachment {
        /// The VPC.
        vpc_id: Option<String>,
        /// `available` (or `attached`) while it works.
        state: Option<String>,
    }
}

shape! {
    /// A NAT gateway.
    NatGateway {
        /// The subnet it stands in; a regional one has none.
        subnet_id: Option<String>,
        /// `available` while it works.
        state: Option<String>,
        /// `public` or `private`.
        connectivity_type: Option<String>,
        /// `zonal` or `regional`.
        availability_mode: Option<String>,
    }
}

shape! {
    /// An EBS volume.
    Volume {
        /// Its id.
        volume_id: Option<String>,
        /// Whether it is encrypted.
        encrypted: Option<bool>,
        /// The instances it is attached to.
        attachments: Option<Vec<VolumeAttachment>>,
    }
}

shape! {
    /// A volume's attachment.
    VolumeAttachment {
        /// The instance.
        instance_id: Option<String>,
    }
}

shape! {
    /// A region's setting for volumes to come.
    EbsDefault {
        /// Whether they are encrypted whatever is asked for.
        ebs_encryption_by_default: Option<bool>,
    }
}

shape! {
    /// A security group; its rules are read from [`SecurityGroupRule`].
    SecurityGroup {
        /// Its id.
        group_id: Option<String>,
        /// Its name.
        group_name: Option<String>,
        /// Its VPC.
        vpc_id: Option<String>,
    }
}

shape! {
    /// One rule of a security group. Exactly one of the four sources is sent; a rule without any is not understood.
    SecurityGroupRule {
        /// The rule's id.
        security_group_rule_id: Option<String>,
        /// The group; without it, it could be a rule of any.
        group_id: Option<String>,
        /// The direction; without it, it could let in.
        is_egress: Option<bool>,
        /// A name or number, `-1` for all.
        ip_protocol: Option<String>,
        /// The first port; -1 where the protocol has none.
        from_port: Option<i64>,
        /// The last port; -1 where the protocol has none.
        to_port: Option<i64>,
        /// An IPv4 source.
        cidr_ipv4: Option<String>,
        /// An IPv6 source.
        cidr_ipv6: Option<String>,
        /// A prefix list as source.
        prefix_list_id: Option<String>,
        /// A security group as source.
        referenced_group_info: Option<ReferencedGroup>,
    }
}

shape! {
    /// A security group named as a source.
    ReferencedGroup {
        /// Its id.
        group_id: Option<String>,
        /// Its account; sent also for our own.
        user_id: Option<String>,
        /// Its VPC, where it is another one.
        vpc_id: Option<String>,
        /// The state of the peering over which it is named, where it is.
        peering_status: Option<String>,
    }
}

shape! {
    /// A managed prefix list; its entries are a supplement.
    PrefixList {
        /// Its id.
        prefix_list_id: Option<String>,
        /// Its name.
        prefix_list_name: Option<String>,
        /// Its owner: an account, or `AWS`.
        owner_id: Option<String>,
    }
}

shape! {
    /// One entry of a prefix list.
    PrefixListEntry {
        /// The range.
        cidr: Option<String>,
    }
}

shape! {
    /// A network interface.
    NetworkInterface {
        /// Its id.
        network_interface_id: Option<String>,
        /// The groups it carries; without them, it could carry any.
        groups: Option<Vec<GroupIdentifier>>,
        /// What it hangs on. Silence says nothing: only the status says that an interface is free.
        attachment: Option<NetworkInterfaceAttachment>,
        /// `available` while it hangs on nothing.
        status: Option<String>,
        /// What the creator wrote; EKS writes `Amazon EKS <cluster>` on those of a control plane.
        description: Option<String>,
        /// Whether an AWS service holds it.
        requester_managed: Option<bool>,
        /// What it is for: AWS decides, so that nobody else can write it.
        interface_type: Option<String>,
        /// The account that made it; in a shared VPC another than the subnet's.
        owner_id: Option<String>,
        /// Its tags.
        tag_set: Option<Vec<super::Tag>>,        /// Its subnet.
        subnet_id: Option<String>,
    }
}

shape! {
    /// What an interface hangs on.
    NetworkInterfaceAttachment {
        /// The instance; interfaces of AWS services have none.
        instance_id: Option<String>,
        /// The account that owns the instance: an AWS service's name for those of services.
        instance_owner_id: Option<String>,
    }
}

shape! {
    /// A security group that is carried.
    GroupIdentifier {
        /// Its id; without it, it could be any.
        group_id: Option<String>,
    }
}

shape! {
    /// An instance.
    Instance {
        /// Its id.
        instance_id: Option<String>,
        /// Its subnet; a terminated instance has none.
        subnet_id: Option<String>,
        /// Its state.
        state: Option<InstanceState>,
        /// The groups of its first interface.
        security_groups: Option<Vec<GroupIdentifier>>,
        /// Its public IPv4 address; `null` where it has none.
        public_ip_address: Presence<String>,
        /// All its interfaces.
        network_interfaces: Option<Vec<InstanceInterface>>,
        /// Its profile; `null` where it has none.
        iam_instance_profile: Presence<IamInstanceProfile>,
    }
}

shape! {
    /// An instance's state.
    InstanceState {
        /// `running`, `terminated` and so on.
        name: Option<String>,
    }
}

shape! {
    /// An interface as its instance tells of it.
    InstanceInterface {
        /// Its id.
        network_interface_id: Option<String>,
        /// The groups it carries.
        groups: Option<Vec<GroupIdentifier>>,
        /// Its public address; `null` where it has none.
        association: Presence<serde_json::Value>,
        /// Its addresses in the network.
        private_ip_addresses: Option<Vec<PrivateAddress>>,
        /// Its IPv6 addresses.
        ipv6_addresses: Option<Vec<serde_json::Value>>,
    }
}

shape! {
    /// An address in the network.
    PrivateAddress {
        /// The public address that leads to it; `null` where there is none.
        association: Presence<serde_json::Value>,
    }
}

shape! {
    /// The profile of an instance.
    IamInstanceProfile {
        /// The profile's ARN.
        arn: Option<String>,
    }
}
/// One version of a launch template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LaunchTemplateVersion {
    /// The template.
    pub launch_template_id: Option<String>,
    /// The template's name.
    pub launch_template_name: Option<String>,
    /// Which version; the highest is the latest.
    pub version_number: Option<i64>,
    /// Whether it is the default version.
    pub default_version: Option<bool>,
    /// What it launches.
    pub launch_template_data: Option<TemplateData>,
}

/// What a launch template launches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TemplateData {
    /// The interfaces; `null` where the template sets none.
    pub network_interfaces: Presence<Vec<TemplateInterface>>,
    /// The groups of what it launches, where no interface names them; `null` where the template sets none.
    pub security_group_ids: Presence<Vec<String>>,
}

/// An interface of a launch template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TemplateInterface {
    /// Whether it gets a public address; `null` where the subnet decides.
    pub associate_public_ip_address: Presence<bool>,
    /// The groups that it carries.
    pub groups: Presence<Vec<String>>,
}

shape! {
    /// A VPC.
    Vpc {
        /// Its id.
        vpc_id: Option<String>,
        /// The account it belongs to.
        owner_id: Option<String>,
    }
}

shape! {
    /// A flow log.
    FlowLog {
        /// Its id.
        flow_log_id: Option<String>,
        /// What it watches; without it, it could watch any VPC.
        resource_id: Option<String>,
        /// `ACTIVE` while it works.
        flow_log_status: Option<String>,
        /// `SUCCESS` or `FAILED`.
        deliver_logs_status: Option<String>,
        /// `ALL`, `ACCEPT` or `REJECT`.
        traffic_type: Option<String>,
    }
}

shape! {
    /// A network ACL.
    NetworkAcl {
        /// The account it belongs to.
        owner_id: Option<String>,
        /// Where it is in force.
        associations: Option<Vec<NetworkAclAssociation>>,
        /// Its entries, tried by their number.
        entries: Option<Vec<NetworkAclEntry>>,
    }
}

shape! {
    /// A network ACL's place of force.
    NetworkAclAssociation {
        /// The subnet.
        subnet_id: Option<String>,
    }
}

shape! {
    /// One entry of a network ACL.
    NetworkAclEntry {
        /// The direction.
        egress: Option<bool>,
        /// When it is tried; the first that fits decides.
        rule_number: Option<i64>,
        /// `allow` or `deny`.
        rule_action: Option<String>,
        /// A number, or `-1` for all.
        protocol: Option<String>,
        /// An IPv4 range.
        cidr_block: Option<String>,
        /// An IPv6 range.
        ipv6_cidr_block: Option<String>,
        /// Ports, for TCP and UDP.
        port_range: Option<PortRange>,
    }
}

shape! {
    /// Ports from the first to the last.
    PortRange {
        /// The first.
        from: Option<u16>,
        /// The last.
        to: Option<u16>,
    }
}

//! Verdicts that rightly stand although a read that their control names has no answer, because in the good world they
//! can be proven without it. Each row has its reason, and a row that is no longer true is a failure.

use Extent::{Partly, Wholly};

/// How much of what a control said is left when a read is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// It passes nowhere.
    Nothing,
    /// It passes on some of its resources.
    Partly,
    /// It says what it said before.
    Wholly,
}

struct Row {
    extent: Extent,
    controls: &'static [&'static str],
    without: &'static [&'static str],
    #[expect(dead_code, reason = "for whoever reads the table")]
    why: &'static str,
}

const fn row(
    extent: Extent,
    controls: &'static [&'static str],
    without: &'static [&'static str],
    why: &'static str,
) -> Row {
    Row { extent, controls, without, why }
}

/// How much of a control stands without a read.
pub(super) fn of(control: &str, action: &str) -> Extent {
    let named = |row: &&Row| row.controls.contains(&control) && row.without.contains(&action);
    let mut rows = STANDS.iter().filter(named);
    let extent = rows.next().map_or(Extent::Nothing, |row| row.extent);
    assert!(rows.next().is_none(), "{control} without {action} stands in two rows");
    extent
}

/// All pairs of a control and a read in the table.
pub(super) fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    STANDS.iter().flat_map(|row| {
        row.controls.iter().flat_map(|control| row.without.iter().map(move |action| (*control, *action)))
    })
}

const CLUSTERS: &str = "eks:ListClusters";
const CLUSTER: &str = "eks:DescribeCluster";
const NODEGROUPS: &str = "eks:ListNodegroups";
const NODEGROUP: &str = "eks:DescribeNodegroup";
const FARGATE: &str = "eks:ListFargateProfiles";
const PODS: &str = "eks:ListPodIdentityAssociations";
const ACCESS: &[&str] = &["eks:ListAccessEntries", "eks:DescribeAccessEntry"];
const SCALING: &str = "autoscaling:DescribeAutoScalingGroups";
const BALANCERS: &str = "elasticloadbalancing:DescribeLoadBalancers";
const DATABASES: &str = "rds:DescribeDBInstances";
const INSTANCES: &str = "ec2:DescribeInstances";
const GATEWAYS: &str = "ec2:DescribeInternetGateways";
const NATS: &str = "ec2:DescribeNatGateways";
const GROUPS: &str = "ec2:DescribeSecurityGroups";
const SUBNETS: &str = "ec2:DescribeSubnets";
const LISTS: &str = "ec2:DescribeManagedPrefixLists";
const INTERFACES: &str = "ec2:DescribeNetworkInterfaces";
const LISTENERS: &str = "elasticloadbalancing:DescribeListeners";
const TARGETS: &str = "elasticloadbalancing:DescribeTargetGroups";
const HEALTH: &str = "elasticloadbalancing:DescribeTargetHealth";
const ENTRIES: &str = "ec2:GetManagedPrefixListEntries";

const STANDS: &[Row] = &[
    // CloudFront
    row(Wholly, &["KA-CF-020"], &["cloudfront:GetResponseHeadersPolicy"], "AWS's managed policy is known by its id"),
    row(Wholly, &["KA-CF-031"], &["cloudfront:GetCachePolicy"], "the blueprint declares the policy by its id"),
    row(
        Wholly,
        &["KA-CF-040"],
        &["logs:DescribeDeliverySources", "logs:DescribeDeliveries"],
        "the distribution itself says that it writes to a bucket",
    ),
    row(
        Wholly,
        &["KA-X-003"],
        &["cloudfront:GetCachePolicy", "cloudfront:GetOriginRequestPolicy"],
        "the certificate names the origin's own domain and the viewers', whatever Host is forwarded",
    ),
    row(
        Wholly,
        &["KA-X-003"],
        &["elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth"],
        "the origin's load balancer ends TLS itself, and passes nothing on to another",
    ),
    row(
        Wholly,
        &["KA-CF-012"],
        &[BALANCERS],
        "the record of the origin's domain leads to a name that only load balancers have",
    ),
    // Routes and roles of subnets
    row(
        Wholly,
        &["KA-BST-001", "KA-EKS-008", "KA-NG-001", "KA-RDS-002", "KA-VPC-003"],
        &[GATEWAYS],
        "a route to a gateway that is not attached is a blackhole, and these are active",
    ),
    row(
        Wholly,
        &["KA-BST-001", "KA-EKS-008", "KA-NG-001", "KA-RDS-002", "KA-VPC-003"],
        &[LISTS, ENTRIES],
        "no route, and no rule of the bastion's, names a prefix list",
    ),
    row(
        Wholly,
        &["KA-EKS-008", "KA-NG-001", "KA-RDS-002"],
        &[INSTANCES, NATS, BALANCERS],
        "these look at the routes and zones of subnets, and what stands in one only says its role",
    ),
    row(Wholly, &["KA-EKS-008"], &[NODEGROUPS, NODEGROUP, DATABASES], "the same"),
    row(Wholly, &["KA-NG-001"], &[CLUSTER, DATABASES], "the same"),
    row(Wholly, &["KA-RDS-002"], &[CLUSTERS, CLUSTER, NODEGROUPS, NODEGROUP], "the same"),
    row(Wholly, &["KA-VPC-003"], &[INSTANCES, NATS, CLUSTER], "other wiring gives every subnet its role"),
    row(
        Partly,
        &["KA-VPC-003"],
        &[CLUSTERS, NODEGROUPS, NODEGROUP, BALANCERS, DATABASES],
        "other wiring gives some subnets their role",
    ),
    // Security groups
    row(
        Wholly,
        &["KA-SG-001", "KA-SG-002", "KA-SG-003"],
        &[LISTS, LISTENERS, BALANCERS],
        "only the load balancer's group names a prefix list, on 443, which none of them speaks of",
    ),
    row(
        Wholly,
        &["KA-SG-001", "KA-SG-002", "KA-SG-003", "KA-SG-004", "KA-X-001"],
        &[ENTRIES],
        "the one prefix list in use is CloudFront's, known by owner and name",
    ),
    row(
        Wholly,
        &["KA-SG-005", "KA-SG-006", "KA-X-005"],
        &[LISTS, ENTRIES],
        "no rule of the nodes' and the database's groups names a prefix list",
    ),
    row(
        Wholly,
        &["KA-SG-004", "KA-SG-005", "KA-SG-006", "KA-X-001"],
        &[SUBNETS],
        "what groups and load balancers belong to does not follow from subnets",
    ),
    row(
        Partly,
        &["KA-SG-004"],
        &[SCALING, NODEGROUPS, NODEGROUP],
        "that a group is the load balancer's is known; of the others it is not known what they are",
    ),
    // Who reaches whom
    row(
        Wholly,
        &["KA-X-001"],
        &[
            INSTANCES,
            "ec2:DescribeLaunchTemplateVersions",
            SCALING,
            CLUSTERS,
            CLUSTER,
            NODEGROUPS,
            NODEGROUP,
            DATABASES,
            "iam:GetAccountAuthorizationDetails",
        ],
        "all that is let in is CloudFront's prefix list, so it does not matter whose the groups are",
    ),
    row(
        Wholly,
        &["KA-X-001"],
        &[
            GATEWAYS,
            INTERFACES,
            "ec2:DescribeRouteTables",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            TARGETS,
            HEALTH,
        ],
        "its own groups let in nothing but CloudFront, whatever stands before it",
    ),
    row(
        Wholly,
        &["KA-X-002", "KA-ALB-018"],
        &[TARGETS, HEALTH],
        "CloudFront comes to the load balancer itself, whose rules demand the secret",
    ),
    row(
        Wholly,
        &["KA-NG-004", "KA-SG-005", "KA-SG-006", "KA-X-005"],
        &["ec2:DescribeLaunchTemplateVersions", "iam:GetAccountAuthorizationDetails"],
        "nodes run and show what they carry, and their node group says whose they are",
    ),
    row(
        Wholly,
        &["KA-NG-004"],
        &["ec2:DescribeSecurityGroupRules", "ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries"],
        "its remote access names the bastion's group; rules are looked at where a launch template names groups",
    ),
    row(
        Wholly,
        &["KA-NG-004", "KA-SG-006", "KA-X-005"],
        &["elasticloadbalancing:DescribeTargetGroups"],
        "no group by which somebody comes in is the load balancer's",
    ),
    row(
        Wholly,
        &["KA-BST-001"],
        &[SCALING, CLUSTERS, CLUSTER, NODEGROUPS, NODEGROUP, BALANCERS, DATABASES],
        "SSH is let in from a declared range alone, so it does not matter whose other groups are",
    ),
    // What hangs on the cluster
    row(
        Wholly,
        &["KA-BST-001", "KA-IAM-003", "KA-NG-004", "KA-SG-004", "KA-SG-005", "KA-SG-006", "KA-X-001", "KA-X-005"],
        ACCESS,
        "the Auto Scaling group of the node group names the nodes, and nothing else claims to be one",
    ),
    row(Partly, &["KA-IAM-001"], ACCESS, "the node group names its role; the bastion's may be that of nodes too"),
    row(
        Wholly,
        &["KA-IAM-001", "KA-IAM-003"],
        &[FARGATE, PODS],
        "no role lets in Fargate or another role, so none can be that of a profile or the target of an association",
    ),
    row(
        Wholly,
        &["KA-SG-004", "KA-SG-005", "KA-SG-006", "KA-X-001"],
        &[FARGATE, PODS],
        "what groups and load balancers belong to does not follow from them",
    ),
    row(
        Wholly,
        &["KA-EKS-008", "KA-NG-001", "KA-RDS-002"],
        &[FARGATE],
        "these look at the routes and zones of subnets, and a profile only says their role",
    ),
    row(Partly, &["KA-VPC-003"], &[FARGATE], "other wiring gives some subnets their role"),
    row(Wholly, &["KA-X-018"], &[FARGATE], "the node group is there"),
    row(Wholly, &["KA-ECR-006"], &["organizations:DescribeOrganization"], "no policy names an organization"),
    // Identities, node groups, databases
    row(
        Wholly,
        &["KA-IAM-001", "KA-IAM-003"],
        &[GROUPS, SUBNETS, BALANCERS, DATABASES],
        "whose a role is follows from clusters, node groups and instances",
    ),
    row(
        Partly,
        &["KA-IAM-001", "KA-IAM-003"],
        &[SCALING],
        "node groups and clusters name their roles; of others it is not known whether nodes act by them",
    ),
    row(
        Partly,
        &[
            "KA-RDS-001",
            "KA-RDS-002",
            "KA-RDS-010",
            "KA-RDS-003",
            "KA-RDS-004",
            "KA-RDS-006",
            "KA-RDS-007",
            "KA-RDS-008",
            "KA-RDS-012",
            "KA-RDS-013",
            "KA-RDS-017",
        ],
        &["rds:DescribeDBClusters"],
        "the database says that it is not a member of a cluster; whether there are clusters is not known",
    ),
    row(
        Wholly,
        &["KA-RDS-008"],
        &["rds:DescribeDBClusterParameterGroups"],
        "the database says that it is not a member of a cluster",
    ),
    row(Wholly, &["KA-CF-013"], &[BALANCERS], "the origin's name alone says that it is a load balancer"),
    row(
        Wholly,
        &["KA-CF-041"],
        &["wafv2:ListWebACLs", "wafv2:GetWebACL"],
        "the distribution names its web ACL; the list is for the remedy",
    ),
    row(
        Wholly,
        &["KA-X-002", "KA-ALB-018"],
        &["wafv2:ListWebACLs", "wafv2:GetWebACL", "elasticloadbalancing:DescribeLoadBalancerAttributes"],
        "the rules of the listeners demand the secret; no web ACL need to",
    ),
    row(
        Wholly,
        &["KA-ECR-002"],
        &["ecr:BatchGetRepositoryScanningConfiguration"],
        "the registry scans basically and has no rules, so the repository's flag decides",
    ),
    row(
        Wholly,
        &["KA-ECR-002"],
        &["ecr:GetRegistryScanningConfiguration"],
        "what ECR says of the repository itself decides",
    ),
    row(Wholly, &["KA-ECR-006"], &["ec2:DescribeVpcs"], "no policy names a VPC"),
    row(
        Wholly,
        &["KA-X-018"],
        &[CLUSTER, NODEGROUPS, "rds:DescribeDBClusters"],
        "the cluster is listed, its nodes carry its tag, and the database is an instance",
    ),
    row(Wholly, &["KA-RDS-002"], &["rds:DescribeDBSubnetGroups"], "an instance carries the subnets of its group"),
    row(
        Wholly,
        &["KA-X-010"],
        &["cloudfront:GetCachePolicy", "cloudfront:GetOriginRequestPolicy"],
        "the certificate names the origin and the viewers' name, whichever is sent",
    ),
    row(
        Wholly,
        &["KA-X-010"],
        &[NODEGROUPS, NODEGROUP, SCALING],
        "every volume is encrypted, whosever the machines are",
    ),
    row(
        Wholly,
        &["KA-X-010", "KA-X-011"],
        &["iam:GetAccountAuthorizationDetails"],
        "every volume is encrypted, and the machines' tags name their cluster",
    ),
    row(Wholly, &["KA-X-010"], &["rds:DescribeDBClusterParameterGroups"], "the database is not a cluster"),
    row(
        Wholly,
        &["KA-X-011"],
        &[
            CLUSTER,
            "cloudfront:ListDistributions",
            "elasticloadbalancing:DescribeTargetGroups",
            "route53:ListHostedZones",
            "route53:ListResourceRecordSets",
        ],
        "node groups name their subnets, and a load balancer that may not be the stack's stands in two zones as well",
    ),
    row(
        Wholly,
        &["KA-X-014"],
        &[
            "elasticloadbalancing:DescribeTargetGroups",
            "logs:DescribeDeliveries",
            "logs:DescribeDeliverySources",
            "route53:ListHostedZones",
            "route53:ListResourceRecordSets",
        ],
        "standard logging is on, and a load balancer and a distribution that may not be the stack's write logs as well",
    ),
    row(
        Wholly,
        &["KA-X-010", "KA-X-011", "KA-X-014"],
        &["elasticloadbalancing:DescribeTargetHealth"],
        "no load balancer stands before another",
    ),
    row(Wholly, &["KA-ECR-005"], &["ecr:DescribeImages"], "tags that cannot be moved need no look at images"),
];

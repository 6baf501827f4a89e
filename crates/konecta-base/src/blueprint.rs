//! What this stack should be: names, counts, ranges, retention, versions. Every default is the document's own value
//! where the document gives one, and AWS's own recommendation where it does not.
//! Knows nothing of files; [`mod@file`] reads the text of `konecta-audit.toml` into this, and each value is checked there as what
//! it stands for (see `value.rs`).

pub mod file;
mod value;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, Region};

/// The whole blueprint, as policies see it under `data.blueprint`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Blueprint {
    /// The stack as a whole.
    pub stack: Stack,
    /// The edge.
    pub cloudfront: Cloudfront,
    /// The web ACLs.
    pub waf: Waf,
    /// The load balancer.
    pub alb: Alb,
    /// VPC, subnets and security groups.
    pub network: Network,
    /// The cluster and its nodes.
    pub eks: Eks,
    /// The registry.
    pub ecr: Ecr,
    /// The database.
    pub rds: Rds,
    /// Roles and policies.
    pub iam: Iam,
    /// The way in for people.
    pub bastion: Bastion,
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty = $default:expr,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

fn list(items: &[&str]) -> Vec<String> {
    items.iter().map(|&item| item.to_owned()).collect()
}

section! {
    /// The stack as a whole.
    Stack {
        /// The name that the document gives it.
        #[serde(deserialize_with = "value::name")]
        name: String = "konecta-erp".to_owned(),
        /// Where it runs; `None` only if the default were no region name.
        #[serde(deserialize_with = "value::region_name")]
        region: Option<Region> = "us-east-1".parse().ok(),
        /// Accounts besides our own that may be trusted by policies.
        trusted_accounts: Vec<AccountId> = Vec::new(),
        /// Organizations (`o-…`) whose accounts may be trusted by policies: ours, and whoever else is meant.
        #[serde(deserialize_with = "value::organizations")]
        trusted_organizations: Vec<String> = Vec::new(),
        /// VPCs (`vpc-…`) beside those of the scan from which policies may let anybody in.
        #[serde(deserialize_with = "value::vpcs")]
        trusted_vpcs: Vec<String> = Vec::new(),
        /// VPC endpoints (`vpce-…`) through which policies may let anybody in.
        #[serde(deserialize_with = "value::endpoints")]
        trusted_endpoints: Vec<String> = Vec::new(),
    }
}

section! {
    /// The edge.
    Cloudfront {
        /// Security policies for viewers that are TLS 1.2 with modern ciphers or better.
        #[serde(deserialize_with = "value::tls_policies")]
        accepted_tls_policies: Vec<String> = list(&["TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"]),
        /// SSL protocols that CloudFront may use towards an origin.
        #[serde(deserialize_with = "value::protocols")]
        origin_ssl_protocols: Vec<String> = list(&["TLSv1.2"]),
        /// The header by which the load balancer knows our distribution; its value is never written down.
        #[serde(deserialize_with = "value::header")]
        origin_header: String = "X-Origin-Verify".to_owned(),
        /// AWS's managed SecurityHeadersPolicy.
        #[serde(deserialize_with = "value::name")]
        security_headers_policy: String = "67f7725c-6f97-4210-82d7-5512b31e9d03".to_owned(),
        /// The least HSTS lifetime in seconds.
        #[serde(deserialize_with = "value::seconds")]
        hsts_max_age: u64 = 31_536_000,
        /// Cache policies that are right for static content: AWS's managed CachingOptimized.
        #[serde(deserialize_with = "value::names")]
        static_cache_policies: Vec<String> = list(&["658327ea-f89d-4fab-a63d-7e88639e58f6"]),
        /// Path patterns whose answers differ from user to user.
        #[serde(deserialize_with = "value::paths")]
        dynamic_paths: Vec<String> = list(&["/api/*"]),
        /// Where a single-page application answers what it does not know.
        #[serde(deserialize_with = "value::path")]
        spa_page: String = "/index.html".to_owned(),
        /// The longest time in seconds that an error may be cached.
        #[serde(deserialize_with = "value::some_seconds")]
        spa_error_ttl: u64 = 10,
        /// The HTTP versions that viewers may use, as the API names them.
        #[serde(deserialize_with = "value::http_version")]
        http_version: String = "http2and3".to_owned(),
        /// What is answered for the root, where a bucket would have to.
        #[serde(deserialize_with = "value::name")]
        default_root_object: String = "index.html".to_owned(),
        /// The bucket that `fix` has access logs written to; it needs one named, and makes none.
        #[serde(deserialize_with = "value::bucket")]
        log_bucket: String = String::new(),
        /// Under which prefix.
        log_prefix: String = "cloudfront/".to_owned(),
        /// Which viewers are let in: `none` for all, `whitelist` or `blacklist`, as the API names them.
        #[serde(deserialize_with = "value::geo_restriction")]
        geo_restriction: String = "none".to_owned(),
        /// The countries of that list.
        #[serde(deserialize_with = "value::countries")]
        geo_countries: Vec<String> = Vec::new(),
    }
}

section! {
    /// The web ACLs.
    Waf {
        /// The name of the one before the distributions; `fix` makes it where there is none.
        #[serde(deserialize_with = "value::name")]
        web_acl: String = "konecta-erp".to_owned(),
        /// AWS's managed rule groups that must block.
        #[serde(deserialize_with = "value::names")]
        managed_groups: Vec<String> = list(&[
            "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesSQLiRuleSet",
            "AWSManagedRulesAmazonIpReputationList",
        ]),
        /// How many requests of one address within five minutes are too many, for a rule that `fix` makes.
        #[serde(deserialize_with = "value::rate")]
        rate_limit: u32 = 2000,
    }
}

section! {
    /// The load balancer.
    Alb {
        /// Protocols that a listener may speak.
        #[serde(deserialize_with = "value::protocols")]
        tls_protocols: Vec<String> = list(&["TLSv1.2", "TLSv1.3"]),
        /// The path of the health check.
        #[serde(deserialize_with = "value::path")]
        health_path: String = "/health".to_owned(),
        /// The status codes that count as healthy.
        #[serde(deserialize_with = "value::matcher")]
        health_matcher: String = "200".to_owned(),
        /// CIDRs that may reach the load balancer beside CloudFront.
        #[serde(deserialize_with = "value::cidrs")]
        peers: Vec<String> = Vec::new(),
        /// Modes of desync mitigation that are safe; AWS's default is the first.
        #[serde(deserialize_with = "value::desync_modes")]
        desync_modes: Vec<String> = list(&["defensive", "strictest"]),
        /// The bucket for access logs where `fix` is to switch them on; empty for none.
        #[serde(deserialize_with = "value::bucket")]
        access_log_bucket: String = String::new(),
        /// The prefix of access logs in that bucket.
        access_log_prefix: String = "alb".to_owned(),
    }
}

section! {
    /// VPC, subnets and security groups.
    Network {
        /// The tag that says what a subnet is for where no wiring does: its value `public` or else private.
        #[serde(deserialize_with = "value::name")]
        subnet_role_tag: String = "Tier".to_owned(),
        /// How many network hops an instance's metadata may travel: 2 lets a container reach them, 1 only the machine.
        #[serde(deserialize_with = "value::hops")]
        metadata_hop_limit: u32 = 2,
        /// Where flow logs go if a VPC has none: an S3 ARN, or the name of a log group; `None` until declared.
        #[serde(deserialize_with = "value::destination")]
        flow_log_destination: Option<String> = None,
        /// The role that may write to that log group.
        #[serde(deserialize_with = "value::role")]
        flow_log_role: Option<String> = None,
        /// Ports by which machines are administered.
        #[serde(deserialize_with = "value::ports")]
        admin_ports: Vec<u16> = vec![22, 3389],
        /// Ports that the internet never needs: databases, caches, search, Kubernetes, node ports.
        #[serde(deserialize_with = "value::port_ranges")]
        high_risk_ports: Vec<PortRange> = [
            (20, 21), (23, 23), (25, 25), (110, 110), (135, 135), (143, 143), (445, 445), (1433, 1434), (2379, 2380), (3000, 3000),
            (3306, 3306), (4333, 4333), (5000, 5000), (5432, 5432), (5500, 5500), (5601, 5601), (6379, 6379), (6443, 6443),
            (8080, 8080), (8088, 8088), (8888, 8888), (9200, 9300), (10250, 10250), (10255, 10255), (11211, 11211), (27017, 27019), (30000, 32767),
        ].into_iter().map(|(from, to)| PortRange { from, to }).collect(),
    }
}

/// Ports from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortRange {
    /// The first port.
    pub from: u16,
    /// The last port.
    pub to: u16,
}

section! {
    /// The cluster and its nodes.
    Eks {
        /// The cluster's name.
        #[serde(deserialize_with = "value::cluster")]
        cluster: String = "konecta-erp-prod".to_owned(),
        /// The version that the document names; what AWS supports is asked of AWS.
        #[serde(deserialize_with = "value::kubernetes_version")]
        kubernetes_version: String = "1.29".to_owned(),
        /// The control-plane logs that must be on.
        #[serde(deserialize_with = "value::log_types")]
        log_types: Vec<String> = list(&["api", "audit", "authenticator", "controllerManager", "scheduler"]),
        /// In how many availability zones the cluster must stand.
        #[serde(deserialize_with = "value::count")]
        minimum_zones: u32 = 2,
        /// Where its API may be reached from outside the VPC; none where the public endpoint is to be closed.
        #[serde(deserialize_with = "value::cidrs")]
        api_cidrs: Vec<String> = Vec::new(),
    }
}

section! {
    /// The registry.
    Ecr {
        /// The repositories, as the document's docker commands push them.
        #[serde(deserialize_with = "value::repositories")]
        repositories: Vec<String> = [
            "auth-service", "hr-service", "finance-service", "operation-service",
            "gateway-service", "discovery-server", "config-server", "reporting-service",
        ].iter().map(|service| format!("konecta-erp/{service}")).collect(),
        /// How images are encrypted.
        #[serde(deserialize_with = "value::encryption")]
        encryption: String = "AES256".to_owned(),
        /// How many images a lifecycle policy keeps.
        #[serde(deserialize_with = "value::count")]
        keep_images: u32 = 10,
        /// The tags that may be moved from one image to another; the document pushes `latest`.
        #[serde(deserialize_with = "value::some_names")]
        movable_tags: Vec<String> = list(&["latest"]),
    }
}

section! {
    /// The database.
    Rds {
        /// The engine.
        #[serde(deserialize_with = "value::name")]
        engine: String = "postgres".to_owned(),
        /// The least number of days that backups are kept.
        #[serde(deserialize_with = "value::backup_days")]
        backup_retention_days: u32 = 7,
        /// How many hours the latest restorable time may lie back.
        #[serde(deserialize_with = "value::count")]
        restorable_within_hours: u32 = 24,
        /// The log types that are exported to CloudWatch Logs.
        #[serde(deserialize_with = "value::names")]
        log_exports: Vec<String> = list(&["postgresql", "upgrade"]),
        /// The key with which an instance that was not encrypted is encrypted: AWS's own for RDS.
        #[serde(deserialize_with = "value::key")]
        kms_key: String = "alias/aws/rds".to_owned(),
    }
}

section! {
    /// Roles and policies.
    Iam {
        /// AWS's managed policies that a node role may carry.
        #[serde(deserialize_with = "value::some_names")]
        node_policies: Vec<String> = list(&[
            "AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly",
            "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore", "AmazonEKSFargatePodExecutionRolePolicy",
        ]),
        /// The least number of characters of a user's password.
        #[serde(deserialize_with = "value::password_length")]
        password_length: u32 = 14,
        /// How many former passwords a user must not take again.
        #[serde(deserialize_with = "value::password_memory")]
        password_memory: u32 = 24,
    }
}

section! {
    /// The way in for people.
    Bastion {
        /// The key of the tag that marks it.
        #[serde(deserialize_with = "value::name")]
        tag_key: String = "Role".to_owned(),
        /// The value of the tag that marks it.
        #[serde(deserialize_with = "value::name")]
        tag_value: String = "bastion".to_owned(),
        /// Where SSH may come from; the document names none, so none is allowed until declared.
        #[serde(deserialize_with = "value::cidrs")]
        ssh_cidrs: Vec<String> = Vec::new(),
    }
}

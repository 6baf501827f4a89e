//! The small part of a snapshot that facts are made of, gathered in one pass.
//! Knows resource types and which of their members are looked at; draws no conclusion.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::seen::AccountRegion;
use super::web_acl::WebAcl;
use crate::model::{acm, autoscaling, cloudfront, ec2, eks, elb, iam, logs, organizations, rds, route53};
use konecta_base::resource::Resource;

/// One resource, as far as facts look at it.
#[derive(Debug)]
pub(crate) struct Item<T> {
    pub(crate) arn: String,
    pub(crate) resource_id: String,
    /// Of those types only whose tags are looked at ([`Item::tagged`]).
    pub(crate) tags: Option<BTreeMap<String, String>>,
    pub(crate) body: T,
}

impl<T: DeserializeOwned + Default> Item<T> {
    /// An answer of an unexpected shape is one of which nothing is known.
    fn of(resource: &Resource) -> Self {
        Self {
            arn: resource.arn.as_str().to_owned(),
            resource_id: resource.resource_id.clone(),
            tags: None,
            body: resource.read().unwrap_or_default(),
        }
    }

    /// The same of a type of which there are very many and whose ARN no fact looks at.
    fn nameless(resource: &Resource) -> Self {
        Self { arn: String::new(), ..Self::of(resource) }
    }

    /// The same with its tags.
    fn tagged(resource: &Resource) -> Self {
        Self { tags: resource.tags.clone(), ..Self::of(resource) }
    }
}

impl<T> Item<T> {
    /// The id as the answer has it, else as the envelope has it.
    pub(crate) fn id<'a>(&'a self, sent: Option<&'a String>) -> &'a str {
        sent.unwrap_or(&self.resource_id)
    }

    /// A resource with one of its supplements; `None` where that was not read.
    fn with<S: DeserializeOwned>(self, resource: &Resource, key: &str) -> Supplemented<T, S> {
        let supplement = resource.read_supplement(key).and_then(Result::ok);
        Supplemented { item: self, supplement }
    }
}

/// A resource with one of its supplements.
#[derive(Debug)]
pub(crate) struct Supplemented<T, S> {
    pub(crate) item: Item<T>,
    pub(crate) supplement: Option<S>,
}

/// A repository with its policies; `None` is not read, `null` none.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) arn: String,
    pub(crate) policy: Option<Value>,
    pub(crate) lifecycle: Option<Value>,
    /// How its images are encrypted: `AES256`, `KMS` or `KMS_DSSE`.
    pub(crate) encryption: Option<String>,
}

impl Repository {
    fn of(resource: &Resource) -> Self {
        let read = |key| resource.read_supplement(key).and_then(Result::ok);
        let (policy, lifecycle) = (read("repositoryPolicy"), read("lifecyclePolicy"));
        let sent: Value = resource.read().unwrap_or_default();
        let encryption = sent.pointer("/encryptionConfiguration/encryptionType").and_then(Value::as_str);
        Self { arn: resource.arn.as_str().to_owned(), policy, lifecycle, encryption: encryption.map(str::to_owned) }
    }
}

type List<T> = Vec<Item<T>>;
type ListWith<T, S> = Vec<Supplemented<T, Vec<S>>>;

/// What was seen in one place; what belongs to no region stands in the place `global`.
#[derive(Debug, Default)]
pub(crate) struct Regional {
    pub(crate) subnets: List<ec2::Subnet>,
    pub(crate) route_tables: List<ec2::RouteTable>,
    pub(crate) internet_gateways: List<ec2::InternetGateway>,
    pub(crate) nat_gateways: List<ec2::NatGateway>,
    pub(crate) security_groups: List<ec2::SecurityGroup>,
    pub(crate) rules: List<ec2::SecurityGroupRule>,
    pub(crate) prefix_lists: ListWith<ec2::PrefixList, ec2::PrefixListEntry>,
    pub(crate) interfaces: List<ec2::NetworkInterface>,
    pub(crate) instances: List<ec2::Instance>,
    pub(crate) template_versions: List<ec2::LaunchTemplateVersion>,
    pub(crate) volumes: List<ec2::Volume>,
    pub(crate) ebs_defaults: List<ec2::EbsDefault>,
    pub(crate) vpcs: List<ec2::Vpc>,
    pub(crate) flow_logs: List<ec2::FlowLog>,
    pub(crate) network_acls: List<ec2::NetworkAcl>,
    pub(crate) load_balancers: List<elb::LoadBalancer>,
    pub(crate) classic_balancers: List<elb::ClassicLoadBalancer>,
    pub(crate) listeners: ListWith<elb::Listener, elb::ListenerCertificate>,
    pub(crate) listener_rules: Vec<Supplemented<elb::ListenerRule, String>>,
    pub(crate) target_groups: ListWith<elb::TargetGroup, elb::TargetHealth>,
    /// The attributes of load balancers and target groups, by ARN.
    pub(crate) attributes: BTreeMap<String, Vec<elb::Attribute>>,
    pub(crate) ssl_policies: List<Value>,
    pub(crate) web_acls: Vec<WebAcl>,
    /// With what was imported, which holds the chain.
    pub(crate) certificates: Vec<Supplemented<acm::Certificate, acm::CertificatePem>>,
    pub(crate) clusters: List<eks::Cluster>,
    pub(crate) nodegroups: List<eks::Nodegroup>,
    pub(crate) access_entries: List<eks::AccessEntry>,
    pub(crate) fargate_profiles: List<eks::FargateProfile>,
    pub(crate) pod_identities: List<eks::PodIdentityAssociation>,
    pub(crate) cluster_versions: List<Value>,
    pub(crate) scaling_groups: List<autoscaling::AutoScalingGroup>,
    pub(crate) keys: List<Value>,
    pub(crate) repositories: Vec<Repository>,
    pub(crate) registry_policies: List<Value>,
    pub(crate) registry_scanning: List<Value>,
    pub(crate) databases: List<rds::DbInstance>,
    pub(crate) database_clusters: List<Value>,
    pub(crate) database_subnet_groups: List<Value>,
    pub(crate) parameter_groups: ListWith<rds::DbParameterGroup, rds::Parameter>,
    pub(crate) cluster_parameter_groups: ListWith<rds::DbClusterParameterGroup, rds::Parameter>,
    pub(crate) engine_versions: List<Value>,
    pub(crate) minor_versions: List<Value>,
    pub(crate) distributions: List<cloudfront::Distribution>,
    pub(crate) response_headers_policies: List<Value>,
    pub(crate) cache_policies: List<Value>,
    pub(crate) origin_request_policies: List<Value>,
    pub(crate) vpc_origins: List<cloudfront::VpcOrigin>,
    pub(crate) delivery_sources: List<logs::DeliverySource>,
    pub(crate) deliveries: List<logs::Delivery>,
    pub(crate) hosted_zones: ListWith<route53::HostedZone, route53::RecordSet>,
    pub(crate) roles: List<iam::RoleDetail>,
    pub(crate) managed_policies: List<iam::ManagedPolicy>,
    pub(crate) organizations: List<organizations::Organization>,
}

/// Everything that facts are made of, by place.
pub(crate) type World = BTreeMap<AccountRegion, Regional>;

/// Whether a fact is made of resources of this type.
pub(crate) fn is_taken(resource_type: &str) -> bool {
    resource_type.strip_prefix("AWS::").and_then(keeper).is_some()
}

/// Takes in one resource; what no fact looks at costs one comparison.
pub(crate) fn take(world: &mut World, resource: &Resource) {
    let kind = resource.resource_type.as_str();
    let Some(name) = kind.strip_prefix("AWS::") else { return };
    let Some(keep) = keeper(name) else { return };
    let place = AccountRegion { account: resource.account_id.clone(), region: resource.region.clone() };
    keep(world.entry(place).or_default(), resource);
}

type Keeper = fn(&mut Regional, &Resource);

macro_rules! keep {
    ($field:ident) => {
        |here, resource| here.$field.push(Item::of(resource))
    };
    (nameless $field:ident) => {
        |here, resource| here.$field.push(Item::nameless(resource))
    };
    (tagged $field:ident) => {
        |here, resource| here.$field.push(Item::tagged(resource))
    };
    ($field:ident with $key:literal) => {
        |here, resource| here.$field.push(Item::of(resource).with(resource, $key))
    };
}

/// There are more of them than of all else. The id that the answer says is held once.
fn rule(resource: &Resource) -> Item<ec2::SecurityGroupRule> {
    let mut item = Item::<ec2::SecurityGroupRule>::nameless(resource);
    item.body.security_group_rule_id.take_if(|id| *id == item.resource_id);
    item
}

fn note_attributes(here: &mut Regional, resource: &Resource) {
    if let Some(Ok(attributes)) = resource.read_supplement("attributes") {
        here.attributes.insert(resource.arn.as_str().to_owned(), attributes);
    }
}

fn keeper(name: &str) -> Option<Keeper> {
    Some(match name {
        "EC2::Subnet" => keep!(tagged subnets),
        "EC2::RouteTable" => keep!(nameless route_tables),
        "EC2::InternetGateway" => keep!(internet_gateways),
        "EC2::NatGateway" => keep!(nat_gateways),
        "EC2::SecurityGroup" => keep!(security_groups),
        "EC2::SecurityGroupRule" => |here, resource| here.rules.push(rule(resource)),
        "EC2::PrefixList" => keep!(prefix_lists with "entries"),
        "EC2::NetworkInterface" => keep!(tagged interfaces),
        "EC2::Instance" => keep!(tagged instances),
        "EC2::LaunchTemplateVersion" => keep!(template_versions),
        "EC2::Volume" => keep!(volumes),
        "EC2::EbsEncryptionByDefault" => keep!(ebs_defaults),
        "EC2::VPC" => keep!(vpcs),
        "EC2::FlowLog" => keep!(flow_logs),
        "EC2::NetworkAcl" => keep!(network_acls),
        "ElasticLoadBalancingV2::LoadBalancer" => |here, resource| {
            note_attributes(here, resource);
            here.load_balancers.push(Item::of(resource));
        },
        "ElasticLoadBalancing::LoadBalancer" => keep!(classic_balancers),
        "ElasticLoadBalancingV2::Listener" => keep!(listeners with "certificates"),
        "ElasticLoadBalancingV2::ListenerRule" => keep!(listener_rules with "listenerArn"),
        "ElasticLoadBalancingV2::TargetGroup" => |here, resource| {
            note_attributes(here, resource);
            here.target_groups.push(Item::of(resource).with(resource, "targetHealth"));
        },
        "ElasticLoadBalancingV2::SslPolicy" => keep!(ssl_policies),
        "WAFv2::WebACL" => |here, resource| here.web_acls.push(WebAcl::of(resource)),
        "CertificateManager::Certificate" => keep!(certificates with "imported"),
        "EKS::Cluster" => keep!(clusters),
        "EKS::Nodegroup" => keep!(nodegroups),
        "EKS::AccessEntry" => keep!(access_entries),
        "EKS::FargateProfile" => keep!(fargate_profiles),
        "EKS::PodIdentityAssociation" => keep!(pod_identities),
        "EKS::ClusterVersion" => keep!(cluster_versions),
        "AutoScaling::AutoScalingGroup" => keep!(scaling_groups),
        "KMS::Key" => keep!(keys),
        "ECR::Repository" => |here, resource| here.repositories.push(Repository::of(resource)),
        "ECR::RegistryPolicy" => keep!(registry_policies),
        "ECR::RegistryScanningConfiguration" => keep!(registry_scanning),
        "RDS::DBInstance" => keep!(databases),
        "RDS::DBCluster" => keep!(database_clusters),
        "RDS::DBSubnetGroup" => keep!(database_subnet_groups),
        "RDS::DBParameterGroup" => keep!(parameter_groups with "parameters"),
        "RDS::DBClusterParameterGroup" => keep!(cluster_parameter_groups with "parameters"),
        "RDS::DBMajorEngineVersion" => keep!(engine_versions),
        "RDS::DBEngineVersion" => keep!(minor_versions),
        "CloudFront::Distribution" => keep!(distributions),
        "CloudFront::ResponseHeadersPolicy" => keep!(response_headers_policies),
        "CloudFront::CachePolicy" => keep!(cache_policies),
        "CloudFront::OriginRequestPolicy" => keep!(origin_request_policies),
        "CloudFront::VpcOrigin" => keep!(vpc_origins),
        "Logs::DeliverySource" => keep!(delivery_sources),
        "Logs::Delivery" => keep!(deliveries),
        "Route53::HostedZone" => keep!(hosted_zones with "recordSets"),
        "IAM::Role" => keep!(roles),
        "IAM::ManagedPolicy" => keep!(managed_policies),
        "Organizations::Organization" => keep!(organizations),
        _ => return None,
    })
}

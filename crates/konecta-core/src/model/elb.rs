//! What facts read of Elastic Load Balancing, of both its APIs.
//! Knows nothing of what follows from it.

use serde::Deserialize;
use serde_json::Value;

use super::Presence;

/// A load balancer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LoadBalancer {
    /// The name that it is reached by; AWS makes it, nobody else can have it.
    #[serde(rename = "DNSName")]
    pub dns_name: Option<String>,
    /// Its name.
    pub load_balancer_name: Option<String>,
    /// `application`, `network` or `gateway`.
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    /// `internet-facing` or `internal`.
    pub scheme: Option<String>,
    /// Its VPC.
    pub vpc_id: Option<String>,
    /// The groups it carries; `null` or `[]` where it has none: then AWS lets everyone in.
    pub security_groups: Presence<Vec<String>>,
    /// Its zones with their subnets, as sent.
    pub availability_zones: Option<Value>,
    /// `ipv4`, `dualstack`, or `dualstack-without-public-ipv4`.
    pub ip_address_type: Option<String>,
}

/// A classic load balancer, of the older API: before instances alone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ClassicLoadBalancer {
    /// Its name.
    pub load_balancer_name: Option<String>,
    /// `internet-facing` or `internal`.
    pub scheme: Option<String>,
    /// The groups it carries.
    pub security_groups: Option<Vec<String>>,
    /// The subnets in which it stands.
    pub subnets: Option<Vec<String>>,
}

/// An attribute of a load balancer or a target group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Attribute {
    /// Its name.
    pub key: Option<String>,
    /// Its value.
    pub value: Option<String>,
}

/// A zone of a load balancer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AvailabilityZone {
    /// The subnet in that zone.
    pub subnet_id: Option<String>,
    /// The zone.
    pub zone_name: Option<String>,
}

/// A listener.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Listener {
    /// Its load balancer.
    pub load_balancer_arn: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// Its protocol.
    pub protocol: Option<String>,
    /// The name of its TLS policy.
    pub ssl_policy: Option<String>,
    /// What it does with a request that no rule takes, as sent.
    pub default_actions: Option<Value>,
    /// Its default certificate; those for SNI are a supplement.
    pub certificates: Option<Vec<ListenerCertificate>>,
    /// Whether it asks clients for a certificate. It is off unless somebody sets it, and AWS need not say so.
    pub mutual_authentication: Presence<MutualAuthentication>,
}

/// What a listener asks of its clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MutualAuthentication {
    /// `off`, `passthrough` (the certificate is handed on as a header) or `verify`.
    pub mode: Option<String>,
}

/// A certificate of a listener.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListenerCertificate {
    /// The certificate.
    pub certificate_arn: Option<String>,
    /// Whether it is the default one. One that is in the list for SNI too is told twice.
    pub is_default: Option<bool>,
}

/// A rule of a listener.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListenerRule {
    /// `default`, or a number.
    pub priority: Option<String>,
    /// Whether it is the listener's default.
    pub is_default: Option<bool>,
    /// What it does, as sent.
    pub actions: Option<Value>,
    /// When it does it, as sent. The default rule has `[]`.
    pub conditions: Option<Value>,
}

/// One action.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Action {
    /// `forward`, `fixed-response`, `redirect`, `authenticate-oidc` and so on.
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    /// The answer of a `fixed-response`.
    pub fixed_response_config: Option<FixedResponse>,
    /// The target group of a `forward`, where it is only one.
    pub target_group_arn: Option<String>,
    /// The target groups of a `forward`.
    pub forward_config: Option<Forward>,
}

/// The target groups among which a `forward` chooses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Forward {
    /// The groups.
    pub target_groups: Option<Vec<WeightedGroup>>,
}

/// One target group of a `forward`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct WeightedGroup {
    /// The group.
    pub target_group_arn: Option<String>,
    /// How often it is chosen; never with 0.
    pub weight: Option<i64>,
}

/// The answer that a load balancer gives by itself.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FixedResponse {
    /// The HTTP status.
    pub status_code: Option<String>,
}

/// One condition. All conditions of a rule must hold; of the values of one condition, one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Condition {
    /// `http-header`, `path-pattern` and so on.
    pub field: Option<String>,
    /// The header that an `http-header` condition looks at.
    pub http_header_config: Option<HttpHeader>,
    /// The addresses that a `source-ip` condition looks at.
    pub source_ip_config: Option<SourceIp>,
    /// The paths that a `path-pattern` condition looks at.
    pub path_pattern_config: Option<PathPattern>,
    /// The same, as AWS still sends them too.
    pub values: Option<Vec<String>>,
}

/// Paths that are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PathPattern {
    /// The patterns.
    pub values: Option<Vec<String>>,
}

/// A header that is asked for; its values are fingerprints.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HttpHeader {
    /// The header's name.
    pub http_header_name: Option<String>,
    /// The values, one of which must be there.
    pub values: Option<Vec<String>>,
    /// Patterns, one of which must fit.
    pub regex_values: Option<Vec<String>>,
}

/// Addresses, one of which a request must come from.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SourceIp {
    /// Ranges of addresses.
    pub values: Option<Vec<String>>,
}

/// A target group.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TargetGroup {
    /// The port on which targets listen, where they are registered with no other.
    pub port: Option<u16>,
    /// The protocol in which targets are spoken to; a Lambda function has none.
    pub protocol: Option<String>,
    /// The load balancers that use it.
    pub load_balancer_arns: Option<Vec<String>>,
    /// `instance`, `ip`, `lambda` or `alb`.
    pub target_type: Option<String>,
}

/// A target of a target group with its health.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TargetHealth {
    /// The target.
    pub target: Option<TargetDescription>,
}

/// A target: an instance, an address, a function or a load balancer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TargetDescription {
    /// Its id; the ARN of a load balancer.
    pub id: Option<String>,
    /// The port on which it gets connections.
    pub port: Option<u16>,
}

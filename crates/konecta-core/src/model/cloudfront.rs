//! What facts read of CloudFront.
//! Knows nothing of what stands behind an origin.

use serde::Deserialize;

use super::Presence;

/// A list as CloudFront sends it: how many, and the items unless there are none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound(deserialize = "T: Deserialize<'de>"))]
pub struct Items<T> {
    /// How many; 0 says that the missing `Items` are none.
    pub quantity: Option<u64>,
    /// The items.
    pub items: Option<Vec<T>>,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { quantity: None, items: None }
    }
}

impl<T> Items<T> {
    /// All items, or `None` where they are not known to be all.
    #[must_use]
    pub fn all(&self) -> Option<&[T]> {
        match (&self.items, self.quantity) {
            (Some(items), None) => Some(items),
            (Some(items), Some(count)) if u64::try_from(items.len()) == Ok(count) => Some(items),
            (None, Some(0)) => Some(&[]),
            (Some(_), Some(_)) | (None, Some(_) | None) => None,
        }
    }
}

shape! {
    /// A distribution.
    Distribution {
        /// The name that AWS gave it.
        domain_name: Option<String>,
        /// Its settings: all of them from `GetDistribution`, most of them from the listing.
        distribution_config: Option<DistributionConfig>,
    }
}

shape! {
    /// A distribution's settings.
    DistributionConfig {
        /// Whether it answers.
        enabled: Option<bool>,
        /// Its own names.
        aliases: Option<Items<String>>,
        /// Where it fetches from.
        origins: Option<Items<Origin>>,
        /// Origins that stand in for each other.
        origin_groups: Option<Items<OriginGroup>>,
        /// What it does with paths that no other behavior takes.
        default_cache_behavior: Option<Behavior>,
        /// What it does with other paths.
        cache_behaviors: Option<Items<Behavior>>,
        /// The certificate that viewers are shown and the TLS they may use, as sent.
        viewer_certificate: Option<serde_json::Value>,
        /// Standard logging, as sent; only `GetDistribution` sends it.
        logging: Option<serde_json::Value>,
    }
}

shape! {
    /// An origin. It has exactly one of the three configurations; without any, its kind is not known.
    Origin {
        /// Its name in the distribution.
        id: Option<String>,
        /// The host.
        domain_name: Option<String>,
        /// Headers that CloudFront adds; values are fingerprints.
        custom_headers: Option<Items<CustomHeader>>,
        /// Present for buckets.
        s3_origin_config: Option<S3OriginConfig>,
        /// Present for hosts on the internet.
        custom_origin_config: Option<CustomOriginConfig>,
        /// Present for what is reached inside a VPC.
        vpc_origin_config: Option<VpcOriginConfig>,
    }
}

shape! {
    /// A header that CloudFront adds.
    CustomHeader {
        /// Its name.
        header_name: Option<String>,
        /// The fingerprint of its value.
        header_value: Option<String>,
    }
}

shape! {
    /// The mark of a bucket.
    S3OriginConfig {
        /// The legacy identity; empty where there is none.
        origin_access_identity: Option<String>,
    }
}

/// How a host on the internet is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CustomOriginConfig {
    /// The port for HTTPS.
    #[serde(rename = "HTTPSPort")]
    pub https_port: Option<u16>,
    /// `http-only`, `match-viewer` or `https-only`.
    #[serde(rename = "OriginProtocolPolicy")]
    pub origin_protocol_policy: Option<String>,
    /// The certificate that CloudFront shows, where it has one; AWS sends the member only then.
    #[serde(rename = "OriginMtlsConfig")]
    pub origin_mtls_config: Presence<OriginMtls>,
}

shape! {
    /// How CloudFront proves who it is.
    OriginMtls {
        /// Its certificate.
        client_certificate_arn: Option<String>,
    }
}

shape! {
    /// How a host inside a VPC is reached.
    VpcOriginConfig {
        /// The VPC origin.
        vpc_origin_id: Option<String>,
    }
}

shape! {
    /// Origins that stand in for each other.
    OriginGroup {
        /// Its name in the distribution; a behavior may target it.
        id: Option<String>,
        /// The origins.
        members: Option<Items<OriginGroupMember>>,
    }
}

shape! {
    /// A member of an origin group.
    OriginGroupMember {
        /// The origin.
        origin_id: Option<String>,
    }
}

shape! {
    /// A behavior. Each of the three says what is forwarded; `null` where AWS's silence means none.
    Behavior {
        /// The paths that it takes; the default behavior has none.
        path_pattern: Option<String>,
        /// The origin or origin group.
        target_origin_id: Option<String>,
        /// What viewers who come over HTTP are told: `allow-all`, `https-only`, `redirect-to-https`.
        viewer_protocol_policy: Option<String>,
        /// The cache policy.
        cache_policy_id: Presence<String>,
        /// The origin request policy.
        origin_request_policy_id: Presence<String>,
        /// The legacy settings.
        forwarded_values: Presence<ForwardedValues>,
        /// CloudFront Functions that run on its requests.
        function_associations: Option<Items<FunctionAssociation>>,
        /// Lambda@Edge functions that run on them.
        lambda_function_associations: Option<Items<FunctionAssociation>>,
    }
}

shape! {
    /// A function that runs on a behavior's requests.
    FunctionAssociation {
        /// When: `viewer-request`, `origin-request` and so on.
        event_type: Option<String>,
    }
}

shape! {
    /// The legacy settings.
    ForwardedValues {
        /// The headers that are forwarded; `*` for all.
        headers: Option<Items<String>>,
    }
}

shape! {
    /// What an origin request policy or a cache policy says of headers.
    HeadersConfig {
        /// `none`, `whitelist`, `allViewer`, `allViewerAndWhitelistCloudFront`, `allExcept`.
        header_behavior: Option<String>,
        /// The headers that the behavior speaks of.
        headers: Option<Items<String>>,
    }
}

shape! {
    /// An origin request policy's settings.
    OriginRequestPolicyConfig {
        /// The headers.
        headers_config: Option<HeadersConfig>,
    }
}

shape! {
    /// A cache policy's settings.
    CachePolicyConfig {
        /// The parameters.
        parameters_in_cache_key_and_forwarded_to_origin: Option<CacheParameters>,
    }
}

shape! {
    /// What goes into the cache key and to the origin.
    CacheParameters {
        /// The headers.
        headers_config: Option<HeadersConfig>,
    }
}

shape! {
    /// A VPC origin.
    VpcOrigin {
        /// Its id.
        id: Option<String>,
        /// What it leads to.
        vpc_origin_endpoint_config: Option<VpcOriginEndpoint>,
    }
}

/// What a VPC origin leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct VpcOriginEndpoint {
    /// A load balancer or an instance.
    #[serde(rename = "Arn")]
    pub arn: Option<String>,
    /// The port for HTTPS.
    #[serde(rename = "HTTPSPort")]
    pub https_port: Option<u16>,
    /// Everything else, as it was sent.
    #[serde(flatten)]
    pub others: serde_json::Map<String, serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Option<Vec<String>> {
        serde_json::from_str::<Items<String>>(text).expect("items").all().map(<[String]>::to_vec)
    }

    #[test]
    fn a_list_is_known_only_when_it_is_all_there() {
        assert_eq!(all(r#"{"Quantity": 0}"#), Some(vec![]));
        assert_eq!(all(r#"{"Quantity": 1, "Items": ["a"]}"#), Some(vec!["a".to_owned()]));
        assert_eq!(all(r#"{"Items": ["a"]}"#), Some(vec!["a".to_owned()]));
        assert_eq!(all(r#"{"Quantity": 2, "Items": ["a"]}"#), None);
        assert_eq!(all(r#"{"Quantity": 1}"#), None);
        assert_eq!(all("{}"), None);
    }
}

//! A distribution for the tests of remedies: as promised, but for what a test changes.

use serde_json::{Value, json};

pub(crate) const ARN: &str = "arn:aws:cloudfront::123456789012:distribution/E1";

/// AWS's managed policies, by their ids.
pub(crate) const OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";
pub(crate) const DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
pub(crate) const HEADERS: &str = "67f7725c-6f97-4210-82d7-5512b31e9d03";

/// A good one: static files by default, /api/* uncached, in the shape in which CloudFront describes it.
pub(crate) fn distribution() -> Value {
    json!({
        "resourceType": "AWS::CloudFront::Distribution", "resourceId": "E1", "region": "global", "arn": ARN,
        "tags": {"Project": "konecta-erp"}, "supplement": {"etag": "E1TAG"},
        "configuration": {"Id": "E1", "ARN": ARN, "Status": "Deployed", "DistributionConfig": {
            "CallerReference": "konecta-erp", "Comment": "konecta-erp", "Enabled": true, "DefaultRootObject": "index.html",
            "Aliases": {"Quantity": 1, "Items": ["erp.example.com"]},
            "Origins": {"Quantity": 1, "Items": [{
                "Id": "alb", "DomainName": "origin.erp.example.com", "OriginPath": "",
                "CustomHeaders": {"Quantity": 2, "Items": [
                    {"HeaderName": "X-Origin-Verify", "HeaderValue": "sha256:1"},
                    {"HeaderName": "X-Forwarded-Proto", "HeaderValue": "https"},
                ]},
                "CustomOriginConfig": {
                    "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only",
                    "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]}, "OriginReadTimeout": 30, "OriginKeepaliveTimeout": 5,
                },
            }]},
            "OriginGroups": {"Quantity": 0},
            "DefaultCacheBehavior": behavior(OPTIMIZED),
            "CacheBehaviors": {"Quantity": 1, "Items": [ordered("/api/*", DISABLED)]},
            "CustomErrorResponses": {"Quantity": 2, "Items": [spa(403), spa(404)]},
            "Logging": {"Enabled": true, "IncludeCookies": false, "Bucket": "konecta-erp-logs.s3.amazonaws.com", "Prefix": "cloudfront/"},
            "PriceClass": "PriceClass_All",
            "ViewerCertificate": {
                "CloudFrontDefaultCertificate": false, "ACMCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
                "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021",
            },
            "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
            "WebACLId": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/konecta-erp/1",
            "HttpVersion": "http2and3", "IsIPV6Enabled": true,
        }},
    })
}

/// The same with `DistributionConfig` changed.
pub(crate) fn drifted(change: impl FnOnce(&mut Value)) -> Value {
    let mut distribution = distribution();
    change(&mut distribution["configuration"]["DistributionConfig"]);
    distribution
}

/// An ordered behavior.
pub(crate) fn ordered(pattern: &str, cache_policy: &str) -> Value {
    let mut ordered = behavior(cache_policy);
    ordered["PathPattern"] = json!(pattern);
    ordered
}

fn behavior(cache_policy: &str) -> Value {
    json!({
        "TargetOriginId": "alb", "ViewerProtocolPolicy": "redirect-to-https", "Compress": true, "CachePolicyId": cache_policy,
        "AllowedMethods": {"Quantity": 2, "Items": ["HEAD", "GET"], "CachedMethods": {"Quantity": 2, "Items": ["HEAD", "GET"]}},
        "ResponseHeadersPolicyId": HEADERS, "OriginRequestPolicyId": null, "ForwardedValues": null, "SmoothStreaming": false,
        "LambdaFunctionAssociations": {"Quantity": 0}, "FunctionAssociations": {"Quantity": 0}, "FieldLevelEncryptionId": "",
        "TrustedSigners": {"Enabled": false, "Quantity": 0}, "TrustedKeyGroups": {"Enabled": false, "Quantity": 0},
    })
}

fn spa(code: u16) -> Value {
    json!({"ErrorCode": code, "ResponsePagePath": "/index.html", "ResponseCode": "200", "ErrorCachingMinTTL": 10})
}

/// A cache policy as a snapshot holds it; one that is not AWS's own caches and compresses.
pub(crate) fn cache_policy(id: &str) -> Value {
    let optimized = id != DISABLED;
    let [shortest, usual, longest] = if optimized { [1, 86_400, 31_536_000] } else { [0, 0, 0] };
    named(
        "cache-policy",
        "AWS::CloudFront::CachePolicy",
        id,
        json!({"CachePolicyConfig": {
            "Name": id, "MinTTL": shortest, "DefaultTTL": usual, "MaxTTL": longest,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": optimized, "EnableAcceptEncodingBrotli": optimized,
                "HeadersConfig": {"HeaderBehavior": "none"}, "CookiesConfig": {"CookieBehavior": "none"},
                "QueryStringsConfig": {"QueryStringBehavior": "none"},
            },
        }}),
    )
}

/// A response headers policy as a snapshot holds it.
pub(crate) fn headers_policy(id: &str, config: Value) -> Value {
    let config = json!({"ResponseHeadersPolicyConfig": config});
    named("response-headers-policy", "AWS::CloudFront::ResponseHeadersPolicy", id, config)
}

fn named(part: &str, resource_type: &str, id: &str, mut configuration: Value) -> Value {
    configuration["Id"] = json!(id);
    json!({
        "resourceType": resource_type, "resourceId": id, "region": "global",
        "arn": format!("arn:aws:cloudfront::123456789012:{part}/{id}"), "configuration": configuration,
    })
}

/// A load balancer of this name in the DNS.
pub(crate) fn balancer(dns_name: &str) -> Value {
    json!({
        "resourceType": "AWS::ElasticLoadBalancingV2::LoadBalancer", "resourceId": "konecta-erp", "region": "us-east-1",
        "arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/konecta-erp/1",
        "configuration": {"LoadBalancerName": "konecta-erp", "DNSName": dns_name, "Type": "application", "Scheme": "internet-facing"},
    })
}

"""CloudFront: viewers, origins, headers, caching, error pages."""

from __future__ import annotations

from typing import Any

from stack import edge
from stack.names import CACHING_DISABLED, CACHING_OPTIMIZED, ORIGIN_DOMAIN, ORIGIN_HEADER, ORIGIN_SECRET
from stack.state import World

from labels import extra, label
from labels.policies import cache_policy, headers_policy

Config = dict[str, Any]


def _default(config: Config) -> Config:
    found: Config = config["DefaultCacheBehavior"]
    return found


def _api(config: Config) -> Config:
    """The /api/* behavior, wherever other labels have pushed it."""
    found: Config = next(each for each in config["CacheBehaviors"]["Items"] if each["PathPattern"] == "/api/*")
    return found


def _origin(config: Config) -> Config:
    found: Config = config["Origins"]["Items"][0]
    return found


def _log_nowhere(config: Config) -> None:
    config["Logging"] = {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""}


def _add_behavior(config: Config, behavior: Config) -> None:
    """Put a behavior before all others: the first pattern that matches wins."""
    config["CacheBehaviors"] = edge.items([behavior, *config["CacheBehaviors"].get("Items", [])])


def _add_origin(config: Config, origin: Config, path: str) -> None:
    """Add an origin and an uncached behavior that uses it."""
    config["Origins"] = edge.items([*config["Origins"]["Items"], origin])
    _add_behavior(config, {**edge.api_behavior(path), "TargetOriginId": origin["Id"]})


@label("cf-http-allowed", ["KA-CF-001", "KA-X-010"])
def http_allowed(world: World) -> str:
    """The default behavior serves plain HTTP."""
    return edge.change_distribution(world, lambda config: _default(config).update(ViewerProtocolPolicy="allow-all"))


@label("cf-api-http-allowed", ["KA-CF-001", "KA-X-010"])
def api_http_allowed(world: World) -> str:
    """Only the ordered behavior /api/* serves plain HTTP; the default one redirects."""
    return edge.change_distribution(world, lambda config: _api(config).update(ViewerProtocolPolicy="allow-all"))


@label("cf-default-certificate", ["KA-CF-002", "KA-X-010"], debatable=["KA-X-003"])
def default_certificate(world: World) -> str:
    """The *.cloudfront.net certificate, with which AWS forces TLSv1 whatever the security policy says."""

    def change(config: Config) -> None:
        config["Aliases"] = {"Quantity": 0}
        config["ViewerCertificate"] = {
            "CloudFrontDefaultCertificate": True,
            "SSLSupportMethod": "vip",
            "MinimumProtocolVersion": "TLSv1",
            "CertificateSource": "cloudfront",
        }

    return edge.change_distribution(world, change)


@label("cf-old-tls", ["KA-CF-002", "KA-X-010"])
def old_tls(world: World) -> str:
    """A second distribution lets viewers use TLS 1.1."""
    return extra.distribution(
        world, "old-tls", lambda config: config["ViewerCertificate"].update(MinimumProtocolVersion="TLSv1.1_2016")
    )


@label("cf-origin-http-only", ["KA-CF-010", "KA-X-010"], debatable=["KA-X-003"])
def origin_http_only(world: World) -> str:
    """CloudFront talks plain HTTP to the load balancer."""
    return edge.change_distribution(
        world, lambda config: _origin(config)["CustomOriginConfig"].update(OriginProtocolPolicy="http-only")
    )


@label("cf-origin-match-viewer", ["KA-CF-010", "KA-X-010"])
def origin_match_viewer(world: World) -> str:
    """A second origin follows the viewer's protocol; the first is HTTPS only."""
    origin = edge.custom_origin("reports", ORIGIN_DOMAIN)
    origin["CustomOriginConfig"]["OriginProtocolPolicy"] = "match-viewer"
    return edge.change_distribution(world, lambda config: _add_origin(config, origin, "/api/reports/*"))


@label("cf-origin-tls10", ["KA-CF-011"])
def origin_tls10(world: World) -> str:
    """TLS 1.0 is allowed towards the origin, beside TLS 1.2."""
    versions = edge.items(["TLSv1", "TLSv1.2"])
    return edge.change_distribution(
        world, lambda config: _origin(config)["CustomOriginConfig"].update(OriginSslProtocols=versions)
    )


@label("cf-old-http", ["KA-CF-006"])
def old_http(world: World) -> str:
    """A second distribution speaks HTTP/1.1 only."""
    return extra.distribution(world, "old-http", lambda config: config.update(HttpVersion="http1.1"))


@label("cf-no-forwarded-proto", ["KA-CF-013"])
def no_forwarded_proto(world: World) -> str:
    """A second distribution sends the secret header to the load balancer, but not how the viewer came."""
    headers = edge.items([{"HeaderName": ORIGIN_HEADER, "HeaderValue": ORIGIN_SECRET}])
    return extra.distribution(world, "no-proto", lambda config: _origin(config).update(CustomHeaders=headers))


@label("cf-no-web-acl", ["KA-CF-041"])
def no_web_acl(world: World) -> str:
    """A second distribution has no web ACL."""
    return extra.distribution(world, "no-web-acl", lambda config: config.update(WebACLId=""))


@label("cf-no-access-logs", ["KA-CF-040", "KA-X-014"])
def no_access_logs(world: World) -> str:
    """A second distribution writes no access logs."""
    return extra.distribution(world, "no-logs", _log_nowhere)


@label("benign-log-delivery", [])
def log_delivery(world: World) -> str:
    """A second distribution writes no access logs by itself; CloudWatch Logs delivers them."""
    arn = extra.distribution(world, "delivered-logs", _log_nowhere)
    logs = world.aws.logs
    logs.put_delivery_source(name="edge", resourceArn=arn, logType="ACCESS_LOGS")
    bucket = {"destinationResourceArn": f"arn:aws:s3:::{edge.LOG_BUCKET}"}
    made = logs.put_delivery_destination(name="edge", deliveryDestinationConfiguration=bucket)
    logs.create_delivery(deliverySourceName="edge", deliveryDestinationArn=made["deliveryDestination"]["arn"])
    return arn


@label("cf-geo-restricted", ["KA-CF-042"])
def geo_restricted(world: World) -> str:
    """A second distribution lets in only one country, which nobody has declared."""
    restriction = {"GeoRestriction": {"RestrictionType": "whitelist", "Quantity": 1, "Items": ["DE"]}}
    return extra.distribution(world, "geo", lambda config: config.update(Restrictions=restriction))


@label("cf-no-origin-header", ["KA-CF-012", "KA-X-002"])
def no_origin_header(world: World) -> str:
    """CloudFront does not show the secret header to the load balancer."""
    headers = edge.items([{"HeaderName": "X-Forwarded-Proto", "HeaderValue": "https"}])
    return edge.change_distribution(world, lambda config: _origin(config).update(CustomHeaders=headers))


@label("cf-origin-header-misspelt", ["KA-CF-012"], debatable=["KA-X-002"])
def origin_header_misspelt(world: World) -> str:
    """A second origin shows the right secret under a misspelt header name."""
    origin = edge.custom_origin("legacy", ORIGIN_DOMAIN)
    misspelt = ORIGIN_HEADER.replace("Verify", "Verfy")
    proto = {"HeaderName": "X-Forwarded-Proto", "HeaderValue": "https"}
    origin["CustomHeaders"] = edge.items([{"HeaderName": misspelt, "HeaderValue": ORIGIN_SECRET}, proto])
    return edge.change_distribution(world, lambda config: _add_origin(config, origin, "/api/legacy/*"))


@label("cf-origin-elb-domain", ["KA-X-003", "KA-X-010"])
def origin_elb_domain(world: World) -> str:
    """The origin is the load balancer's own name, for which nobody can have a certificate: 502."""
    return edge.change_distribution(world, lambda config: _origin(config).update(DomainName=world.load_balancer_dns))


@label("cf-no-security-headers", ["KA-CF-020", "KA-CF-021"])
def no_security_headers(world: World) -> str:
    """The default behavior has no response headers policy."""
    return edge.change_distribution(world, lambda config: _default(config).pop("ResponseHeadersPolicyId", None))


@label("cf-api-no-security-headers", ["KA-CF-020", "KA-CF-021"])
def api_no_security_headers(world: World) -> str:
    """Only the ordered behavior /api/* has no response headers policy."""
    return edge.change_distribution(world, lambda config: _api(config).pop("ResponseHeadersPolicyId", None))


@label("cf-weak-headers-policy", ["KA-CF-020", "KA-CF-021"])
def weak_headers_policy(world: World) -> str:
    """A second distribution has a response headers policy, but one that sets X-Frame-Options alone."""
    frame_only = headers_policy(world, "frame-only", {"FrameOptions": {"Override": True, "FrameOption": "SAMEORIGIN"}})
    return extra.distribution(
        world, "weak-headers", lambda config: _default(config).update(ResponseHeadersPolicyId=frame_only)
    )


@label("cf-short-hsts", ["KA-CF-021"], debatable=["KA-CF-020"])
def short_hsts(world: World) -> str:
    """A second distribution sends all security headers, but HSTS for five minutes only."""
    policy = headers_policy(world, "short-hsts", hsts_seconds=300)
    return extra.distribution(
        world, "short-hsts", lambda config: _default(config).update(ResponseHeadersPolicyId=policy)
    )


@label("benign-own-headers-policy", [])
def own_headers_policy(world: World) -> str:
    """Both behaviors use a policy of our own with all managed headers and HSTS that overrides the origin."""
    policy = headers_policy(world, "all-headers")

    def change(config: Config) -> None:
        _default(config)["ResponseHeadersPolicyId"] = policy
        _api(config)["ResponseHeadersPolicyId"] = policy

    return edge.change_distribution(world, change)


@label("cf-no-compression", ["KA-CF-030"])
def no_compression(world: World) -> str:
    """The default behavior does not compress."""
    return edge.change_distribution(world, lambda config: _default(config).update(Compress=False))


@label("cf-gzip-only", ["KA-CF-030", "KA-CF-031"])
def gzip_only(world: World) -> str:
    """A second distribution compresses, with a cache policy of its own that knows no Brotli."""
    policy = cache_policy(world, "gzip-only", brotli=False)
    return extra.distribution(world, "gzip-only", lambda config: _default(config).update(CachePolicyId=policy))


@label("cf-static-uncached", ["KA-CF-030", "KA-CF-031"])
def static_uncached(world: World) -> str:
    """A second distribution caches nothing, and CloudFront compresses only what it may cache."""
    return extra.distribution(
        world, "static-uncached", lambda config: _default(config).update(CachePolicyId=CACHING_DISABLED)
    )


@label("cf-legacy-forwarding", ["KA-CF-031"], debatable=["KA-CF-030"])
def legacy_forwarding(world: World) -> str:
    """A second distribution uses the legacy ForwardedValues in place of a cache policy."""

    def change(config: Config) -> None:
        behavior = _default(config)
        del behavior["CachePolicyId"]
        behavior["ForwardedValues"] = {
            "QueryString": True,
            "Cookies": {"Forward": "all"},
            "Headers": {"Quantity": 0},
            "QueryStringCacheKeys": {"Quantity": 0},
        }
        behavior.update(MinTTL=0, DefaultTTL=86400, MaxTTL=31536000)

    return extra.distribution(world, "legacy-forwarding", change)


@label("cf-api-cached", ["KA-CF-032"])
def api_cached(world: World) -> str:
    """/api/* uses CachingOptimized: one user gets another one's answers."""
    return edge.change_distribution(world, lambda config: _api(config).update(CachePolicyId=CACHING_OPTIMIZED))


@label("cf-api-v2-cached", ["KA-CF-032"])
def api_v2_cached(world: World) -> str:
    """A more specific /api/v2/* before the good /api/* caches."""
    behavior = {**edge.api_behavior("/api/v2/*"), "CachePolicyId": CACHING_OPTIMIZED}
    return edge.change_distribution(world, lambda config: _add_behavior(config, behavior))


@label("cf-api-key-without-authorization", ["KA-CF-032"])
def api_key_without_authorization(world: World) -> str:
    """A second distribution caches /api/* for a minute, with a key in which Authorization is missing."""
    policy = cache_policy(world, "no-authorization", ttl=(0, 60, 60))
    return extra.distribution(world, "shared-api", lambda config: _api(config).update(CachePolicyId=policy))


@label("cf-api-min-ttl", ["KA-CF-032"])
def api_min_ttl(world: World) -> str:
    """A second distribution has Authorization in the key of /api/*, but keeps answers whatever the origin says."""
    policy = cache_policy(world, "min-ttl", ttl=(60, 60, 60), headers=["Authorization"])
    return extra.distribution(world, "min-ttl-api", lambda config: _api(config).update(CachePolicyId=policy))


@label("cf-spa-404-missing", ["KA-CF-034"])
def spa_404_missing(world: World) -> str:
    """Only 403 leads to the single-page application, 404 does not."""

    def change(config: Config) -> None:
        kept = [each for each in config["CustomErrorResponses"]["Items"] if each["ErrorCode"] == 403]
        config["CustomErrorResponses"] = edge.items(kept)

    return edge.change_distribution(world, change)


@label("cf-no-spa-errors", ["KA-CF-034"])
def no_spa_errors(world: World) -> str:
    """A second distribution has no custom error responses."""
    return extra.distribution(world, "no-errors", lambda config: config.update(CustomErrorResponses={"Quantity": 0}))


@label("cf-spa-error-ttl", ["KA-CF-034"])
def spa_error_ttl(world: World) -> str:
    """A second distribution keeps error pages for five minutes."""

    def change(config: Config) -> None:
        for each in config["CustomErrorResponses"]["Items"]:
            each["ErrorCachingMinTTL"] = 300

    return extra.distribution(world, "error-ttl", change)


@label("cf-bucket-without-root", ["KA-CF-035"])
def bucket_without_root(world: World) -> str:
    """A second distribution also serves a bucket, and has no default root object."""
    bucket = {
        "Id": "assets",
        "DomainName": f"{edge.LOG_BUCKET}.s3.us-east-1.amazonaws.com",
        "OriginPath": "",
        "CustomHeaders": {"Quantity": 0},
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }

    def change(config: Config) -> None:
        config["DefaultRootObject"] = ""
        config["Origins"] = edge.items([*config["Origins"]["Items"], bucket])
        config["DefaultCacheBehavior"]["TargetOriginId"] = "assets"

    return extra.distribution(world, "bucket-root", change)

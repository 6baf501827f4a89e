"""CloudFront's cache and response headers policies of our own."""

from __future__ import annotations

from typing import Any

from stack import edge
from stack.state import World


def cache_policy(
    world: World,
    name: str,
    *,
    brotli: bool = True,
    ttl: tuple[int, int, int] = (1, 86400, 31536000),
    headers: list[str] | None = None,
) -> str:
    """Like CachingOptimized but for what is said; ``ttl`` is least, default, most. Returns its id."""
    least, default, most = ttl
    keyed = {"HeaderBehavior": "whitelist", "Headers": edge.items(headers)} if headers else {"HeaderBehavior": "none"}
    config = {
        "Name": name,
        "MinTTL": least,
        "DefaultTTL": default,
        "MaxTTL": most,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": True,
            "EnableAcceptEncodingBrotli": brotli,
            "HeadersConfig": keyed,
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "none"},
        },
    }
    identifier: str = world.aws.cloudfront.create_cache_policy(CachePolicyConfig=config)["CachePolicy"]["Id"]
    return identifier


def headers_policy(
    world: World, name: str, security: dict[str, Any] | None = None, *, hsts_seconds: int = 63072000
) -> str:
    """A response headers policy: the managed policy's headers unless ``security`` says others. Returns its id."""
    everything = {
        "XSSProtection": {"Override": True, "Protection": True, "ModeBlock": True},
        "FrameOptions": {"Override": True, "FrameOption": "SAMEORIGIN"},
        "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "strict-origin-when-cross-origin"},
        "ContentTypeOptions": {"Override": True},
        "StrictTransportSecurity": {
            "Override": True,
            "IncludeSubdomains": True,
            "Preload": False,
            "AccessControlMaxAgeSec": hsts_seconds,
        },
    }
    config = {"Name": name, "Comment": name, "SecurityHeadersConfig": security or everything}
    answer = world.aws.cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=config)
    identifier: str = answer["ResponseHeadersPolicy"]["Id"]
    return identifier

"""boto3 clients for the emulators, made once: building one takes longer than most calls to it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from emulators import REGION, Endpoints, request


class Aws:
    """One client a service; CloudFront's goes to ministack, all others to moto, never to the proxy.

    The clients are ``Any`` because boto3 makes their methods at run time.
    """

    def __init__(self, endpoints: Endpoints) -> None:
        self.endpoints = endpoints
        self._session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
        self._config = Config(
            retries={"max_attempts": 1, "mode": "standard"},
            proxies={},
            s3={"addressing_style": "path"},
            ignore_configured_endpoint_urls=True,
        )

    def _client(self, service: str) -> Any:
        url = self.endpoints.ministack if service == "cloudfront" else self.endpoints.moto
        return self._session.client(service, endpoint_url=url, config=self._config)

    @cached_property
    def acm(self) -> Any:
        return self._client("acm")

    @cached_property
    def autoscaling(self) -> Any:
        return self._client("autoscaling")

    @cached_property
    def cloudfront(self) -> Any:
        return self._client("cloudfront")

    @cached_property
    def ec2(self) -> Any:
        return self._client("ec2")

    @cached_property
    def ecr(self) -> Any:
        return self._client("ecr")

    @cached_property
    def eks(self) -> Any:
        return self._client("eks")

    @cached_property
    def elb(self) -> Any:
        return self._client("elb")

    @cached_property
    def elbv2(self) -> Any:
        return self._client("elbv2")

    @cached_property
    def iam(self) -> Any:
        return self._client("iam")

    @cached_property
    def kms(self) -> Any:
        return self._client("kms")

    @cached_property
    def logs(self) -> Any:
        return self._client("logs")

    @cached_property
    def rds(self) -> Any:
        return self._client("rds")

    @cached_property
    def route53(self) -> Any:
        return self._client("route53")

    @cached_property
    def s3(self) -> Any:
        return self._client("s3")

    @cached_property
    def wafv2(self) -> Any:
        return self._client("wafv2")

    def reset(self) -> None:
        """Empty both emulators, and make moto's next ids the same as those of every other build.

        moto draws random numbers in its reset too, hence the seed on both sides. Its first build in a
        process still differs from the later ones, which are all alike: it makes its backends on first use.
        """
        seed = f"{self.endpoints.moto}/moto-api/seed?a=1"
        request(seed, method="POST")
        request(f"{self.endpoints.moto}/moto-api/reset", method="POST")
        request(f"{self.endpoints.ministack}/_ministack/reset", method="POST")
        request(seed, method="POST")

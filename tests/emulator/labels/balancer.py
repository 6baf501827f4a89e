"""The load balancer: listeners, rules, certificate, health check, and who may reach it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from stack import edge, network
from stack.names import CLOUDFRONT_PREFIX_LIST, ORIGIN_DOMAIN, PROJECT, SSL_POLICY
from stack.state import World, tag_list, tag_specification

from labels import label

_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HTTPS = (443, 443)
HTTP = (80, 80)
_PLAINTEXT_FORWARD = ["KA-ALB-001", "KA-ALB-002", "KA-ALB-018", "KA-X-002"]


def _path(pattern: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": [pattern]}}


def _add_rule(world: World, listener: str, priority: int, condition: dict[str, Any], action: dict[str, Any]) -> str:
    arn: str = world.aws.elbv2.create_rule(
        ListenerArn=listener, Priority=priority, Conditions=[condition], Actions=[action], Tags=tag_list()
    )["Rules"][0]["RuleArn"]
    return arn


def _redirect(**changes: str) -> dict[str, Any]:
    return {"Type": "redirect", "RedirectConfig": {**edge.REDIRECT["RedirectConfig"], **changes}}


@label("alb-http-forwards", _PLAINTEXT_FORWARD)
def http_forwards(world: World) -> str:
    """The HTTP listener forwards to the nodes instead of redirecting."""
    world.aws.elbv2.modify_listener(ListenerArn=world.http_listener, DefaultActions=[edge.forward(world)])
    return world.http_listener


@label("alb-http-rule-forwards", ["KA-ALB-001", "KA-ALB-018", "KA-X-002"])
def http_rule_forwards(world: World) -> str:
    """The HTTP listener redirects by default, but one of its rules forwards /legacy/* in the clear."""
    _add_rule(world, world.http_listener, 10, _path("/legacy/*"), edge.forward(world))
    return world.http_listener


@label("alb-http-rule-302", ["KA-ALB-001"])
def http_rule_302(world: World) -> str:
    """A rule of the HTTP listener redirects to HTTPS for the moment only (302)."""
    _add_rule(world, world.http_listener, 20, _path("/old/*"), _redirect(StatusCode="HTTP_302"))
    return world.http_listener


@label("alb-http-rule-redirects-to-http", ["KA-ALB-001"])
def http_rule_redirects_to_http(world: World) -> str:
    """A rule of the HTTP listener redirects with 301, but to HTTP."""
    _add_rule(world, world.http_listener, 30, _path("/docs/*"), _redirect(Protocol="HTTP", Port="80"))
    return world.http_listener


@label("alb-without-https", ["KA-ALB-001", "KA-ALB-002", "KA-X-001"], debatable=["KA-ALB-018"])
def without_https(world: World) -> str:
    """A second load balancer has an HTTP listener that redirects to an HTTPS one which does not exist."""
    elbv2 = world.aws.elbv2
    # A group of its own: with the first one's it would reach the nodes.
    group = network.security_group(world, f"{PROJECT}-legacy", "Load balancer: CloudFront only")
    network.from_prefix_list(world, group, world.cloudfront_prefix_list, HTTP, "redirect to HTTPS")
    arn: str = elbv2.create_load_balancer(
        Name=f"{PROJECT}-legacy",
        Subnets=world.subnets["public"],
        SecurityGroups=[group],
        Scheme="internet-facing",
        Type="application",
        Tags=tag_list(),
    )["LoadBalancers"][0]["LoadBalancerArn"]
    edge.set_attributes(world, arn)
    elbv2.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[edge.REDIRECT])
    return arn


def _attribute(world: World, key: str, value: str) -> str:
    attributes = [{"Key": key, "Value": value}]
    world.aws.elbv2.modify_load_balancer_attributes(LoadBalancerArn=world.load_balancer, Attributes=attributes)
    return world.load_balancer


@label("alb-keeps-invalid-headers", ["KA-ALB-006"])
def keeps_invalid_headers(world: World) -> str:
    """Headers with invalid names are passed on to the targets."""
    return _attribute(world, "routing.http.drop_invalid_header_fields.enabled", "false")


@label("alb-desync-monitor", ["KA-ALB-007"])
def desync_monitor(world: World) -> str:
    """Ambiguous requests are counted and let through."""
    return _attribute(world, "routing.http.desync_mitigation_mode", "monitor")


@label("alb-no-access-logs", ["KA-ALB-008", "KA-X-014"])
def no_access_logs(world: World) -> str:
    """Access logs are off."""
    return _attribute(world, "access_logs.s3.enabled", "false")


@label("alb-no-deletion-protection", ["KA-ALB-009"])
def no_deletion_protection(world: World) -> str:
    """The load balancer can be deleted by one call."""
    return _attribute(world, "deletion_protection.enabled", "false")


@label("alb-old-tls-policy", ["KA-ALB-003"])
def old_tls_policy(world: World) -> str:
    """The HTTPS listener's policy still speaks TLS 1.0."""
    world.aws.elbv2.modify_listener(ListenerArn=world.https_listener, SslPolicy="ELBSecurityPolicy-2016-08")
    return world.https_listener


@label("alb-old-tls-policy-8443", ["KA-ALB-003"])
def old_tls_policy_8443(world: World) -> str:
    """A second HTTPS listener, on 8443, whose policy has TLS 1.3 in its name and TLS 1.0 in its protocols."""
    arn: str = world.aws.elbv2.create_listener(
        LoadBalancerArn=world.load_balancer,
        Protocol="HTTPS",
        Port=8443,
        SslPolicy="ELBSecurityPolicy-TLS13-1-0-2021-06",
        Certificates=[{"CertificateArn": world.certificates["origin"]}],
        DefaultActions=[edge.DENY],
    )["Listeners"][0]["ListenerArn"]
    return arn


@label("alb-health-path", ["KA-ALB-014"])
def health_path(world: World) -> str:
    """The target group asks / instead of /health."""
    world.aws.elbv2.modify_target_group(TargetGroupArn=world.target_group, HealthCheckPath="/")
    return world.target_group


@label("alb-health-matcher", ["KA-ALB-014"])
def health_matcher(world: World) -> str:
    """A second target group takes every answer up to 499 for health."""
    return edge.create_target_group(world, f"{PROJECT}-reports", "HTTP", Matcher={"HttpCode": "200-499"})


@label("alb-plain-targets", ["KA-X-010"])
def plain_targets(world: World) -> str:
    """A second rule forwards /plain/* to a target group that is spoken to in plain HTTP, to whoever shows the header."""
    arn = edge.create_target_group(world, f"{PROJECT}-plain", "HTTP")
    world.aws.elbv2.create_rule(
        ListenerArn=world.https_listener,
        Priority=15,
        Conditions=[edge.secret_header(), _path("/plain/*")],
        Actions=[{"Type": "forward", "TargetGroupArn": arn}],
        Tags=tag_list(),
    )
    return arn


@label("alb-default-forwards", ["KA-ALB-018", "KA-X-002"])
def default_forwards(world: World) -> str:
    """The HTTPS listener forwards by default: no header is needed."""
    world.aws.elbv2.modify_listener(ListenerArn=world.https_listener, DefaultActions=[edge.forward(world)])
    return world.https_listener


@label("alb-rule-without-header", ["KA-ALB-018", "KA-X-002"])
def rule_without_header(world: World) -> str:
    """A second rule forwards /internal/* without asking for the header."""
    _add_rule(world, world.https_listener, 20, _path("/internal/*"), edge.forward(world))
    return world.https_listener


@label("alb-rule-any-value", ["KA-X-002"], debatable=["KA-ALB-018"])
def rule_any_value(world: World) -> str:
    """A second rule asks for the header, but any value will do: it is a pattern, and the pattern is *."""
    _add_rule(world, world.https_listener, 30, edge.secret_header("*"), edge.forward(world))
    return world.https_listener


@label("alb-rule-known-value", ["KA-X-002"], debatable=["KA-ALB-018"])
def rule_known_value(world: World) -> str:
    """A second rule lets in a value that CloudFront does not send: somebody else knows it."""
    _add_rule(world, world.https_listener, 40, edge.secret_header("letmein"), edge.forward(world))
    return world.https_listener


@label("alb-rule-rotated", ["KA-X-002"], debatable=["KA-ALB-018"])
def rule_rotated(world: World) -> str:
    """The load balancer expects a value that CloudFront does not send: half a rotation."""
    world.aws.elbv2.modify_rule(RuleArn=world.origin_rule, Conditions=[edge.secret_header("rotated-only-here")])
    return world.https_listener


@label(
    "alb-certificate-signed-by-itself",
    ["KA-X-003", "KA-X-010"],
    exclusive="the listener has one default certificate, which alb-certificate-other-name changes",
)
def certificate_signed_by_itself(world: World) -> str:
    """The HTTPS listener's certificate is for the right name, and was imported and signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ORIGIN_DOMAIN)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, _BEGIN, _BEGIN.replace(year=2036))
    certificate = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(ORIGIN_DOMAIN)]), critical=False)
    arn: str = world.aws.acm.import_certificate(
        Certificate=certificate.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM),
        PrivateKey=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )["CertificateArn"]
    world.aws.elbv2.modify_listener(ListenerArn=world.https_listener, Certificates=[{"CertificateArn": arn}])
    return world.https_listener


@label("alb-certificate-other-name", ["KA-X-003", "KA-X-010"])
def certificate_other_name(world: World) -> str:
    """The HTTPS listener's certificate is for another name than the origin's."""
    other = edge.certificate(world, "intranet.example.net", ["intranet.example.net"])
    world.aws.elbv2.modify_listener(
        ListenerArn=world.https_listener,
        Certificates=[{"CertificateArn": other}],
        SslPolicy=_ssl_policy(world),
    )
    return world.https_listener


def _ssl_policy(world: World) -> str:
    """The listener's present policy: moto sets its default when ModifyListener does not name one."""
    listener = world.aws.elbv2.describe_listeners(ListenerArns=[world.https_listener])["Listeners"][0]
    return str(listener.get("SslPolicy", SSL_POLICY))


@label("alb-sg-open", ["KA-SG-004", "KA-X-001"])
def sg_open(world: World) -> str:
    """Everybody reaches the load balancer on 443."""
    network.from_cidr(world, "alb", network.ANYWHERE, HTTPS, "everybody")
    return world.security_groups["alb"]


@label("alb-sg-open-ipv6", ["KA-SG-004", "KA-X-001"])
def sg_open_ipv6(world: World) -> str:
    """Everybody reaches the load balancer on 443 over IPv6."""
    network.from_cidr(world, "alb", "::/0", HTTPS, "everybody over IPv6")
    return world.security_groups["alb"]


@label("alb-sg-halves", ["KA-SG-004", "KA-X-001"])
def sg_halves(world: World) -> str:
    """Two rules of half the internet each let everybody reach the load balancer on 80."""
    for half in ("0.0.0.0/1", "128.0.0.0/1"):
        network.from_cidr(world, "alb", half, HTTP, "half of everybody")
    return world.security_groups["alb"]


@label("alb-sg-office", ["KA-SG-004", "KA-X-001"])
def sg_office(world: World) -> str:
    """One narrow range beside CloudFront reaches the load balancer on 443."""
    network.from_cidr(world, "alb", "198.51.100.0/24", HTTPS, "the office")
    return world.security_groups["alb"]


@label("alb-sg-lookalike-list", ["KA-SG-004", "KA-X-001"])
def sg_lookalike_list(world: World) -> str:
    """A prefix list of our own, named like CloudFront's, lets other addresses in."""
    # AWS keeps names that begin with com.amazonaws for itself; moto takes it, and the owner tells them apart.
    lookalike = customer_prefix_list(world, CLOUDFRONT_PREFIX_LIST, "198.51.100.0/24")
    network.from_prefix_list(world, "alb", lookalike, HTTPS, "looks like CloudFront")
    return world.security_groups["alb"]


@label("alb-sg-extra-port", ["KA-SG-004"])
def sg_extra_port(world: World) -> str:
    """CloudFront's addresses reach a port that is neither 443 nor 80, and on which nobody listens."""
    network.from_prefix_list(world, "alb", world.cloudfront_prefix_list, (9443, 9443), "forgotten port")
    return world.security_groups["alb"]


@label("alb-second-sg-open", ["KA-SG-004", "KA-X-001"])
def second_sg_open(world: World) -> str:
    """A second security group on the load balancer lets everybody in; the first is as it should be."""
    second = network.security_group(world, f"{PROJECT}-alb-debug", "Load balancer: while debugging")
    network.from_cidr(world, second, network.ANYWHERE, HTTPS, "while debugging")
    world.aws.elbv2.set_security_groups(
        LoadBalancerArn=world.load_balancer, SecurityGroups=[world.security_groups["alb"], second]
    )
    return second


def customer_prefix_list(world: World, name: str, cidr: str) -> str:
    """A managed prefix list that the account owns; returns its id."""
    identifier: str = world.aws.ec2.create_managed_prefix_list(
        PrefixListName=name,
        AddressFamily="IPv4",
        MaxEntries=5,
        Entries=[{"Cidr": cidr, "Description": name}],
        TagSpecifications=tag_specification("prefix-list"),
    )["PrefixList"]["PrefixListId"]
    return identifier

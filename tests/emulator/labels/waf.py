"""WAF: web ACLs without rules, and with rules that only watch."""

from __future__ import annotations

from stack import edge
from stack.state import World

from labels import label


@label("waf-no-rules", ["KA-WAF-001", "KA-WAF-002"])
def no_rules(world: World) -> str:
    """A second web ACL has no rule at all."""
    return edge.web_acl(world, "no-rules", [])


@label("waf-group-counts", ["KA-WAF-002"])
def group_counts(world: World) -> str:
    """A second web ACL has the whole baseline, but its rules against SQL injection only count."""
    rules = edge.baseline_rules()
    rules[2]["OverrideAction"] = {"Count": {}}
    return edge.web_acl(world, "group-counts", rules)


@label("waf-no-rate-limit", ["KA-WAF-002"])
def no_rate_limit(world: World) -> str:
    """A second web ACL has all managed groups and no rule against floods."""
    return edge.web_acl(world, "no-rate-limit", edge.baseline_rules()[:-1])

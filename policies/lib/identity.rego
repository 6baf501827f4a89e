# By what a load balancer knows our own distribution: the conditions of its rules on the secret header, a web ACL that demands it, a listener
# that verifies certificates of clients.
package konecta.lib.identity

import rego.v1

import data.konecta.lib.alb
import data.konecta.lib.secret

header := data.blueprint.cloudfront.origin_header

# What distributions send in the secret header, as far as it is known.
known_secrets := {value | some distribution in alb.distributions; some value in secrets(distribution)}

secrets(distribution) := {one.value |
	some one in distribution.headers
	lower(one.name) == lower(header)
	secret.exact(one.value)
}

# All that distributions send in it, where all of them are known. One that is idle sends nothing.
sent := known_secrets if {
	not alb.doubted
	every distribution in alb.distributions { _told(distribution) }
}

_told(distribution) if alb.idle(distribution)

_told(distribution) if {
	every one in distribution.headers { _legible(one) }
}

_legible(one) if {
	is_string(one.name)
	lower(one.name) != lower(header)
}

_legible(one) if {
	lower(one.name) == lower(header)
	secret.exact(one.value)
}

# The names of the headers that a rule asks for.
names(rule) := sort([one.name | some one in rule.headers])

# The conditions of a rule on the secret header. All conditions of a rule must hold; of what one condition holds, one.
_demands(rule) := [one | some one in rule.headers; lower(one.name) == lower(header)]

# A rule by which only those come to a target who know a secret value.
guarded(rule) if {
	some condition in _demands(rule)
	_keyed(condition)
}

guarded(rule) if _peers_only(rule)

# A rule by which only those come to a target whom CloudFront told what it sends, or declared peers.
proven(rule) if {
	some condition in _demands(rule)
	_keyed(condition)
	every value in condition.values { _is_sent(value) }
}

proven(rule) if _peers_only(rule)

# A rule that certainly lets in requests which do not carry the secret.
open_rule(rule) if {
	_understood(rule)
	not _peers_only(rule)
	every condition in _demands(rule) { _fits_all(condition) }
}

# A rule that certainly lets in a value which no distribution sends. A request may hold the header several times.
strange(rule) if {
	_understood(rule)
	not _peers_only(rule)
	not open_rule(rule)
	every condition in _demands(rule) { _admits_stranger(condition) }
}

_understood(rule) if {
	alb.lets_through(rule.actions)
	not rule.unknown
	every one in rule.headers { is_string(one.name) }
}

# Values only, and each of them a secret: no wildcard, no pattern.
_keyed(condition) if {
	count(condition.values) > 0
	count(object.get(condition, "regex", [])) == 0
	every value in condition.values { _plain(value) }
}

_plain(value) if {
	secret.folded(value)
	count(secret.marks(value)) == 0
}

# An older snapshot does not tell a wildcard; what CloudFront sends itself is none.
_plain(value) if {
	_is_sent(value)
	count(secret.marks(value)) == 0
}

_is_sent(value) if {
	some one in known_secrets
	secret.agree(value, one)
}

_patterns(condition) := {one | some key in ["values", "regex"]; some one in object.get(condition, key, [])}

_fits_all(condition) if {
	some one in _patterns(condition)
	"anything" in secret.marks(one)
}

_admits_stranger(condition) if _fits_all(condition)

_admits_stranger(condition) if {
	some value in condition.values
	count(secret.marks(value)) == 0
	every one in sent { secret.differ(value, one) }
}

# Only addresses that the blueprint declares as peers.
_peers_only(rule) if {
	some addresses in rule.sources
	count(addresses) > 0
	every address in addresses { _is_peer(address) }
}

_is_peer(address) if {
	some peer in data.blueprint.alb.peers
	net.cidr_contains(peer, address)
}

# What the web ACL on the load balancer does.
web_acl := data.facts[input.arn].web_acl

# No web ACL stands between a request and the listeners that would ask for the header.
unscreened if web_acl.kind == "none"

# A web ACL lets in only requests with one of these values, also when WAF does not answer.
screened if {
	web_acl.kind == "demands"
	alb.attribute("waf.fail_open.enabled") == "false"
}

# And each of the values is one that CloudFront sends.
screened_by_ours if {
	screened
	every value in web_acl.values { _is_sent_exactly(value) }
	every value in web_acl.lowercase { _is_sent_in_small_letters(value) }
}

_is_sent_exactly(value) if {
	some one in known_secrets
	secret.exact(value) == secret.exact(one)
}

_is_sent_in_small_letters(value) if {
	some one in known_secrets
	secret.exact(value) == secret.folded(one)
}

# A listener that lets in only clients whose certificate its trust store vouches for. Whose CA that holds is not seen.
verifies(door) if door.mutual_tls == "verify"

# A listener that lets in whoever comes to it.
ajar(door) if {
	unscreened
	not verifies(door)
}

# Why it is not known whether strangers are served.
doubts contains web_acl.why if web_acl.kind == "unknown"

doubts contains door.why if {
	some door in alb.doors
	door.unknown
}

doubts contains why if {
	some door in alb.doors
	some rule in door.rules
	rule.unknown
	why := object.get(rule, "why", sprintf("it was not sent what rule %v does or asks for", [object.get(rule, "arn", "?")]))
}

doubts contains why if {
	some door in alb.doors
	verifies(door)
	why := sprintf("the listener on port %v verifies certificates of clients, and it is not seen whose CA its trust store holds", [door.port])
}

doubts contains why if {
	some door in alb.doors
	some rule in door.rules
	some condition in _demands(rule)
	some one in _patterns(condition)
	some mark in secret.marks(one)
	mark in {"wildcard", "regex"}
	why := sprintf("rule %v asks for %v by a %v, which strangers may guess", [rule.arn, header, _words[mark]])
}

doubts contains sprintf("rule %v asks for %v, and it was not sent for which value", [rule.arn, header]) if {
	some door in alb.doors
	some rule in door.rules
	some condition in _demands(rule)
	count(_patterns(condition)) == 0
}

# An action that is none of these may let a request through, or not.
doubts contains sprintf("rule %v: what its action %v does is not known", [rule.arn, action]) if {
	some door in alb.doors
	some rule in door.rules
	some action in rule.actions
	not action in alb.known_actions
}

doubts contains sprintf("the listener on port %v: what its default action %v does is not known", [door.port, action]) if {
	some door in alb.doors
	some action in door["default"]
	not action in alb.known_actions
}

_words := {"wildcard": "wildcard", "regex": "regular expression"}

doubts contains why if {
	web_acl.kind == "demands"
	not _fails_closed
	why := "the load balancer may forward what WAF did not look at (waf.fail_open.enabled)"
}

# A listener through which nothing comes without our secret.
shut(door) if {
	_last_is_harmless(door)
	every rule in door.rules { _safe(rule) }
}

_last_is_harmless(door) if alb.harmless(door["default"])

# A rule takes all that is left before the default action is reached.
_last_is_harmless(door) if is_object(door.shield)

_safe(rule) if alb.harmless(rule.actions)

_safe(rule) if proven(rule)

_fails_closed if alb.attribute("waf.fail_open.enabled") == "false"

# A default that lets a request without the secret through, or answers a plain one elsewhere than over HTTPS.
wrong_default(door) if {
	not door.shield
	ajar(door)
	alb.lets_through(door["default"])
}

wrong_default(door) if {
	not door.shield
	unscreened
	door["default"] == ["redirect"]
	is_string(door.protocol)
	door.protocol != "HTTP"
}

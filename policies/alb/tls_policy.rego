# METADATA
# title: A listener speaks only current TLS versions
# description: >-
#   The security policy of a listener names the TLS versions that it speaks. One outdated version among them is enough for somebody on the way
#   to talk a client down to it. What a policy contains is asked of AWS, so that new policies are known the day they appear.
# related_resources:
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
# custom:
#   id: KA-ALB-003
#   severity: high
#   resource: AWS::ElasticLoadBalancingV2::Listener
#   remediation: Choose a security policy for the listener whose protocols are all among the declared ones.
#   reads: [elasticloadbalancing:DescribeListeners, elasticloadbalancing:DescribeSSLPolicies]
#   claims: [alb-tls]
#   frameworks: {fsbp: [ELB.17]}
#   fix: alb.tls_policy
package konecta.alb.tls_policy

import rego.v1

pass if {
	_encrypted
	is_array(_protocols)
	count(_protocols) > 0
	every protocol in _protocols { protocol in _accepted }
}

violations contains {"path": "SslPolicy", "actual": actual, "expected": expected} if {
	_encrypted
	is_array(_protocols)
	some protocol in _protocols
	not protocol in _accepted
	actual := sprintf("%s, which speaks %s", [input.configuration.SslPolicy, concat(", ", sort(_protocols))])
	expected := sprintf("a policy that speaks nothing but %s", [concat(", ", _accepted)])
}

not_applicable contains sprintf("it speaks %s, which is not encrypted by the load balancer", [protocol]) if {
	protocol := input.configuration.Protocol
	protocol in _plain
}

_tls := {"HTTPS", "TLS"}

_plain := {"HTTP", "TCP", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC", "GENEVE"}

_encrypted if input.configuration.Protocol in _tls

_protocols := data.lifecycle.ssl_policies[input.configuration.SslPolicy].SslProtocols

_accepted := data.blueprint.alb.tls_protocols

package konecta.cloudfront.web_acl_test

import rego.v1

import data.konecta.cloudfront.web_acl as control

before(id) := {"configuration": {"DistributionConfig": {"WebACLId": id}}}

test_a_web_acl_passes if {
	attached := before("arn:aws:wafv2:us-east-1:1:global/webacl/edge/2")
	control.pass with input as attached
	count(control.violations) == 0 with input as attached
}

test_none_and_a_classic_one_fail if {
	every id in ["", "473e64fd-f30b-4765-81a0-62ad96dd167a"] {
		control.violations == {{
			"path": "DistributionConfig.WebACLId",
			"actual": id,
			"expected": "the ARN of a web ACL",
		}} with input as before(id)
		not control.pass with input as before(id)
	}
}

test_missing_member_is_unknown if {
	every config in [{}, {"WebACLId": null}] {
		not control.pass with input as {"configuration": {"DistributionConfig": config}}
		count(control.violations) == 0 with input as {"configuration": {"DistributionConfig": config}}
	}
}

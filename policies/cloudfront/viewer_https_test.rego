package konecta.cloudfront.viewer_https_test

import rego.v1

import data.konecta.cloudfront.viewer_https as control

distribution(default_policy, ordered) := {"configuration": {"DistributionConfig": {
	"DefaultCacheBehavior": {"ViewerProtocolPolicy": default_policy},
	"CacheBehaviors": {"Quantity": count(ordered), "Items": ordered},
}}}

test_redirect_and_https_only_pass if {
	api := {"PathPattern": "/api/*", "ViewerProtocolPolicy": "https-only"}
	control.pass with input as distribution("redirect-to-https", [api])
	count(control.violations) == 0 with input as distribution("redirect-to-https", [api])
}

test_no_ordered_behavior_passes if {
	control.pass with input as distribution("https-only", [])
}

test_plaintext_default_fails if {
	control.violations == {{
		"path": "DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy",
		"actual": "allow-all",
		"expected": "redirect-to-https",
	}} with input as distribution("allow-all", [])
	not control.pass with input as distribution("allow-all", [])
}

test_plaintext_ordered_behavior_fails if {
	api := {"PathPattern": "/api/*", "ViewerProtocolPolicy": "allow-all"}
	paths := {violation.path | some violation in control.violations} with input as distribution("redirect-to-https", [api])
	paths == {"DistributionConfig.CacheBehaviors.Items[/api/*].ViewerProtocolPolicy"}
	not control.pass with input as distribution("redirect-to-https", [api])
}

test_missing_policy_is_unknown if {
	unknown := distribution("redirect-to-https", [{"PathPattern": "/api/*"}])
	not control.pass with input as unknown
	count(control.violations) == 0 with input as unknown
}

test_missing_behaviors_are_unknown if {
	short := json.patch(distribution("redirect-to-https", []), [{"op": "remove", "path": "/configuration/DistributionConfig/CacheBehaviors"}])
	not control.pass with input as short
	count(control.violations) == 0 with input as short
}

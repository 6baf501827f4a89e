package konecta.cloudfront.viewer_tls_test

import rego.v1

import data.konecta.cloudfront.viewer_tls as control

blueprint := {"cloudfront": {"accepted_tls_policies": ["TLSv1.2_2021", "TLSv1.3_2025"]}}

distribution(certificate) := {"configuration": {"DistributionConfig": {"ViewerCertificate": certificate}}}

own(policy) := distribution({"CloudFrontDefaultCertificate": false, "MinimumProtocolVersion": policy})

test_accepted_policy_passes if {
	control.pass with input as own("TLSv1.3_2025") with data.blueprint as blueprint
	count(control.violations) == 0 with input as own("TLSv1.3_2025") with data.blueprint as blueprint
	count(control.unattainable) == 0 with input as own("TLSv1.3_2025") with data.blueprint as blueprint
}

test_outdated_policy_fails if {
	control.violations == {{
		"path": "DistributionConfig.ViewerCertificate.MinimumProtocolVersion",
		"actual": "TLSv1.1_2016",
		"expected": ["TLSv1.2_2021", "TLSv1.3_2025"],
	}} with input as own("TLSv1.1_2016") with data.blueprint as blueprint
	not control.pass with input as own("TLSv1.1_2016") with data.blueprint as blueprint
	count(control.unattainable) == 0 with input as own("TLSv1.1_2016") with data.blueprint as blueprint
}

# AWS accepts any policy name beside the default certificate and ignores it.
test_default_certificate_fails_whatever_policy_is_asked_for if {
	config := distribution({"CloudFrontDefaultCertificate": true, "MinimumProtocolVersion": "TLSv1.2_2021"})
	control.violations == {{
		"path": "DistributionConfig.ViewerCertificate.CloudFrontDefaultCertificate",
		"actual": true,
		"expected": false,
	}} with input as config with data.blueprint as blueprint
	not control.pass with input as config with data.blueprint as blueprint
	some reason in control.unattainable with input as config
	contains(reason, "ACM certificate in us-east-1")
}

test_missing_certificate_kind_is_unknown if {
	config := distribution({"MinimumProtocolVersion": "TLSv1.2_2021"})
	not control.pass with input as config with data.blueprint as blueprint
	count(control.violations) == 0 with input as config with data.blueprint as blueprint
}

test_missing_policy_is_unknown if {
	config := distribution({"CloudFrontDefaultCertificate": false})
	not control.pass with input as config with data.blueprint as blueprint
	count(control.violations) == 0 with input as config with data.blueprint as blueprint
}

package konecta.cloudfront.spa_errors_test

import rego.v1

import data.konecta.cloudfront.spa_errors as control

blueprint := {"cloudfront": {"spa_page": "/index.html", "spa_error_ttl": 10}}

response(code, status, page, seconds) := {"ErrorCode": code, "ResponseCode": status, "ResponsePagePath": page, "ErrorCachingMinTTL": seconds}

distribution(items) := {"configuration": {"DistributionConfig": {"CustomErrorResponses": {"Quantity": count(items), "Items": items}}}}

forbidden := response(403, "200", "/index.html", 10)

missing := response(404, "200", "/index.html", 0)

place(code) := sprintf("DistributionConfig.CustomErrorResponses.Items[%v]", [code])

test_both_codes_pass if {
	broken := response(502, "502", "/sorry.html", 300)
	control.pass with input as distribution([forbidden, missing, broken]) with data.blueprint as blueprint
	count(control.violations) == 0 with input as distribution([forbidden, missing, broken]) with data.blueprint as blueprint
}

test_one_code_only_fails if {
	control.violations == {{
		"path": place(403),
		"actual": null,
		"expected": "/index.html with status 200",
	}} with input as distribution([missing]) with data.blueprint as blueprint
	not control.pass with input as distribution([missing]) with data.blueprint as blueprint
}

test_no_response_at_all_fails if {
	none := {"configuration": {"DistributionConfig": {"CustomErrorResponses": {"Quantity": 0}}}}
	{violation.path | some violation in control.violations} == {place(403), place(404)} with input as none with data.blueprint as blueprint
}

test_wrong_status_and_page_fail if {
	control.violations == {
		{"path": sprintf("%s.ResponseCode", [place(404)]), "actual": "404", "expected": "200"},
		{"path": sprintf("%s.ResponsePagePath", [place(404)]), "actual": "/404.html", "expected": "/index.html"},
	} with input as distribution([forbidden, response(404, "404", "/404.html", 5)]) with data.blueprint as blueprint
}

test_long_memory_fails if {
	slow := distribution([forbidden, response(404, "200", "/index.html", 300)])
	control.violations == {{"path": sprintf("%s.ErrorCachingMinTTL", [place(404)]), "actual": 300, "expected": "at most 10"}} with input as slow
		with data.blueprint as blueprint
	not control.pass with input as slow with data.blueprint as blueprint
}

test_missing_lifetime_and_short_list_are_unknown if {
	untimed := distribution([forbidden, object.remove(missing, ["ErrorCachingMinTTL"])])
	short := {"configuration": {"DistributionConfig": {"CustomErrorResponses": {"Quantity": 2, "Items": [missing]}}}}
	every config in [untimed, short, {}] {
		not control.pass with input as config with data.blueprint as blueprint
		count(control.violations) == 0 with input as config with data.blueprint as blueprint
	}
}

test_a_time_that_is_no_number_proves_nothing if {
	every seconds in [null, "soon"] {
		vague := distribution([forbidden, response(404, "200", "/index.html", seconds)])
		not control.pass with input as vague with data.blueprint as blueprint
		count(control.violations) == 0 with input as vague with data.blueprint as blueprint
	}
}

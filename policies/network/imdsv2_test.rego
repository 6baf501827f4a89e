package konecta.network.imdsv2_test

import rego.v1

import data.konecta.network.imdsv2 as control

good := {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 2}

instance(options) := {"configuration": {"InstanceId": "i-1", "State": {"Name": "running"}, "MetadataOptions": options}}

limit := {"metadata_hop_limit": 2}

test_tokens_and_few_hops_pass if {
	control.pass with input as instance(good) with data.blueprint.network as limit
	count(control.violations) == 0 with input as instance(good) with data.blueprint.network as limit
}

test_no_metadata_at_all_pass if {
	off := {"HttpEndpoint": "disabled", "HttpTokens": "optional", "HttpPutResponseHopLimit": 64}
	control.pass with input as instance(off) with data.blueprint.network as limit
	count(control.violations) == 0 with input as instance(off) with data.blueprint.network as limit
}

test_both_faults_are_told if {
	bad := {"HttpEndpoint": "enabled", "HttpTokens": "optional", "HttpPutResponseHopLimit": 3}
	control.violations == {
		{"path": "MetadataOptions.HttpTokens", "actual": "optional", "expected": "required"},
		{"path": "MetadataOptions.HttpPutResponseHopLimit", "actual": 3, "expected": "at most 2"},
	} with input as instance(bad) with data.blueprint.network as limit
	not control.pass with input as instance(bad) with data.blueprint.network as limit
}

test_what_was_not_sent_is_unknown if {
	every key in ["HttpTokens", "HttpPutResponseHopLimit"] {
		options := object.remove(good, [key])
		not control.pass with input as instance(options) with data.blueprint.network as limit
		count(control.violations) == 0 with input as instance(options) with data.blueprint.network as limit
	}
}

test_what_is_no_number_or_no_known_word_is_unknown if {
	every odd in [{"HttpPutResponseHopLimit": null}, {"HttpPutResponseHopLimit": "1"}, {"HttpPutResponseHopLimit": []}, {"HttpTokens": null}, {"HttpTokens": "sometimes"}] {
		options := object.union(good, odd)
		not control.pass with input as instance(options) with data.blueprint.network as limit
		count(control.violations) == 0 with input as instance(options) with data.blueprint.network as limit
	}
}

test_a_terminated_instance_is_not_meant if {
	gone := {"configuration": {"InstanceId": "i-1", "State": {"Name": "terminated"}, "MetadataOptions": object.union(good, {"HttpTokens": "optional"})}}
	control.not_applicable == {"the instance has been terminated"} with input as gone with data.blueprint.network as limit
	count(control.violations) == 0 with input as gone with data.blueprint.network as limit
	not control.pass with input as gone with data.blueprint.network as limit
}

# What stands for a secret value in a snapshot: `sha256:<exact>:<folded>`, the hashes of the value and of the value in small letters; at a
# condition marks may follow. One of an older snapshot is the first hash alone: of that it is not known what else it equals.
package konecta.lib.secret

import rego.v1

_parts(text) := split(text, ":") if {
	is_string(text)
	startswith(text, "sha256:")
}

exact(text) := _parts(text)[1]

folded(text) := _parts(text)[2]

# What a demanded value is besides a value: `wildcard`, `regex`, `anything`.
marks(text) := {mark | some at, mark in _parts(text); at > 2}

# The same for a load balancer, which does not look at case.
agree(one, other) if exact(one) == exact(other)

agree(one, other) if folded(one) == folded(other)

# Certainly not the same.
differ(one, other) if {
	folded(one) != folded(other)
	exact(one) != exact(other)
}

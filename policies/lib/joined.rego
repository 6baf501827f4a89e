# What controls over several parts of the stack have in common. A link is one setting of one part; a part is what the facts
# `hops`, `log_sources` and `zones` call so.
package konecta.lib.joined

import rego.v1

# Every part has something that is known.
all_there(links, parts) if {
	count(parts) > 0
	every part in parts { _is_there(links, part) }
}

_is_there(links, part) if {
	some link in links
	link.part == part
	link.setting
}

# Why a part is not known: its own words, or that nothing of it was seen.
whys(links, parts) := {link.why | some link in links; is_string(link.why); not link.setting} | {why |
	some part in parts
	not _is_there(links, part)
	not _is_open(links, part)
	why := sprintf("%s: nothing of it was seen (KA-X-018 tells what is missing)", [part])
}

_is_open(links, part) if {
	some link in links
	link.part == part
	is_string(link.why)
}

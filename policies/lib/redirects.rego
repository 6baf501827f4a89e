# Where the redirects of a plain listener lead: whether its load balancer speaks HTTPS on that port.
package konecta.lib.redirects

import rego.v1

_listeners := data.index.listeners[input.configuration.LoadBalancerArn]

# The ports on which the load balancer speaks HTTPS, as redirects write them; undefined where its listeners were not read.
_secure_ports := {sprintf("%v", [listener.Port]) |
	some listener in _listeners
	listener.Protocol == "HTTPS"
	is_number(listener.Port)
} if {
	is_array(_listeners)
}

# Every listener says what it speaks on which port.
_all_told if {
	every listener in _listeners {
		is_string(listener.Protocol)
		is_number(listener.Port)
	}
}

# An action that sends the client to HTTPS for good, to a port on which this load balancer speaks it. What another host
# speaks is not known.
good(action) if {
	action.Type == "redirect"
	action.RedirectConfig.Protocol == "HTTPS"
	action.RedirectConfig.StatusCode == "HTTP_301"
	_same_host(action)
	_port(action) in _secure_ports
}

# An action that is known to do something else.
strays(action) if {
	is_string(action.Type)
	action.Type != "redirect"
}

strays(action) if {
	is_string(action.RedirectConfig.Protocol)
	action.RedirectConfig.Protocol != "HTTPS"
}

strays(action) if {
	is_string(action.RedirectConfig.StatusCode)
	action.RedirectConfig.StatusCode != "HTTP_301"
}

strays(action) if {
	action.RedirectConfig.Protocol == "HTTPS"
	_port(action) == "#{port}"
}

strays(action) if {
	action.RedirectConfig.Protocol == "HTTPS"
	_same_host(action)
	_all_told
	is_string(_port(action))
	not _port(action) in _secure_ports
}

# The port of the request, on which this listener speaks HTTP, stands where no other is named.
_port(action) := object.get(action.RedirectConfig, "Port", "#{port}")

# The host that a redirect leads to, where it is another one.
other_host(action) := {host | host := action.RedirectConfig.Host; host != "#{host}"}

_same_host(action) if object.get(action.RedirectConfig, "Host", "#{host}") == "#{host}"

# What a list of actions does, in words.
said(actions) := [words | some action in actions; words := _words(action)]

_words(action) := action.Type if action.Type != "redirect"

_words(action) := sprintf("redirect to %v on port %v with %v", [_told(action, "Protocol"), _port(action), _told(action, "StatusCode")]) if {
	action.Type == "redirect"
}

_told(action, name) := object.get(action.RedirectConfig, name, "?")

//! Where a TLS connection to a load balancer ends: at a listener of its own, or at one behind it to which it is passed
//! through. Knows nothing of certificates.

use super::fronts::{Onward, onward};
use super::load_balancer::Listener;
use super::region_index::RegionIndex;

/// One way that a connection may take, and the hops on it.
pub(crate) struct Way<'g, 'a> {
    pub(crate) hops: Vec<String>,
    pub(crate) end: End<'g, 'a>,
}

/// Where a way ends.
pub(crate) enum End<'g, 'a> {
    /// Nothing there speaks TLS; what there is, in words.
    Closed(String),
    /// That is not known, and why.
    Unseen(String),
    /// A listener that shows a certificate.
    Listener(&'g RegionIndex<'a>, &'a Listener),
}

/// All ways that a connection to a port of a load balancer may take.
pub(crate) fn ways<'g, 'a>(grounds: &'g [RegionIndex<'a>], balancer: &str, port: u16) -> Vec<Way<'g, 'a>> {
    from(grounds, balancer, port, true)
}

/// The same; what is behind another load balancer is an application one, and passes nothing through.
fn from<'g, 'a>(grounds: &'g [RegionIndex<'a>], balancer: &str, port: u16, in_front: bool) -> Vec<Way<'g, 'a>> {
    let unseen = |why: String| vec![Way { hops: Vec::new(), end: End::Unseen(why) }];
    let owner = grounds.iter().find(|region_index| region_index.by_id.balancers.contains_key(balancer));
    let Some(region_index) = owner else { return unseen(format!("load balancer {balancer} was not seen")) };
    let Some(listeners) = region_index.doors.listeners(balancer) else {
        return unseen(format!("the listeners of {balancer} were not read to the end"));
    };
    let mut doubt = None;
    for listener in listeners {
        let sent = &listener.item.body;
        match (sent.port.map(|of| of == port), sent.protocol.as_deref()) {
            // Those do not take TCP connections.
            (Some(false), _) | (_, Some("UDP" | "QUIC" | "GENEVE")) => {}
            (Some(true), Some("HTTPS" | "TLS")) => {
                let hops = vec![format!("listener {}", listener.item.arn)];
                return vec![Way { hops, end: End::Listener(region_index, listener) }];
            }
            (Some(true), Some("TCP" | "TCP_UDP" | "TCP_QUIC")) if in_front => {
                return passed(grounds, region_index, listener);
            }
            (Some(true), Some("HTTP")) => {
                let words = format!("a listener on port {port} of {balancer} that speaks HTTP");
                return vec![Way { hops: vec![format!("listener {}", listener.item.arn)], end: End::Closed(words) }];
            }
            (_, _) => doubt = Some(format!("it is not known what listener {} speaks on which port", listener.item.arn)),
        }
    }
    let none = End::Closed(format!("no listener on port {port} of {balancer}"));
    vec![Way { hops: Vec::new(), end: doubt.map_or(none, End::Unseen) }]
}

/// The ways behind a listener that passes connections on as they are.
fn passed<'g, 'a>(
    grounds: &'g [RegionIndex<'a>],
    region_index: &RegionIndex<'a>,
    listener: &Listener,
) -> Vec<Way<'g, 'a>> {
    let first = format!("listener {} passes TLS through", listener.item.arn);
    let dark = |why: String| vec![Way { hops: Vec::new(), end: End::Unseen(why) }];
    let behind = |next: Onward| match next {
        Onward::Balancer { group, arn, port: Some(port) } => {
            let hop = format!("target group {group} → {arn} on port {port}");
            let before = |way: Way<'g, 'a>| Way { hops: [hop.clone()].into_iter().chain(way.hops).collect(), ..way };
            from(grounds, &arn, port, false).into_iter().map(before).collect()
        }
        Onward::Balancer { group, arn, port: None } => {
            dark(format!("the port of {arn} in target group {group} was not sent"))
        }
        Onward::Targets { group, kind } => {
            let what = format!("{first} to target group {group} of type {kind}");
            dark(format!("{what}, and which certificate is shown there cannot be seen"))
        }
        Onward::Unknown(why) => dark(why),
    };
    let before = |way: Way<'g, 'a>| Way { hops: [first.clone()].into_iter().chain(way.hops).collect(), ..way };
    onward(region_index, listener).into_iter().flat_map(behind).map(before).collect()
}

//! Whether CloudFront can speak TLS to a load balancer: whether a certificate names what is asked for.
//! Knows names only; whether a certificate is about to expire is for another control.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::attachments::Ids;
use super::forwarded_host::Policies;
use super::ground::Ground;
use super::load_balancer::Listener;
use super::origin::{Edge, Target, config};
use super::sink::object;
use super::world::Item;
use crate::model::cloudfront::{Distribution, Origin};

/// The fact `origin_tls`; `None` where the origins were not all sent, or one may lead to a load balancer without our
/// knowing.
pub(crate) fn origin_tls(
    edge: &Edge<'_>,
    policies: &Policies,
    grounds: &[Ground<'_>],
    distribution: &Item<Distribution>,
) -> Option<Value> {
    let mut entries = Vec::new();
    for origin in config(distribution)?.origins.as_ref()?.all()? {
        for target in edge.targets(origin) {
            if target.doubt() {
                return None;
            }
            if target.is_balancer() {
                entries.push(entry(edge, policies, grounds, distribution, origin, &target));
            }
        }
    }
    Some(Value::Array(entries))
}

fn entry(
    edge: &Edge<'_>,
    policies: &Policies,
    grounds: &[Ground<'_>],
    distribution: &Item<Distribution>,
    origin: &Origin,
    target: &Target,
) -> Value {
    let hosts = policies.hosts(distribution, origin);
    let domain = origin.domain_name.as_deref().map(super::dns::normal);
    let door = target.balancer.as_deref().zip(edge.https_port(origin)).map(|(arn, port)| door(grounds, arn, port));
    let door = door.unwrap_or(Door::NotSeen);
    let names = door.certificate_names();
    let matches = match (&door, &names) {
        (Door::None, _) => Some(false),
        (Door::NotSeen, _) | (Door::Listener(..), None) => None,
        (Door::Listener(..), Some(names)) => fits(names, domain.as_ref(), &hosts),
    };
    let sent = domain.clone().zip(hosts.some).and_then(|(domain, some)| {
        let hosts = if some { hosts.names.clone()? } else { Vec::new() };
        Some([domain].into_iter().chain(hosts).collect::<BTreeSet<String>>())
    });
    let listener = match &door {
        Door::None => Some(Value::Null),
        Door::NotSeen => None,
        Door::Listener(_, listener) => Some(json!(listener.item.arn)),
    };
    object([
        ("origin", origin.id.as_ref().map(|id| json!(id))),
        ("load_balancer", target.balancer.as_ref().map(|arn| json!(arn))),
        ("sent", sent.map(|sent| json!(sent))),
        ("certificate_names", names.as_ref().and_then(super::indexes::whole)),
        ("listener", listener),
        ("matches", matches.map(Value::Bool)),
        ("proof", Some(json!(proof(target, &door, names.as_ref(), domain.as_ref())))),
    ])
}

/// The listener that CloudFront's HTTPS comes to.
enum Door<'g, 'a> {
    /// It is known that there is none.
    None,
    /// It is not known whether there is one.
    NotSeen,
    Listener(&'g Ground<'a>, &'a Listener),
}

fn door<'g, 'a>(grounds: &'g [Ground<'a>], balancer: &str, port: u16) -> Door<'g, 'a> {
    let owner = grounds.iter().find(|ground| ground.here.load_balancers.iter().any(|item| item.arn == balancer));
    let Some(ground) = owner else { return Door::NotSeen };
    let Some(listeners) = ground.doors.listeners(balancer) else { return Door::NotSeen };
    let mut result = Door::None;
    for listener in listeners {
        let same_port = listener.item.body.port.map(|of| of == port);
        let tls = listener.item.body.protocol.as_deref().map(|protocol| ["HTTPS", "TLS"].contains(&protocol));
        match (same_port, tls) {
            (Some(false), _) | (_, Some(false)) => {}
            (Some(true), Some(true)) => return Door::Listener(ground, listener),
            (_, _) => result = Door::NotSeen,
        }
    }
    result
}

impl Door<'_, '_> {
    /// The names of all certificates in force, and whether they are all.
    fn certificate_names(&self) -> Option<Ids> {
        let Self::Listener(ground, listener) = self else { return None };
        let unread =
            ground.seen.lacks(ground.place, "elasticloadbalancing:DescribeListenerCertificates", &listener.item.arn);
        let all = listener.supplement.as_ref().filter(|_| !unread);
        let certificates = all.or(listener.item.body.certificates.as_ref());
        let arns = Ids::of(certificates.map(|list| list.iter().map(|one| one.certificate_arn.as_ref())));
        let mut names = Ids { whole: arns.whole && all.is_some(), ..Ids::default() };
        for arn in &arns.known {
            names = names.join(names_of(ground, arn));
        }
        Some(names)
    }
}

/// The names of a certificate. One that is not issued proves nothing; one that was not seen could have any.
fn names_of(ground: &Ground<'_>, arn: &str) -> Ids {
    let Some(found) = ground.here.certificates.iter().find(|item| item.arn == arn) else { return Ids::default() };
    match found.body.status.as_deref() {
        Some("ISSUED") => {
            let names = found.body.subject_alternative_names.as_ref();
            let mut names = Ids::of(names.map(|names| names.iter().map(Some)));
            names.known.extend(found.body.domain_name.clone());
            names.known = names.known.iter().map(|name| super::dns::normal(name)).collect();
            names
        }
        Some(_) => Ids { whole: true, ..Ids::default() },
        None => Ids::default(),
    }
}

/// Whether CloudFront accepts the certificate: it must name the origin's domain, or the Host that every behavior
/// forwards, whatever alias the viewer used.
fn fits(names: &Ids, domain: Option<&String>, hosts: &super::forwarded_host::Hosts) -> Option<bool> {
    let covered = |name: &String| names.known.iter().any(|pattern| covers(pattern, name));
    if domain.is_some_and(covered) {
        return Some(true);
    }
    let by_host = hosts.names.as_ref().is_some_and(|names| !names.is_empty() && names.iter().all(covered));
    match hosts.every {
        Some(true) if by_host => return Some(true),
        Some(_) | None => {}
    }
    let not_by_host = hosts.every == Some(false) || hosts.names.is_some() && !by_host;
    (names.whole && domain.is_some() && not_by_host).then_some(false)
}

/// Whether a certificate's name stands for a host: a wildcard stands for one label.
fn covers(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(rest) => host.split_once('.').is_some_and(|(first, tail)| !first.is_empty() && tail == rest),
        None => pattern == host,
    }
}

fn proof(target: &Target, door: &Door<'_, '_>, names: Option<&Ids>, domain: Option<&String>) -> Vec<String> {
    let mut proof = target.proof.clone();
    proof.push(match door {
        Door::None => "no HTTPS listener on the origin's HTTPS port".to_owned(),
        Door::NotSeen => "the listener was not seen".to_owned(),
        Door::Listener(_, listener) => format!("listener {}", listener.item.arn),
    });
    if let (Some(names), Some(domain)) = (names, domain) {
        let known: Vec<&str> = names.known.iter().map(String::as_str).collect();
        let more = if names.whole { "" } else { " and what was not seen" };
        proof.push(format!("{domain} is asked for; certificates name {}{more}", known.join(", ")));
    }
    proof
}

#[cfg(test)]
mod tests {
    use super::super::forwarded_host::Hosts;
    use super::*;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        assert!(covers("*.example.com", "a.example.com"));
        assert!(covers("*.example.com", "*.example.com"));
        assert!(covers("a.example.com", "a.example.com"));
        assert!(!covers("*.example.com", "a.b.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(!covers("a.example.com", "*.example.com"));
    }

    fn verdict(names: &[&str], whole: bool, every: Option<bool>, hosts: Option<&[&str]>) -> Option<bool> {
        let names = Ids { known: names.iter().map(|&name| name.to_owned()).collect(), whole };
        let hosts = hosts.map(|hosts| hosts.iter().map(|&host| host.to_owned()).collect());
        fits(&names, Some(&"origin.example.com".to_owned()), &Hosts { some: every, every, names: hosts })
    }

    #[test]
    fn the_domain_or_every_forwarded_host_must_be_named() {
        let aliases = Some(&["erp.example.com", "www.example.com"][..]);
        assert_eq!(verdict(&["origin.example.com"], false, None, None), Some(true));
        assert_eq!(verdict(&["erp.example.com", "www.example.com"], true, Some(true), aliases), Some(true));
        assert_eq!(verdict(&["erp.example.com"], true, Some(true), aliases), Some(false));
        assert_eq!(verdict(&["erp.example.com", "www.example.com"], true, Some(false), aliases), Some(false));
        assert_eq!(verdict(&["erp.example.com"], false, Some(true), aliases), None);
        assert_eq!(verdict(&["erp.example.com", "www.example.com"], true, None, aliases), None);
        assert_eq!(verdict(&["x.org"], true, Some(true), None), None);
    }
}

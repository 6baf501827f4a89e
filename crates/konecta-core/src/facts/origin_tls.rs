//! Whether CloudFront can speak TLS to a load balancer: behavior by behavior, by the names that it may send.
//! Knows nothing of what a certificate is worth, and how it is selected.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::certificates::{Answer, Certificates};
use super::forwarded_host::{Hosts, Policies, Sender};
use super::origin::{Edge, Target, config};
use super::region_index::RegionIndex;
use super::sink::object;
use super::tls_door::{End, Way, ways};
use super::world::Item;
use crate::model::Presence;
use crate::model::cloudfront::{Distribution, Origin};
use crate::model::elb;

/// The fact `origin_tls`: one entry for each way to each load balancer, and one for each origin that may be one;
/// `None` where the origins were not all sent.
pub(crate) fn origin_tls(
    edge: &Edge<'_>,
    policies: &Policies,
    grounds: &[RegionIndex<'_>],
    distribution: &Item<Distribution>,
) -> Option<Value> {
    let mut entries = Vec::new();
    for origin in config(distribution)?.origins.as_ref()?.all()? {
        let asked = Asked::of(policies, distribution, origin);
        for target in edge.targets(origin) {
            if target.doubt() {
                entries.push(asked.doubtful(target.proof.join("; "), &target.proof));
            } else if target.is_balancer() {
                entries.extend(asked.entries(edge, grounds, &target));
            }
        }
    }
    Some(Value::Array(entries))
}

/// What is asked of an origin.
struct Asked<'a> {
    origin: &'a Origin,
    id: &'a str,
    domain: Option<String>,
    hosts: Hosts,
}

/// What came of a name: whether it is accepted, and under which name.
struct Outcome {
    behavior: String,
    /// What is sent, in words.
    sends: String,
    answer: Answer,
}

impl<'a> Asked<'a> {
    fn of(policies: &Policies, distribution: &Item<Distribution>, origin: &'a Origin) -> Self {
        let domain = origin.domain_name.as_deref().map(super::dns::normal);
        let id = origin.id.as_deref().unwrap_or("?");
        Self { origin, id, domain, hosts: policies.hosts(distribution, origin) }
    }

    /// An origin of which it is not known whether it is a load balancer.
    fn doubtful(&self, why: String, proof: &[String]) -> Value {
        object([
            ("kind", Some(json!("unknown"))),
            ("origin", self.origin.id.as_ref().map(|id| json!(id))),
            ("used", self.hosts.used().map(Value::Bool)),
            ("why", Some(json!([format!("origin {}: {why}", self.id)]))),
            ("proof", Some(json!(proof))),
        ])
    }

    fn entries(&self, edge: &Edge<'_>, grounds: &[RegionIndex<'_>], target: &Target) -> Vec<Value> {
        let unseen = |why: String| vec![Way { hops: Vec::new(), end: End::Unseen(why) }];
        let (ways, port) = match (target.balancer.as_deref(), edge.https_port(self.origin)) {
            (Some(arn), Some(port)) => (ways(grounds, arn, port), Some(port)),
            (None, _) => (unseen(target.proof.last().cloned().unwrap_or_default()), None),
            (Some(_), None) => (unseen("the origin's port for HTTPS was not sent".to_owned()), None),
        };
        ways.iter().map(|way| self.entry(target, way, port)).collect()
    }

    fn entry(&self, target: &Target, way: &Way<'_, '_>, port: Option<u16>) -> Value {
        let mut proof: Vec<String> = target.proof.iter().chain(&way.hops).cloned().collect();
        let mut names = None;
        let (matches, faults, why) = match &way.end {
            End::Closed(what) => {
                let expected =
                    port.map_or_else(String::new, |port| format!(", to which CloudFront comes on port {port}"));
                let fault = fault(what.clone(), format!("an HTTPS listener{expected}"), &self.patterns());
                proof.push(what.clone());
                (Some(false), vec![fault], None)
            }
            End::Unseen(why) => (None, Vec::new(), Some(why.clone())),
            End::Listener(region_index, listener) => {
                let certificates = Certificates::of(region_index, listener);
                let outcomes = self.outcomes(&certificates);
                let all = certificates.names();
                proof.extend(reasons(&outcomes));
                names = super::indexes::whole(&all);
                judged(&outcomes, self.client(&listener.item.body), &self.patterns())
            }
        };
        let (matches, why) = match (matches, self.hosts.used()) {
            (Some(_), None) if self.hosts.senders.is_empty() => (None, Some(self.unnamed())),
            (Some(false), None) => (None, Some("whether any behavior uses it is not known".to_owned())),
            (matches, _) => (matches, why),
        };
        let listener = match &way.end {
            End::Closed(_) => Some(Value::Null),
            End::Unseen(_) => None,
            End::Listener(_, listener) => Some(json!(listener.item.arn)),
        };
        object([
            ("origin", self.origin.id.as_ref().map(|id| json!(id))),
            ("used", self.hosts.used().map(Value::Bool)),
            ("load_balancer", target.balancer.as_ref().map(|arn| json!(arn))),
            ("sent", self.sent().map(|sent| json!(sent))),
            ("certificate_names", names),
            ("listener", listener),
            ("matches", matches.map(Value::Bool)),
            ("faults", matches.map(|_| Value::Array(faults))),
            ("why", why.map(|why| json!([format!("origin {}: {why}", self.id)]))),
            ("proof", Some(json!(proof))),
        ])
    }

    /// Why it is not known whether it is used, where no behavior that was sent names it.
    fn unnamed(&self) -> String {
        let why = if self.hosts.whole {
            "no behavior names it, and a function may choose it"
        } else {
            "whether any behavior uses it is not known"
        };
        why.to_owned()
    }

    fn patterns(&self) -> Vec<String> {
        self.hosts.senders.iter().map(|sender| sender.pattern.clone()).collect()
    }

    /// All names that CloudFront may send.
    fn sent(&self) -> Option<BTreeSet<String>> {
        let hosts = if self.hosts.forwarded()? { self.hosts.names.clone()? } else { Vec::new() };
        Some([self.domain.clone()?].into_iter().chain(hosts).collect())
    }

    /// What comes of each name that each behavior may send. An origin that no behavior uses is asked for under its own.
    fn outcomes(&self, certificates: &Certificates) -> Vec<Outcome> {
        let Some(domain) = self.domain.as_deref() else {
            return vec![open("*", "the origin's domain was not sent".to_owned())];
        };
        let own = |behavior: &str| Outcome {
            behavior: behavior.to_owned(),
            sends: format!("{domain}, the origin's name"),
            answer: certificates.answer(domain, &[domain]),
        };
        if self.hosts.used() == Some(false) {
            return vec![own("no behavior")];
        }
        let mut outcomes = Vec::new();
        for sender in &self.hosts.senders {
            let all = match sender.forwards {
                Some(false) => vec![own(&sender.pattern)],
                Some(true) => self.forwarded(certificates, domain, sender),
                None => either(own(&sender.pattern), self.forwarded(certificates, domain, sender)),
            };
            outcomes.extend(all.into_iter().map(|one| perhaps(one, sender)));
        }
        if !self.hosts.whole {
            outcomes.push(open("*", "the distribution's behaviors were not all sent".to_owned()));
        }
        outcomes
    }

    /// What comes of a forwarded Host. AWS's pages leave open whether CloudFront then sends the viewer's name or the
    /// origin's in the handshake: a certificate for the viewer's name is right, and one for neither is wrong.
    fn forwarded(&self, certificates: &Certificates, domain: &str, sender: &Sender) -> Vec<Outcome> {
        let Some(hosts) = &self.hosts.names else {
            return vec![open(&sender.pattern, "the distribution's aliases were not all sent".to_owned())];
        };
        let one = |host: &String| {
            let by_host = certificates.answer(host, &[host]);
            let either = [certificates.answer(host, &[host, domain]), certificates.answer(domain, &[host, domain])];
            let accepted = either.contains(&Answer::Yes);
            let unknown = either.into_iter().find(|answer| matches!(answer, Answer::Open(_)));
            let answer = match (by_host, unknown) {
                (Answer::No(what), _) if accepted => Answer::Open(format!(
                    "{host}, which behavior {} forwards as Host, gets {what}; only if CloudFront sends {domain} in the handshake is it answered, and AWS does not say which it sends",
                    sender.pattern
                )),
                (Answer::No(_), Some(unknown)) => unknown,
                (answer, _) => answer,
            };
            let sends = format!("{host}, the Host that is forwarded");
            Outcome { behavior: sender.pattern.clone(), sends, answer }
        };
        hosts.iter().map(one).collect()
    }

    /// Why the listener would turn CloudFront away, or may, for want of a certificate of its own.
    fn client(&self, listener: &elb::Listener) -> Answer {
        let Presence::Value(asked) = &listener.mutual_authentication else { return Answer::Yes };
        match asked.mode.as_deref() {
            Some("off" | "passthrough") => Answer::Yes,
            Some("verify") => {
                let config = self.origin.custom_origin_config.as_ref();
                match config.and_then(|config| config.origin_mtls_config.value()) {
                    Some(_) => Answer::Open(
                        "whether the listener's trust store holds the CA of CloudFront's client certificate is not known"
                            .to_owned(),
                    ),
                    None => Answer::No("a listener that asks for a client certificate, and CloudFront has none".to_owned()),
                }
            }
            Some(mode) => Answer::Open(format!("what the listener asks of its clients in mode {mode} is not known")),
            None => Answer::Open("it was not sent what the listener asks of its clients".to_owned()),
        }
    }
}

fn open(behavior: &str, why: String) -> Outcome {
    Outcome { behavior: behavior.to_owned(), sends: String::new(), answer: Answer::Open(why) }
}

/// What a behavior that may not fetch from the origin proves: nothing against it.
fn perhaps(outcome: Outcome, sender: &Sender) -> Outcome {
    match (&outcome.answer, sender.serves) {
        (Answer::No(_), None) => {
            open(&sender.pattern, format!("whether behavior {} fetches from it is not known", sender.pattern))
        }
        (_, _) => outcome,
    }
}

/// What comes of either of two: where they agree, it does not matter which it is.
fn either(own: Outcome, forwarded: Vec<Outcome>) -> Vec<Outcome> {
    let refused = |outcome: &Outcome| matches!(outcome.answer, Answer::No(_));
    let passed = |outcome: &Outcome| outcome.answer == Answer::Yes;
    let agree = passed(&own) && forwarded.iter().all(passed) || refused(&own) && forwarded.iter().any(refused);
    if agree {
        return vec![own];
    }
    let why = format!("whether behavior {} forwards Host is not known", own.behavior);
    vec![open(&own.behavior, why)]
}

/// Whether all is accepted, what is wrong, and why that is not known.
fn judged(outcomes: &[Outcome], client: Answer, patterns: &[String]) -> (Option<bool>, Vec<Value>, Option<String>) {
    let mut faults: Vec<(String, String, Vec<String>)> = Vec::new();
    let mut why = None;
    for outcome in outcomes {
        match &outcome.answer {
            Answer::Yes => {}
            Answer::No(what) => {
                let expected = format!("a publicly trusted certificate for {}", outcome.sends);
                match faults.iter_mut().find(|(actual, wanted, _)| actual == what && *wanted == expected) {
                    Some((.., behaviors)) => behaviors.push(outcome.behavior.clone()),
                    None => faults.push((what.clone(), expected, vec![outcome.behavior.clone()])),
                }
            }
            Answer::Open(reason) => why = why.or_else(|| Some(reason.clone())),
        }
    }
    match client {
        Answer::Yes => {}
        Answer::No(what) => faults.push((
            what,
            "a listener that asks for none, or a client certificate for CloudFront".to_owned(),
            patterns.to_vec(),
        )),
        Answer::Open(reason) => why = why.or(Some(reason)),
    }
    let told = faults.into_iter().map(|(actual, expected, behaviors)| fault(actual, expected, &behaviors));
    let faults: Vec<Value> = told.collect();
    match (faults.is_empty(), why) {
        (false, _) => (Some(false), faults, None),
        (true, None) => (Some(true), faults, None),
        (true, Some(why)) => (None, faults, Some(why)),
    }
}

fn fault(actual: String, expected: String, behaviors: &[String]) -> Value {
    json!({"actual": actual, "expected": expected, "behaviors": behaviors})
}

/// What each behavior sends, as the last hops of the path.
fn reasons(outcomes: &[Outcome]) -> Vec<String> {
    let one = |outcome: &Outcome| {
        let what = match &outcome.answer {
            Answer::Yes => "is accepted".to_owned(),
            Answer::No(what) => format!("gets {what}"),
            Answer::Open(why) => format!("is not known to be accepted: {why}"),
        };
        format!("behavior {} sends {}: {what}", outcome.behavior, outcome.sends)
    };
    outcomes.iter().map(one).collect()
}

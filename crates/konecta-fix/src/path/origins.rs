//! What stands before a load balancer: each origin of each distribution that leads to it, by which port CloudFront
//! comes, and the secret that it shows. Knows nothing of listeners and security groups.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cloudfront::distribution::{self, items};
use crate::cloudfront::{origin_header, origin_https};
use crate::step::{Step, Wait, known_secret, secret};
use crate::{RemedyContext, View};
use konecta_base::resource_types;

/// Protocols with their ports.
pub(crate) type Ways = Vec<(&'static str, u64)>;

/// One origin that is the load balancer.
#[derive(Debug, Clone)]
pub(crate) struct Front<'a> {
    /// The distribution.
    pub(crate) distribution: &'a View,
    /// The origin's id.
    pub(crate) origin: &'a str,
    /// The pointer to the origin, relative to `DistributionConfig`.
    pub(crate) place: String,
    /// What is set in it.
    pub(crate) config: &'a Value,
}

/// All origins that are this load balancer; `None` where that is not fully known.
pub(crate) fn fronts<'a>(context: &'a RemedyContext<'_>, balancer: &str) -> Option<Vec<Front<'a>>> {
    let edge = context.fact(balancer, "edge")?;
    if !edge.get("doubts")?.as_array()?.is_empty() {
        return None;
    }
    let told = edge.get("distributions")?.as_array()?;
    // Of one that comes over another load balancer, the origin's settings do not say what this one gets.
    if told.iter().any(|one| one.get("through").is_some()) {
        return None;
    }
    told.iter().map(|one| origin(context.get(one.get("arn")?.as_str()?)?, one.get("origin")?.as_str()?)).collect()
}

/// The origin of this id, whatever it leads to.
pub(crate) fn origin<'a>(distribution: &'a View, id: &str) -> Option<Front<'a>> {
    let (place, config) = items(distribution, "/Origins").find(|(_, config)| config["Id"] == id)?;
    Some(Front { distribution, origin: config["Id"].as_str()?, place, config })
}

impl<'a> Front<'a> {
    /// The header of this name that is sent: its name as it is written, and the fingerprint of its value.
    pub(crate) fn sends(&self, header: &str) -> Option<(&'a str, &'a str)> {
        let headers = self.config["CustomHeaders"]["Items"].as_array()?;
        let name = |one: &'a Value| one["HeaderName"].as_str().filter(|name| name.eq_ignore_ascii_case(header));
        headers.iter().find_map(|one| Some((name(one)?, one["HeaderValue"].as_str()?)))
    }

    /// How CloudFront talks to it: the origin's own settings, or those of the VPC origin.
    fn endpoint(&self, context: &'a RemedyContext<'_>) -> Option<&'a Value> {
        let Some(id) = self.config["VpcOriginConfig"]["VpcOriginId"].as_str() else {
            return self.config.get("CustomOriginConfig");
        };
        let origin = context.all(resource_types::CLOUDFRONT_VPC_ORIGIN).find(|origin| origin.id == id)?;
        origin.at("/configuration/VpcOriginEndpointConfig")
    }

    /// The protocols and ports by which CloudFront comes; `None` where that is not known.
    pub(crate) fn ways(&self, context: &'a RemedyContext<'_>) -> Option<Ways> {
        let endpoint = self.endpoint(context)?;
        let port = |key: &str, usual: u64| endpoint.get(key).map_or(Some(usual), Value::as_u64);
        let http = ("HTTP", port("HTTPPort", 80)?);
        let https = ("HTTPS", port("HTTPSPort", 443)?);
        match endpoint.get("OriginProtocolPolicy")?.as_str()? {
            "https-only" => Some(vec![https]),
            "http-only" => Some(vec![http]),
            "match-viewer" => Some(vec![http, https]),
            _ => None,
        }
    }

    /// The same once KA-CF-010 is mended, with the key of the step that does it, where that can be done.
    pub(crate) fn ways_to_be(&self, context: &'a RemedyContext<'_>) -> Option<(Ways, Option<Settled>)> {
        let now = self.ways(context)?;
        if now.iter().all(|(protocol, _)| *protocol == "HTTPS") || origin_https::answers(context, self).is_err() {
            return Some((now, None));
        }
        let port = self.endpoint(context)?.get("HTTPSPort").map_or(Some(443), Value::as_u64)?;
        Some((vec![("HTTPS", port)], Some(self.settled())))
    }

    fn settled(&self) -> Settled {
        let id = &self.distribution.id;
        Settled {
            key: origin_https::key(self),
            holds: Wait {
                what: format!("CloudFront comes to origin {} of {id} over HTTPS only", self.origin),
                service: "cloudfront".to_owned(),
                operation: "GetDistributionConfig".to_owned(),
                parameters: json!({"Id": id}),
                path: format!("/DistributionConfig{}/CustomOriginConfig/OriginProtocolPolicy", self.place),
                until: vec![json!("https-only")],
                failed: Vec::new(),
                timeout_seconds: 60,
                // Asked before a call, not after one: what is now is what counts.
                changes: None,
                after_seconds: 0,
            },
        }
    }
}

/// That CloudFront comes over HTTPS only: the step that brings it about, and how to see that it is so.
#[derive(Debug, Clone)]
pub(crate) struct Settled {
    pub(crate) key: String,
    pub(crate) holds: Wait,
}

/// What CloudFront shows, and the steps after which it shows it everywhere.
#[derive(Debug)]
pub(crate) struct Secrets {
    /// The values, each as a placeholder.
    pub(crate) values: Vec<Value>,
    /// What stands for them on the model.
    pub(crate) planned: Vec<String>,
    /// What is still to be done, by distribution.
    pub(crate) steps: Vec<Step>,
}

/// The secrets of these origins: what each sends, and for one that sends nothing what another already sends, best one
/// that rules ask for (`asked`), else a new one a distribution.
pub(crate) fn secrets(context: &RemedyContext<'_>, fronts: &[Front<'_>], asked: &[&str]) -> Secrets {
    let header = context.blueprint.cloudfront.origin_header.as_str();
    let known = |front: &Front<'_>| {
        let (name, value) = front.sends(header)?;
        Some((value.to_owned(), known_secret(&front.distribution.id, front.origin, name, value)))
    };
    let mut held = fronts.iter().filter_map(known);
    let wanted =
        fronts.iter().filter_map(known).find(|(value, _)| asked.contains(&value.as_str())).or_else(|| held.next());
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    let mut steps = Vec::new();
    for front in fronts {
        let (planned, value) = known(front).or_else(|| wanted.clone()).unwrap_or_else(|| {
            let first = fronts.iter().find(|other| other.distribution.id == front.distribution.id).unwrap_or(front);
            let new = secret(&first.distribution.id, first.origin, header);
            (format!("{} of {}", crate::step::PLANNED_SECRET, first.distribution.id), new)
        });
        if front.sends(header).is_none() {
            steps.push(send(front, header, &value));
        }
        values.entry(planned).or_insert(value);
    }
    let (planned, values) = values.into_iter().unzip();
    Secrets { values, planned, steps }
}

fn send(front: &Front<'_>, header: &str, value: &Value) -> Step {
    let list = format!("{}/CustomHeaders", front.place);
    let added = json!({"HeaderName": header, "HeaderValue": value});
    let edits = distribution::append(front.distribution, &list, vec![added]);
    let id = &front.distribution.id;
    let title = format!("Show the load balancer {header} from origin {} of {id}", front.origin);
    let mut step = distribution::step(&origin_header::REMEDY, front.distribution, title, edits);
    step.key = key(front);
    step.consequences = vec![
        "the value is random, in no plan and no journal; the load balancer ignores it until a rule asks for it"
            .to_owned(),
    ];
    step
}

/// The key of the step by which an origin gets the header.
fn key(front: &Front<'_>) -> String {
    format!("{}/{}/{}", origin_header::REMEDY.id, front.distribution.id, front.origin)
}

//! What stands behind each origin of a distribution, and which distributions stand before a load balancer.
//! Knows nothing of certificates.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::dns::{End, Zones, is_load_balancer, normal};
use super::ground::Ground;
use super::seen::{Place, Seen};
use super::sink::object;
use super::world::{Item, Regional};
use crate::model::cloudfront::{Distribution, DistributionConfig, Origin, VpcOrigin};
use crate::model::elb::LoadBalancer;

/// What one origin leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Target {
    kind: Option<&'static str>,
    pub(crate) balancer: Option<String>,
    via: Option<&'static str>,
    pub(crate) proof: Vec<String>,
    /// It may be a load balancer, and it is not known which.
    doubt: bool,
}

impl Target {
    /// Whether it may be a load balancer of which it is not known which.
    pub(crate) fn doubt(&self) -> bool {
        self.doubt
    }

    /// Whether it is a load balancer, seen or not.
    pub(crate) fn is_balancer(&self) -> bool {
        self.kind == Some("load_balancer") || self.balancer.is_some()
    }
}

/// The edge of one account.
pub(crate) struct Edge<'a> {
    vpc_origins: BTreeMap<&'a str, &'a Item<VpcOrigin>>,
    balancers: BTreeMap<String, &'a Item<LoadBalancer>>,
    zones: Zones<'a>,
    /// What stands before each load balancer.
    before: BTreeMap<String, Vec<Value>>,
    /// Whether no origin may lead to a load balancer without our knowing.
    whole: bool,
}

impl<'a> Edge<'a> {
    pub(crate) fn of(place: &Place, global: &'a Regional, seen: &Seen, grounds: &[Ground<'a>]) -> Self {
        let balancers = grounds.iter().flat_map(|ground| &ground.here.load_balancers);
        let mut edge = Self {
            vpc_origins: global.vpc_origins.iter().map(|item| (item.id(item.body.id.as_ref()), item)).collect(),
            balancers: balancers.filter_map(|item| Some((normal(item.body.dns_name.as_deref()?), item))).collect(),
            zones: Zones::of(place, global, seen),
            before: BTreeMap::new(),
            whole: seen.whole(place, "cloudfront:ListDistributions"),
        };
        for distribution in &global.distributions {
            edge.whole &= edge.see(distribution).is_some();
        }
        edge
    }

    /// Notes what a distribution stands before; `None` where that cannot be told.
    fn see(&mut self, distribution: &Item<Distribution>) -> Option<()> {
        for origin in config(distribution)?.origins.as_ref()?.all()? {
            for target in self.targets(origin) {
                if target.doubt {
                    return None;
                }
                if let Some(balancer) = &target.balancer {
                    let before = before(distribution, origin, &target);
                    self.before.entry(balancer.clone()).or_default().push(before);
                }
            }
        }
        Some(())
    }

    /// The fact `origins`; `None` where they were not all sent.
    pub(crate) fn origins(&self, distribution: &Item<Distribution>) -> Option<Value> {
        let origins = config(distribution)?.origins.as_ref()?.all()?;
        let entries = origins.iter().flat_map(|origin| {
            self.targets(origin).into_iter().map(|target| {
                object([
                    ("id", origin.id.as_ref().map(|id| json!(id))),
                    ("domain", origin.domain_name.as_ref().map(|name| json!(name))),
                    ("kind", target.kind.map(|kind| json!(kind))),
                    ("load_balancer", target.balancer.as_ref().map(|arn| json!(arn))),
                    ("via", target.via.map(|via| json!(via))),
                    ("proof", Some(json!(target.proof))),
                ])
            })
        });
        Some(entries.collect())
    }

    /// The fact `edge`; `None` where any origin of any distribution of the account may lead to the load balancer
    /// without our knowing.
    pub(crate) fn edge(&self, balancer: &Item<LoadBalancer>) -> Option<Value> {
        if !self.whole || balancer.body.dns_name.is_none() {
            return None;
        }
        let found = self.before.get(&balancer.arn).map_or(&[][..], Vec::as_slice);
        Some(json!({"distributions": found}))
    }

    /// Everything that an origin leads to; several things where its name has several records.
    pub(crate) fn targets(&self, origin: &Origin) -> Vec<Target> {
        if let Some(vpc_origin) = &origin.vpc_origin_config {
            return vec![self.inside(vpc_origin.vpc_origin_id.as_deref())];
        }
        if origin.s3_origin_config.is_some() {
            return vec![Target { kind: Some("s3"), ..Target::default() }];
        }
        match (&origin.custom_origin_config, &origin.domain_name) {
            (Some(_), Some(name)) => self.named(name),
            (None, _) => vec![unknown("the origin's configuration was not sent")],
            (Some(_), None) => vec![unknown("the origin's domain was not sent")],
        }
    }

    /// The port for HTTPS of an origin, as the distribution or its VPC origin has it.
    pub(crate) fn https_port(&self, origin: &Origin) -> Option<u16> {
        match &origin.vpc_origin_config {
            Some(vpc_origin) => {
                self.endpoint(vpc_origin.vpc_origin_id.as_deref()?)?
                    .body
                    .vpc_origin_endpoint_config
                    .as_ref()?
                    .https_port
            }
            None => origin.custom_origin_config.as_ref()?.https_port,
        }
    }

    fn endpoint(&self, id: &str) -> Option<&'a Item<VpcOrigin>> {
        self.vpc_origins.get(id).copied()
    }

    fn inside(&self, id: Option<&str>) -> Target {
        let found = id.and_then(|id| self.endpoint(id));
        let arn = found.and_then(|item| item.body.vpc_origin_endpoint_config.as_ref()?.arn.as_ref());
        let (Some(id), Some(arn)) = (id, arn) else {
            let why = "what the VPC origin leads to was not seen";
            return Target { kind: Some("vpc_origin"), via: Some("vpc_origin"), ..unknown(why) };
        };
        Target {
            kind: Some("vpc_origin"),
            balancer: arn.contains(":loadbalancer/").then(|| arn.clone()),
            via: Some("vpc_origin"),
            proof: vec![format!("VPC origin {id} → {arn}")],
            doubt: false,
        }
    }

    fn named(&self, name: &str) -> Vec<Target> {
        let paths = match self.zones.follow(name) {
            Ok(paths) => paths,
            Err(why) => return vec![unknown(why)],
        };
        let mut targets: Vec<Target> = Vec::new();
        for path in paths {
            let via = if path.hops.is_empty() { "dns" } else { "alias" };
            let mut target = match &path.end {
                End::Aws(name) => self.aws(name, via),
                End::Elsewhere => Target { kind: Some("other"), ..Target::default() },
            };
            target.proof.splice(0..0, path.hops);
            // A and AAAA of one name are two ways to one thing.
            let same = |known: &Target| known.kind == target.kind && known.balancer == target.balancer;
            if !targets.iter().any(same) {
                targets.push(target);
            }
        }
        targets
    }

    fn aws(&self, name: &str, via: &'static str) -> Target {
        if is_load_balancer(name) {
            let found = self.balancers.get(name);
            let arn = found.map(|item| item.arn.clone());
            let hop = arn.as_ref().map_or_else(|| format!("{name} was not seen"), |arn| format!("{name} is {arn}"));
            return Target {
                kind: Some("load_balancer"),
                balancer: arn,
                via: Some(via),
                proof: vec![hop],
                doubt: false,
            };
        }
        let is_bucket = [".s3.", ".s3-"].iter().any(|mark| name.contains(mark)) || name.starts_with("s3.");
        let kind = match name {
            _ if name.contains(".lambda-url.") => "lambda_url",
            _ if is_bucket => "s3",
            _ => "other",
        };
        Target { kind: Some(kind), ..Target::default() }
    }
}

/// A distribution's settings, if they were read.
pub(crate) fn config(distribution: &Item<Distribution>) -> Option<&DistributionConfig> {
    distribution.body.distribution_config.as_ref()
}

fn unknown(why: impl Into<String>) -> Target {
    Target { proof: vec![why.into()], doubt: true, ..Target::default() }
}

/// A distribution as it stands before a load balancer.
fn before(distribution: &Item<Distribution>, origin: &Origin, target: &Target) -> Value {
    let headers = origin.custom_headers.as_ref().and_then(|headers| headers.all());
    let headers = headers.map(|headers| {
        let header = |name: &Option<String>, value: &Option<String>| {
            object([
                ("name", name.as_ref().map(|name| json!(name))),
                ("value", value.as_ref().map(|value| json!(value))),
            ])
        };
        headers.iter().map(|one| header(&one.header_name, &one.header_value)).collect()
    });
    let enabled = config(distribution).and_then(|config| config.enabled);
    let id = origin.id.as_deref().unwrap_or("?");
    let first = format!("{} origin {id} → {}", distribution.arn, origin.domain_name.as_deref().unwrap_or("?"));
    let proof: Vec<&String> = [&first].into_iter().chain(&target.proof).collect();
    object([
        ("arn", Some(json!(distribution.arn))),
        ("origin", origin.id.as_ref().map(|id| json!(id))),
        ("via", target.via.map(|via| json!(via))),
        ("enabled", enabled.map(Value::Bool)),
        ("headers", headers.map(Value::Array)),
        ("proof", Some(json!(proof))),
    ])
}

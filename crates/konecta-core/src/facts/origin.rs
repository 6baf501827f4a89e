//! What stands behind each origin of a distribution, and which distributions stand before a load balancer.
//! Knows nothing of certificates.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::dns::{End, Zones, is_load_balancer, normal};
use super::fronts_of::Fronts;
use super::known::any;
use super::region_index::RegionIndex;
use super::seen::Seen;
use super::sink::object;
use super::world::Item;
use crate::model::cloudfront::{
    Behavior, Distribution, DistributionConfig, FunctionAssociation, Items, Origin, VpcOrigin,
};
use crate::model::elb::LoadBalancer;
use konecta_base::calls;

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

/// The edge of all accounts of the scan.
pub(crate) struct Edge<'a> {
    vpc_origins: BTreeMap<&'a str, &'a Item<VpcOrigin>>,
    balancers: BTreeMap<String, &'a Item<LoadBalancer>>,
    zones: Zones<'a>,
    /// What stands before each load balancer.
    before: BTreeMap<String, Vec<Value>>,
    doubts: Doubts,
    /// Why a load balancer of a stack may have its edge elsewhere.
    nowhere: Option<&'static str>,
}

/// So many reasons are told one by one. Where there are more, the first and their number are enough, for each load balancer
/// may be behind every one of them.
const NAMED: usize = 5;

/// Why a load balancer may be an origin without our knowing.
#[derive(Default)]
struct Doubts {
    /// Of any load balancer.
    all: Sentences,
    /// Without what is about a public name, by which nobody comes to an internal load balancer.
    inside: Sentences,
}

/// Sentences, of which only the first are kept.
#[derive(Default)]
struct Sentences {
    first: Vec<String>,
    more: usize,
}

impl Sentences {
    fn tell(&mut self, why: &str) {
        if self.first.len() < NAMED {
            self.first.push(why.to_owned());
        } else {
            self.more += 1;
        }
    }

    fn sentences(&self) -> Vec<String> {
        match self.first.first() {
            Some(first) if self.more > 0 => {
                let others = self.first.len() + self.more - 1;
                vec![format!("{first}; so may be {others} other origins and distributions")]
            }
            Some(_) | None => self.first.clone(),
        }
    }
}

impl<'a> Edge<'a> {
    pub(crate) fn of(seen: &Seen, grounds: &[RegionIndex<'a>], fronts: &Fronts<'_>) -> Self {
        let balancers = grounds.iter().flat_map(|region_index| &region_index.here.load_balancers);
        let vpc_origins = grounds.iter().flat_map(|region_index| &region_index.here.vpc_origins);
        let mut edge = Self {
            vpc_origins: vpc_origins.map(|item| (item.id(item.body.id.as_ref()), item)).collect(),
            balancers: balancers.filter_map(|item| Some((normal(item.body.dns_name.as_deref()?), item))).collect(),
            zones: Zones::of(grounds, seen),
            before: BTreeMap::new(),
            doubts: Doubts::default(),
            nowhere: None,
        };
        for region_index in grounds.iter().filter(|region_index| region_index.place.region.is_global()) {
            if !seen.whole(region_index.place, calls::CLOUDFRONT_LIST_DISTRIBUTIONS) {
                let account = &region_index.place.account;
                edge.doubt(&format!("distributions of account {account} were not listed to the end"), false);
            }
            for distribution in &region_index.here.distributions {
                edge.see(distribution, fronts);
            }
        }
        if edge.before.is_empty() {
            let why =
                "no distribution of the scan leads to a load balancer: it may stand in an account that was not scanned";
            edge.nowhere = Some(why);
        }
        edge
    }

    fn doubt(&mut self, why: &str, by_name: bool) {
        self.doubts.all.tell(why);
        if !by_name {
            self.doubts.inside.tell(why);
        }
    }

    /// Notes what a distribution stands before, and what of that cannot be told.
    fn see(&mut self, distribution: &Item<Distribution>, fronts: &Fronts<'_>) {
        let arn = &distribution.arn;
        let Some(config) = config(distribution) else {
            return self.doubt(&format!("the settings of {arn} were not read"), false);
        };
        let origins = config.origins.as_ref();
        if origins.and_then(|origins| origins.all()).is_none() {
            self.doubt(&format!("the origins of {arn} were not all sent"), false);
        }
        for origin in origins.iter().filter_map(|origins| origins.items.as_ref()).flatten() {
            let used = is_used(config, origin);
            for target in self.targets(origin) {
                if target.doubt && config.enabled != Some(false) && used != Some(false) {
                    let why = target.proof.last().map_or("it is not known what it leads to", String::as_str);
                    let id = origin.id.as_deref().unwrap_or("?");
                    self.doubt(
                        &format!("{arn} origin {id}: {why}: it may be a load balancer"),
                        origin.custom_origin_config.is_some(),
                    );
                }
                let Some(balancer) = &target.balancer else { continue };
                let before = before(distribution, origin, &target, used);
                for (behind, front) in fronts.behind(balancer) {
                    let mut through = before.clone();
                    through["through"] = json!(balancer);
                    if let Some(proof) = through["proof"].as_array_mut() {
                        proof.push(json!(format!("{balancer} → {} → {behind}", front.group)));
                    }
                    self.before.entry(behind.to_owned()).or_default().push(through);
                }
                self.before.entry(balancer.clone()).or_default().push(before);
            }
        }
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

    /// Whether a distribution is known to fetch from a load balancer.
    pub(crate) fn is_fetched(&self, balancer: &str) -> bool {
        let idle = |one: &Value| one["enabled"] == json!(false) || one["used"] == json!(false);
        self.before.get(balancer).is_some_and(|found| found.iter().any(|one| !idle(one)))
    }

    /// The fact `edge`: what is known to stand before the load balancer, and why there may be more.
    pub(crate) fn edge(&self, balancer: &Item<LoadBalancer>, fronts: &Fronts<'_>) -> Value {
        let found = self.before.get(&balancer.arn).map_or(&[][..], Vec::as_slice);
        // Nobody comes to an internal load balancer by a public name, unless over one before it.
        let inward = balancer.body.scheme.as_deref() == Some("internal");
        let shut = inward && fronts.before(&balancer.arn).is_empty();
        let mut doubts = if shut { &self.doubts.inside } else { &self.doubts.all }.sentences();
        if balancer.body.kind.as_deref().is_none_or(|kind| kind == "application") && !inward {
            doubts.extend(self.nowhere.map(str::to_owned));
        }
        if balancer.body.dns_name.is_none() {
            doubts.push(format!("the name of {} was not sent", balancer.arn));
        }
        json!({"distributions": found, "doubts": doubts})
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

    /// A VPC origin by its id.
    pub(crate) fn endpoint(&self, id: &str) -> Option<&'a Item<VpcOrigin>> {
        self.vpc_origins.get(id).copied()
    }

    fn inside(&self, id: Option<&str>) -> Target {
        let found = id.and_then(|id| self.endpoint(id));
        let arn = found.and_then(|item| item.body.vpc_origin_endpoint_config.as_ref()?.arn.as_ref());
        let (Some(id), Some(arn)) = (id, arn) else {
            let why = format!("what VPC origin {} leads to was not seen", id.unwrap_or("?"));
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

/// Whether a function may send requests to an origin that no behavior names: CloudFront Functions choose among all
/// origins of a distribution at the viewer request, Lambda@Edge at the origin request.
pub(crate) fn may_choose(config: &DistributionConfig) -> Option<bool> {
    let runs_at = |list: &Option<Items<FunctionAssociation>>, event: &str| {
        let told = list.as_ref()?.all()?.iter();
        any(told.map(|one| one.event_type.as_ref().map(|of| of == event)))
    };
    let chooses = |behavior: &Behavior| {
        any([
            runs_at(&behavior.function_associations, "viewer-request"),
            runs_at(&behavior.lambda_function_associations, "origin-request"),
        ])
    };
    let ordered = config.cache_behaviors.as_ref().and_then(|behaviors| behaviors.items.as_deref());
    any(ordered.unwrap_or_default().iter().chain(&config.default_cache_behavior).map(chooses))
}

/// Whether any behavior sends requests to an origin, by itself or as a member of a group; nothing is ever asked of one
/// that none uses, unless a function may choose it.
pub(crate) fn is_used(config: &DistributionConfig, origin: &Origin) -> Option<bool> {
    let ordered = config.cache_behaviors.as_ref().map(|behaviors| behaviors.items.as_deref().unwrap_or_default());
    let known = ordered.unwrap_or_default().iter().chain(&config.default_cache_behavior);
    let used = any(known.map(|behavior| serves(config, behavior, origin)));
    let whole = config.cache_behaviors.as_ref().is_some_and(|behaviors| behaviors.all().is_some());
    let certain = whole && config.default_cache_behavior.is_some() && may_choose(config) == Some(false);
    if used == Some(false) && !certain { None } else { used }
}

/// Whether a behavior fetches from an origin, directly or over an origin group.
fn serves(config: &DistributionConfig, behavior: &Behavior, origin: &Origin) -> Option<bool> {
    let (target, id) = (behavior.target_origin_id.as_ref()?, origin.id.as_ref()?);
    if target == id {
        return Some(true);
    }
    let is_target = |one: &Origin| one.id.as_ref() == Some(target);
    if config.origins.iter().filter_map(|origins| origins.items.as_ref()).flatten().any(is_target) {
        return Some(false);
    }
    let groups = config.origin_groups.as_ref()?.all()?;
    let group = groups.iter().find(|group| group.id.as_ref() == Some(target))?;
    any(group.members.as_ref()?.all()?.iter().map(|member| Some(member.origin_id.as_ref()? == id)))
}

/// A distribution as it stands before a load balancer.
fn before(distribution: &Item<Distribution>, origin: &Origin, target: &Target, used: Option<bool>) -> Value {
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
        ("used", used.map(Value::Bool)),
        ("headers", headers.map(Value::Array)),
        ("proof", Some(json!(proof))),
    ])
}

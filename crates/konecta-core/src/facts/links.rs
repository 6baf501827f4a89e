//! The parts of the stack whose settings joined controls hold against each other, and how one such setting is written down.
//! Knows which distributions and load balancers are before the stack; judges no setting.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::origin::{Edge, config, is_used};
use super::region_index::RegionIndex;
use super::sink::{Sink, object};
use super::world::Item;
use crate::model::cloudfront::{Distribution, Origin};
use crate::model::{eks, elb, rds};
use konecta_base::calls;
use konecta_base::id::Region;

/// All accounts of a scan: what spans regions, and the stack's region.
pub(crate) struct Stack<'a, 'b> {
    pub(crate) grounds: &'b [RegionIndex<'a>],
    pub(crate) region: &'b Region,
    pub(crate) edge: &'b Edge<'a>,
}

/// Settings of one part, in the order of the path: the elements of a list as JSON, since an account has thousands of them.
#[derive(Default)]
pub(crate) struct Links(String);

impl Links {
    /// Notes what stands in a setting; `None` was not sent.
    pub(crate) fn note(&mut self, part: &str, setting: &str, place: &str, value: Option<Value>) {
        self.note_of((part, None), setting, place, value);
    }

    /// As `note`, of something of which it may not be certain that it belongs to the stack, with the reason.
    pub(crate) fn note_of(
        &mut self,
        (part, doubt): (&str, Option<&String>),
        setting: &str,
        place: &str,
        value: Option<Value>,
    ) {
        match value {
            Some(value) => self.push(&object([
                ("part", Some(json!(part))),
                ("setting", Some(json!(setting))),
                ("place", Some(json!(place))),
                ("value", Some(value)),
                ("why", doubt.map(|doubt| json!(format!("{place}: {doubt}")))),
            ])),
            None => self.open(part, format!("{place}: AWS did not send its {}", setting.replace('_', " "))),
        }
    }

    /// Notes that there may be more of a part, or that it is not known, with the reason.
    pub(crate) fn open(&mut self, part: &str, why: String) {
        self.push(&json!({"kind": "unknown", "part": part, "why": why}));
    }

    /// Notes for each account in which a list was not read to its end that there may be more.
    pub(crate) fn require<'g>(
        &mut self,
        part: &str,
        grounds: impl Iterator<Item = &'g RegionIndex<'g>>,
        actions: &[&str],
        what: &str,
    ) {
        for region_index in grounds {
            if !actions.iter().all(|action| region_index.seen.whole(region_index.place, action)) {
                self.open(part, format!("{what} of account {} were not listed to the end", region_index.place.account));
            }
        }
    }

    fn push(&mut self, link: &Value) {
        self.0.push(if self.0.is_empty() { '[' } else { ',' });
        self.0.push_str(&link.to_string());
    }

    /// The list as JSON.
    pub(crate) fn into_text(self) -> Arc<str> {
        if self.0.is_empty() { "[]".into() } else { (self.0 + "]").into() }
    }
}

/// A distribution before the stack, with the origins of it that are load balancers and used.
pub(crate) struct Front<'a> {
    pub(crate) item: &'a Item<Distribution>,
    pub(crate) origins: Vec<&'a Origin>,
    /// Why it is not certain that it is before the stack.
    pub(crate) doubt: Option<String>,
}

/// A load balancer that a distribution fetches from.
pub(crate) struct Balancer<'a, 'b> {
    pub(crate) region_index: &'b RegionIndex<'a>,
    pub(crate) item: &'b Item<elb::LoadBalancer>,
    /// Why it is not certain that one does.
    pub(crate) doubt: Option<String>,
}

impl Balancer<'_, '_> {
    /// What a person calls it.
    pub(crate) fn name(&self) -> String {
        format!("load balancer {}", self.item.id(self.item.body.load_balancer_name.as_ref()))
    }
}

impl<'a, 'b> Stack<'a, 'b> {
    /// The places in the stack's region, one an account.
    pub(crate) fn here(&self) -> impl Iterator<Item = &'b RegionIndex<'a>> + use<'a, 'b> {
        let region = self.region;
        self.grounds.iter().filter(move |region_index| &region_index.place.region == region)
    }

    /// What spans regions, one an account.
    pub(crate) fn global(&self) -> impl Iterator<Item = &'b RegionIndex<'a>> + use<'a, 'b> {
        self.grounds.iter().filter(|region_index| region_index.place.region.is_global())
    }

    /// The distributions that fetch from a load balancer, or may. One that is switched off serves nobody.
    pub(crate) fn fronts(&self) -> Vec<Front<'b>> {
        let mut fronts = Vec::new();
        for item in self.global().flat_map(|region_index| &region_index.here.distributions) {
            let Some(settings) = config(item).filter(|settings| settings.enabled != Some(false)) else { continue };
            let origins = settings.origins.iter().filter_map(|origins| origins.items.as_ref()).flatten();
            let mut leading = Vec::new();
            let mut doubt = None;
            for origin in origins.filter(|origin| is_used(settings, origin) != Some(false)) {
                let targets = self.edge.targets(origin);
                if targets.iter().any(super::origin::Target::is_balancer) {
                    leading.push(origin);
                } else if let Some(open) = targets.iter().find(|target| target.doubt()) {
                    doubt = open.proof.last().cloned().or(doubt);
                }
            }
            if !leading.is_empty() {
                fronts.push(Front { item, origins: leading, doubt: None });
            } else if doubt.is_some() {
                let doubt = doubt.map(|why| format!("it may be before the stack: {why}"));
                fronts.push(Front { item, origins: leading, doubt });
            }
        }
        fronts
    }

    /// Why there may be more distributions before the stack than are known.
    pub(crate) fn open_fronts(&self, part: &str, links: &mut Links) {
        links.require(part, self.global(), &[calls::CLOUDFRONT_LIST_DISTRIBUTIONS], "the distributions");
        for item in self.global().flat_map(|region_index| &region_index.here.distributions) {
            let Some(settings) = config(item) else {
                links.open(part, format!("the settings of {} were not read", name(item)));
                continue;
            };
            if settings.enabled != Some(false) && settings.origins.as_ref().is_none_or(|all| all.all().is_none()) {
                links.open(part, format!("the origins of {} were not all sent", name(item)));
            }
        }
    }

    /// The load balancers that a distribution fetches from, over others or by itself, or may.
    pub(crate) fn balancers(&self, sink: &Sink) -> Vec<Balancer<'a, 'b>> {
        let all = self
            .here()
            .flat_map(|region_index| region_index.here.load_balancers.iter().map(move |item| (region_index, item)));
        let mut found = Vec::new();
        for (region_index, item) in all {
            let edge = sink.get(&item.arn, "edge");
            let list = |key: &str| edge.as_ref().and_then(|edge| edge[key].as_array()).into_iter().flatten();
            let idle = |one: &Value| one["enabled"] == json!(false) || one["used"] == json!(false);
            if list("distributions").any(|one| !idle(one)) {
                found.push(Balancer { region_index, item, doubt: None });
            } else if let Some(why) = list("doubts").find_map(Value::as_str) {
                let doubt = Some(format!("it may be one of the stack: {why}"));
                found.push(Balancer { region_index, item, doubt });
            }
        }
        found
    }

    /// Why there may be more load balancers than are known.
    pub(crate) fn open_balancers(&self, part: &str, links: &mut Links) {
        links.require(part, self.here(), &[calls::ELASTICLOADBALANCING_DESCRIBE_LOAD_BALANCERS], "the load balancers");
        for front in self.fronts() {
            let targets = front.origins.iter().flat_map(|origin| self.edge.targets(origin));
            for target in targets.filter(|target| target.is_balancer() && target.balancer.is_none()) {
                let why = target.proof.last().map_or("its load balancer was not seen", String::as_str);
                links.open(part, format!("{}: {why}", name(front.item)));
            }
        }
    }

    /// The cluster that the blueprint names, with its place.
    pub(crate) fn clusters(&self) -> impl Iterator<Item = (&'b RegionIndex<'a>, &'b Item<eks::Cluster>)> {
        self.here().flat_map(|region_index| {
            let is_ours =
                |item: &&Item<eks::Cluster>| item.id(item.body.name.as_ref()) == region_index.blueprint.eks.cluster;
            region_index.here.clusters.iter().filter(is_ours).map(move |item| (region_index, item))
        })
    }

    /// The databases: instances that are no member of a cluster, and clusters, which have settings for their members.
    pub(crate) fn databases(&self) -> Vec<(&'b RegionIndex<'a>, Database<'b>)> {
        let mut found = Vec::new();
        for region_index in self.here() {
            let single = |item: &&Item<rds::DbInstance>| item.body.cluster.value().is_none();
            let instances = region_index.here.databases.iter().filter(single);
            found.extend(instances.map(|item| (region_index, Database::Instance(item))));
            found
                .extend(region_index.here.database_clusters.iter().map(|item| (region_index, Database::Cluster(item))));
        }
        found
    }

    /// Why there may be more databases, or others than they seem.
    pub(crate) fn open_databases(&self, part: &str, links: &mut Links) {
        let reads = [calls::RDS_DESCRIBE_DB_INSTANCES, calls::RDS_DESCRIBE_DB_CLUSTERS];
        links.require(part, self.here(), &reads, "the databases");
        for region_index in self.here() {
            let clusters: HashSet<&str> = region_index.here.database_clusters.iter().map(cluster_name).collect();
            for item in &region_index.here.databases {
                let id = item.id(item.body.id.as_ref());
                if item.body.cluster.is_silent() {
                    links.open(part, format!("it was not sent whether database {id} is a member of a cluster"));
                }
                if let Some(cluster) = item.body.cluster.value().filter(|cluster| !clusters.contains(cluster.as_str()))
                {
                    links.open(part, format!("cluster {cluster} of database {id} is in no listing"));
                }
            }
        }
    }
}

fn cluster_name(item: &Item<Value>) -> &str {
    item.body.get("DBClusterIdentifier").and_then(Value::as_str).unwrap_or(&item.resource_id)
}

/// What sets a database's settings.
#[derive(Clone, Copy)]
pub(crate) enum Database<'a> {
    /// An instance of its own.
    Instance(&'a Item<rds::DbInstance>),
    /// A cluster, whether or not it has members.
    Cluster(&'a Item<Value>),
}

impl Database<'_> {
    /// What a person calls it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Instance(item) => format!("database {}", item.id(item.body.id.as_ref())),
            Self::Cluster(item) => format!("database cluster {}", cluster_name(item)),
        }
    }

    /// The engine.
    pub(crate) fn engine(&self) -> Option<Value> {
        match self {
            Self::Instance(item) => item.body.engine.as_ref().map(|engine| json!(engine)),
            Self::Cluster(item) => item.body.get("Engine").filter(|engine| engine.is_string()).cloned(),
        }
    }
}

/// What a person calls a distribution: by its id, which its ARN ends in.
pub(crate) fn name(item: &Item<Distribution>) -> String {
    format!("distribution {}", item.arn.rsplit('/').next().unwrap_or(&item.arn))
}

/// Members of an object that were sent.
pub(crate) fn members<const N: usize>(sent: [(&str, Option<Value>); N]) -> Option<Value> {
    let told = object(sent);
    told.as_object().is_some_and(|members| !members.is_empty()).then_some(told)
}

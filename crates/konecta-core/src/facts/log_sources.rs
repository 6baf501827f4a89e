//! What stands in the settings that decide whether the stack writes its logs: the fact `log_sources`.
//! Knows where each setting is found; which value is good is for controls to say. AWS's answers about the logs of web ACLs and about
//! CloudTrail are not read.

use std::sync::Arc;

use serde_json::{Value, json};

use super::flow_logs::unseen;
use super::links::{Database, Links, Stack, members, name};
use super::sink::Sink;
use crate::model::Presence;
use konecta_base::calls;

const EDGE: &str = "access logs of CloudFront";
const BALANCER: &str = "access logs of the load balancer";
const CONTROL_PLANE: &str = "logs of the control plane";
const DATABASE: &str = "logs of the database";
const NETWORK: &str = "flow logs of the network";

/// The fact `log_sources`.
pub(crate) fn log_sources(stack: &Stack<'_, '_>, sink: &Sink) -> Arc<str> {
    let mut links = Links::default();
    stack.open_fronts(EDGE, &mut links);
    for front in stack.fronts() {
        let settings = front.item.body.distribution_config.as_ref();
        let told = members([
            ("logging", settings.and_then(|settings| settings.logging.clone())),
            ("deliveries", sink.get(&front.item.arn, "log_deliveries")),
        ]);
        links.note_of((EDGE, front.doubt.as_ref()), "logging", &name(front.item), told);
    }
    stack.open_balancers(BALANCER, &mut links);
    for balancer in stack.balancers(sink) {
        let place = balancer.name();
        match balancer.item.body.kind.as_deref() {
            Some("application") => {
                let told = balancer.region_index.here.attributes.get(&balancer.item.arn).map(|all| {
                    let one = |one: &crate::model::elb::Attribute| Some((one.key.clone()?, json!(one.value.as_ref()?)));
                    Value::Object(all.iter().filter_map(one).collect())
                });
                links.note_of((BALANCER, balancer.doubt.as_ref()), "attributes", &place, told);
            }
            // A network load balancer logs TLS connections only; what it passes on to is judged itself.
            Some(_) => {}
            None => links.open(BALANCER, format!("{place}: it was not sent of which kind it is")),
        }
    }
    let reads = [calls::EKS_LIST_CLUSTERS, calls::EKS_DESCRIBE_CLUSTER];
    links.require(CONTROL_PLANE, stack.here(), &reads, "the clusters");
    for (_, cluster) in stack.clusters() {
        let place = format!("cluster {}", cluster.id(cluster.body.name.as_ref()));
        let setups = cluster.body.logging.as_ref().and_then(|logging| logging.get("clusterLogging"));
        links.note(CONTROL_PLANE, "cluster_logging", &place, setups.cloned());
    }
    databases(stack, &mut links);
    networks(stack, sink, &mut links);
    links.into_text()
}

fn databases(stack: &Stack<'_, '_>, links: &mut Links) {
    stack.open_databases(DATABASE, links);
    for (_, database) in stack.databases() {
        let exports = match database {
            Database::Instance(item) => match &item.body.enabled_cloudwatch_logs_exports {
                Presence::Absent => None,
                Presence::Null => Some(Value::Null),
                Presence::Value(types) => Some(json!(types)),
            },
            Database::Cluster(item) => item.body.get("EnabledCloudwatchLogsExports").cloned(),
        };
        let told = database.engine().zip(exports).map(|(engine, types)| json!({"engine": engine, "types": types}));
        links.note(DATABASE, "log_exports", &database.name(), told);
    }
}

/// The VPCs in which the cluster and the load balancers stand.
fn networks(stack: &Stack<'_, '_>, sink: &Sink, links: &mut Links) {
    let mut wanted = std::collections::BTreeSet::new();
    for (_, cluster) in stack.clusters() {
        match cluster.body.resources_vpc_config.as_ref().and_then(|network| network.vpc_id.as_deref()) {
            Some(vpc) => drop(wanted.insert(vpc)),
            None => links.open(NETWORK, "it was not sent in which VPC the cluster stands".to_owned()),
        }
    }
    for balancer in stack.balancers(sink).iter().filter(|balancer| balancer.doubt.is_none()) {
        match balancer.item.body.vpc_id.as_deref() {
            Some(vpc) => drop(wanted.insert(vpc)),
            None => links.open(NETWORK, format!("it was not sent in which VPC {} stands", balancer.name())),
        }
    }
    for vpc in wanted {
        let found = stack.here().find_map(|region_index| {
            let item = region_index.by_id.vpcs.get(vpc)?;
            Some((region_index, item))
                .filter(|(region_index, item)| region_index.speaks_for(item.body.owner_id.as_ref()))
        });
        match found {
            Some((region_index, item)) => match unseen(region_index, item) {
                Some(why) => links.open(NETWORK, why),
                None => links.note(NETWORK, "flow_logs", vpc, sink.get(&item.arn, "flow_logs")),
            },
            None => links.open(NETWORK, format!("{vpc} is in no listing")),
        }
    }
}

//! What stands in the settings that decide whether everything is encrypted, from the viewer to the disk: the fact `hops`.
//! Knows where each setting is found; which value is good is for controls to say.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::links::{Balancer, Database, Links, Stack, members, name};
use super::load_balancer::TargetGroup;
use super::nodes::Node;
use super::origin::is_used;
use super::region_index::RegionIndex;
use super::sink::Sink;
use super::world::Item;
use crate::model::Presence;
use crate::model::cloudfront::{Behavior, Distribution, Origin};
use konecta_base::calls;

const VIEWER: &str = "viewer to CloudFront";
const ORIGIN: &str = "CloudFront to load balancer";
const PODS: &str = "load balancer to pods";
const DATABASE: &str = "pods to database";
const VOLUMES: &str = "volumes of the nodes";
const STORAGE: &str = "storage of the database";
const IMAGES: &str = "images in the registry";
const SECRETS: &str = "secrets of the cluster";

/// The fact `hops`.
pub(crate) fn hops(stack: &Stack<'_, '_>, sink: &Sink) -> Arc<str> {
    let mut links = Links::default();
    distributions(stack, sink, &mut links);
    target_groups(stack, sink, &mut links);
    databases(stack, &mut links);
    volumes(stack, &mut links);
    registry(stack, &mut links);
    links.require(SECRETS, stack.here(), &[calls::EKS_LIST_CLUSTERS, calls::EKS_DESCRIBE_CLUSTER], "the clusters");
    for (_, cluster) in stack.clusters() {
        let place = format!("cluster {}", cluster.id(cluster.body.name.as_ref()));
        let config = match &cluster.body.encryption_config {
            Presence::Absent => None,
            Presence::Null => Some(Value::Null),
            Presence::Value(config) => Some(config.clone()),
        };
        links.note(SECRETS, "secrets_encryption", &place, config);
    }
    links.into_text()
}

fn distributions(stack: &Stack<'_, '_>, sink: &Sink, links: &mut Links) {
    stack.open_fronts(VIEWER, links);
    for front in stack.fronts() {
        let Some(settings) = front.item.body.distribution_config.as_ref() else { continue };
        let place = name(front.item);
        let part = (VIEWER, front.doubt.as_ref());
        let mut behavior = |path: &str, behavior: &Behavior| {
            let policy = behavior.viewer_protocol_policy.as_ref().map(|policy| json!(policy));
            links.note_of(part, "viewer_protocol_policy", &format!("{place}, behavior {path}"), policy);
        };
        if let Some(default) = &settings.default_cache_behavior {
            behavior("*", default);
        }
        for other in settings.cache_behaviors.iter().filter_map(|all| all.items.as_ref()).flatten() {
            behavior(other.path_pattern.as_deref().unwrap_or("?"), other);
        }
        let all = settings.cache_behaviors.as_ref().is_some_and(|behaviors| behaviors.all().is_some());
        if !all || settings.default_cache_behavior.is_none() {
            links.open(VIEWER, format!("the behaviors of {place} were not all sent"));
        }
        links.note_of(part, "viewer_certificate", &place, settings.viewer_certificate.clone());
    }
    stack.open_fronts(ORIGIN, links);
    for front in stack.fronts() {
        let Some(settings) = front.item.body.distribution_config.as_ref() else { continue };
        for origin in &front.origins {
            let place = format!("{}, origin {}", name(front.item), origin.id.as_deref().unwrap_or("?"));
            let policy = origin_policy(stack, origin).map(|policy| json!(policy));
            let doubt = is_used(settings, origin).is_none().then(|| "whether it is used is not known".to_owned());
            links.note_of((ORIGIN, doubt.as_ref()), "origin_protocol_policy", &place, policy);
        }
        if front.doubt.is_none() {
            origin_certificates(front.item, sink, links);
        }
    }
}

/// A VPC origin keeps its policy in an object of its own.
fn origin_policy(stack: &Stack<'_, '_>, origin: &Origin) -> Option<String> {
    let Some(inside) = &origin.vpc_origin_config else {
        return origin.custom_origin_config.as_ref()?.origin_protocol_policy.clone();
    };
    let others =
        &stack.edge.endpoint(inside.vpc_origin_id.as_deref()?)?.body.vpc_origin_endpoint_config.as_ref()?.others;
    others.get("OriginProtocolPolicy")?.as_str().map(str::to_owned)
}

/// Whether CloudFront accepts what each origin shows, by the fact `origin_tls`.
fn origin_certificates(item: &Item<Distribution>, sink: &Sink, links: &mut Links) {
    let known = sink.get(&item.arn, "origin_tls");
    let Some(ways) = known.as_ref().and_then(Value::as_array) else {
        return links.open(ORIGIN, format!("{}: the certificates of its origins are not known", name(item)));
    };
    for way in ways.iter().filter(|way| way["used"] != json!(false)) {
        let place = format!("{}, origin {}", name(item), way["origin"].as_str().unwrap_or("?"));
        if way["matches"].is_boolean() {
            let told = json!({"matches": way["matches"], "faults": way["faults"]});
            links.note(ORIGIN, "origin_certificate", &place, Some(told));
            continue;
        }
        let whys = way["why"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let why = whys.collect::<Vec<_>>().join("; ");
        links.open(ORIGIN, format!("{place}: {}", if why.is_empty() { "its certificate is not known" } else { &why }));
    }
}

fn target_groups(stack: &Stack<'_, '_>, sink: &Sink, links: &mut Links) {
    stack.open_balancers(PODS, links);
    links.require(PODS, stack.here(), &[calls::ELASTICLOADBALANCING_DESCRIBE_TARGET_GROUPS], "the target groups");
    let balancers = stack.balancers(sink);
    let places = stack.here().filter(|place| balancers.iter().any(|one| one.region_index.place == place.place));
    for target in places.flat_map(|region_index| &region_index.here.target_groups) {
        if target.item.body.load_balancer_arns.is_none() {
            links.open(PODS, format!("{}: it was not sent which load balancers use it", spelled(target)));
        }
    }
    for balancer in &balancers {
        let resting = resting(balancer);
        for target in balancer.region_index.by_id.targets(&balancer.item.arn) {
            if !resting.contains(target.item.arn.as_str()) {
                target_group(target, balancer, links);
            }
        }
        unseen_groups(balancer, links);
    }
}

fn spelled(target: &TargetGroup) -> String {
    format!("target group {}", target.item.arn.rsplit('/').nth(1).unwrap_or(&target.item.arn))
}

fn target_group(target: &TargetGroup, balancer: &Balancer<'_, '_>, links: &mut Links) {
    let sent = &target.item.body;
    // A function is called through AWS's own API, and a load balancer behind is judged itself.
    if ["lambda", "alb"].map(Some).contains(&sent.target_type.as_deref()) {
        return;
    }
    let part = (PODS, balancer.doubt.as_ref());
    links.note_of(part, "target_protocol", &spelled(target), sent.protocol.as_ref().map(|protocol| json!(protocol)));
}

/// A target group that a listener or a rule names, and no listing shows as this load balancer's.
fn unseen_groups(balancer: &Balancer<'_, '_>, links: &mut Links) {
    let (region_index, arn) = (balancer.region_index, &balancer.item.arn);
    let listeners = region_index.doors.listeners(arn).unwrap_or_default();
    let rules = listeners.iter().flat_map(|listener| region_index.doors.rules(&listener.item.arn).unwrap_or_default());
    let defaults = listeners.iter().filter_map(|listener| listener.item.body.default_actions.as_ref());
    let mut named = BTreeSet::new();
    for actions in rules.filter_map(|rule| rule.item.body.actions.as_ref()).chain(defaults) {
        collect_groups(actions, &mut named);
    }
    for group in named {
        let found = region_index.by_id.target_groups.get(group);
        let listed = found.and_then(|target| target.item.body.load_balancer_arns.as_ref());
        if found.is_none() || listed.is_some_and(|arns| !arns.contains(arn)) {
            let why =
                format!("{} forwards to target group {group}, which no listing shows as its own", balancer.name());
            links.open(PODS, why);
        }
    }
}

/// The target groups to which a load balancer sends no request: every action that names one gives it the weight 0 beside
/// others, and keeps nobody at it. None where not all actions are known.
fn resting<'b>(balancer: &Balancer<'_, 'b>) -> BTreeSet<&'b str> {
    let doors = &balancer.region_index.doors;
    let Some(listeners) = doors.listeners(&balancer.item.arn) else { return BTreeSet::new() };
    let mut actions: Vec<&Value> = Vec::new();
    for listener in listeners {
        let (Some(default), Some(rules)) = (&listener.item.body.default_actions, doors.rules(&listener.item.arn))
        else {
            return BTreeSet::new();
        };
        actions.push(default);
        for rule in rules {
            let Some(of_rule) = &rule.item.body.actions else { return BTreeSet::new() };
            actions.push(of_rule);
        }
    }
    let (mut at_rest, mut at_work) = (BTreeSet::new(), BTreeSet::new());
    for action in actions.into_iter().filter_map(Value::as_array).flatten() {
        let forward = &action["ForwardConfig"];
        let groups = forward["TargetGroups"].as_array();
        let sticky = forward["TargetGroupStickinessConfig"]["Enabled"] == json!(true);
        let others = groups.into_iter().flatten().any(|one| one["Weight"].as_i64().is_some_and(|weight| weight > 0));
        at_work.extend(action["TargetGroupArn"].as_str());
        for group in groups.into_iter().flatten() {
            let rests = others && !sticky && group["Weight"] == json!(0);
            if rests { &mut at_rest } else { &mut at_work }.extend(group["TargetGroupArn"].as_str());
        }
    }
    at_rest.difference(&at_work).copied().collect()
}

/// The target groups that actions name, in whatever member.
fn collect_groups<'v>(actions: &'v Value, named: &mut BTreeSet<&'v str>) {
    for action in actions.as_array().into_iter().flatten() {
        let more = action["ForwardConfig"]["TargetGroups"].as_array().into_iter().flatten();
        named.extend([action].into_iter().chain(more).filter_map(|one| one["TargetGroupArn"].as_str()));
    }
}

fn databases(stack: &Stack<'_, '_>, links: &mut Links) {
    stack.open_databases(DATABASE, links);
    for (region_index, database) in stack.databases() {
        let key = |group: &str| format!("{}/{}/{group}", region_index.place.account, region_index.place.region);
        let groups = match database {
            Database::Instance(item) => item.body.db_parameter_groups.as_ref().and_then(|groups| {
                let group = |one: &crate::model::rds::DbParameterGroupStatus| {
                    let name = one.name.as_deref()?;
                    let state = one.parameter_apply_status.as_deref()?;
                    Some(json!({"name": name, "index": "parameter_groups", "key": key(name), "states": [state]}))
                };
                groups.iter().map(group).collect::<Option<Vec<_>>>()
            }),
            Database::Cluster(item) => {
                item.body.get("DBClusterParameterGroup").and_then(Value::as_str).and_then(|name| {
                    let members = item.body.get("DBClusterMembers")?.as_array()?.iter();
                    let states = members.map(|member| member.get("DBClusterParameterGroupStatus")?.as_str());
                    let states = states.collect::<Option<Vec<_>>>()?;
                    let index = "cluster_parameter_groups";
                    Some(vec![json!({"name": name, "index": index, "key": key(name), "states": states})])
                })
            }
        };
        let told = database.engine().zip(groups).map(|(engine, groups)| json!({"engine": engine, "groups": groups}));
        links.note(DATABASE, "parameter_groups", &database.name(), told);
    }
    stack.open_databases(STORAGE, links);
    for (_, database) in stack.databases() {
        let told = match database {
            Database::Instance(item) => members([
                ("StorageEncrypted", item.body.storage_encrypted.map(Value::Bool)),
                ("StorageEncryptionType", item.body.storage_encryption_type.as_ref().map(|kind| json!(kind))),
            ]),
            Database::Cluster(item) => {
                members(["StorageEncrypted", "StorageEncryptionType"].map(|key| (key, item.body.get(key).cloned())))
            }
        };
        links.note(STORAGE, "storage_encryption", &database.name(), told);
    }
}

fn volumes(stack: &Stack<'_, '_>, links: &mut Links) {
    for (region_index, cluster) in stack.clusters() {
        let cluster = cluster.id(cluster.body.name.as_ref());
        let account = &region_index.place.account;
        let reads = [calls::EC2_DESCRIBE_VOLUMES, calls::EC2_DESCRIBE_INSTANCES];
        links.require(VOLUMES, [region_index].into_iter(), &reads, "the instances and volumes");
        let default = region_index.here.ebs_defaults.first().and_then(|item| item.body.ebs_encryption_by_default);
        let place = format!("account {account} in {}", region_index.place.region);
        links.note(VOLUMES, "encryption_by_default", &place, default.map(Value::Bool));
        node_volumes(region_index, cluster, links);
    }
}

/// Volumes of the nodes; those that are encrypted are one entry, for there may be thousands.
fn node_volumes(region_index: &RegionIndex<'_>, cluster: &str, links: &mut Links) {
    let mut encrypted = 0_usize;
    for item in &region_index.here.volumes {
        let id = item.id(item.body.volume_id.as_ref());
        let Some(attached) = &item.body.attachments else {
            links.open(VOLUMES, format!("volume {id}: it was not sent what it is attached to"));
            continue;
        };
        for holder in attached.iter().map(|one| one.instance_id.as_deref()) {
            let node = holder.and_then(|holder| region_index.wiring.machines.get(holder)).map(|machine| &machine.node);
            match node {
                Some(Node::Of(of) | Node::Said { cluster: of, .. }) if of != cluster => {}
                Some(Node::No) => {}
                Some(Node::Of(_) | Node::Said { .. }) if item.body.encrypted == Some(true) => encrypted += 1,
                Some(Node::Of(_) | Node::Said { .. }) => {
                    let place = format!("volume {id} of node {}", holder.unwrap_or("?"));
                    links.note(VOLUMES, "encryption", &place, item.body.encrypted.map(Value::Bool));
                }
                Some(Node::Unknown(_)) | None if item.body.encrypted == Some(true) => {}
                Some(Node::Unknown(_)) | None => {
                    links.open(VOLUMES, format!("volume {id}: it is not known whether a node holds it"));
                }
            }
        }
    }
    if encrypted > 0 {
        links.note(VOLUMES, "encryption", &format!("{encrypted} volumes of nodes"), Some(Value::Bool(true)));
    }
}

fn registry(stack: &Stack<'_, '_>, links: &mut Links) {
    links.require(IMAGES, stack.here(), &[calls::ECR_DESCRIBE_REPOSITORIES], "the repositories");
    for region_index in stack.here() {
        for item in &region_index.here.repositories {
            let Some((_, name)) = item.arn.split_once(":repository/") else { continue };
            if region_index.blueprint.ecr.repositories.iter().any(|declared| declared == name) {
                let kind = item.encryption.as_ref().map(|kind| json!(kind));
                links.note(IMAGES, "image_encryption", &format!("repository {name}"), kind);
            }
        }
    }
}

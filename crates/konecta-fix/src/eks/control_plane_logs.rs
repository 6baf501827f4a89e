//! KA-EKS-004: the missing control-plane logs are turned on. Knows a cluster's log setups and nothing else.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::cluster::{ACTIONS, Setting, update};
use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::{Class, Edit};
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy { id: "eks.control_plane_logs", class: Class::A, actions: ACTIONS, propose };

const SETUPS: &str = "/configuration/logging/clusterLogging";

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(cluster) = context.subject(finding) else { return Proposal::default() };
    let setups = cluster.list(SETUPS);
    let named = |enabled: bool| types(setups.iter().filter(move |setup| setup["enabled"] == json!(enabled)));
    let on = named(true);
    let mut wanted: BTreeSet<String> = context.blueprint.eks.log_types.iter().cloned().collect();
    // The control asks for the audit log whatever is declared.
    wanted.insert("audit".to_owned());
    let missing: Vec<&String> = wanted.difference(&on).collect();
    let after: BTreeSet<String> = on.union(&wanted).cloned().collect();
    let off: BTreeSet<String> = named(false).difference(&after).cloned().collect();
    let lists = [(&after, true), (&off, false)].into_iter().filter(|(types, _)| !types.is_empty());
    let there: Vec<Value> = lists.map(|(types, enabled)| json!({"types": types, "enabled": enabled})).collect();
    let mut back = setups.to_vec();
    // What no setup names would stay on: an update changes only what it names.
    let unnamed: Vec<&&String> = missing.iter().filter(|kind| !named(false).contains(**kind)).collect();
    if !unnamed.is_empty() {
        back.push(json!({"types": unnamed, "enabled": false}));
    }
    // A `false` that is left tells nothing of ours; where all are on there is none.
    let seen = if off.is_empty() {
        ("/cluster/logging/clusterLogging/*/enabled", vec![json!(true)])
    } else {
        ("/cluster/status", vec![json!("ACTIVE")])
    };
    let names = missing.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    let mut step = update(
        &REMEDY,
        cluster,
        Setting {
            part: "",
            title: format!("Turn on the control-plane logs {names}"),
            edits: vec![Edit::new("/logging/clusterLogging", cluster.at(SETUPS).cloned(), Some(json!(there)))],
            there: json!({"logging": {"clusterLogging": there}}),
            back: json!({"logging": {"clusterLogging": back}}),
            changes: "/cluster/logging/clusterLogging",
            seen,
        },
    );
    step.consequences.push("CloudWatch Logs charges for what they write".to_owned());
    Proposal::step(step)
}

fn types<'a>(setups: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    let types = setups.filter_map(|setup| setup["types"].as_array()).flatten();
    types.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eks::testdata::cluster;
    use crate::proof::World;

    fn world(setups: Value) -> World {
        World::of(json!([cluster(json!({"logging": {"clusterLogging": setups}}))]))
    }

    #[test]
    fn only_what_is_missing_changes() {
        let before = json!([
            {"types": ["api", "authenticator", "controllerManager", "scheduler"], "enabled": true},
            {"types": ["audit"], "enabled": false},
        ]);
        let step = world(before.clone()).mended("KA-EKS-004", "cluster/erp").remove(0);
        let all =
            json!([{"types": ["api", "audit", "authenticator", "controllerManager", "scheduler"], "enabled": true}]);
        assert_eq!(step.call.parameters["logging"]["clusterLogging"], all);
        assert_eq!(step.inverse[0].parameters["logging"]["clusterLogging"], before);
        assert!(step.title.starts_with("Turn on the control-plane logs audit of"), "{}", step.title);
    }

    #[test]
    fn a_log_that_nobody_declared_stays_as_it_is() {
        let before = json!([{"types": ["api"], "enabled": true}, {"types": ["audit", "scheduler"], "enabled": false}]);
        let world = world(before).with(|blueprint| blueprint.eks.log_types = vec!["audit".to_owned()]);
        let step = world.mended("KA-EKS-004", "cluster/erp").remove(0);
        let after = json!([{"types": ["api", "audit"], "enabled": true}, {"types": ["scheduler"], "enabled": false}]);
        assert_eq!(step.call.parameters["logging"]["clusterLogging"], after);
    }

    #[test]
    fn what_was_not_named_is_turned_off_again_by_name() {
        let step = world(json!([{"types": ["api"], "enabled": true}])).mended("KA-EKS-004", "cluster/erp").remove(0);
        let back = &step.inverse[0].parameters["logging"]["clusterLogging"];
        assert_eq!(
            back[1],
            json!({"types": ["audit", "authenticator", "controllerManager", "scheduler"], "enabled": false})
        );
    }
}

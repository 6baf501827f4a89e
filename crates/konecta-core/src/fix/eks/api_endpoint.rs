//! KA-EKS-001: the API's public endpoint is closed, or narrowed to the declared ranges; private access comes first, so
//! that the nodes never lose their way. Knows the cluster's endpoints and nothing else.

use serde_json::{Value, json};

use super::cluster::{ACTIONS, Setting, update};
use crate::facts;
use crate::finding::Finding;
use crate::fix::Case;
use crate::fix::registry::{Proposal, Remedy};
use crate::fix::step::{Class, Edit};

pub(super) const REMEDY: Remedy = Remedy { id: "eks.api_endpoint", class: Class::B, actions: ACTIONS, propose };

const CONFIG: &str = "/configuration/resourcesVpcConfig";

fn propose(finding: &Finding, case: &Case<'_>) -> Proposal {
    let Some(cluster) = case.subject(finding) else { return Proposal::default() };
    let declared = &case.blueprint.eks.api_cidrs;
    if facts::is_most_of_the_internet(declared) {
        let reason = "the ranges that the blueprint declares for the API are themselves of internet size";
        return Proposal::refuse(
            finding,
            Class::N,
            reason,
            &["narrow `api_cidrs` in the section [eks] of konecta-audit.toml"],
        );
    }
    let private = cluster.at(&format!("{CONFIG}/endpointPrivateAccess")).and_then(Value::as_bool);
    let Some(private) = private else {
        let reason = "whether private access is on was not told, and without it the nodes lose their way to the API";
        return Proposal::refuse(finding, Class::B, reason, &["allow eks:DescribeCluster and run it again"]);
    };
    let cidrs = cluster.at(&format!("{CONFIG}/publicAccessCidrs")).cloned();
    let mut steps = Vec::new();
    if !private {
        let mut open = update(&REMEDY, cluster, private_access());
        open.consequences
            .push("the VPC needs DNS support and DNS hostnames for the private name of the API".to_owned());
        steps.push(open);
    }
    let mut close =
        update(&REMEDY, cluster, if declared.is_empty() { closed(cidrs) } else { narrowed(cidrs, declared) });
    let who = if declared.is_empty() { "outside of the VPC" } else { "outside of the VPC and of the declared ranges" };
    close.consequences.push(format!("whoever operates the cluster from {who} does not reach its API any more"));
    close.needs = steps.iter().map(|step| step.key.clone()).collect();
    steps.push(close);
    Proposal { steps, refusals: Vec::new() }
}

fn private_access() -> Setting {
    let set = |on: bool| json!({"resourcesVpcConfig": {"endpointPrivateAccess": on}});
    Setting {
        part: ".private",
        title: "Turn on private access to the API".to_owned(),
        there: set(true),
        back: set(false),
        edits: vec![Edit::new("/resourcesVpcConfig/endpointPrivateAccess", Some(json!(false)), Some(json!(true)))],
        changes: "/cluster/resourcesVpcConfig/endpointPrivateAccess",
        seen: ("/cluster/resourcesVpcConfig/endpointPrivateAccess", vec![json!(true)]),
    }
}

fn closed(cidrs: Option<Value>) -> Setting {
    Setting {
        part: ".public",
        title: "Close public access to the API".to_owned(),
        there: json!({"resourcesVpcConfig": {"endpointPublicAccess": false}}),
        back: json!({"resourcesVpcConfig": {"endpointPublicAccess": true, "publicAccessCidrs": cidrs}}),
        edits: vec![Edit::new("/resourcesVpcConfig/endpointPublicAccess", Some(json!(true)), Some(json!(false)))],
        changes: "/cluster/resourcesVpcConfig/endpointPublicAccess",
        seen: ("/cluster/resourcesVpcConfig/endpointPublicAccess", vec![json!(false)]),
    }
}

fn narrowed(cidrs: Option<Value>, declared: &[String]) -> Setting {
    Setting {
        part: ".public",
        title: "Narrow public access to the API".to_owned(),
        there: json!({"resourcesVpcConfig": {"publicAccessCidrs": declared}}),
        back: json!({"resourcesVpcConfig": {"publicAccessCidrs": cidrs}}),
        edits: vec![Edit::new("/resourcesVpcConfig/publicAccessCidrs", cidrs, Some(json!(declared)))],
        changes: "/cluster/resourcesVpcConfig/publicAccessCidrs",
        seen: ("/cluster/resourcesVpcConfig/publicAccessCidrs/*", declared.iter().map(|cidr| json!(cidr)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::eks::testdata::cluster;
    use crate::fix::proof::World;

    fn world(private: bool, declared: &[&str]) -> World {
        let declared: Vec<String> = declared.iter().map(|&cidr| cidr.to_owned()).collect();
        World::of(json!([cluster(json!({"resourcesVpcConfig": {
            "subnetIds": ["subnet-1"], "endpointPublicAccess": true, "endpointPrivateAccess": private,
            "publicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/1"],
        }}))]))
        .with(|blueprint| blueprint.eks.api_cidrs = declared)
    }

    #[test]
    fn private_access_is_on_before_public_access_goes() {
        let steps = world(false, &[]).mended("KA-EKS-001", "cluster/erp");
        let [open, close] = &steps[..] else { panic!("{steps:?}") };
        assert_eq!(open.call.parameters["resourcesVpcConfig"], json!({"endpointPrivateAccess": true}));
        assert_eq!(close.call.parameters["resourcesVpcConfig"], json!({"endpointPublicAccess": false}));
        assert_eq!(close.needs, std::slice::from_ref(&open.key));
        let back = json!({"endpointPublicAccess": true, "publicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/1"]});
        assert_eq!(close.inverse[0].parameters["resourcesVpcConfig"], back);
    }

    #[test]
    fn declared_ranges_keep_their_way_in() {
        let step = world(true, &["203.0.113.0/24"]).mended("KA-EKS-001", "cluster/erp").remove(0);
        assert_eq!(step.call.parameters["resourcesVpcConfig"], json!({"publicAccessCidrs": ["203.0.113.0/24"]}));
        assert!(step.needs.is_empty());
        assert_eq!(step.class, Class::B);
    }

    #[test]
    fn ranges_of_internet_size_cannot_be_declared_away() {
        let proposal = world(true, &["0.0.0.0/1", "128.0.0.0/1"]).proposed("KA-EKS-001", "cluster/erp");
        assert!(proposal.steps.is_empty());
        assert_eq!(proposal.refusals[0].class, Class::N);
    }

    #[test]
    fn nothing_is_closed_while_private_access_is_not_known() {
        let config = json!({"resourcesVpcConfig": {"endpointPublicAccess": true, "publicAccessCidrs": ["0.0.0.0/0"]}});
        let proposal = World::of(json!([cluster(config)])).proposed("KA-EKS-001", "cluster/erp");
        assert!(proposal.steps.is_empty(), "{proposal:?}");
    }
}

//! KA-EKS-002: the way to a supported Kubernetes version, one minor at a time, as a procedure: there is no way back.
//! Knows the cluster's version and AWS's own list of versions.

use serde_json::Value;

use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use crate::{RemedyContext, View};
use konecta_base::finding::Finding;
use konecta_base::resource_types;

pub(super) const REMEDY: Remedy = Remedy { id: "eks.version", class: Class::C, actions: &[], propose };

/// A version as numbers, which sort as versions do; `1.10` comes after `1.9`.
type Version = (u32, u32);

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(cluster) = context.subject(finding) else { return Proposal::default() };
    let name = cluster.id.as_str();
    let now = cluster.text("/configuration/version").and_then(parse);
    let mut offered: Vec<(Version, &Value)> = context.lifecycle()["eks"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(version, entry)| Some((parse(version)?, entry)))
        .filter(|(version, _)| Some(*version) > now)
        .collect();
    offered.sort_by_key(|(version, _)| *version);
    let target = offered.iter().find(|(_, entry)| is_standard(entry)).map(|(version, _)| *version);
    let reason = "a cluster cannot go back to the version that it had";
    let (Some(now), Some(target)) = (now, target) else {
        let look = "aws eks describe-cluster-versions";
        return Proposal::refuse(
            finding,
            Class::C,
            format!("{reason}; and which version it may go to is not known"),
            &[look],
        );
    };
    let mut lines = vec![
        format!(
            "from {} to {}, one minor version at a time; rehearse it on another cluster first",
            text(now),
            text(target)
        ),
        format!(
            "aws eks list-insights --cluster-name {name} --filter categories=UPGRADE_READINESS,statuses=WARNING,ERROR   # must be empty"
        ),
    ];
    // Minor versions follow each other without a gap, whether AWS still lists them or not.
    for minor in now.1 + 1..=target.1 {
        let version = text((target.0, minor));
        let entry = offered.iter().find(|(each, _)| *each == (target.0, minor)).map(|(_, entry)| *entry);
        let support = entry.and_then(|entry| entry["versionStatus"].as_str()).unwrap_or("not listed by AWS");
        lines.extend([
            format!("aws eks update-cluster-version --name {name} --kubernetes-version {version}   # {support}"),
            format!("aws eks wait cluster-active --name {name}"),
            format!("aws eks update-addon for every add-on, to a version that aws eks describe-addon-versions --kubernetes-version {version} names"),
        ]);
        for group in groups(context, cluster) {
            lines.push(format!("aws eks update-nodegroup-version --cluster-name {name} --nodegroup-name {group} --kubernetes-version {version}"));
            lines.push(format!("aws eks wait nodegroup-active --cluster-name {name} --nodegroup-name {group}"));
        }
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    Proposal::refuse(finding, Class::C, reason, &lines)
}

fn groups<'a>(context: &'a RemedyContext<'_>, cluster: &'a View) -> impl Iterator<Item = &'a str> {
    let beside = |other: &View| {
        (&other.reference.account_id, &other.reference.region)
            == (&cluster.reference.account_id, &cluster.reference.region)
            && other.text("/configuration/clusterName") == Some(cluster.id.as_str())
    };
    context
        .all(resource_types::EKS_NODEGROUP)
        .filter(move |group| beside(group))
        .filter_map(|group| group.text("/configuration/nodegroupName"))
}

fn is_standard(entry: &Value) -> bool {
    entry["versionStatus"] == "STANDARD_SUPPORT"
}

fn parse(version: &str) -> Option<Version> {
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn text((major, minor): Version) -> String {
    format!("{major}.{minor}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::eks::testdata::{cluster, node_group};
    use crate::proof::World;

    fn version(version: &str, status: &str) -> Value {
        json!({
            "resourceType": "AWS::EKS::ClusterVersion", "resourceId": version, "region": "us-east-1",
            "arn": format!("arn:aws:eks:us-east-1:aws:cluster-version/{version}"), "accountId": "123456789012",
            "configuration": {
                "clusterVersion": version, "versionStatus": status,
                "endOfStandardSupportDate": if status == "STANDARD_SUPPORT" { "2027-12-01T00:00:00Z" } else { "2026-01-01T00:00:00Z" },
                "endOfExtendedSupportDate": if status == "UNSUPPORTED" { "2026-03-23T00:00:00Z" } else { "2028-12-01T00:00:00Z" },
            },
        })
    }

    #[test]
    fn each_minor_version_has_its_step_in_order() {
        let proposal = World::of(json!([
            cluster(json!({"version": "1.8"})),
            node_group(&json!({})),
            version("1.8", "UNSUPPORTED"),
            version("1.9", "EXTENDED_SUPPORT"),
            version("1.10", "STANDARD_SUPPORT"),
            version("1.11", "STANDARD_SUPPORT"),
        ]))
        .proposed("KA-EKS-002", "cluster/erp");
        assert!(proposal.steps.is_empty());
        let refusal = &proposal.refusals[0];
        assert_eq!(refusal.class, Class::C);
        let upgrades: Vec<&String> =
            refusal.procedure.iter().filter(|line| line.contains("update-cluster-version")).collect();
        assert!(upgrades[0].contains("1.9   # EXTENDED_SUPPORT") && upgrades[1].contains("1.10   #"), "{upgrades:?}");
        assert_eq!(upgrades.len(), 2, "no further than needed: {upgrades:?}");
        assert!(refusal.procedure.iter().any(|line| line.contains("--nodegroup-name nodes")));
    }
}

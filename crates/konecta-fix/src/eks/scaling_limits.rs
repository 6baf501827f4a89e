//! KA-NG-002: a node group gets room to grow. Knows its three sizes; what makes it grow is not ours to bring.

use serde_json::{Value, json};

use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Call, Class, Edit, Effect, Step, Wait};
use crate::{RemedyContext, View};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy {
    id: "eks.scaling_limits",
    class: Class::A,
    actions: &[changes::EKS_UPDATE_NODEGROUP_CONFIG, calls::EKS_DESCRIBE_NODEGROUP],
    propose,
};

/// Half an hour: EKS hands the sizes on to the Auto Scaling group.
const PATIENCE: u64 = 1800;

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(group) = context.subject(finding) else { return Proposal::default() };
    let speaks_of = |part: &str| finding.violations.iter().any(|violation| violation.path.starts_with(part));
    let mut proposal = Proposal::default();
    if speaks_of("scalingConfig.") {
        proposal.steps.extend(room(group));
    }
    if speaks_of("autoscaler") {
        let cluster = group.text("/configuration/clusterName").unwrap_or("<cluster>");
        let tag = format!(
            "aws autoscaling create-or-update-tags --tags ResourceId=<group>,ResourceType=auto-scaling-group,Key=k8s.io/cluster-autoscaler/enabled,Value=true,PropagateAtLaunch=true ResourceId=<group>,ResourceType=auto-scaling-group,Key=k8s.io/cluster-autoscaler/{cluster},Value=owned,PropagateAtLaunch=true"
        );
        let procedure = [
            "look whether the Cluster Autoscaler or Karpenter runs in the cluster: kubectl get deployments --all-namespaces",
            &tag,
            "or use EKS Auto Mode, and move the pods to it",
        ];
        let reason = "what makes a group grow runs inside of the cluster: tags alone would show an autoscaler that may not be there";
        proposal.refusals.push(Refusal::new(finding, Class::N, reason, &procedure));
    }
    proposal
}

/// Raises the maximum to one above what is needed at least. The number of nodes stays as it is, now and in the
/// Auto Scaling group, to which EKS carries the maximum over in its own time.
fn room(group: &View) -> Option<Step> {
    let size = |key: &str| group.at(&format!("/configuration/scalingConfig/{key}")).and_then(Value::as_u64);
    let maximum = size("maxSize")?;
    let needed = size("minSize").unwrap_or(0).max(size("desiredSize").unwrap_or(0)) + 1;
    let cluster = group.text("/configuration/clusterName")?;
    let name = group.text("/configuration/nodegroupName")?;
    let update = |largest: u64| {
        let parameters = json!({
            "clusterName": cluster, "nodegroupName": name,
            "scalingConfig": {"maxSize": largest}, "clientRequestToken": {"$token": true},
        });
        Call::new("eks", "UpdateNodegroupConfig", parameters)
    };
    let wait = |what: String, path: &str, value: Value, failed: Vec<Value>| Wait {
        what,
        service: "eks".to_owned(),
        operation: "DescribeNodegroup".to_owned(),
        parameters: json!({"clusterName": cluster, "nodegroupName": name}),
        path: path.to_owned(),
        until: vec![value],
        failed,
        timeout_seconds: PATIENCE,
        changes: None,
        after_seconds: 0,
    };
    // The maximum is another before the call. The status is `ACTIVE` before it and for an instant after it, so it counts
    // only in an answer that shows the maximum as another.
    let idle = |changes: Option<&str>| {
        let failed = ["DELETING", "CREATE_FAILED", "DELETE_FAILED"].map(Value::from).to_vec();
        let active = wait(format!("node group {name} is active"), "/nodegroup/status", json!("ACTIVE"), failed);
        Wait { changes: changes.map(str::to_owned), ..active }
    };
    Some(Step {
        class: Class::A,
        consequences: vec![
            format!("no node is added now; an autoscaler may add up to {}, and EC2 charges for them", needed - maximum),
            "EKS hands the maximum on to the Auto Scaling group of the node group".to_owned(),
        ],
        effects: vec![Effect::amended(
            &group.reference,
            vec![Edit::new("/configuration/scalingConfig/maxSize", Some(json!(maximum)), Some(json!(needed)))],
        )],
        inverse: vec![update(maximum)],
        requires: vec![idle(None)],
        waits: vec![
            wait(
                format!("node group {name} shows the maximum"),
                "/nodegroup/scalingConfig/maxSize",
                json!(needed),
                Vec::new(),
            ),
            idle(Some("/nodegroup/scalingConfig/maxSize")),
        ],
        ..Step::new(
            &REMEDY,
            &group.reference,
            format!("{}/{}", REMEDY.id, group.reference.arn),
            format!("Let node group {name} grow to {needed} nodes"),
            update(needed),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eks::testdata::{cluster, node_group, scaling_group};
    use crate::proof::World;

    fn world(sizes: [u64; 3], tagged: bool) -> World {
        let [least, most, now] = sizes;
        let sizes = json!({"minSize": least, "maxSize": most, "desiredSize": now});
        World::of(json!([cluster(json!({"computeConfig": null})), node_group(&sizes), scaling_group(tagged)]))
    }

    #[test]
    fn only_the_maximum_rises_and_by_no_more_than_needed() {
        for (sizes, most) in [([3, 3, 3], 4), ([2, 3, 3], 4), ([0, 1, 1], 2)] {
            let step = world(sizes, true).mended("KA-NG-002", "erp/nodes/1a2b").remove(0);
            assert_eq!(step.call.parameters["scalingConfig"], json!({"maxSize": most}), "{sizes:?}");
            assert_eq!(step.inverse[0].parameters["scalingConfig"], json!({"maxSize": sizes[1]}));
        }
    }

    #[test]
    fn an_autoscaler_that_is_not_there_is_told_and_not_faked() {
        let both = world([3, 3, 3], false).proposed("KA-NG-002", "erp/nodes/1a2b");
        assert_eq!((both.steps.len(), both.refusals.len()), (1, 1));
        let alone = world([2, 6, 3], false).proposed("KA-NG-002", "erp/nodes/1a2b");
        assert!(alone.steps.is_empty());
        assert!(alone.refusals[0].procedure[1].contains("k8s.io/cluster-autoscaler/erp,"), "{alone:?}");
    }
}

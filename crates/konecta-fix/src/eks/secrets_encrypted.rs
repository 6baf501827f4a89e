//! KA-EKS-003: a key for the cluster's secrets. It cannot be taken back, so it is told and not done.
//! Knows a cluster's encryption and the states of its keys.

use crate::RemedyContext;
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::Class;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy { id: "eks.secrets_encrypted", class: Class::C, actions: &[], propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(cluster) = context.subject(finding) else { return Proposal::default() };
    let refusals = finding.violations.iter().map(|violation| {
        let state = violation.actual.as_str().filter(|_| violation.path.ends_with(".KeyState"));
        match (state, violation.proof.first()) {
            (Some(state), Some(key)) => unusable(finding, key, state),
            (Some(_) | None, _) => unencrypted(finding, &cluster.id),
        }
    });
    Proposal { steps: Vec::new(), refusals: refusals.collect() }
}

fn unencrypted(finding: &Finding, cluster: &str) -> Refusal {
    let associate = format!(
        "aws eks associate-encryption-config --cluster-name {cluster} --encryption-config '[{{\"resources\":[\"secrets\"],\"provider\":{{\"keyArn\":\"<key ARN>\"}}}}]'"
    );
    let wait = format!("aws eks describe-update --name {cluster} --update-id <the id that it answers>");
    let procedure = [
        "choose a symmetric customer managed key of the cluster's region: aws kms create-key --description 'EKS secrets'",
        "make sure that nobody can delete it: without this key the cluster cannot read its secrets any more",
        &associate,
        &wait,
        "kubectl get secrets --all-namespaces -o json | kubectl replace -f -   # encrypts the secrets that exist already",
    ];
    let reason = "an encryption configuration can be associated once and never be taken back";
    Refusal::new(finding, Class::C, reason, &procedure)
}

fn unusable(finding: &Finding, key: &str, state: &str) -> Refusal {
    let enable = format!("aws kms enable-key --key-id {key}");
    let cancel = format!("aws kms cancel-key-deletion --key-id {key}");
    let going = state == "PendingDeletion";
    let procedure: Vec<&str> = if going { vec![&cancel, &enable] } else { vec![&enable] };
    let reason = format!("{key} is {state}; somebody may have meant it, and the key may serve others");
    Refusal::new(finding, Class::N, reason, &procedure)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::eks::testdata::cluster;
    use crate::proof::World;

    const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1";

    #[test]
    fn one_way_is_a_procedure() {
        let proposal =
            World::of(json!([cluster(json!({"encryptionConfig": null}))])).proposed("KA-EKS-003", "cluster/erp");
        assert!(proposal.steps.is_empty());
        assert_eq!(proposal.refusals[0].class, Class::C);
        assert!(proposal.refusals[0].procedure[2].contains("--cluster-name erp "), "{proposal:?}");
    }

    #[test]
    fn a_key_that_goes_is_named_with_the_way_to_keep_it() {
        let config = json!({"encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": KEY}}]});
        let key = json!({
            "resourceType": "AWS::KMS::Key", "resourceId": "1", "region": "us-east-1", "arn": KEY,
            "configuration": {"Arn": KEY, "KeyId": "1", "KeyState": "PendingDeletion", "Enabled": false},
        });
        let proposal = World::of(json!([cluster(config), key])).proposed("KA-EKS-003", "cluster/erp");
        let refusal = &proposal.refusals[0];
        assert_eq!(refusal.class, Class::N);
        assert_eq!(refusal.procedure[0], format!("aws kms cancel-key-deletion --key-id {KEY}"));
    }
}

//! KA-EC2-005: new volumes of a region are encrypted by default. Knows the setting and nothing of volumes.

use serde_json::json;

use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::{Call, Class, Edit, Effect, Step};
use konecta_base::changes;
use konecta_base::finding::Finding;

const ACTIONS: &[&str] =
    &[changes::EC2_ENABLE_EBS_ENCRYPTION_BY_DEFAULT, changes::EC2_DISABLE_EBS_ENCRYPTION_BY_DEFAULT];

pub(super) const REMEDY: Remedy = Remedy { id: "ec2.ebs_encryption", class: Class::A, actions: ACTIONS, propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(setting) = context.subject(finding) else { return Proposal::default() };
    let region = &setting.reference.region;
    Proposal::step(Step {
        class: Class::A,
        consequences: vec![
            "what is made from now on is encrypted with the region's default key; volumes that exist stay as they are"
                .to_owned(),
        ],
        effects: vec![Effect::amended(
            &setting.reference,
            vec![Edit::new("/configuration/EbsEncryptionByDefault", Some(json!(false)), Some(json!(true)))],
        )],
        inverse: vec![Call::new("ec2", "DisableEbsEncryptionByDefault", json!({}))],
        ..Step::new(
            &REMEDY,
            &setting.reference,
            format!("{}/{}/{region}", REMEDY.id, setting.id),
            format!("Encrypt new EBS volumes in {region} by default"),
            Call::new("ec2", "EnableEbsEncryptionByDefault", json!({})),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::World;

    #[test]
    fn the_setting_is_switched_on() {
        let world = World::of(json!([{
            "resourceType": "AWS::EC2::EbsEncryptionByDefault", "resourceId": "123456789012", "region": "us-east-1",
            "arn": "arn:aws:ec2:us-east-1:123456789012:ebs-encryption-by-default", "configuration": {"EbsEncryptionByDefault": false},
        }]));
        let step = world.mended("KA-EC2-005", ":ebs-encryption-by-default").remove(0);
        assert_eq!(
            (step.call.operation.as_str(), step.inverse[0].operation.as_str()),
            ("EnableEbsEncryptionByDefault", "DisableEbsEncryptionByDefault")
        );
    }
}

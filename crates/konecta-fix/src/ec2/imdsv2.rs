//! KA-EC2-001: an instance demands session tokens and keeps its metadata near. Knows the instance; the template from which
//! the next one is launched is another control's.

use serde_json::{Map, Value, json};

use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::{Call, Class, Edit, Effect, Step, Wait};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;

const ACTIONS: &[&str] = &[changes::EC2_MODIFY_INSTANCE_METADATA_OPTIONS, calls::EC2_DESCRIBE_INSTANCES];

pub(super) const REMEDY: Remedy = Remedy { id: "ec2.imdsv2", class: Class::B, actions: ACTIONS, propose };

const OPTIONS: &str = "/configuration/MetadataOptions";

/// All that the call takes: what is not sent may be set back.
const SENT: &[&str] =
    &["HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "HttpProtocolIpv6", "InstanceMetadataTags"];

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(instance) = context.subject(finding) else { return Proposal::default() };
    let Some(now) = instance.at(OPTIONS).and_then(Value::as_object) else { return Proposal::default() };
    let limit = context.blueprint.network.metadata_hop_limit;
    let wanted = finding.violations.iter().map(|violation| match violation.path.as_str() {
        "MetadataOptions.HttpTokens" => ("HttpTokens", json!("required")),
        _ => ("HttpPutResponseHopLimit", json!(limit)),
    });
    let wanted: Vec<(&str, Value)> = wanted.collect();
    let mut then = now.clone();
    then.extend(wanted.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    let modify = |options: &Map<String, Value>| {
        let mut parameters = json!({"InstanceId": instance.id});
        for key in SENT {
            if let Some(value) = options.get(*key) {
                parameters[*key] = value.clone();
            }
        }
        Call::new("ec2", "ModifyInstanceMetadataOptions", parameters)
    };
    let edits = wanted
        .iter()
        .map(|(key, value)| Edit::new(format!("{OPTIONS}/{key}"), now.get(*key).cloned(), Some(value.clone())));
    let mut consequences = Vec::new();
    if wanted.iter().any(|(key, _)| *key == "HttpTokens") {
        consequences.push("software that asks for metadata without a session token no longer gets any".to_owned());
    }
    if wanted.iter().any(|(key, _)| *key == "HttpPutResponseHopLimit") {
        consequences.push(format!("metadata is no longer answered further than {limit} hops away"));
    }
    Proposal::step(Step {
        class: Class::B,
        consequences,
        effects: vec![Effect::amended(&instance.reference, edits.collect())],
        inverse: vec![modify(now)],
        waits: vec![Wait {
            what: format!("the metadata options of {} are applied", instance.id),
            service: "ec2".to_owned(),
            operation: "DescribeInstances".to_owned(),
            parameters: json!({"InstanceIds": [instance.id]}),
            path: "/Reservations/*/Instances/*/MetadataOptions/State".to_owned(),
            until: vec![json!("applied")],
            failed: Vec::new(),
            timeout_seconds: 300,
            // `applied` is also what the options say that were there before: they must be others in the same answer.
            changes: Some("/Reservations/*/Instances/*/MetadataOptions".to_owned()),
            after_seconds: 0,
        }],
        ..Step::new(
            &REMEDY,
            &instance.reference,
            format!("{}/{}", REMEDY.id, instance.id),
            format!("Let {} answer for its metadata with session tokens, at most {limit} hops away", instance.id),
            modify(&then),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ec2::testdata::instance;
    use crate::proof::World;

    fn world(tokens: &str, hops: u32) -> World {
        let mut instance = instance("i-1", "subnet-1", "sg-1");
        instance["configuration"]["MetadataOptions"] = json!({
            "State": "applied", "HttpTokens": tokens, "HttpPutResponseHopLimit": hops, "HttpEndpoint": "enabled",
            "HttpProtocolIpv6": "disabled", "InstanceMetadataTags": "enabled",
        });
        World::of(json!([instance]))
    }

    #[test]
    fn tokens_are_demanded_and_everything_else_is_sent_as_it_is() {
        let step = world("optional", 1).mended("KA-EC2-001", "/i-1").remove(0);
        let expected = json!({
            "InstanceId": "i-1", "HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled",
            "HttpProtocolIpv6": "disabled", "InstanceMetadataTags": "enabled",
        });
        assert_eq!(step.call.parameters, expected);
        assert_eq!(step.inverse[0].parameters["HttpTokens"], "optional");
    }

    #[test]
    fn the_blueprint_says_how_far() {
        let step = world("required", 64)
            .with(|blueprint| blueprint.network.metadata_hop_limit = 1)
            .mended("KA-EC2-001", "/i-1")
            .remove(0);
        assert_eq!(step.call.parameters["HttpPutResponseHopLimit"], 1);
        let Effect::Amended { edits, .. } = &step.effects[0] else { panic!("{:?}", step.effects) };
        assert_eq!(edits.len(), 1);
    }
}

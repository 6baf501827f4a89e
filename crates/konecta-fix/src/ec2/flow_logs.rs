//! KA-VPC-001: a VPC gets a flow log of all traffic where the blueprint says to. Knows nothing of whether the destination lets
//! itself be written to: the control that is judged again afterwards does.

use serde_json::{Value, json};

use crate::registry::{Proposal, Remedy};
use crate::step::{Call, Class, Effect, Find, Step};
use crate::{RemedyContext, View, own};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;
use konecta_base::resource::ResourceRef;
use konecta_base::resource_types;

const ACTIONS: &[&str] = &[
    changes::EC2_CREATE_FLOW_LOGS,
    changes::EC2_DELETE_FLOW_LOGS,
    calls::EC2_DESCRIBE_FLOW_LOGS,
    changes::IAM_PASS_ROLE,
    changes::LOGS_CREATE_LOG_DELIVERY,
    changes::LOGS_DELETE_LOG_DELIVERY,
];

pub(super) const REMEDY: Remedy = Remedy { id: "ec2.flow_logs", class: Class::A, actions: ACTIONS, propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(vpc) = context.subject(finding) else { return Proposal::default() };
    let network = &context.blueprint.network;
    let Some(destination) = network.flow_log_destination.as_deref() else {
        let reason = "the blueprint names no destination: where logs are kept, and for how long, only you know";
        let lines = [
            "name it under [network] in konecta-audit.toml: flow_log_destination = \"arn:aws:s3:::bucket\", or a log group with flow_log_role",
        ];
        return Proposal::refuse(finding, Class::A, reason, &lines);
    };
    let (kind, place) = match (destination.starts_with("arn:"), network.flow_log_role.as_deref()) {
        (true, _) => ("s3", json!({"LogDestination": destination})),
        (false, Some(role)) => {
            ("cloud-watch-logs", json!({"LogGroupName": destination, "DeliverLogsPermissionArn": role}))
        }
        (false, None) => {
            let reason = "a log group needs a role that may write to it";
            return Proposal::refuse(
                finding,
                Class::A,
                reason,
                &["name it under [network] in konecta-audit.toml: flow_log_role = \"arn:aws:iam::…\""],
            );
        }
    };
    let logs = context.fact(vpc.reference.arn.as_str(), "flow_logs").and_then(Value::as_array);
    let same = |view: &&View| goes_there(view, vpc, &place);
    if let Some(there) = context.all(resource_types::EC2_FLOW_LOG).find(same) {
        let reason = format!("{} already goes there and does not do: {}", there.id, json!(logs));
        let look = format!("aws ec2 describe-flow-logs --flow-log-ids {}", there.id);
        return Proposal::refuse(finding, Class::B, reason, &[&look, "mend its role or its destination, or delete it"]);
    }
    Proposal::step(step(vpc, kind, &place))
}

/// Whether a flow log of this VPC has this destination: AWS takes no second one.
fn goes_there(log: &View, vpc: &View, place: &Value) -> bool {
    let ours = place.as_object().into_iter().flatten().filter(|(key, _)| *key != "DeliverLogsPermissionArn");
    log.text("/configuration/ResourceId") == Some(vpc.id.as_str())
        && ours.into_iter().all(|(key, value)| log.at(&format!("/configuration/{key}")) == Some(value))
}

fn step(vpc: &View, kind: &str, place: &Value) -> Step {
    let id = format!("fl-{}", vpc.id);
    let mut wanted = json!({"/ResourceId": vpc.id, "/TrafficType": "ALL", "/LogDestinationType": kind});
    let mut parameters = json!({
        "ResourceIds": [vpc.id], "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": kind,
        "MaxAggregationInterval": 600, "ClientToken": {"$token": true},
    });
    let mut configuration = json!({
        "FlowLogId": id, "ResourceId": vpc.id, "FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "SUCCESS",
        "TrafficType": "ALL", "LogDestinationType": kind, "MaxAggregationInterval": 600, "Tags": [],
    });
    for (key, value) in place.as_object().into_iter().flatten() {
        wanted[format!("/{key}")] = value.clone();
        parameters[key] = value.clone();
        configuration[key] = value.clone();
    }
    let exists = Find {
        service: "ec2".to_owned(),
        operation: "DescribeFlowLogs".to_owned(),
        parameters: json!({"Filter": [{"Name": "resource-id", "Values": [vpc.id]}]}),
        list: "/FlowLogs".to_owned(),
        matching: wanted.as_object().cloned().unwrap_or_default(),
        take: "/FlowLogId".to_owned(),
        planned: json!(id),
    };
    let arn = vpc.reference.arn.as_str().replace(&format!("vpc/{}", vpc.id), &format!("vpc-flow-log/{id}"));
    let reference =
        ResourceRef { arn: own(&arn), resource_type: own(resource_types::EC2_FLOW_LOG), ..vpc.reference.clone() };
    let body = json!({"configuration": configuration, "supplement": {}, "tags": {}});
    let back = json!({"FlowLogIds": [exists.placeholder()]});
    Step {
        class: Class::A,
        consequences: vec!["what is delivered and kept is paid for by the gigabyte".to_owned()],
        effects: vec![Effect::Created { resource: Box::new(View { reference: reference.clone(), id, body }), exists }],
        inverse: vec![Call::new("ec2", "DeleteFlowLogs", back)],
        ..Step::new(
            &REMEDY,
            &reference,
            format!("{}/{}", REMEDY.id, vpc.id),
            format!("Write a flow log of all traffic of {}", vpc.id),
            Call::new("ec2", "CreateFlowLogs", parameters),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ec2::testdata::resource;
    use crate::proof::World;

    const BUCKET: &str = "arn:aws:s3:::logs";

    fn world(more: &[Value]) -> World {
        World::of(json!([&[resource("VPC", "vpc", "vpc-1", json!({"VpcId": "vpc-1"}))], more].concat()))
    }

    #[test]
    fn a_log_goes_to_the_declared_bucket() {
        let world = world(&[]).with(|blueprint| blueprint.network.flow_log_destination = Some(BUCKET.to_owned()));
        let step = world.mended("KA-VPC-001", "vpc/vpc-1").remove(0);
        assert_eq!(
            (&step.call.parameters["LogDestination"], &step.call.parameters["LogDestinationType"]),
            (&json!(BUCKET), &json!("s3"))
        );
        let Effect::Created { resource, exists } = &step.effects[0] else { panic!("{:?}", step.effects) };
        for (pointer, value) in &exists.matching {
            assert_eq!(resource.at(&format!("/configuration{pointer}")), Some(value));
        }
    }

    #[test]
    fn a_log_group_needs_its_role() {
        let to_group = |role: Option<&str>| {
            world(&[]).with(|blueprint| {
                blueprint.network.flow_log_destination = Some("/vpc".to_owned());
                blueprint.network.flow_log_role = role.map(str::to_owned);
            })
        };
        assert!(to_group(None).proposed("KA-VPC-001", "vpc/vpc-1").steps.is_empty());
        let step = to_group(Some("arn:aws:iam::123456789012:role/r")).mended("KA-VPC-001", "vpc/vpc-1").remove(0);
        assert_eq!(step.call.parameters["LogGroupName"], "/vpc");
    }

    #[test]
    fn without_a_destination_nothing_is_created() {
        assert!(world(&[]).proposed("KA-VPC-001", "vpc/vpc-1").refusals[0].reason.contains("destination"));
    }

    #[test]
    fn a_log_that_fails_at_the_same_place_is_not_doubled() {
        let failing = resource(
            "FlowLog",
            "vpc-flow-log",
            "fl-1",
            json!({
                "FlowLogId": "fl-1", "ResourceId": "vpc-1", "FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "FAILED", "TrafficType": "ALL", "LogDestination": BUCKET,
            }),
        );
        let world =
            world(&[failing]).with(|blueprint| blueprint.network.flow_log_destination = Some(BUCKET.to_owned()));
        assert!(world.proposed("KA-VPC-001", "vpc/vpc-1").refusals[0].reason.contains("fl-1"));
    }
}

//! KA-RDS-008: the parameter group demands TLS. Knows the group and who else uses it; whether every client speaks
//! TLS it cannot know, which makes it class B.

use serde_json::{Value, json};

use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Call, Class, Edit, Effect, Step, Wait};
use crate::{RemedyContext, View};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;
use konecta_base::resource_types;

pub(super) const REMEDY: Remedy = Remedy {
    id: "rds.tls_forced",
    class: Class::B,
    actions: &[
        changes::RDS_MODIFY_DB_PARAMETER_GROUP,
        changes::RDS_RESET_DB_PARAMETER_GROUP,
        calls::RDS_DESCRIBE_DB_INSTANCES,
        calls::RDS_DESCRIBE_DB_PARAMETERS,
    ],
    propose,
};

/// How long RDS may take to begin handing a parameter on; it does so within a minute, as the console shows.
const TAKEN_UP: u64 = 120;

const FORCE_SSL: &str = "rds.force_ssl";

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(instance) = context.subject(finding) else { return Proposal::default() };
    let mut proposal = Proposal::default();
    let of_cluster = |path: &str| path.starts_with("DBClusterParameterGroup[");
    if finding.violations.iter().any(|violation| of_cluster(&violation.path)) {
        proposal.refusals.push(at_the_cluster(finding, context, instance));
    }
    for group in instance.list("/configuration/DBParameterGroups") {
        let Some(name) = group["DBParameterGroupName"].as_str() else { continue };
        let blamed = |end: &str| {
            finding.violations.iter().any(|violation| violation.path == format!("DBParameterGroups[{name}].{end}"))
        };
        if blamed("ParameterApplyStatus") {
            let reason = format!("{name} has not reached {} and does so by a reboot, which interrupts it", instance.id);
            let reboot = format!("aws rds reboot-db-instance --db-instance-identifier {}", instance.id);
            proposal.refusals.push(Refusal::new(finding, Class::N, reason, &[&reboot]));
        }
        if blamed(FORCE_SSL) {
            match demand(finding, context, instance, name) {
                Ok(step) => proposal.steps.push(step),
                Err(refusal) => proposal.refusals.push(*refusal),
            }
        }
    }
    proposal
}

/// A parameter group of a cluster is changed by a person: whoever speaks to any member without TLS is turned away.
fn at_the_cluster(finding: &Finding, context: &RemedyContext<'_>, view: &View) -> Refusal {
    let name = view.text("/configuration/DBClusterIdentifier").unwrap_or(&view.id);
    let cluster = context.all(resource_types::RDS_DB_CLUSTER).find(|other| {
        other.id == name
            && other.reference.account_id == view.reference.account_id
            && other.reference.region == view.reference.region
    });
    let group = cluster.and_then(|cluster| cluster.text("/configuration/DBClusterParameterGroup")).unwrap_or("<group>");
    let set = format!(
        "aws rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name {group} --parameters ParameterName={FORCE_SSL},ParameterValue=1,ApplyMethod=pending-reboot"
    );
    let own = format!("where {group} is AWS's own (default.…), create one of your own first and give it to {name}");
    let reboot = "aws rds reboot-db-instance --db-instance-identifier <each member>";
    let reason = format!("the parameter group of the DB cluster {name} decides, for all its members at once");
    Refusal::new(finding, Class::B, reason, &[&own, &set, reboot])
}

fn demand(finding: &Finding, context: &RemedyContext<'_>, instance: &View, name: &str) -> Result<Step, Box<Refusal>> {
    let refuse = |reason: String, procedure: &[&str]| Box::new(Refusal::new(finding, Class::B, reason, procedure));
    let beside = |other: &&View| {
        other.id == name
            && other.reference.account_id == instance.reference.account_id
            && other.reference.region == instance.reference.region
    };
    if instance.text("/configuration/Engine").is_some_and(|engine| engine.starts_with("sqlserver")) {
        let set = format!(
            "aws rds modify-db-parameter-group --db-parameter-group-name {name} --parameters ParameterName={FORCE_SSL},ParameterValue=1,ApplyMethod=pending-reboot"
        );
        let reboot = format!("aws rds reboot-db-instance --db-instance-identifier {}", instance.id);
        let reason = format!("{FORCE_SSL} of SQL Server comes into force by a reboot, which interrupts the database");
        return Err(refuse(reason, &[&set, &reboot]));
    }
    let found =
        context.all(resource_types::RDS_DB_PARAMETER_GROUP).find(beside).filter(|_| !name.starts_with("default."));
    let Some(group) = found else {
        let family = context.all(resource_types::RDS_DB_PARAMETER_GROUP).find(beside);
        let family = family.and_then(|group| group.text("/configuration/DBParameterGroupFamily")).unwrap_or("<family>");
        let own = format!("{}-tls", instance.id);
        let create = format!(
            "aws rds create-db-parameter-group --db-parameter-group-name {own} --db-parameter-group-family {family} --description \"demands TLS\""
        );
        let set = format!(
            "aws rds modify-db-parameter-group --db-parameter-group-name {own} --parameters ParameterName={FORCE_SSL},ParameterValue=1,ApplyMethod=immediate"
        );
        let take = format!(
            "aws rds modify-db-instance --db-instance-identifier {} --db-parameter-group-name {own}",
            instance.id
        );
        let reboot = format!("aws rds reboot-db-instance --db-instance-identifier {}", instance.id);
        let reason = format!(
            "{name} is AWS's own parameter group and cannot be changed; one of your own takes a reboot to come into force"
        );
        return Err(refuse(reason, &[&create, &set, &take, &reboot]));
    };
    let parameters = group.list("/supplement/parameters");
    let Some(at) = parameters.iter().position(|parameter| parameter["ParameterName"] == FORCE_SSL) else {
        return Err(refuse(format!("{name} has no parameter {FORCE_SSL} that could be set"), &[]));
    };
    let entry = format!("/supplement/parameters/{at}");
    let before = &parameters[at];
    let set = |value: &Value| json!({"ParameterName": FORCE_SSL, "ParameterValue": value, "ApplyMethod": "immediate"});
    let call = |operation: &str, parameter: Value| {
        Call::new("rds", operation, json!({"DBParameterGroupName": name, "Parameters": [parameter]}))
    };
    // A value that nobody set goes back by a reset, so that it follows the engine's default again.
    let untouched = before.get("Source").is_some_and(|source| source != "user");
    let inverse = if untouched {
        call("ResetDBParameterGroup", json!({"ParameterName": FORCE_SSL, "ApplyMethod": "immediate"}))
    } else {
        call("ModifyDBParameterGroup", set(&before["ParameterValue"]))
    };
    let mut edits =
        vec![Edit::new(format!("{entry}/ParameterValue"), before.get("ParameterValue").cloned(), Some(json!("1")))];
    if untouched {
        edits.push(Edit::new(format!("{entry}/Source"), before.get("Source").cloned(), Some(json!("user"))));
    }
    let users: Vec<&View> =
        context.all(resource_types::RDS_DB_INSTANCE).filter(|view| uses(view, name, instance)).collect();
    let names: Vec<&str> = users.iter().map(|view| view.id.as_str()).collect();
    Ok(Step {
        class: Class::B,
        consequences: vec![format!(
            "clients without TLS are turned away by every database that uses the group: {}",
            names.join(", ")
        )],
        effects: vec![Effect::amended(&group.reference, edits)],
        inverse: vec![inverse],
        waits: users.iter().map(|view| in_sync(&view.id)).collect(),
        ..Step::new(
            &REMEDY,
            &group.reference,
            format!("{}/{}", REMEDY.id, group.reference.arn),
            format!("Demand TLS in the parameter group {name}"),
            call("ModifyDBParameterGroup", set(&json!("1"))),
        )
    })
}

fn uses(view: &View, group: &str, beside: &View) -> bool {
    view.reference.account_id == beside.reference.account_id
        && view.reference.region == beside.reference.region
        && view.list("/configuration/DBParameterGroups").iter().any(|item| item["DBParameterGroupName"] == group)
}

/// RDS hands a parameter of a group on to the instances by itself. Until it begins, `in-sync` is the answer of before, and
/// nothing in it is new; the parameter itself shows its new value at once, in the group. So for some minutes `in-sync` does
/// not count.
fn in_sync(instance: &str) -> Wait {
    Wait {
        what: format!("the parameter group has reached {instance}"),
        service: "rds".to_owned(),
        operation: "DescribeDBInstances".to_owned(),
        parameters: json!({"DBInstanceIdentifier": instance}),
        path: "/DBInstances/*/DBParameterGroups/*/ParameterApplyStatus".to_owned(),
        until: vec![json!("in-sync")],
        failed: vec![json!("failed-to-apply")],
        timeout_seconds: 900,
        changes: None,
        after_seconds: TAKEN_UP,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::World;
    use crate::rds::testdata::{instance, parameter_group};

    fn world(group: &str, parameter: Value) -> World {
        World::of(json!([
            instance(
                json!({"DBParameterGroups": [{"DBParameterGroupName": group, "ParameterApplyStatus": "in-sync"}]})
            ),
            parameter_group(group, json!([{"ParameterName": "log_statement", "ParameterValue": "ddl"}, parameter])),
        ]))
    }

    #[test]
    fn one_parameter_changes_and_its_neighbour_stays() {
        let world = world("own", json!({"ParameterName": FORCE_SSL, "ParameterValue": "0", "Source": "user"}));
        let step = world.mended("KA-RDS-008", ":db:konecta-erp").remove(0);
        assert_eq!(step.call.parameters["Parameters"].as_array().map(Vec::len), Some(1));
        assert_eq!(step.inverse[0].parameters["Parameters"][0]["ParameterValue"], json!("0"));
        assert!(step.consequences[0].contains("konecta-erp"));
    }

    #[test]
    fn a_default_goes_back_to_being_a_default() {
        let world = world("own", json!({"ParameterName": FORCE_SSL, "ParameterValue": "0", "Source": "system"}));
        let step = world.mended("KA-RDS-008", ":db:konecta-erp").remove(0);
        assert_eq!(step.inverse[0].operation, "ResetDBParameterGroup");
    }

    #[test]
    fn the_groups_of_aws_are_left_alone() {
        let world = world("default.postgres16", json!({"ParameterName": FORCE_SSL, "ParameterValue": "0"}));
        let proposal = world.proposed("KA-RDS-008", ":db:konecta-erp");
        assert!(proposal.steps.is_empty());
        assert!(proposal.refusals[0].procedure[0].contains("--db-parameter-group-family postgres16"), "{proposal:?}");
    }

    #[test]
    fn a_reboot_is_for_a_person() {
        let world = World::of(json!([
            instance(
                json!({"DBParameterGroups": [{"DBParameterGroupName": "own", "ParameterApplyStatus": "pending-reboot"}]})
            ),
            parameter_group("own", json!([{"ParameterName": FORCE_SSL, "ParameterValue": "1"}])),
        ]));
        let proposal = world.proposed("KA-RDS-008", ":db:konecta-erp");
        assert!(proposal.steps.is_empty() && proposal.refusals[0].procedure[0].contains("reboot-db-instance"));
    }
}

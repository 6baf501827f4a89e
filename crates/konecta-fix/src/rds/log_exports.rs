//! KA-RDS-012: the missing log types are exported, and what is exported already goes on.

use serde_json::{Value, json};

use super::owner::{ACTIONS, Owner, Setting};
use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy { id: "rds.log_exports", class: Class::A, actions: ACTIONS, propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(view) = context.subject(finding) else { return Proposal::default() };
    let owner = match Owner::of("EnabledCloudwatchLogsExports", view, context) {
        Ok(owner) => owner,
        Err(reason) => return Proposal::refuse(finding, Class::A, reason, &[]),
    };
    if let Some(refusal) = owner.busy(finding, Class::A) {
        return Proposal { steps: Vec::new(), refusals: vec![refusal] };
    }
    let before = owner.at("EnabledCloudwatchLogsExports");
    let exported: Vec<&str> =
        before.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let wanted = finding.violations.iter().filter_map(|violation| violation.expected.as_array()).flatten();
    let missing: Vec<&str> = wanted.filter_map(Value::as_str).filter(|kind| !exported.contains(kind)).collect();
    let mut after: Vec<&str> = exported.iter().chain(&missing).copied().collect();
    after.sort_unstable();
    let setting = Setting {
        member: "EnabledCloudwatchLogsExports",
        before: before.cloned(),
        after: json!(after),
        parameters: json!({"CloudwatchLogsExportConfiguration": {"EnableLogTypes": missing}}),
        back: json!({"CloudwatchLogsExportConfiguration": {"DisableLogTypes": missing}}),
    };
    let title = format!("Export the logs {} of {}", missing.join(" and "), owner.name());
    let mut step = owner.modify(&REMEDY, Class::A, title, setting);
    step.consequences.push("CloudWatch Logs is paid for by the gigabyte taken in and kept".to_owned());
    // The order of the list is the service's own business, so no wait compares it.
    step.waits.remove(0);
    Proposal::step(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::World;
    use crate::rds::testdata::instance;

    #[test]
    fn only_what_is_missing_is_asked_for() {
        for (before, missing) in
            [(json!(["postgresql"]), json!(["upgrade"])), (Value::Null, json!(["postgresql", "upgrade"]))]
        {
            let world = World::of(json!([instance(json!({"EnabledCloudwatchLogsExports": before}))]));
            let step = world.mended("KA-RDS-012", ":db:konecta-erp").remove(0);
            assert_eq!(step.call.parameters["CloudwatchLogsExportConfiguration"], json!({"EnableLogTypes": missing}));
            assert_eq!(
                step.inverse[0].parameters["CloudwatchLogsExportConfiguration"],
                json!({"DisableLogTypes": missing})
            );
        }
    }
}

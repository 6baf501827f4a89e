//! KA-RDS-004: backups are kept for as long as promised. Knows retention and window; not why a backup fails.

use serde_json::{Value, json};

use super::owner::{ACTIONS, Owner, Setting};
use crate::RemedyContext;
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::Class;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy { id: "rds.backups", class: Class::B, actions: ACTIONS, propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(view) = context.subject(finding) else { return Proposal::default() };
    let owner = match Owner::of("BackupRetentionPeriod", view, context) {
        Ok(owner) => owner,
        Err(reason) => return Proposal::refuse(finding, Class::B, reason, &[]),
    };
    let mut proposal = Proposal::default();
    let promised = context.blueprint.rds.backup_retention_days;
    let days = owner.at("BackupRetentionPeriod").and_then(Value::as_u64);
    if let Some(days) = days.filter(|&days| days < u64::from(promised)) {
        // From none to some, the instance goes down for a moment.
        let class = if days == 0 { Class::B } else { Class::A };
        if let Some(refusal) = owner.busy(finding, class) {
            return Proposal { steps: Vec::new(), refusals: vec![refusal] };
        }
        let setting = Setting {
            member: "BackupRetentionPeriod",
            before: Some(json!(days)),
            after: json!(promised),
            parameters: json!({"BackupRetentionPeriod": promised}),
            back: json!({"BackupRetentionPeriod": days}),
        };
        let title = format!("Keep the backups of {} for {promised} days", owner.name());
        let mut step = owner.modify(&REMEDY, class, title, setting);
        step.consequences.push("backups beyond the size of the database are paid for by the gigabyte".to_owned());
        if days == 0 {
            step.consequences.push("switching backups on interrupts the database for a moment; taking it back deletes its automated backups".to_owned());
        }
        proposal.steps.push(step);
    }
    for violation in &finding.violations {
        if violation.path.ends_with("LatestRestorableTime") {
            let reason = "the latest restorable time lags behind: backups fail, and only their events say why";
            let look = format!(
                "aws rds describe-events --source-type db-{} --source-identifier {} --duration 1440",
                if owner.is_cluster() { "cluster" } else { "instance" },
                owner.name()
            );
            proposal.refusals.push(Refusal::new(finding, Class::N, reason, &[&look]));
        } else if violation.path.ends_with("PreferredBackupWindow") {
            let reason = "no backup window is set, and only you know when backups disturb least";
            let kind = if owner.is_cluster() { "cluster" } else { "instance" };
            let set = format!(
                "aws rds modify-db-{kind} --db-{kind}-identifier {} --preferred-backup-window hh:mm-hh:mm",
                owner.name()
            );
            proposal.refusals.push(Refusal::new(finding, Class::N, reason, &[&set]));
        }
    }
    proposal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::World;
    use crate::rds::testdata::instance;

    #[test]
    fn retention_is_raised_to_what_was_promised() {
        let world = World::of(json!([instance(json!({"BackupRetentionPeriod": 3}))]));
        let step = world.mended("KA-RDS-004", ":db:konecta-erp").remove(0);
        assert_eq!((step.class, &step.call.parameters["BackupRetentionPeriod"]), (Class::A, &json!(7)));
        assert_eq!(step.inverse[0].parameters["BackupRetentionPeriod"], json!(3));
    }

    #[test]
    fn the_blueprint_says_how_long() {
        let world = World::of(json!([instance(json!({"BackupRetentionPeriod": 7}))]));
        let world = world.with(|blueprint| blueprint.rds.backup_retention_days = 30);
        let step = world.mended("KA-RDS-004", ":db:konecta-erp").remove(0);
        assert_eq!(step.call.parameters["BackupRetentionPeriod"], json!(30));
    }

    #[test]
    fn switching_backups_on_interrupts() {
        let world = World::of(json!([instance(json!({"BackupRetentionPeriod": 0}))]));
        let step = world.mended("KA-RDS-004", ":db:konecta-erp").remove(0);
        assert_eq!(step.class, Class::B);
        assert!(step.consequences.iter().any(|line| line.contains("interrupts")));
    }

    #[test]
    fn failing_backups_are_for_a_person() {
        let world = World::of(json!([instance(json!({"LatestRestorableTime": "2026-11-20T00:00:00Z"}))]));
        let proposal = world.proposed("KA-RDS-004", ":db:konecta-erp");
        assert!(proposal.steps.is_empty());
        assert_eq!(proposal.refusals[0].class, Class::N);
    }
}

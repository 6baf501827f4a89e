//! `konecta-audit permissions`: the least-privilege IAM policy, from the same data that a scan is made of.

use std::collections::BTreeSet;

use konecta_aws::organization;
use konecta_core::control::lambda::grants;
use konecta_core::control::reads::reads;
use konecta_core::fix::registry;
use konecta_core::id::Action;
use serde_json::json;

use super::catalogue;
use crate::cli::Permissions;
use crate::error::{Error, Exit};
use crate::ui;

/// `--region all` asks which regions there are. (Who we are needs no permission.)
const ALL_REGIONS: &str = "ec2:DescribeRegions";

pub(super) fn run(args: &Permissions) -> Result<Exit, Error> {
    let catalogue = catalogue(&args.select)?;
    let wanted = if args.read_all { all_reads()? } else { catalogue.reads()? };
    let wanted = reads()?.permissions(&wanted);
    let mut actions: BTreeSet<&str> = wanted.iter().map(Action::as_str).collect();
    // What plans a run asks every account for its regions.
    if args.all_regions || args.lambda {
        actions.insert(ALL_REGIONS);
    }
    let statement = |sid: &str, actions: &BTreeSet<&str>| json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"});
    let mut statements = vec![statement("KonectaAuditScan", &actions)];
    if args.fix {
        let remedies =
            catalogue.controls().filter_map(|control| registry::remedy(control.metadata.custom.fix.as_ref()?.as_str()));
        let changes: BTreeSet<&str> = remedies.flat_map(|remedy| remedy.actions).copied().collect();
        statements.push(statement("KonectaAuditFix", &changes.difference(&actions).copied().collect()));
    }
    if args.enter.organization {
        statements.push(statement("KonectaAuditOrganization", &organization::ACTIONS.into()));
        let role = format!("arn:{}:iam::*:role/{}", args.partition, args.enter.role_name.trim_start_matches('/'));
        statements
            .push(json!({"Sid": "KonectaAuditEnter", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}));
    }
    if args.lambda {
        let grants = grants()?.iter();
        statements.extend(grants.map(
            |(sid, grant)| json!({"Sid": sid, "Effect": "Allow", "Action": grant.actions, "Resource": grant.resources}),
        ));
    }
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    ui::print(&format!("{}\n", serde_json::to_string_pretty(&policy)?))?;
    Ok(Exit::Clean)
}

/// Every read that there is.
pub(super) fn all_reads() -> Result<BTreeSet<Action>, Error> {
    let known = reads()?;
    Ok(known.iter().map(|(action, _)| action.clone()).collect())
}

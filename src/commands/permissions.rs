//! `konecta-audit permissions`: the least-privilege IAM policy, from the same data that a scan is made of.

use std::collections::BTreeSet;

use konecta_aws::organization;
use konecta_base::id::Action;
use konecta_base::reads::reads;
use konecta_fix::grants::{Grant, changes, grants};
use konecta_fix::registry;
use serde_json::{Value, json};

use super::catalogue;
use crate::cli::Permissions;
use crate::error::{Error, Exit};
use crate::ui;

/// `--region all` asks which regions there are. (Who we are needs no permission.)
const ALL_REGIONS: &str = "ec2:DescribeRegions";

pub(super) fn run(args: &Permissions) -> Result<Exit, Error> {
    let catalogue = catalogue(&args.select)?;
    let wanted = if args.read_all { all_reads()? } else { catalogue.reads() };
    let wanted = reads().permissions(&wanted);
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
        let called: BTreeSet<&str> = remedies.flat_map(|remedy| remedy.actions).copied().collect();
        for (sid, grant) in changes() {
            let allowed = grant.actions.iter().map(Action::as_str);
            let allowed: Vec<&str> = allowed.filter(|name| called.contains(name) && !actions.contains(name)).collect();
            if !allowed.is_empty() {
                let own = granted(sid, &allowed, grant);
                statements.push(if args.lambda { own } else { anywhere(&own, &args.partition)? });
            }
        }
    }
    if args.enter.organization {
        statements.push(statement("KonectaAuditOrganization", &organization::ACTIONS.into()));
        let role = format!("arn:{}:iam::*:role/{}", args.partition, args.enter.role_name.trim_start_matches('/'));
        statements
            .push(json!({"Sid": "KonectaAuditEnter", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}));
    }
    if args.lambda {
        let grants = grants().iter();
        statements
            .extend(grants.map(|(sid, grant)| {
                granted(sid, &grant.actions.iter().map(Action::as_str).collect::<Vec<_>>(), grant)
            }));
    }
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    ui::print(&format!("{}\n", serde_json::to_string_pretty(&policy)?))?;
    Ok(Exit::Clean)
}

/// A statement with these of a grant's actions.
fn granted(sid: &str, actions: &[&str], grant: &Grant) -> Value {
    let mut statement = json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": grant.resources});
    if let Some(condition) = &grant.condition {
        statement["Condition"] = condition.clone();
    }
    statement
}

/// The statement for whatever account it is given to: nobody has said which that will be.
fn anywhere(statement: &Value, partition: &str) -> Result<Value, Error> {
    let text = serde_json::to_string(statement)?.replace("${Partition}", partition);
    Ok(serde_json::from_str(&text.replace("${Account}", "*").replace("${FlowLogRole}", "*"))?)
}

/// Every read that there is.
pub(super) fn all_reads() -> Result<BTreeSet<Action>, Error> {
    let known = reads();
    Ok(known.iter().map(|(action, _)| action.clone()).collect())
}

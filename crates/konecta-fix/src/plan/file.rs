//! A plan as a file: written whole, read back only if nothing in it was changed.
//! Knows nothing of how a plan comes to be nor of how it is carried out; the time and the account are told to it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::canonical::{digest, sorted};
use super::{LIFETIME, Plan, VERSION};
use konecta_base::id::AccountId;

/// Why there is no plan, or why a plan may not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The file is something else, or not whole.
    #[error("this is not a konecta-audit plan, or not a whole one: {0}; make one with `konecta-audit fix --plan-out`")]
    Foreign(String),
    /// The file has another version.
    #[error("the plan has format {found}; this version of konecta-audit uses format {VERSION}: make the plan anew")]
    Version {
        /// The version in the file.
        found: u64,
    },
    /// The content is not what was planned.
    #[error(
        "the plan was changed after it was made: its SHA-256 does not fit its content; make it anew and choose with --control, --resource and --max-class instead"
    )]
    Edited,
    /// The plan is too old.
    #[error(
        "the plan was made at {created} and could be applied until {expired}; make it anew, so that it fits what is there now"
    )]
    Expired {
        /// When it was made.
        created: Timestamp,
        /// When it ended.
        expired: Timestamp,
    },
    /// The plan is for somebody else.
    #[error(
        "the plan is for account {planned}, but the credentials are those of {found}; use the credentials of {planned}"
    )]
    Account {
        /// The account of the plan.
        planned: AccountId,
        /// The account that is there.
        found: AccountId,
    },
    /// It was made with an option that is not given now.
    #[error("{what}, and that was not allowed: give {option}, as when the plan was made")]
    NotAllowed {
        /// What is not.
        what: String,
        /// What would allow it.
        option: &'static str,
    },
    /// No remedy would do this to the account as it is.
    #[error(
        "{change} ({title}) is not what its remedy proposes for the account as it is now: the plan was edited, or made by another version or blueprint; make it anew"
    )]
    NotProposed {
        /// The change.
        change: String,
        /// Its title.
        title: String,
    },
    /// No remedy that a change names could have made it so.
    #[error(
        "{change} ({title}) is not what konecta-audit makes: {why}; somebody else wrote or edited it, so nothing of it is carried out"
    )]
    NotOfRemedies {
        /// The change.
        change: String,
        /// Its title.
        title: String,
        /// What does not fit.
        why: String,
    },
    /// It was made in other regions.
    #[error("the plan was made in {planned}, and {named} was named: leave --region out, or make the plan anew")]
    Regions {
        /// The regions of the plan.
        planned: String,
        /// Those of the command line.
        named: String,
    },
    /// The run would change what it acts by.
    #[error(
        "{change} changes {caller}, by which this run acts, and could take its own permissions away; leave it out with --only or --resource, or run with another role"
    )]
    OwnRole {
        /// The change.
        change: String,
        /// The role or user.
        caller: String,
    },
    /// A snapshot of several accounts.
    #[error("a plan is for one account, but the snapshot holds {0}; scan the account that is to be changed")]
    Accounts(usize),
    /// A selection that names no control.
    #[error("there is no control `{0}`; `konecta-audit controls` lists what there is")]
    UnknownControl(String),
    /// A selection that names a resource without any finding.
    #[error("nothing fails on {0}; `konecta-audit scan` shows what does, with its ARN")]
    UnknownResource(String),
    /// More than is allowed at once.
    #[error(
        "{found} changes are more than --max-changes {allowed}: nothing was planned; take fewer with --control or --resource, or allow more"
    )]
    TooMany {
        /// What would be done.
        found: usize,
        /// What may be.
        allowed: usize,
    },
    /// A remedy says what cannot be; the fault is ours.
    #[error("this is a bug in konecta-audit, please report it: {0}")]
    Bug(String),
    /// Something could not be written as JSON.
    #[error("the plan cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl Plan {
    /// The plan as a file: keys sorted, for people to read, with a newline at the end.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which does not happen with a plan that was made here.
    pub fn to_json(&self) -> Result<String, PlanError> {
        let value = sorted(serde_json::to_value(self)?);
        Ok(serde_json::to_string_pretty(&value)? + "\n")
    }

    /// The plan with the digest that belongs to it.
    pub(super) fn sealed(mut self) -> Result<Self, PlanError> {
        self.sha256 = digest(without_digest(serde_json::to_value(&self)?));
        Ok(self)
    }

    /// Whether the plan may be applied now and here.
    ///
    /// # Errors
    /// When it is too old, or made for another account.
    pub fn check(&self, now: Timestamp, account: &AccountId) -> Result<(), PlanError> {
        if account != &self.account {
            return Err(PlanError::Account { planned: self.account.clone(), found: account.clone() });
        }
        self.is_in_time(now)
    }

    /// Whether its hour is not over.
    ///
    /// # Errors
    /// When it is, or has not begun.
    pub fn is_in_time(&self, now: Timestamp) -> Result<(), PlanError> {
        let expired = self.expires_at.min(end(self.created_at));
        // A plan from the future is as little to be trusted as one from the past.
        if now >= expired || now < self.created_at {
            return Err(PlanError::Expired { created: self.created_at, expired });
        }
        Ok(())
    }

    /// Whether no change touches the role or user that carries it out.
    ///
    /// # Errors
    /// When one does: a run that loses its permissions half way can neither go on nor go back.
    pub fn spares(&self, caller: &str) -> Result<(), PlanError> {
        let Some(name) = principal(caller) else { return Ok(()) };
        let own = |change: &&super::Change| {
            let arns = change.effects.iter().map(|effect| effect.resource().arn.to_string());
            arns.chain([change.resource.arn.to_string()]).any(|arn| principal(&arn) == Some(name))
        };
        match self.changes.iter().find(own) {
            None => Ok(()),
            Some(change) => Err(PlanError::OwnRole { change: change.id.clone(), caller: caller.to_owned() }),
        }
    }
}

/// When a plan that was made then may no longer be applied, whatever it says itself.
pub(super) fn end(created: Timestamp) -> Timestamp {
    created.checked_add(LIFETIME).unwrap_or(Timestamp::MAX)
}

/// The role or user in an ARN of IAM, or in that of a session of a role: kind and name, without path and session.
fn principal(arn: &str) -> Option<(&str, &str)> {
    let (_, rest) =
        arn.split_once("::").filter(|(service, _)| service.ends_with(":iam") || service.ends_with(":sts"))?;
    let (_, resource) = rest.split_once(':')?;
    let (kind, path) = resource.split_once('/')?;
    match kind {
        "assumed-role" => Some(("role", path.split('/').next()?)),
        "role" | "user" => Some((kind, path.rsplit('/').next()?)),
        _ => None,
    }
}

/// Reads a plan back. Whether it has expired, and whose it is, [`Plan::check`] says.
///
/// # Errors
/// When the text is no plan of this version, or is not as it was written.
pub fn read_plan(text: &str) -> Result<Plan, PlanError> {
    let foreign = |error: serde_json::Error| PlanError::Foreign(error.to_string());
    let value: Value = serde_json::from_str(text).map_err(foreign)?;
    match value.get("version").and_then(Value::as_u64) {
        None => return Err(PlanError::Foreign("it has no version".to_owned())),
        Some(found) if found != u64::from(VERSION) => return Err(PlanError::Version { found }),
        Some(_) => {}
    }
    let Some(promised) = value.get("sha256").and_then(Value::as_str).map(str::to_owned) else {
        return Err(PlanError::Foreign("it has no sha256".to_owned()));
    };
    if digest(without_digest(value.clone())) != promised {
        return Err(PlanError::Edited);
    }
    Plan::read(value)
}

impl Plan {
    /// Whether each change has an id of its own, and needs such as come before it: what a run remembers, it remembers by id.
    ///
    /// # Errors
    /// When an id stands twice, or a change needs what is not there or comes later.
    pub(super) fn names_each_once(&self) -> Result<(), PlanError> {
        let mut known = BTreeSet::new();
        for change in &self.changes {
            if let Some(other) = change.needs.iter().find(|id| !known.contains(id.as_str())) {
                return Err(PlanError::Foreign(format!("{} needs {other}, which does not come before it", change.id)));
            }
            if !known.insert(change.id.as_str()) {
                return Err(PlanError::Foreign(format!("there are two changes {}", change.id)));
            }
        }
        Ok(())
    }

    fn read(value: Value) -> Result<Self, PlanError> {
        let plan: Self =
            serde_json::from_value(value.clone()).map_err(|error| PlanError::Foreign(error.to_string()))?;
        // A field that is silently dropped or filled in would be carried out without having been shown.
        if serde_json::to_value(&plan)? != value {
            return Err(PlanError::Foreign("it holds more or less than a plan does".to_owned()));
        }
        plan.names_each_once()?;
        Ok(plan)
    }
}

fn without_digest(mut value: Value) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.remove("sha256");
    }
    value
}

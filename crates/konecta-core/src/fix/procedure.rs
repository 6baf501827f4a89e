//! What is too big for a plan: a resource made anew, step by step, each begun by a person.
//! Knows the steps and how they are told; nothing of who takes them.

use std::fmt::Write as _;

use super::case::Case;
use super::registry::Refusal;
use super::step::{Call, Class, Find, Wait};
use crate::finding::Finding;
use crate::resource::ResourceRef;

/// One step: a call with what to know before and what to wait for after.
#[derive(Debug, Clone)]
pub struct ProcedureStep {
    /// One line in the imperative.
    pub title: String,
    /// What a person must have seen or done before.
    pub before: Option<String>,
    /// The call.
    pub call: Call,
    /// What is waited for.
    pub waits: Vec<Wait>,
    /// How to see that the step was taken already: then it is passed over.
    pub done: Option<Find>,
    /// The way back from here, as a person would type it.
    pub back: String,
}

/// A runbook for one finding.
#[derive(Debug, Clone)]
pub struct Procedure {
    /// What is achieved.
    pub title: String,
    /// The resource that is replaced.
    pub resource: ResourceRef,
    /// What it costs and interrupts.
    pub cautions: Vec<String>,
    /// The steps, in order.
    pub steps: Vec<ProcedureStep>,
    /// What is left to a person afterwards.
    pub afterwards: Vec<String>,
}

/// Thinks about one failed finding.
type Propose = fn(&Finding, &Case<'_>) -> Result<Procedure, Box<Refusal>>;

/// The procedure that a control's remedy offers.
#[must_use]
pub fn of(fix: &str) -> Option<Propose> {
    [(super::rds::ENCRYPT, super::rds::encrypt as Propose)]
        .into_iter()
        .find(|(id, _)| *id == fix)
        .map(|(_, propose)| propose)
}

/// How a refusal points at a procedure.
#[must_use]
pub fn refusal(finding: &Finding, reason: &str) -> Refusal {
    let (control, arn) = (&finding.control, &finding.resource.arn);
    let print = format!("konecta-audit fix --procedure {control} --resource {arn}");
    let execute = format!("{print} --execute-procedure");
    Refusal::new(finding, Class::D, reason, &[&print, &execute])
}

impl Procedure {
    /// The runbook as text: every command as it is typed.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = format!("{}\n{}\n", self.title, self.resource.arn);
        for caution in &self.cautions {
            let _ = writeln!(text, "  ! {caution}");
        }
        for (at, step) in self.steps.iter().enumerate() {
            let _ = writeln!(text, "\n{}. {}", at + 1, step.title);
            if let Some(before) = &step.before {
                let _ = writeln!(text, "   before: {before}");
            }
            let _ = writeln!(text, "   {}", command(&step.call, self.resource.region.as_str()));
            for wait in &step.waits {
                let _ = writeln!(text, "   wait until {}", wait.what);
            }
            let _ = writeln!(text, "   back:   {}", step.back);
        }
        if !self.afterwards.is_empty() {
            text.push_str("\nAfterwards\n");
            for line in &self.afterwards {
                let _ = writeln!(text, "   {line}");
            }
        }
        text
    }
}

/// A call as it is typed.
#[must_use]
pub fn command(call: &Call, region: &str) -> String {
    let parameters = call.parameters.to_string().replace('\'', r"'\''");
    format!("aws {} {} --region {region} --cli-input-json '{parameters}'", call.service, kebab(&call.operation))
}

/// `ModifyDBInstance` → `modify-db-instance`: the AWS CLI's spelling.
#[must_use]
pub fn kebab(operation: &str) -> String {
    let letters: Vec<char> = operation.chars().collect();
    let mut name = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let starts = letter.is_uppercase()
            && at > 0
            && (!letters[at - 1].is_uppercase() || letters.get(at + 1).is_some_and(|next| next.is_lowercase()));
        if starts {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_spelled_as_the_cli_spells_them() {
        for (operation, spelled) in [
            ("ModifyDBInstance", "modify-db-instance"),
            ("RestoreDBInstanceFromDBSnapshot", "restore-db-instance-from-db-snapshot"),
            ("CreateWebACL", "create-web-acl"),
            ("RevokeSecurityGroupIngress", "revoke-security-group-ingress"),
            ("PutImageTagMutability", "put-image-tag-mutability"),
        ] {
            assert_eq!(kebab(operation), spelled);
        }
    }
}

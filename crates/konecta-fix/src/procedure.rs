//! What is too big for a plan: a resource made anew, step by step, each begun by a person.
//! Knows the steps and how they are told; nothing of who takes them.

use std::fmt::Write as _;

use super::context::RemedyContext;
use super::registry::Refusal;
use super::step::{Call, Class, Find, Wait};
use konecta_base::finding::Finding;
use konecta_base::resource::ResourceRef;

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
    /// The way back of this step alone, command by command as a person types them; empty where it goes with an earlier step.
    pub back: Vec<String>,
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
type Propose = fn(&Finding, &RemedyContext<'_>) -> Result<Procedure, Box<Refusal>>;

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
    /// The way back once so many steps are taken, the last one first; a line each.
    #[must_use]
    pub fn way_back(&self, taken: usize) -> String {
        let lines = self.steps.iter().take(taken).rev().flat_map(|step| &step.back);
        lines.map(|line| format!("   {line}\n")).collect()
    }

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
            for (at, line) in step.back.iter().enumerate() {
                let _ = writeln!(text, "   {:<7} {line}", if at == 0 { "back:" } else { "" });
            }
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

/// `ModifyDBInstance` → `modify-db-instance`: the AWS CLI's spelling. It breaks a name before a capital letter that a
/// small one follows, and after a small letter or a digit.
#[must_use]
pub fn kebab(operation: &str) -> String {
    // A plural's `s` is part of its word.
    let operation = operation.replace("ACLs", "Acls");
    let letters: Vec<char> = operation.chars().collect();
    let mut name = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let after_small = at > 0 && !letters[at - 1].is_ascii_uppercase();
        let before_small = letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if at > 0 && letter.is_ascii_uppercase() && (after_small || before_small) {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each operation that may be called, and what botocore's `xform_name` makes of it.
    const SPELLED: &str = include_str!("cli_names.txt");

    #[test]
    fn operations_are_spelled_as_the_cli_spells_them() {
        for (operation, spelled) in SPELLED.lines().filter_map(|line| line.split_once(' ')) {
            assert_eq!(kebab(operation), spelled);
        }
    }

    #[test]
    fn every_declared_operation_has_its_spelling() {
        let declared = concat!(env!("CARGO_MANIFEST_DIR"), "/../konecta-aws/src/apply/operations.rs");
        let declared = std::fs::read_to_string(declared).expect("operations.rs");
        let lines = declared.lines().filter(|line| !line.trim_start().starts_with("//"));
        let names = lines.flat_map(|line| {
            let rest = ["Read \"", "Write \""].into_iter().filter_map(|kind| line.split_once(kind));
            rest.filter_map(|(_, rest)| rest.split_once('"')).map(|(name, _)| name)
        });
        let names: Vec<&str> = names.collect();
        assert!(names.len() > 80, "only {} found", names.len());
        for name in names {
            assert!(SPELLED.lines().any(|line| line.split(' ').next() == Some(name)), "cli_names.txt lacks {name}");
        }
    }
}

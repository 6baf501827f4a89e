//! What the findings ask for, and what of it may be done: every left-out step with its reason.
//! Knows findings, remedies, options and owners; nothing of how steps become calls.

use std::collections::BTreeMap;

use super::compose::add;
use super::{PlanError, PlanInput, PlanOptions, Promise, last_way};
use crate::ownership;
use crate::registry::{Cause, Proposal, Refusal, remedy};
use crate::run::holds_stand_in;
use crate::step::{Call, Class, Step};
use konecta_base::finding::{Finding, Status};
use konecta_base::id::ControlId;

/// One proposed step.
#[derive(Debug)]
pub(super) struct Item<'a> {
    /// The finding that asks for it.
    pub(super) finding: &'a Finding,
    /// The step.
    pub(super) step: Step,
    /// Why it is not taken.
    pub(super) left_out: Option<LeftOut>,
}

/// Why a step is not taken.
#[derive(Debug, Clone)]
pub(super) struct LeftOut {
    cause: Cause,
    reason: String,
    procedure: Vec<String>,
    /// Whether the reader is told: what was not asked for, or is told elsewhere, is not.
    told: bool,
}

impl LeftOut {
    pub(super) fn because(reason: impl Into<String>) -> Self {
        Self::by(Cause::Refused, reason)
    }

    fn by(cause: Cause, reason: impl Into<String>) -> Self {
        Self { cause, reason: reason.into(), procedure: Vec::new(), told: true }
    }

    fn quietly(reason: &str) -> Self {
        Self { told: false, ..Self::because(reason) }
    }
}

/// All that was proposed, and what was refused from the start.
#[derive(Debug, Default)]
pub(super) struct Choice<'a> {
    pub(super) items: Vec<Item<'a>>,
    pub(super) refusals: Vec<Refusal>,
    /// Findings of which a remedy refused a part: a plan cannot promise that they pass.
    pub(super) partial: Vec<&'a Finding>,
    /// Steps that a remedy refuses to take, by key, with the control and the reason: nobody else takes them either.
    pub(super) blocked: BTreeMap<String, String>,
}

/// Asks the remedies. Steps of findings that were not selected, or are waived, are asked for too: a step that needs
/// one of them must not be taken without it.
pub(super) fn choose<'a>(input: &PlanInput<'a>, options: &PlanOptions) -> Result<Choice<'a>, PlanError> {
    check_selection(input, options)?;
    let mut choice = Choice::default();
    let mut findings: Vec<&Finding> = input.context.findings.iter().collect();
    findings.sort_by_key(|finding| (finding.severity, &finding.control, &finding.resource));
    for finding in findings {
        let Some(promise) = input.promises.get(&finding.control) else { continue };
        let selected = options.selects(finding, promise);
        if matches!(finding.status, Status::Fail | Status::Waived) {
            choice.propose(input, finding, promise, selected);
        }
        if selected {
            choice.refusals.extend(untouched(finding, promise));
        }
    }
    choice.unite();
    choice.permit(input, options);
    Ok(choice)
}

impl<'a> Choice<'a> {
    fn propose(&mut self, input: &PlanInput<'a>, finding: &'a Finding, promise: &Promise, selected: bool) {
        let Some(remedy) = promise.fix.as_ref().and_then(|id| remedy(id.as_str())) else { return };
        let Proposal { steps, refusals } = (remedy.propose)(finding, input.context);
        let open = selected && finding.status == Status::Fail;
        if open && steps.is_empty() && refusals.is_empty() {
            let reason = "what the remedy would have to know was not seen";
            self.refusals.push(Refusal::new(finding, remedy.class, reason, &[&promise.remediation]));
        }
        if !refusals.is_empty() {
            self.partial.push(finding);
        }
        for refusal in &refusals {
            for key in &refusal.blocks {
                let why = format!("{} refuses it: {}", refusal.control, refusal.reason);
                self.blocked.entry(key.clone()).or_insert(why);
            }
        }
        if open {
            self.refusals.extend(refusals);
        }
        for mut step in steps {
            // The remedies' tests hold that none is; a step that slips through is not taken for harmless.
            if step.consequences.iter().any(|told| Class::tells_of_loss(told)) {
                step.class = step.class.max(Class::B);
            }
            step.controls.push(finding.control.clone());
            step.controls.sort();
            step.controls.dedup();
            let left_out = match (selected, finding.status) {
                (false, _) => Some(LeftOut::quietly("its finding was not selected")),
                (true, Status::Waived) => Some(LeftOut::quietly("its finding is waived")),
                (true, Status::Fail | Status::Unknown | Status::Pass | Status::NotApplicable) => None,
            };
            self.items.push(Item { finding, step, left_out });
        }
    }

    /// Gives every asker of one step the same step: the worst class that any of them gives it, and all that any of them
    /// needs. An asker whose finding was not selected counts as well, since what a call does does not depend on who asks.
    fn unite(&mut self) {
        let mut united: BTreeMap<String, Step> = BTreeMap::new();
        for item in &self.items {
            let Some(whole) = united.get_mut(&item.step.key) else {
                united.insert(item.step.key.clone(), item.step.clone());
                continue;
            };
            if item.step.class > whole.class {
                // Which calls may be joined depends on the class.
                whole.class = item.step.class;
                whole.merge.clone_from(&item.step.merge);
            }
            add(&mut whole.needs, &item.step.needs);
            add(&mut whole.requires, &item.step.requires);
            add(&mut whole.proven, &item.step.proven);
            add(&mut whole.consequences, &item.step.consequences);
        }
        for item in &mut self.items {
            let Some(whole) = united.get(&item.step.key) else { continue };
            item.step.class = whole.class;
            item.step.merge.clone_from(&whole.merge);
            item.step.needs.clone_from(&whole.needs);
            item.step.requires.clone_from(&whole.requires);
            item.step.proven.clone_from(&whole.proven);
            item.step.consequences.clone_from(&whole.consequences);
        }
    }

    /// Leaves out what may not be done: by its class, its owner, or because a remedy refuses it.
    fn permit(&mut self, input: &PlanInput<'_>, options: &PlanOptions) {
        for item in self.items.iter_mut().filter(|item| item.left_out.is_none()) {
            item.left_out = match self.blocked.get(&item.step.key) {
                Some(why) => Some(LeftOut::because(why.clone())),
                None => forbidden(input, options, item.finding, &item.step),
            };
        }
        let removals = last_way::removals(input, &self.items);
        for (at, other_ways) in removals.harmless {
            add(&mut self.items[at].step.proven, &other_ways);
        }
        for (at, reason) in removals.closing {
            self.items[at].left_out = Some(LeftOut::because(reason));
        }
    }

    /// Leaves out whatever needs a step that is left out, as far as that goes.
    pub(super) fn cascade(&mut self) {
        loop {
            let mut by_key: BTreeMap<&str, (bool, &Item<'a>)> = BTreeMap::new();
            for item in &self.items {
                let entry = by_key.entry(&item.step.key).or_insert((false, item));
                entry.0 |= item.left_out.is_none();
            }
            let falls = |item: &Item<'a>| {
                let gone = |need: &String| by_key.get(need.as_str()).filter(|(taken, _)| !taken);
                let (_, needed) = item.step.needs.iter().find_map(gone)?;
                let why = needed.left_out.as_ref().map(|left| left.cause.led(&left.reason)).unwrap_or_default();
                Some(LeftOut::by(
                    Cause::Needs,
                    format!("it needs “{}” first, which is left out: {why}", needed.step.title),
                ))
            };
            let fallen: Vec<Option<LeftOut>> =
                self.items.iter().map(|item| if item.left_out.is_none() { falls(item) } else { None }).collect();
            if fallen.iter().all(Option::is_none) {
                return;
            }
            for (item, left) in self.items.iter_mut().zip(fallen) {
                if left.is_some() {
                    item.left_out = left;
                }
            }
        }
    }

    /// What is not done, in the order of the findings.
    pub(super) fn refusals(&self) -> Vec<Refusal> {
        let told = self.items.iter().filter_map(|item| Some((item, item.left_out.as_ref().filter(|left| left.told)?)));
        let left = told.map(|(item, left)| Refusal {
            control: item.finding.control.clone(),
            resource: (*item.finding.resource).clone(),
            class: item.step.class,
            step: Some(item.step.title.clone()),
            cause: left.cause,
            reason: left.reason.clone(),
            procedure: left.procedure.clone(),
            blocks: Vec::new(),
        });
        let mut all: Vec<Refusal> = self.refusals.iter().cloned().chain(left).collect();
        all.sort_by(|a, b| {
            (&a.control, &a.resource.arn, &a.step, &a.reason).cmp(&(&b.control, &b.resource.arn, &b.step, &b.reason))
        });
        all.dedup();
        all
    }
}

impl PlanOptions {
    fn selects(&self, finding: &Finding, promise: &Promise) -> bool {
        let control = |name: &String| is_named(name, &finding.control, promise);
        (self.only.is_empty() || self.only.iter().any(control))
            && (self.resources.is_empty() || self.resources.contains(&finding.resource.arn))
    }
}

/// Whether somebody means this control: by its id or readable name, in whatever case.
fn is_named(name: &str, id: &ControlId, promise: &Promise) -> bool {
    name.eq_ignore_ascii_case(id.as_str()) || name.eq_ignore_ascii_case(&promise.name)
}

fn check_selection(input: &PlanInput<'_>, options: &PlanOptions) -> Result<(), PlanError> {
    for name in &options.only {
        if !input.promises.iter().any(|(id, promise)| is_named(name, id, promise)) {
            return Err(PlanError::UnknownControl(name.clone()));
        }
    }
    for arn in &options.resources {
        if !input.context.findings.iter().any(|finding| &finding.resource.arn == arn) {
            return Err(PlanError::UnknownResource(arn.to_string()));
        }
    }
    Ok(())
}

/// What no remedy is asked about.
fn untouched(finding: &Finding, promise: &Promise) -> Option<Refusal> {
    let told = finding.reasons.join("; ");
    match finding.status {
        Status::Pass | Status::NotApplicable => None,
        Status::Unknown => Some(Refusal::new(finding, Class::N, told, &[]).because(Cause::Undecided)),
        Status::Waived => Some(Refusal::new(finding, Class::N, told, &[]).because(Cause::Waived)),
        Status::Fail if promise.fix.as_ref().is_some_and(|fix| remedy(fix.as_str()).is_some()) => None,
        Status::Fail => {
            let reason = promise.fix_reason.as_deref().unwrap_or("there is no remedy for it yet").trim();
            Some(Refusal::new(finding, Class::N, reason, &[&promise.remediation]))
        }
    }
}

/// Why a step is not taken that could not be taken, or not be taken back.
const KEPT_NOWHERE: &str =
    "it, or the way back, would have to send a value that may be a secret and is kept nowhere; change it by hand";

fn sends_stand_in(call: &Call) -> bool {
    let edits = call.amend.iter().flat_map(|amend| &amend.edits).filter_map(|edit| edit.after.as_ref());
    std::iter::once(&call.parameters).chain(edits).any(holds_stand_in)
}

fn forbidden(input: &PlanInput<'_>, options: &PlanOptions, finding: &Finding, step: &Step) -> Option<LeftOut> {
    if std::iter::once(&step.call).chain(&step.inverse).any(sends_stand_in) {
        return Some(LeftOut::because(KEPT_NOWHERE));
    }
    if step.class > Class::B {
        return Some(LeftOut::because(format!("class {} is never done automatically", step.class)));
    }
    if step.class > options.max_class {
        let reason = format!("class {} is above --max-class {}", step.class, options.max_class);
        return Some(LeftOut::by(Cause::Disruptive, reason));
    }
    if step.class == Class::B && !options.allow_disruptive {
        let costs = step.consequences.join("; ");
        let reason = if costs.is_empty() { "nothing more is known of what it does here".to_owned() } else { costs };
        let command = format!("konecta-audit fix --control {} --allow-disruptive", finding.control);
        let left = LeftOut::by(Cause::Disruptive, reason);
        return Some(LeftOut { procedure: vec![command], ..left });
    }
    if options.allow_managed {
        return None;
    }
    let touched = step.effects.iter().map(|effect| effect.resource().arn);
    let owner = std::iter::once(step.resource.arn.clone()).chain(touched).find_map(|arn| {
        Some((ownership::owner(input.context.get(arn.as_str())?, input.context, &options.managed)?, arn))
    });
    owner.map(|(owner, arn)| {
        let advice = owner.advice();
        let left = LeftOut::by(Cause::Managed, format!("{} belongs to {owner}", arn.short_name()));
        LeftOut { procedure: vec![advice], ..left }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_nowhere_is_not_sent_and_what_is_looked_up_is() {
        let call = |parameters| Call::new("iam", "PutRolePolicy", parameters);
        let document = json!({"Condition": {"StringEquals": {"sts:ExternalId": "<redacted>"}}}).to_string();
        assert!(sends_stand_in(&call(json!({"PolicyDocument": document}))));
        assert!(sends_stand_in(&call(json!({"Actions": [{"Query": format!("sha256:{0}:{0}", "a".repeat(64))}]}))));
        assert!(!sends_stand_in(&call(json!({"Conditions": [{"$find": {"planned": "<redacted>"}}], "Name": "a"}))));
    }
}

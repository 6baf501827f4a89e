//! The listeners of a load balancer behind CloudFront, closed one by one: what forwards asks for the secret first, and
//! only then does the default action deny. Knows listeners and what CloudFront sends; nothing of security groups.

use serde_json::{Value, json};

use super::flow::{self, Request};
use super::origins::{Front, Secrets, secrets};
use crate::cloudfront::origin_header;
use crate::elbv2::{actions, http_redirects, listener};
use crate::registry::Remedy;
use crate::step::{Class, Step};
use crate::{RemedyContext, View};

/// AWS allows five values in the conditions of one rule.
const MOST_VALUES: usize = 5;
/// The last place for a rule.
const LAST_PLACE: u32 = 50_000;

/// What is done to the doors, and why something is not.
#[derive(Debug, Default)]
pub(super) struct Closing {
    pub(super) steps: Vec<Step>,
    pub(super) obstacles: Vec<String>,
}

/// The key of the step by which a listener denies by default.
pub(super) fn deny_key(door: &View) -> String {
    format!("elbv2.deny_default/{}", door.reference.arn)
}

/// Closes all listeners of a load balancer. `strict` asks for the very values that CloudFront sends: a rule that takes
/// another one answers 403, and each origin gets the header.
pub(super) fn close(
    context: &RemedyContext<'_>,
    remedy: &Remedy,
    balancer: &str,
    fronts: &[Front<'_>],
    strict: bool,
) -> Closing {
    let asked = origin_header::asked(context, balancer);
    let secrets = secrets(context, fronts, &asked);
    let mut closing = Closing::default();
    let mut sends = strict;
    for door in listener::of_balancer(context, balancer) {
        let before = closing.steps.len();
        if let Some(steps) = redirected(context, door) {
            closing.steps.extend(steps);
            continue;
        }
        let mut closer = Closer { context, remedy, door, secrets: &secrets, made: Vec::new(), closing: &mut closing };
        closer.rules(strict);
        closer.default();
        sends |= closing.steps[before..].iter().any(|step| json!(step.call.parameters).to_string().contains("$secret"));
    }
    if sends {
        closing.steps.extend(secrets.steps);
    }
    closing
}

/// A rule by its place, as the console lists it.
fn called(rule: &View) -> String {
    listener::priority(rule)
        .map_or_else(|| "the default rule".to_owned(), |place| format!("the rule with priority {place}"))
}

/// A plain-text listener that lets something through redirects instead, where CloudFront does not need it.
fn redirected(context: &RemedyContext<'_>, door: &View) -> Option<Vec<Step>> {
    let plain = door.text("/configuration/Protocol") == Some("HTTP");
    let open = [door]
        .into_iter()
        .chain(listener::rules(context, door))
        .any(|view| actions::lets_through(listener::acts(view)));
    let steps = (plain && open).then(|| http_redirects::steps(context, door).ok())??;
    (!steps.is_empty()).then_some(steps)
}

struct Closer<'a, 'b> {
    context: &'a RemedyContext<'b>,
    remedy: &'a Remedy,
    door: &'a View,
    secrets: &'a Secrets,
    /// What the rules that were added ask for beside the secret.
    made: Vec<Vec<Value>>,
    closing: &'a mut Closing,
}

impl Closer<'_, '_> {
    fn rules(&mut self, strict: bool) {
        let header = self.context.blueprint.cloudfront.origin_header.as_str();
        for rule in listener::rules(self.context, self.door) {
            if listener::priority(rule).is_none() || !actions::lets_through(listener::acts(rule)) {
                continue;
            }
            let conditions = rule.list("/configuration/Conditions");
            let demands: Vec<_> =
                conditions.iter().filter_map(|condition| actions::header(condition, header)).collect();
            let ours = |(values, plain): &(Vec<&str>, bool)| {
                *plain
                    && !values.is_empty()
                    && values.iter().all(|value| self.secrets.planned.iter().any(|one| one == value))
            };
            if actions::from_within(conditions, &self.context.blueprint.alb.peers) {
                continue;
            }
            if demands.is_empty() {
                self.guard(rule);
            } else if strict && !demands.iter().all(ours) {
                self.disarm(rule);
            }
        }
    }

    /// A rule that forwards asks for the secret as well.
    fn guard(&mut self, rule: &View) {
        if self.too_many(rule.list("/configuration/Conditions"), rule) {
            return;
        }
        let mut step = listener::ask(self.remedy, Class::B, rule, self.condition());
        step.key = format!("elbv2.guard_rule/{}", rule.reference.arn);
        step.title =
            format!("Forward by {} of {} only what shows the secret header", called(rule), listener::name(self.door));
        step.consequences = vec!["whoever comes past CloudFront is no longer served by this rule".to_owned()];
        step.needs = self.shown();
        self.closing.steps.push(step);
    }

    /// A rule that takes a value which CloudFront does not send answers 403; its conditions, whose value nobody could
    /// restore, stay. What it did for CloudFront, a rule before it does.
    fn disarm(&mut self, rule: &View) {
        if let Some(why) = actions::cannot_be_given(listener::acts(rule)) {
            self.closing.obstacles.push(format!("{}: {why}", called(rule)));
            return;
        }
        let header = self.context.blueprint.cloudfront.origin_header.as_str();
        let conditions = rule.list("/configuration/Conditions");
        let other = |condition: &&Value| actions::header(condition, header).is_none();
        let others: Vec<Value> = conditions.iter().filter(other).cloned().collect();
        let mut needs = self.shown();
        if self.is_missed(rule, &others) {
            let Some(place) = self.place_before(rule) else {
                self.closing.obstacles.push(format!("{}: there is no free place before it", called(rule)));
                return;
            };
            if self.too_many(&others, rule) {
                return;
            }
            let kept = actions::given(rule.reference.arn.as_str(), conditions).into_iter().zip(conditions);
            let kept = kept.filter(|(_, condition)| other(condition)).map(|(given, _)| given);
            let given: Vec<Value> = kept.chain([self.condition()]).collect();
            let key = format!("elbv2.secret_rule/{}/{place}", self.door.reference.arn);
            let mut step =
                listener::add(self.remedy, Class::B, self.door, place, json!(given), &json!(listener::acts(rule)));
            step.title = format!(
                "Forward as {} does on {} what shows the secret header",
                called(rule),
                listener::name(self.door)
            );
            step.key.clone_from(&key);
            step.needs = std::mem::replace(&mut needs, vec![key]);
            self.made.push(others);
            self.closing.steps.push(step);
        }
        let mut step = listener::set_rule(self.remedy, Class::B, rule, &json!([actions::deny()]));
        step.key = format!("elbv2.disarm_rule/{}", rule.reference.arn);
        step.title = format!(
            "Answer 403 by {} of {}: it takes a value that no distribution sends",
            called(rule),
            listener::name(self.door)
        );
        step.consequences = vec!["whoever knows the other value is turned away".to_owned()];
        step.needs = needs;
        self.closing.steps.push(step);
    }

    /// The default action denies; what it forwarded for CloudFront, a rule forwards before.
    fn default(&mut self) {
        let acts = listener::acts(self.door);
        let plain = self.door.text("/configuration/Protocol") == Some("HTTP");
        let denies = matches!(acts, [only] if only["Type"] == "fixed-response" && only["FixedResponseConfig"]["StatusCode"] == "403");
        let redirects = matches!(acts, [only] if only["Type"] == "redirect");
        if denies || plain && redirects || acts.is_empty() {
            return;
        }
        if let Some(why) = actions::cannot_be_given(acts) {
            self.closing.obstacles.push(format!("default action of {}: {why}", listener::name(self.door)));
            return;
        }
        let forwards = actions::lets_through(acts);
        let mut needs = Vec::new();
        if forwards && !self.all_served() {
            let places = listener::rules(self.context, self.door).into_iter().filter_map(listener::priority);
            let place = places.max().unwrap_or_default() + 10;
            if place > LAST_PLACE || self.secrets.values.len() > MOST_VALUES {
                let why = "there is no place for a rule that asks for every secret";
                self.closing.obstacles.push(format!("{}: {why}", listener::name(self.door)));
                return;
            }
            let key = format!("elbv2.secret_rule/{}/{place}", self.door.reference.arn);
            let given = json!([self.condition()]);
            let mut step = listener::add(self.remedy, Class::B, self.door, place, given, &json!(acts));
            step.title = format!("Forward on {} what shows the secret header", listener::name(self.door));
            step.key.clone_from(&key);
            step.needs = self.shown();
            needs.push(key);
            self.closing.steps.push(step);
        }
        let mut step = listener::set_default(self.context, self.remedy, Class::B, self.door, json!([actions::deny()]));
        step.key = deny_key(self.door);
        step.title = format!("Answer 403 on {} to what no rule forwards", listener::name(self.door));
        step.consequences = vec!["whoever comes past CloudFront, without the secret header, is turned away".to_owned()];
        step.needs = if needs.is_empty() && forwards { self.shown() } else { needs };
        step.requires = if forwards { listener::all_healthy(acts) } else { Vec::new() };
        self.closing.steps.push(step);
    }

    /// Whether rules take all that CloudFront sends before it comes to the default action.
    fn all_served(&self) -> bool {
        self.secrets.planned.iter().all(|value| self.taken(value, &[], None))
    }

    /// Whether CloudFront would be worse off without this rule: it is the one that takes what CloudFront sends, or
    /// nothing else lets that through.
    fn is_missed(&self, rule: &View, others: &[Value]) -> bool {
        let header = self.context.blueprint.cloudfront.origin_header.as_str();
        let end = listener::priority(rule);
        let requests = || self.secrets.planned.iter().map(|value| (header, Some(value.as_str())));
        let takes = requests().any(|header| flow::takes(rule, Request { header, meets: others }));
        let before = self.secrets.planned.iter().all(|value| self.taken(value, others, end));
        let turned_away = requests().all(|header| {
            !actions::lets_through(flow::outcome(self.context, self.door, Request { header, meets: others }))
        });
        takes && !before || turned_away && !self.made.iter().any(|made| made.iter().all(|one| others.contains(one)))
    }

    fn taken(&self, value: &str, meets: &[Value], end: Option<u32>) -> bool {
        let header = self.context.blueprint.cloudfront.origin_header.as_str();
        let rules = listener::rules(self.context, self.door);
        let mut before = rules
            .into_iter()
            .filter(|rule| listener::priority(rule).is_some_and(|place| end.is_none_or(|end| place < end)));
        before.any(|rule| flow::takes(rule, Request { header: (header, Some(value)), meets }))
    }

    fn place_before(&self, rule: &View) -> Option<u32> {
        let end = listener::priority(rule)?;
        let places: Vec<u32> =
            listener::rules(self.context, self.door).into_iter().filter_map(listener::priority).collect();
        let last = places.iter().filter(|place| **place < end).max().copied().unwrap_or_default();
        (last + 1 < end).then_some(end - 1)
    }

    fn too_many(&mut self, conditions: &[Value], rule: &View) -> bool {
        let many = actions::values(conditions) + self.secrets.values.len() > MOST_VALUES;
        if many {
            let why = format!("its conditions would hold more than the {MOST_VALUES} values that AWS allows");
            self.closing.obstacles.push(format!("{}: {why}", called(rule)));
        }
        many
    }

    fn condition(&self) -> Value {
        let name = &self.context.blueprint.cloudfront.origin_header;
        json!({"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": self.secrets.values}})
    }

    /// The steps after which CloudFront shows the secret everywhere.
    fn shown(&self) -> Vec<String> {
        self.secrets.steps.iter().map(|step| step.key.clone()).collect()
    }
}

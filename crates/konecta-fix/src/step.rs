//! One step of a remedy: the call in the API's own words, what it changes, and the way back. Data only.
//! Knows nothing of where a step comes from nor of how a call is sent.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::context::View;
use super::registry::Remedy;
use crate::action;
use konecta_base::id::{Action, ControlId, FixId};
use konecta_base::resource::ResourceRef;

/// How much a change may hurt.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
pub enum Class {
    /// In place, reversible, no effect on traffic expected.
    A,
    /// In place, may drop traffic, change behaviour or cost money.
    B,
    /// In place, one-way.
    C,
    /// Needs the resource made anew: only ever a procedure.
    D,
    /// Never automatic.
    N,
}

/// Words by which a consequence says that somebody loses something.
const LOSS: [&str; 8] =
    ["turned away", "cut off", "no longer", "loses", "any more", "is refused", "gets none", "interrupt"];

/// Words by which a consequence says that something is paid for.
const PRICE: [&str; 4] = ["charge", "paid for", "costs", "the price of"];

impl Class {
    /// Whether a consequence tells that something is paid for.
    #[must_use]
    pub fn tells_of_cost(consequence: &str) -> bool {
        PRICE.iter().any(|words| consequence.contains(words))
    }

    /// Whether a consequence tells that somebody loses something: a step of class A has none of that kind.
    #[must_use]
    pub fn tells_of_loss(consequence: &str) -> bool {
        LOSS.iter().any(|words| consequence.contains(words))
    }
}

/// A call of the AWS API.
///
/// `parameters` has the keys of the API reference, as `aws <service> <operation> --cli-input-json` takes them. A value may
/// be a placeholder, an object with one key that begins with `$`; it is filled in right before the call:
/// `{"$find": Find}`, `{"$secret": Secret}`, `{"$token": true}` (an idempotency token of this change in this run).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The service as the AWS CLI names it: `cloudfront`, `elbv2`, `ec2`, `rds`, `eks`, `ecr`, `iam`, `wafv2`.
    pub service: String,
    /// The operation, as in `ModifyDBInstance`.
    pub operation: String,
    /// The parameters, placeholders included.
    pub parameters: Value,
    /// Where the API wants the whole object back: what to read, and what to change in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amend: Option<Amend>,
}

impl Call {
    /// A call with these parameters.
    #[must_use]
    pub fn new(service: &str, operation: &str, parameters: Value) -> Self {
        Self { service: service.to_owned(), operation: operation.to_owned(), parameters, amend: None }
    }
}

/// Read, modify, write: the answer of a read is amended and sent back whole, so that nothing unrelated is lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amend {
    /// The reading operation of the same service, as in `GetDistributionConfig`.
    pub read: String,
    /// Its parameters.
    pub parameters: Value,
    /// The member of its answer that is amended, and the parameter in which it is sent back.
    pub member: String,
    /// A member of the answer that goes into a parameter of the write, as in `["ETag", "IfMatch"]`.
    pub token: Option<[String; 2]>,
    /// Where the API takes the object apart, as `UpdateWebACL` does: the members of it that go back, each as a parameter of its
    /// own if it is there. Empty where the object goes back as `member`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spread: Vec<String>,
    /// The changes; paths begin at the member. A `before` that does not hold stops the call.
    pub edits: Vec<Edit>,
}

/// One attribute before and after.
///
/// `path` is a JSON pointer. `None` is *absent*. An index equal to the length of a list appends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// Where.
    pub path: String,
    /// What is there; `None` if the key is absent.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub before: Option<Value>,
    /// What will be there; `None` if the key goes away. May hold placeholders.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub after: Option<Value>,
}

impl Edit {
    /// A value that takes the place of another.
    #[must_use]
    pub fn new(path: impl Into<String>, before: Option<Value>, after: Option<Value>) -> Self {
        Self { path: path.into(), before, after }
    }

    /// The same change seen from further up: `prefix` goes before the path.
    #[must_use]
    pub fn below(&self, prefix: &str) -> Self {
        Self { path: format!("{prefix}{}", self.path), ..self.clone() }
    }

    /// The way back.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { path: self.path.clone(), before: self.after.clone(), after: self.before.clone() }
    }
}

/// `null` is a value and not the same as absent.
mod present {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    #[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
    pub(super) fn serialize<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
        Value::deserialize(deserializer).map(Some)
    }
}

/// Something that is looked up right before a call, because it did not exist, or was not known, when the plan was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// The service, as in [`Call`].
    pub service: String,
    /// The reading operation; all its pages are read.
    pub operation: String,
    /// Its parameters.
    pub parameters: Value,
    /// A JSON pointer to the list to search in; the answer itself if empty.
    #[serde(default)]
    pub list: String,
    /// What must hold of the element: pointers into it and their values. Exactly one element must fit.
    #[serde(default)]
    pub matching: serde_json::Map<String, Value>,
    /// A JSON pointer to what is taken from the element.
    pub take: String,
    /// What stands for it on the model, and in the plan as it is shown.
    pub planned: Value,
}

impl Find {
    /// The placeholder.
    #[must_use]
    pub fn placeholder(&self) -> Value {
        json!({ "$find": self })
    }
}

/// The placeholder of a secret that CloudFront and the load balancer share: the value of `header` at this origin of
/// this distribution if it has one, else a new random one. It is in no plan and in no journal.
#[must_use]
pub fn secret(distribution: &str, origin: &str, header: &str) -> Value {
    json!({"$secret": {"distribution": distribution, "origin": origin, "header": header}})
}

/// The same for a header that is there already: on the model its fingerprint stands for it.
#[must_use]
pub fn known_secret(distribution: &str, origin: &str, header: &str, fingerprint: &str) -> Value {
    let mut placeholder = secret(distribution, origin, header);
    placeholder["$secret"]["planned"] = json!(fingerprint);
    placeholder
}

/// What stands for a secret on the model: it looks like the fingerprint that a snapshot would hold.
pub const PLANNED_SECRET: &str = "sha256:planned";

/// What a step does to one resource of the snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Attributes change; pointers begin at the envelope: `/configuration/…`, `/supplement/…`, `/tags/…`.
    Amended {
        /// The resource.
        resource: ResourceRef,
        /// Its attributes, before and after.
        edits: Vec<Edit>,
    },
    /// A resource comes into being.
    Created {
        /// As it will be in a snapshot, as far as a control looks at it. Its ARN may be invented if AWS chooses it.
        resource: Box<View>,
        /// How to find out that it is there.
        exists: Find,
    },
    /// A resource goes away.
    Removed {
        /// The resource.
        resource: ResourceRef,
    },
}

impl Effect {
    /// Attributes of a resource change.
    pub(crate) fn amended(resource: &ResourceRef, edits: Vec<Edit>) -> Self {
        Self::Amended { resource: resource.clone(), edits }
    }

    /// The resource that is touched.
    #[must_use]
    pub fn resource(&self) -> ResourceRef {
        match self {
            Self::Amended { resource, .. } | Self::Removed { resource } => resource.clone(),
            Self::Created { resource, .. } => resource.reference.clone(),
        }
    }
}

/// A condition that is asked for again and again until it holds.
///
/// After a call, an answer that the state before the call would give as well proves nothing. So a wait either asks for
/// what only the change brings about, or says in `changes` or `after_seconds` what tells the two apart; whoever makes one
/// says in its doc comment why the old state does not satisfy it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wait {
    /// In words, as in `distribution E1 is deployed`.
    pub what: String,
    /// What is asked.
    pub service: String,
    /// The reading operation.
    pub operation: String,
    /// Its parameters.
    pub parameters: Value,
    /// A JSON pointer into the answer; `*` stands for every element of a list. All that it names must be in `until`,
    /// and it must name something.
    pub path: String,
    /// What ends the wait well.
    pub until: Vec<Value>,
    /// What ends it badly.
    #[serde(default)]
    pub failed: Vec<Value>,
    /// When to give up; `after_seconds` do not count.
    pub timeout_seconds: u64,
    /// A JSON pointer into the same answer, `*` as in `path`. What it names must be another than right before the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<String>,
    /// For so long after the call, AWS may still answer what was: a good answer does not count yet, a bad one does.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub after_seconds: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference to the field")]
fn is_zero(seconds: &u64) -> bool {
    *seconds == 0
}

impl Step {
    /// A call of a remedy on a resource, of the class and with the actions of the remedy. It has no effects and no way back
    /// yet; it needs nothing and waits for nothing.
    pub(crate) fn new(remedy: &Remedy, resource: &ResourceRef, key: String, title: String, call: Call) -> Self {
        Self {
            key,
            merge: None,
            fix: remedy.id(),
            controls: Vec::new(),
            resource: resource.clone(),
            class: remedy.class,
            title,
            consequences: Vec::new(),
            effects: Vec::new(),
            call,
            inverse: Vec::new(),
            actions: remedy.actions.iter().map(|name| action(name)).collect(),
            needs: Vec::new(),
            requires: Vec::new(),
            proven: Vec::new(),
            waits: Vec::new(),
        }
    }
}

/// One call with everything around it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Names the step within the plan, as in `ec2.close_rule/sgr-1`. Two remedies that want the same thing give the same key.
    pub key: String,
    /// Steps with the same value become one call: their parameters, edits and inverses are joined (lists are added up,
    /// equal scalars kept, unequal ones a conflict that is refused). As in `cloudfront:UpdateDistribution/E1`.
    #[serde(default)]
    pub merge: Option<String>,
    /// The remedy.
    pub fix: FixId,
    /// The controls that it serves; the finding's own control is added by the planner.
    #[serde(default)]
    pub controls: Vec<ControlId>,
    /// What is changed or made, first of all.
    pub resource: ResourceRef,
    /// How much it may hurt.
    pub class: Class,
    /// One line in the imperative, as in `Send HTTP to HTTPS on every behavior`.
    pub title: String,
    /// What it costs or does to traffic, in words; empty for none.
    #[serde(default)]
    pub consequences: Vec<String>,
    /// All that differs between a snapshot before and one after, apart from what is listed in the column `state`.
    pub effects: Vec<Effect>,
    /// The call.
    pub call: Call,
    /// The way back, in the order in which it is gone. Empty only for class C.
    pub inverse: Vec<Call>,
    /// IAM actions of the call, of what it reads and waits for, and of the way back.
    pub actions: Vec<Action>,
    /// Keys of steps that must be done and verified before. One that is not in the plan counts as done.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What must hold right before the call.
    #[serde(default)]
    pub requires: Vec<Wait>,
    /// What it presupposes and the snapshot proves, with what proves it, as in
    /// `nodes such as i-1 come in at 443 of the private endpoint by rule sgr-1`. Where one is not proven there is no step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proven: Vec<String>,
    /// What is waited for after it.
    #[serde(default)]
    pub waits: Vec<Wait>,
}

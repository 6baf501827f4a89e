//! What the state declares, what lives, and what the controls expect, held against each other attribute by attribute.
//! Knows the table of arguments, states and findings; asks nobody and changes nothing.

mod expected;
pub(crate) mod meaning;
mod parts;
pub(crate) mod sides;
pub mod text;

use std::collections::{BTreeMap, BTreeSet};

use konecta_base::finding::Finding;
use konecta_base::id::{Arn, ControlId};
use konecta_base::reads::reads;
use konecta_base::resource_types;
use konecta_base::snapshot::{ScanInfo, Snapshot};
use serde::Serialize;
use serde_json::Value;

use self::expected::{Expected, is_secret};
use crate::context::{RemedyContext, View};
use crate::emit::terraform::table::{Kind, TABLE, kind};
use crate::ownership::owner;
use crate::terraform_source::{Join, Live};

/// The provider's older resource for rules of security groups: several in one, without AWS's ids.
const RULE: &str = "aws_security_group_rule";

/// How a resource or one of its attributes has come apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::Display, strum::EnumIter)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DriftKind {
    /// What lives is not what the state says.
    ChangedLive,
    /// What lives is what the state says, and a control fails on it.
    DeclaredWrong,
    /// It lives, and no state has it.
    Unmanaged,
    /// A state has it, and it does not live.
    Missing,
    /// It lives, no state has it, and a controller keeps it.
    Owned,
}

/// A control that fails on what lives, and what it expects.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expectation {
    /// The control.
    pub control: ControlId,
    /// What was promised.
    pub expected: Value,
}

/// One thing that has come apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftItem {
    /// How.
    pub kind: DriftKind,
    /// The type in CloudFormation's spelling, or in the provider's where nothing lives.
    pub resource_type: String,
    /// The ARN, or the id that the state has of it.
    pub resource: String,
    /// The address in Terraform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The argument, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
    /// What the state says; a secret is not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<Value>,
    /// What lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<Value>,
    /// The controls that fail on what lives.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<Expectation>,
    /// Who keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// A type that is not compared, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotCompared {
    /// The type, ours or the provider's.
    pub resource_type: String,
    /// How many.
    pub count: usize,
    /// Why.
    pub reason: String,
}

/// Everything that has come apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// The version of this document.
    pub version: u32,
    /// Live resources that were compared with a state.
    pub compared: usize,
    /// By kind, then by resource and argument.
    pub items: Vec<DriftItem>,
    /// What is not compared.
    pub not_compared: Vec<NotCompared>,
    /// The types of which not everything was seen.
    pub not_seen: BTreeSet<String>,
}

impl Drift {
    /// Whether something has come apart that a person has to look at; what a controller keeps is not that.
    #[must_use]
    pub fn is_found(&self) -> bool {
        self.items.iter().any(|item| item.kind != DriftKind::Owned)
    }
}

/// Compares a snapshot with the states that `join` holds.
#[must_use]
pub fn drift(snapshot: &Snapshot, findings: &[Finding], context: &RemedyContext<'_>, join: &Join) -> Drift {
    let views: Vec<View> = snapshot.resources.iter().map(View::of).collect();
    let live = Live::new(&views);
    let expected = Expected::of(findings, &live, join);
    let mut found =
        Drift { version: 1, compared: 0, items: Vec::new(), not_compared: Vec::new(), not_seen: not_seen(snapshot) };
    let mut without: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut alive = BTreeSet::new();
    for view in &views {
        let own = join.own(view);
        alive.extend(join.of(view).into_iter().map(|declared| declared.instance.address()));
        match (kind(&view.reference.resource_type), own.first()) {
            (None, None) => {}
            (None, Some(_)) => {
                let why = (view.reference.resource_type.to_string(), "no argument of this type is known");
                *without.entry(why).or_default() += 1;
            }
            (Some(kind), Some(declared)) => {
                found.compared += 1;
                let address = declared.instance.address();
                let same_kind = kind.is_declared_by(&declared.instance.kind);
                if declared.instance.kind == RULE {
                    // It is found by what it says: there is nothing left to compare.
                } else if same_kind {
                    compare(view, kind, &address, &declared.instance.attributes, &expected, &mut found.items);
                    parts::compare(view, join, &expected, &mut found.items);
                } else {
                    *without
                        .entry((declared.instance.kind.clone(), "no argument of this type is known"))
                        .or_default() += 1;
                }
            }
            (Some(_), None) => found.items.extend(alone(view, context)),
        }
    }
    found.items.extend(expected.declared_wrong(&found.items, &alive));
    missing((join, &snapshot.info), &expected, &alive, &found.not_seen, &mut found.items, &mut without);
    let told = without.into_iter().map(|((resource_type, reason), count)| NotCompared {
        resource_type,
        count,
        reason: reason.to_owned(),
    });
    found.not_compared = told.collect();
    found.items.sort_by(|one, other| {
        let key = |item: &DriftItem| {
            (item.kind, item.address.clone(), item.resource_type.clone(), item.resource.clone(), item.argument.clone())
        };
        key(one).cmp(&key(other))
    });
    found
}

/// The arguments of a resource in which the state and what lives say different things.
fn compare(view: &View, kind: &Kind, address: &str, declared: &Value, expected: &Expected, items: &mut Vec<DriftItem>) {
    for pair in sides::pairs(kind, &view.body, declared) {
        if pair.is_same() || is_unknowable(&pair) {
            continue;
        }
        items.push(DriftItem {
            kind: DriftKind::ChangedLive,
            resource_type: view.reference.resource_type.to_string(),
            resource: view.reference.arn.to_string(),
            address: Some(address.to_owned()),
            breaks: expected.at(address, &pair.way),
            argument: Some(pair.argument),
            declared: pair.declared,
            live: pair.live,
            owner: None,
        });
    }
}

/// A secret stands in a snapshot by its digest: nobody can say whether it is the one of the state, and it is not told.
fn is_unknowable(pair: &sides::Pair) -> bool {
    let digest = |value: &Value| value.as_str().is_some_and(|text| text.starts_with("sha256:") || text == "<redacted>");
    is_secret(&pair.way) || pair.live.as_ref().is_some_and(digest)
}

/// What lives and stands in no state; nothing of what AWS itself makes.
fn alone(view: &View, context: &RemedyContext<'_>) -> Option<DriftItem> {
    if is_of_aws(view, context) {
        return None;
    }
    let owner = owner(view, context, &BTreeMap::new());
    Some(DriftItem {
        kind: if owner.is_some() { DriftKind::Owned } else { DriftKind::Unmanaged },
        resource_type: view.reference.resource_type.to_string(),
        resource: view.reference.arn.to_string(),
        address: None,
        argument: None,
        declared: None,
        live: None,
        breaks: Vec::new(),
        owner: owner.map(|owner| owner.to_string()),
    })
}

/// What is there without anybody having made it: the default rule of a listener, the rules of the default group, AWS's
/// own policies, and settings of the account, which are what they are until somebody sets them.
fn is_of_aws(view: &View, context: &RemedyContext<'_>) -> bool {
    let of_default_group = || {
        let group = view.text("/configuration/GroupId")?;
        let group = context.all(resource_types::EC2_SECURITY_GROUP).find(|found| found.id == group)?;
        Some(group.text("/configuration/GroupName") == Some("default"))
    };
    let managed = ["arn:aws:iam::aws:", "arn:aws-cn:iam::aws:", "arn:aws-us-gov:iam::aws:"];
    match view.reference.resource_type.as_str() {
        resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER_RULE => {
            view.at("/configuration/IsDefault") == Some(&Value::Bool(true))
        }
        resource_types::EC2_SECURITY_GROUP_RULE => of_default_group() == Some(true),
        resource_types::IAM_MANAGED_POLICY => {
            managed.iter().any(|start| view.reference.arn.as_str().starts_with(start))
        }
        resource_types::CLOUDFRONT_RESPONSE_HEADERS_POLICY => {
            let name = view.text("/configuration/ResponseHeadersPolicyConfig/Name");
            name.is_some_and(|name| name.starts_with("Managed-"))
        }
        resource_types::EC2_EBS_ENCRYPTION_BY_DEFAULT
        | resource_types::IAM_ACCOUNT_PASSWORD_POLICY
        | resource_types::ECR_REGISTRY_SCANNING_CONFIGURATION => true,
        _ => false,
    }
}

/// What a state has and nothing live is, where everything of its type was seen.
fn missing(
    (join, scan): (&Join, &ScanInfo),
    expected: &Expected,
    alive: &BTreeSet<String>,
    not_seen: &BTreeSet<String>,
    items: &mut Vec<DriftItem>,
    without: &mut BTreeMap<(String, &str), usize>,
) {
    for declared in join.all().filter(|declared| !alive.contains(&declared.instance.address())) {
        let instance = &declared.instance;
        let is_rule = |ours: &str| instance.kind == RULE && ours == resource_types::EC2_SECURITY_GROUP_RULE;
        let Some((ours, _)) =
            TABLE.iter().find(|(ours, kind)| kind.is_declared_by(&instance.kind) || is_rule(ours.as_str()))
        else {
            *without.entry((instance.kind.clone(), "no argument of this type is known")).or_default() += 1;
            continue;
        };
        if is_elsewhere(&instance.attributes, scan) {
            *without.entry((instance.kind.clone(), "of an account or a region that was not read")).or_default() += 1;
            continue;
        }
        if not_seen.contains(ours.as_str()) {
            *without.entry((instance.kind.clone(), "not everything of this type was seen")).or_default() += 1;
            continue;
        }
        let name = ["arn", "id", "name"].iter().find_map(|name| instance.attributes.get(*name)?.as_str());
        items.push(DriftItem {
            kind: DriftKind::Missing,
            resource_type: ours.to_string(),
            resource: name.unwrap_or_default().to_owned(),
            address: Some(instance.address()),
            argument: None,
            declared: None,
            live: None,
            breaks: expected.anywhere(&instance.address()),
            owner: None,
        });
    }
}

/// Whether a resource of a state belongs to an account or a region that the scan was not about.
fn is_elsewhere(attributes: &Value, scan: &ScanInfo) -> bool {
    let Some(arn) = attributes.get("arn").and_then(Value::as_str).filter(|arn| arn.parse::<Arn>().is_ok()) else {
        return false;
    };
    let part = |at: usize| arn.split(':').nth(at).unwrap_or_default();
    let (region, account) = (part(3), part(4));
    let is_read_region = region.is_empty() || scan.regions.iter().any(|read| read.as_str() == region);
    // A resource without an account in its ARN, or with AWS's own, is everybody's.
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_read_account = !is_account || scan.accounts.iter().any(|read| read.as_str() == account);
    !(is_read_region && is_read_account)
}

/// The types of which a list or what completes it has no whole answer.
fn not_seen(snapshot: &Snapshot) -> BTreeSet<String> {
    let whole = |action: &konecta_base::id::Action| {
        let mut records = snapshot.reads.iter().filter(|record| &record.action == action).peekable();
        records.peek().is_some() && records.all(|record| record.complete)
    };
    let open = reads().iter().filter(|(action, _)| !whole(action)).flat_map(|(_, read)| read.lists.iter());
    open.filter(|ours| TABLE.contains_key(*ours)).map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests;

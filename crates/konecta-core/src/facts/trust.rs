//! Whose an account, an organization, a VPC or an endpoint is, and what a condition says of who is let through.
//! Knows the blueprint and what the scan saw; nothing of repositories.

use std::collections::BTreeSet;

use super::iam_document::{Condition, Quantifier, Statement};
use super::region_index::RegionIndex;
use konecta_base::blueprint::Stack;
use konecta_base::calls;

/// Whose something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Ours,
    Strange,
    Unknown,
}

/// What is ours.
pub(crate) struct Trust<'a> {
    pub(crate) account: &'a str,
    pub(crate) stack: &'a Stack,
    /// VPCs that the scan saw.
    pub(crate) vpcs: &'a BTreeSet<String>,
    pub(crate) organizations: &'a Organizations,
}

/// The organizations to which the accounts of the scan belong.
#[derive(Debug, Default)]
pub(crate) struct Organizations {
    pub(crate) known: BTreeSet<String>,
    /// Whether it is known of every account, so that any other organization is a foreign one.
    pub(crate) whole: bool,
}

impl Organizations {
    /// An account without one is in none where it was asked, and answered.
    pub(crate) fn of(grounds: &[RegionIndex<'_>]) -> Self {
        let mut own = Self { known: BTreeSet::new(), whole: true };
        for region_index in grounds.iter().filter(|region_index| region_index.place.region.is_global()) {
            own.whole &= region_index.seen.whole(region_index.place, calls::ORGANIZATIONS_DESCRIBE_ORGANIZATION);
            for item in &region_index.here.organizations {
                own.whole &= item.body.id.is_some();
                own.known.extend(item.body.id.clone());
            }
        }
        own
    }
}

/// Everybody that one condition, or one denial of all the others, lets through.
pub(crate) type Pin = Vec<(String, Whose)>;

/// Operators by which an Allow holds for what a condition names alone.
const HOLDING: [&str; 5] = ["stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"];

/// Operators by which a Deny spares what a condition names alone.
const SPARING: [&str; 5] =
    ["stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike"];

impl Trust<'_> {
    pub(crate) fn account(&self, id: &str) -> Whose {
        let declared = self.stack.trusted_accounts.iter().any(|account| account.as_str() == id);
        if id == self.account || declared { Whose::Ours } else { Whose::Strange }
    }

    /// An organization, a VPC or an endpoint that is not declared may be ours all the same.
    fn declared(list: &[String], id: &str) -> Whose {
        if list.iter().any(|one| one == id) { Whose::Ours } else { Whose::Unknown }
    }

    fn vpc(&self, id: &str) -> Whose {
        if self.vpcs.contains(id) { Whose::Ours } else { Self::declared(&self.stack.trusted_vpcs, id) }
    }

    /// Whose a value of a key is, with the id that says so; `None` where the key, or the value, pins nobody down.
    fn value(&self, key: &str, value: &str) -> Option<(String, Whose)> {
        let id = match key {
            "aws:principalaccount" | "aws:sourceaccount" | "aws:vpceaccount" => {
                return is_account(value).then(|| (value.to_owned(), self.account(value)));
            }
            "aws:principalarn" => account_of(value),
            "aws:sourcearn" | "aws:sourcevpcarn" => account_in(value),
            "aws:userid" => {
                let (id, _) = value.split_once(':').unwrap_or((value, ""));
                let unique = id.len() > 10 && id.chars().all(|sign| sign.is_ascii_uppercase() || sign.is_ascii_digit());
                return match (is_account(id), unique) {
                    (true, _) => Some((id.to_owned(), self.account(id))),
                    (false, true) => Some((id.to_owned(), Whose::Unknown)),
                    (false, false) => None,
                };
            }
            "aws:principalorgid" | "aws:sourceorgid" | "aws:vpceorgid" => return self.organization(value, value),
            "aws:principalorgpaths" | "aws:sourceorgpaths" | "aws:vpceorgpaths" => {
                return self.organization(value.split_once('/')?.0, value);
            }
            "aws:sourcevpc" => return is_id(value, "vpc-").then(|| (value.to_owned(), self.vpc(value))),
            "aws:sourcevpce" => {
                let whose = Self::declared(&self.stack.trusted_endpoints, value);
                return is_id(value, "vpce-").then(|| (value.to_owned(), whose));
            }
            _ => return None,
        };
        id.map(|id| (id.to_owned(), self.account(id)))
    }

    fn organization(&self, id: &str, told: &str) -> Option<(String, Whose)> {
        let whose = match Self::declared(&self.stack.trusted_organizations, id) {
            _ if self.organizations.known.contains(id) => Whose::Ours,
            Whose::Unknown if self.organizations.whole => Whose::Strange,
            whose @ (Whose::Ours | Whose::Strange | Whose::Unknown) => whose,
        };
        is_id(id, "o-").then(|| (told.to_owned(), whose))
    }

    fn pin(&self, condition: &Condition) -> Option<Pin> {
        if condition.values.is_empty() {
            return None;
        }
        condition.values.iter().map(|value| self.value(&condition.key, value)).collect()
    }

    /// What the conditions of an Allow pin it to: each of them holds.
    pub(crate) fn pins(&self, statement: &Statement) -> Vec<Pin> {
        let pins = self.holding(statement).filter_map(|one| self.pin(one));
        let services = statement.conditions.iter().filter(|one| speaks_of_services(one, "true") && !one.if_exists);
        pins.chain(services.map(|_| vec![("AWS services".to_owned(), Whose::Unknown)])).collect()
    }

    /// On whose behalf a service comes, by the conditions of an Allow on the source of a request.
    pub(crate) fn sources(&self, statement: &Statement) -> Vec<Pin> {
        let of_source = |one: &&Condition| one.key.starts_with("aws:source");
        self.holding(statement).filter(of_source).filter_map(|one| self.pin(one)).collect()
    }

    /// The conditions of an Allow that hold only for what they name.
    fn holding<'s>(&self, statement: &'s Statement) -> impl Iterator<Item = &'s Condition> + use<'s> {
        let all = &statement.conditions;
        // `Null: false` demands a key, without which `…IfExists` and `ForAllValues` would hold for anybody.
        let demanded =
            move |key: &str| all.iter().any(|one| one.key == key && one.operator == "null" && one.values == ["false"]);
        let holds = move |one: &&Condition| {
            let strict = one.quantifier != Quantifier::All && !one.if_exists;
            HOLDING.contains(&one.operator.as_str()) && (strict || demanded(&one.key))
        };
        all.iter().filter(holds)
    }

    /// Whom the conditions of a Deny spare: all of them must hold for it to deny, so whoever fails one is let through.
    /// `None` where one of them narrows the Deny by something else.
    pub(crate) fn spared(&self, statement: &Statement) -> Option<Pin> {
        let mut spared = Pin::new();
        for one in statement.conditions.iter().filter(|one| !speaks_of_services(one, "false")) {
            // Without the key a negated operator holds, and so does one for all values; one for any value does not.
            if one.quantifier == Quantifier::Any || !SPARING.contains(&one.operator.as_str()) {
                return None;
            }
            spared.extend(self.pin(one)?);
        }
        Some(spared)
    }
}

fn speaks_of_services(condition: &Condition, value: &str) -> bool {
    condition.key == "aws:principalisawsservice"
        && condition.operator == "bool"
        && condition.quantifier == Quantifier::One
        && condition.values == [value]
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_id(text: &str, prefix: &str) -> bool {
    let rest = text.strip_prefix(prefix);
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

/// The account of a principal: a number, or the ARN of a user, a role or a session, of which only the end may be open.
pub(crate) fn account_of(id: &str) -> Option<&str> {
    if is_account(id) {
        return Some(id);
    }
    let parts: Vec<&str> = id.splitn(6, ':').collect();
    let [arn, partition, service, region, account, _] = parts.as_slice() else { return None };
    let plain = *arn == "arn" && !partition.contains(['*', '?']) && region.is_empty() && is_account(account);
    (plain && matches!(*service, "iam" | "sts")).then_some(account)
}

/// The account of any ARN of which partition, service and account are no patterns.
fn account_in(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [first, partition, service, _, account, _] = parts.as_slice() else { return None };
    let plain = *first == "arn" && !partition.contains(['*', '?']) && !service.contains(['*', '?']);
    (plain && is_account(account)).then_some(account)
}

//! The fact `strangers`: whom the policies of a repository and of its registry let in who is not ours.
//! Knows both policies and whom to trust; nothing of what a control makes of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::iam_document::{Document, Effect, Extent, Principals, Statement};
use super::iam_pattern::{covers, meets};
use super::trust::{Pin, Trust, Whose, account_of};

/// A policy as it was read.
pub(crate) enum Policy {
    /// There is none, or this scan did not know of such policies.
    None,
    /// It was not read, or cannot be.
    Unread,
    There(Document),
}

impl Policy {
    /// `null` is known to be none.
    pub(crate) fn of(value: Option<&Value>) -> Self {
        match value {
            None => Self::Unread,
            Some(Value::Null) => Self::None,
            Some(text) => Document::of(text).map_or(Self::Unread, Self::There),
        }
    }

    fn statements(&self, effect: Effect) -> Vec<&Statement> {
        match self {
            Self::There(document) => document.with(effect).collect(),
            Self::None | Self::Unread => Vec::new(),
        }
    }
}

/// What lets somebody in, or may.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Stranger { path: String, who: String },
    Unknown { path: String, why: String },
}

impl Found {
    fn describe(&self) -> Value {
        match self {
            Self::Stranger { path, who } => json!({"kind": "stranger", "path": path, "who": who}),
            Self::Unknown { path, why } => json!({"kind": "unknown", "path": path, "why": why}),
        }
    }
}

/// Both policies of a repository, under their names in paths.
pub(crate) fn strangers(arn: &str, repository: &Policy, registry: &Policy, trust: &Trust<'_>) -> Value {
    let mut found = BTreeSet::new();
    // A repository's own denials hold whoever allowed; the registry's are counted only against what it allows itself.
    let own = repository.statements(Effect::Deny);
    let both: Vec<&Statement> = own.iter().copied().chain(registry.statements(Effect::Deny)).collect();
    let parts = [
        ("repositoryPolicy", "the policy of the repository", repository, own),
        ("registryPolicy", "the policy of the registry", registry, both),
    ];
    for (name, words, policy, denials) in parts {
        let unknown = |path: String, why: String| Found::Unknown { path, why };
        match policy {
            Policy::None => {}
            Policy::Unread => {
                found.insert(unknown(name.to_owned(), format!("{words} was not read, or it is not understood")));
            }
            Policy::There(document) => found.extend(document.doubtful.iter().map(|at| {
                let path = format!("{name}.Statement[{at}]");
                unknown(path, format!("{words} has a statement that is not understood (Statement[{at}])"))
            })),
        }
        let fences: Vec<&Statement> = denials.into_iter().filter(|denial| speaks_of(denial, arn, false)).collect();
        for statement in policy.statements(Effect::Allow).into_iter().filter(|one| speaks_of(one, arn, true)) {
            found.extend(let_in(statement, &format!("{name}.Statement[{}]", statement.at), &fences, trust));
        }
    }
    Value::Array(found.iter().map(Found::describe).collect())
}

/// Whether a statement certainly speaks of the repository, or may.
fn speaks_of(statement: &Statement, arn: &str, may: bool) -> bool {
    let fits = |resource: &String| covers(resource, arn) || (may && resource.contains("${"));
    match &statement.resources {
        None => true,
        Some(Extent::Only(list)) => list.iter().any(fits),
        Some(Extent::AllBut(list)) => may && !list.iter().any(|resource| covers(resource, arn)),
    }
}

/// Whether whatever one statement allows is denied by the other.
fn covers_actions(denial: &Extent, allowed: &Extent) -> bool {
    let all = |list: &[String], action: &str| list.iter().any(|pattern| covers(pattern, action));
    match (denial, allowed) {
        (Extent::Only(denied), Extent::Only(allowed)) => allowed.iter().all(|action| all(denied, action)),
        // Of `all but` it is enough that everything is denied.
        (Extent::Only(denied), Extent::AllBut(_)) => all(denied, "*") || all(denied, "ecr:*"),
        // All but these is denied: nothing that is allowed may be among them.
        (Extent::AllBut(spared), Extent::Only(allowed)) => {
            !allowed.iter().any(|action| spared.iter().any(|pattern| meets(pattern, action)))
        }
        (Extent::AllBut(spared), Extent::AllBut(withheld)) => spared.iter().all(|action| all(withheld, action)),
    }
}

/// Whom a denial upon everybody else spares.
fn fence(denial: &Statement, allowed: &Statement, trust: &Trust<'_>) -> Option<Pin> {
    if !covers_actions(&denial.actions, &allowed.actions) {
        return None;
    }
    let mut spared = trust.spared(denial)?;
    match &denial.principals {
        Principals::Only(list) => list.iter().any(is_everybody).then_some(spared),
        Principals::AllBut(list) => {
            spared.extend(list.iter().map(|(kind, id)| (id.clone(), whose(kind, id, trust).unwrap_or(Whose::Strange))));
            Some(spared)
        }
        Principals::Unnamed => None,
    }
    .map(|mut spared| {
        // It denies everybody but AWS services, and says nothing of on whose behalf they come.
        if spared.is_empty() && !denial.conditions.is_empty() {
            spared.push(("AWS services".to_owned(), Whose::Unknown));
        }
        spared
    })
}

/// Whether a denial without conditions names a principal that an Allow names, or its account.
fn shuts_out(denial: &Statement, allowed: &Statement, id: &str) -> bool {
    let Principals::Only(list) = &denial.principals else { return false };
    let account = account_of(id);
    let is_account = |one: &str| {
        let account = account.filter(|account| one == *account || one.ends_with(&format!(":iam::{account}:root")));
        account.is_some() && account_of(one) == account
    };
    denial.conditions.is_empty()
        && covers_actions(&denial.actions, &allowed.actions)
        && list.iter().any(|(kind, one)| kind == "AWS" && (one == id || is_account(one)))
}

fn is_everybody((kind, id): &(String, String)) -> bool {
    kind == "AWS" && id == "*"
}

/// Whose a principal is; `None` is everybody.
fn whose(kind: &str, id: &str, trust: &Trust<'_>) -> Option<Whose> {
    match kind {
        "AWS" if id == "*" => None,
        "AWS" | "Federated" => Some(account_of(id).map_or(Whose::Unknown, |account| trust.account(account))),
        "Service" if !id.contains(['*', '?']) => Some(Whose::Ours),
        _ => Some(Whose::Unknown),
    }
}

/// Whom an Allow lets in who is not ours.
fn let_in(statement: &Statement, path: &str, denials: &[&Statement], trust: &Trust<'_>) -> Vec<Found> {
    let mut pins = trust.pins(statement);
    pins.extend(denials.iter().filter_map(|denial| fence(denial, statement, trust)));
    let is = |pin: &Pin, whose: Whose| pin.iter().all(|(_, one)| *one == whose);
    if pins.iter().any(|pin| is(pin, Whose::Ours)) {
        return Vec::new();
    }
    let open = pins.iter().find(|pin| pin.iter().all(|(_, whose)| *whose != Whose::Strange));
    let doubt = open.map(|pin| {
        let ids = pin.iter().filter(|(_, whose)| *whose == Whose::Unknown).map(|(id, _)| id.as_str());
        let ids: Vec<&str> = ids.collect::<BTreeSet<_>>().into_iter().collect();
        let why =
            format!("whether {} of {path} is ours is not known: the blueprint does not declare it", ids.join(", "));
        Found::Unknown { path: path.to_owned(), why }
    });
    let strange: BTreeSet<&str> =
        pins.iter().flatten().filter(|(_, whose)| *whose == Whose::Strange).map(|(id, _)| id.as_str()).collect();
    let stranger = |end: String, who: &str| {
        doubt.clone().unwrap_or_else(|| Found::Stranger { path: format!("{path}.{end}"), who: who.to_owned() })
    };
    match &statement.principals {
        Principals::Only(list) => list
            .iter()
            .flat_map(|(kind, id)| match whose(kind, id, trust) {
                Some(Whose::Ours) if kind == "Service" => behalves(trust.sources(statement), path, id),
                Some(Whose::Ours) => Vec::new(),
                Some(_) if denials.iter().any(|denial| shuts_out(denial, statement, id)) => Vec::new(),
                Some(Whose::Unknown) => vec![Found::Unknown {
                    path: format!("{path}.Principal[{id}]"),
                    why: format!("who {id} of {path} is is not known"),
                }],
                Some(Whose::Strange) => vec![stranger(format!("Principal[{id}]"), id)],
                None if strange.is_empty() => vec![stranger("Principal[*]".to_owned(), "everybody")],
                None => strange.iter().map(|id| stranger(format!("Condition[{id}]"), id)).collect(),
            })
            .collect(),
        Principals::AllBut(_) => vec![stranger("NotPrincipal".to_owned(), "everybody else")],
        Principals::Unnamed => {
            vec![Found::Unknown { path: path.to_owned(), why: format!("{path} does not say whom it lets in") }]
        }
    }
}

/// On whose behalf a service comes who is not ours: each of the conditions holds. Without any, a service of AWS is ours.
fn behalves(sources: Vec<Pin>, path: &str, service: &str) -> Vec<Found> {
    let open = sources.iter().find(|pin| pin.iter().all(|(_, whose)| *whose != Whose::Strange));
    if let Some(pin) = open {
        let ids: Vec<&str> =
            pin.iter().filter(|(_, whose)| *whose == Whose::Unknown).map(|(id, _)| id.as_str()).collect();
        let why =
            format!("{service} comes on behalf of {} by {path}, and whether that is ours is not known", ids.join(", "));
        return vec![Found::Unknown { path: path.to_owned(), why }];
    }
    let strange: BTreeSet<String> =
        sources.into_iter().flatten().filter(|(_, whose)| *whose == Whose::Strange).map(|(id, _)| id).collect();
    let found = |id: String| Found::Stranger {
        path: format!("{path}.Condition[{id}]"),
        who: format!("{service} on behalf of {id}"),
    };
    strange.into_iter().map(found).collect()
}

#[cfg(test)]
#[path = "strangers/tests.rs"]
mod tests;

//! Which statements leave no action of a service out, and on which resources: wildcards, and what is left of them.
//! Knows actions and ARNs; nothing of roles.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::iam_document::{Document, Effect, Extent, Statement};
use super::iam_pattern::{covers, is_anything, meets};

/// All actions of the services that match a pattern, but those that match an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    service: String,
    /// Made of a `NotAction`.
    but: bool,
    except: Vec<String>,
}

impl Span {
    /// What a person calls it.
    pub(crate) fn name(&self) -> String {
        match (self.service.as_str(), self.but) {
            ("*", true) => "all that NotAction does not name".to_owned(),
            ("*", false) => "*".to_owned(),
            (service, _) => format!("{service}:*"),
        }
    }

    fn of_service(service: &str) -> Self {
        Self { service: service.to_owned(), but: false, except: Vec::new() }
    }

    /// Whether an exception takes the whole of it away.
    fn is_gone(&self) -> bool {
        let all = format!("{}:*", self.service);
        let takes = |exception: &String| exception == "*" || covers(exception, &all);
        self.except.iter().any(takes)
    }

    fn without(mut self, exceptions: &[String]) -> Option<Self> {
        self.except.extend(exceptions.iter().map(|each| whole(each).map_or_else(|| each.clone(), spelled)));
        (!self.is_gone()).then_some(self)
    }

    /// What two of them have in common.
    fn meet(&self, other: &Self) -> Option<Self> {
        let service = narrower(&self.service, &other.service)?;
        let span = Self { service, but: self.but || other.but, except: self.except.clone() };
        span.without(&other.except)
    }
}

/// The narrower of two patterns of services, if they have any in common.
fn narrower(one: &str, other: &str) -> Option<String> {
    if covers(one, other) {
        return Some(other.to_owned());
    }
    meets(one, other).then(|| one.to_owned())
}

/// The services of which a pattern leaves no action out: `*`, `*:*`, `s3:*`, `s3:?*`.
fn whole(action: &str) -> Option<&str> {
    match action.split_once(':') {
        Some((service, name)) => is_anything(name).then_some(service).filter(|service| !service.is_empty()),
        None if is_anything(action) => Some("*"),
        // As text it takes in the colon and whatever follows.
        None => action.ends_with('*').then_some(action),
    }
}

fn spelled(service: &str) -> String {
    format!("{}:*", if is_anything(service) { "*" } else { service })
}

/// The wildcards among these actions.
pub(crate) fn spans(actions: &Extent) -> Vec<Span> {
    let list = match actions {
        Extent::AllBut(list) => {
            let all = Span { service: "*".to_owned(), but: true, except: Vec::new() };
            return all.without(list).into_iter().collect();
        }
        Extent::Only(list) => list,
    };
    let named = list.iter().filter_map(|action| whole(action));
    let named: BTreeSet<&str> = named.map(|service| if is_anything(service) { "*" } else { service }).collect();
    let spelled_out = by_letters(list);
    named.into_iter().chain(spelled_out).map(Span::of_service).collect()
}

/// Services of which `a*` to `z*` are all there.
fn by_letters(actions: &[String]) -> Vec<&str> {
    let initial = |action: &'_ String| -> Option<(usize, char)> {
        let (service, name) = action.split_once(':')?;
        let letter = name.strip_suffix('*')?;
        let mut signs = letter.chars();
        signs
            .next()
            .filter(|sign| sign.is_ascii_lowercase() && signs.next().is_none())
            .map(|sign| (service.len(), sign))
    };
    let found: BTreeSet<(&str, char)> =
        actions.iter().filter_map(|action| initial(action).map(|(end, sign)| (&action[..end], sign))).collect();
    let services: BTreeSet<&str> = found.iter().map(|(service, _)| *service).collect();
    services.into_iter().filter(|service| ('a'..='z').all(|sign| found.contains(&(service, sign)))).collect()
}

/// Wildcards of a statement on resources of which none is named, and whether there is a resource that is not understood.
pub(crate) fn everywhere(statement: &Statement, account: &str) -> (BTreeSet<String>, bool) {
    let (mut found, mut doubt) = (BTreeSet::new(), false);
    for span in spans(&statement.actions) {
        match &statement.resources {
            None => doubt = true,
            Some(Extent::AllBut(list)) => {
                let spared = |resource: &String| {
                    is_anything(resource)
                        || Reach::of(resource, account).is_some_and(|reach| reach.service == span.service && reach.all)
                };
                if !list.iter().any(spared) {
                    found.insert(span.name());
                }
            }
            Some(Extent::Only(list)) => {
                for resource in list {
                    let Some(reach) = Reach::of(resource, account) else {
                        doubt = true;
                        continue;
                    };
                    let met = span.meet(&Span::of_service(&reach.service)).filter(|_| !reach.named);
                    found.extend(met.map(|met| met.name()));
                }
            }
        }
    }
    (found, doubt)
}

/// Of one action of a statement as it is written: whether it is a wildcard, and whether it is one everywhere. Without an
/// action it is asked of the statement as a whole, as for a `NotAction`.
pub fn wildcard(statement: &Value, action: Option<&str>, account: &str) -> (bool, bool) {
    let document = Document::of(&json!({ "Statement": statement }));
    let Some(mut statement) = document.and_then(|mut document| document.statements.pop()) else {
        return (false, false);
    };
    if let Some(action) = action {
        statement.actions = Extent::Only(vec![action.to_lowercase()]);
    }
    (!spans(&statement.actions).is_empty(), !everywhere(&statement, account).0.is_empty())
}

/// How far a pattern of resources reaches.
struct Reach {
    service: String,
    /// It names a resource, or is of another account.
    named: bool,
    /// It leaves no resource of the service out.
    all: bool,
}

impl Reach {
    fn of(resource: &str, account: &str) -> Option<Self> {
        if is_anything(resource) {
            return Some(Self { service: "*".to_owned(), named: false, all: true });
        }
        // An ARN that is cut short stands for whatever follows.
        let parts: Vec<&str> = resource.splitn(6, ':').collect();
        let part = |at: usize| parts.get(at).copied().unwrap_or("*");
        let (service, whose) = (part(2).to_lowercase(), part(4));
        if part(0) != "arn" {
            return None;
        }
        let ours = whose.is_empty() || covers(whose, account);
        let named = !ours || names(&service, whose, part(5));
        let all = ours && is_anything(part(5)) && ["", "*"].contains(&part(3));
        Some(Self { service: if is_anything(&service) { "*".to_owned() } else { service }, named, all })
    }
}

/// Whether this end of an ARN names anything beside a type.
fn names(service: &str, account: &str, end: &str) -> bool {
    // A bucket has no type before its name.
    let typed = service != "s3" || !account.is_empty();
    let name = if typed { end.split_once(['/', ':']).map_or(end, |(_, name)| name) } else { end };
    name.chars().any(|sign| sign.is_alphanumeric())
}

/// Whether a statement denies whatever it speaks of without any condition and on every resource. A `NotResource`, a
/// named resource or a condition leaves something allowed, and then it takes no wildcard away.
pub(crate) fn denies_everywhere(statement: &Statement) -> bool {
    let all = |list: &[String]| list.iter().any(|resource| resource.chars().all(|sign| sign == '*'));
    statement.effect == Effect::Deny
        && statement.conditions.is_empty()
        && matches!(&statement.resources, Some(Extent::Only(list)) if all(list))
}

/// What denials leave of a wildcard.
pub(crate) fn after<'a>(span: &Span, denials: impl IntoIterator<Item = &'a Statement>) -> Vec<Span> {
    let mut left = vec![span.clone()];
    for denial in denials {
        left = match &denial.actions {
            Extent::Only(list) => {
                let services = by_letters(list).into_iter().map(spelled);
                let all: Vec<String> = list.iter().cloned().chain(services).collect();
                left.into_iter().filter_map(|span| span.without(&all)).collect()
            }
            // All but these is denied: only these are left.
            Extent::AllBut(list) => within(&left, &spans(&Extent::Only(list.clone()))),
        };
    }
    left
}

/// What is in both.
pub(crate) fn within(spans: &[Span], bounds: &[Span]) -> Vec<Span> {
    spans.iter().flat_map(|span| bounds.iter().filter_map(|bound| span.meet(bound))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "123456789012";

    fn statement(value: Value) -> Statement {
        Document::of(&json!({"Statement": value})).expect("document").statements.remove(0)
    }

    fn named(actions: &Value) -> Vec<String> {
        spans(&statement(json!({"Effect": "Allow", "Action": actions})).actions).iter().map(Span::name).collect()
    }

    fn reach(action: &str, resource: &Value) -> Vec<String> {
        let (found, doubt) =
            everywhere(&statement(json!({"Effect": "Allow", "Action": action, "Resource": resource})), ACCOUNT);
        if doubt { vec!["doubt".to_owned()] } else { found.into_iter().collect() }
    }

    #[test]
    fn wildcards_in_each_form() {
        assert_eq!(named(&json!(["*", "*:*", "?*"])), ["*"]);
        assert_eq!(named(&json!(["S3:*", "sqs:?*", "i*:*", "ec2*"])), ["ec2*:*", "i*:*", "s3:*", "sqs:*"]);
        assert!(named(&json!(["s3:Get*", "iam:*Policy*", "ec2:Describe*", "sts:AssumeRole"])).is_empty());
        let letters: Vec<String> = ('A'..='Z').map(|sign| format!("iam:{sign}*")).collect();
        assert_eq!(named(&json!(letters)), ["iam:*"]);
        assert!(named(&json!(letters[1..])).is_empty());
    }

    #[test]
    fn a_pattern_that_names_no_resource_is_everywhere() {
        for resource in [
            "*",
            "**",
            "arn:aws:s3:::*",
            "arn:*",
            "arn:aws:s3",
            "arn:aws:s3:::*/*",
            "arn:aws:s?:::?*",
            "arn:aws:*:*:*:*",
        ] {
            assert_eq!(reach("s3:*", &json!(["arn:aws:s3:::named", resource])), ["s3:*"], "{resource}");
        }
        for resource in
            ["arn:aws:iam::123456789012:*", "arn:aws:iam::*:*", "arn:aws:iam::12345678901?:role/*", "arn:aws:iam:::*"]
        {
            assert_eq!(reach("iam:*", &json!(resource)), ["iam:*"], "{resource}");
        }
        assert_eq!(reach("dynamodb:*", &json!("arn:aws:dynamodb:us-east-1:123456789012:table/*")), ["dynamodb:*"]);
        assert_eq!(reach("*", &json!(["arn:aws:s3:::*", "arn:aws:sqs:*:*:*"])), ["s3:*", "sqs:*"]);
    }

    #[test]
    fn a_name_or_another_account_is_not_everywhere() {
        for (action, resource) in [
            ("s3:*", "arn:aws:s3:::konecta-logs/*"),
            ("s3:*", "arn:aws:s3:::konecta*"),
            ("s3:*", "arn:aws:dynamodb:*:*:*"),
            ("iam:*", "arn:aws:iam::210987654321:*"),
            ("iam:*", "arn:aws:iam::123456789012:role/konecta-*"),
            ("logs:*", "arn:aws:logs:us-east-1:123456789012:log-group:/konecta/*"),
            ("s3:GetObject", "*"),
        ] {
            assert_eq!(reach(action, &json!(resource)), Vec::<String>::new(), "{action} on {resource}");
        }
        assert_eq!(reach("s3:*", &json!("konecta-*")), ["doubt"]);
    }

    #[test]
    fn all_resources_but_some_is_everywhere() {
        let but = |resource: &str| {
            everywhere(&statement(json!({"Effect": "Allow", "Action": "s3:*", "NotResource": resource})), ACCOUNT).0
        };
        assert_eq!(but("arn:aws:s3:::secret").len(), 1);
        assert!(but("arn:aws:s3:::*").is_empty() && but("*").is_empty());
    }

    #[test]
    fn only_a_plain_denial_of_everything_takes_a_wildcard_away() {
        let deny = |rest: Value| {
            let mut deny = json!({"Effect": "Deny", "Action": "iam:*"});
            deny.as_object_mut().expect("object").extend(rest.as_object().expect("object").clone());
            denies_everywhere(&statement(deny))
        };
        assert!(deny(json!({"Resource": "*"})) && deny(json!({"Resource": ["x", "*"], "Condition": {}})));
        assert!(
            !deny(json!({"NotResource": "arn:aws:s3:::x"}))
                && !deny(json!({"Resource": "arn:aws:iam::123456789012:*"}))
        );
        assert!(!deny(json!({"Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": false}}})));
    }

    #[test]
    fn denials_and_bounds_leave_what_they_do_not_name() {
        let left = |allowed: Value, denied: Value| -> Vec<String> {
            let allow = statement(json!([allowed]));
            let deny = statement(json!([denied]));
            spans(&allow.actions).iter().flat_map(|span| after(span, [&deny])).map(|span| span.name()).collect()
        };
        let allow = |action: &str| json!({"Effect": "Allow", "Action": action});
        let deny = |action: &str| json!({"Effect": "Deny", "Action": action});
        let all_but = |action: &str| json!({"Effect": "Deny", "NotAction": action});
        assert_eq!(left(allow("*"), deny("iam:*")), ["*"]);
        assert_eq!(left(allow("iam:*"), deny("i*:*")), Vec::<String>::new());
        assert_eq!(left(allow("iam:*"), deny("iam:Create*")), ["iam:*"]);
        let letters =
            |from: usize| -> Vec<String> { ('a'..='z').skip(from).map(|sign| format!("iam:{sign}*")).collect() };
        let spelled_out = |from: usize| json!({"Effect": "Deny", "Action": letters(from)});
        assert_eq!(left(allow("iam:*"), spelled_out(0)), Vec::<String>::new());
        assert_eq!(left(allow("iam:*"), spelled_out(1)), ["iam:*"]);
        assert_eq!(left(allow("*"), all_but("s3:*")), ["s3:*"]);
        assert_eq!(left(allow("*"), all_but("s3:GetObject")), Vec::<String>::new());
        assert_eq!(left(json!({"Effect": "Allow", "NotAction": "s3:*"}), all_but("s3:*")), Vec::<String>::new());
    }
}

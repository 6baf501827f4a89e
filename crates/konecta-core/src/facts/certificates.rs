//! The certificates of a listener as CloudFront sees them: what they name, whether they are trusted and in time, and
//! which of them the name in the handshake selects. Knows nothing of who asks, and under which names.

use konecta_base::calls;

use jiff::Timestamp;

use super::attachments::Ids;
use super::chain::{Vouched, vouched};
use super::dns::normal;
use super::load_balancer::Listener;
use super::region_index::RegionIndex;
use super::world::Supplemented;
use crate::model::acm;

/// States of a certificate in which nobody can be shown it, or nobody believes it.
const DEAD: [&str; 6] = ["PENDING_VALIDATION", "INACTIVE", "EXPIRED", "VALIDATION_TIMED_OUT", "REVOKED", "FAILED"];

/// What comes of a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// CloudFront accepts what it is shown.
    Yes,
    /// It does not; what it is shown, in words.
    No(String),
    /// That is not known, and why.
    Open(String),
}

/// Whether CloudFront believes a certificate, its names aside.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    Good,
    Bad(String),
    Open(String),
}

/// One certificate.
#[derive(Debug, Clone)]
struct Certificate {
    arn: String,
    names: Ids,
    standing: Standing,
}

/// All certificates of a listener.
#[derive(Debug, Clone)]
pub(crate) struct Certificates {
    /// Shown where no certificate of the list fits; `None` where it is not known which that is.
    default: Option<Certificate>,
    /// Those among which the name in the handshake selects.
    list: Vec<Certificate>,
    /// Why there may be more of them.
    more: Option<String>,
}

impl Certificates {
    pub(crate) fn of(region_index: &RegionIndex<'_>, listener: &Listener) -> Self {
        let arn = &listener.item.arn;
        let unread = region_index.seen.lacks(
            region_index.place,
            calls::ELASTICLOADBALANCING_DESCRIBE_LISTENER_CERTIFICATES,
            arn,
        );
        let told = listener.supplement.as_ref().filter(|_| !unread);
        let certificate = |arn: &String| Certificate::of(region_index, arn);
        let first = listener.item.body.certificates.as_ref().and_then(|list| list.first()?.certificate_arn.as_ref());
        let marked = || told?.iter().find(|one| one.is_default == Some(true))?.certificate_arn.as_ref();
        let default = first.or_else(marked);
        let mut more = told.is_none().then(|| format!("the certificates of listener {arn} were not read to the end"));
        let mut list = Vec::new();
        for one in told.into_iter().flatten() {
            match &one.certificate_arn {
                None => more = Some(format!("it was not sent which certificates listener {arn} has")),
                Some(of) if one.is_default == Some(true) || one.is_default.is_none() && Some(of) == default => {}
                Some(of) => list.push(certificate(of)),
            }
        }
        Self { default: default.map(certificate), list, more }
    }

    /// The names of all of them, and whether they are all.
    pub(crate) fn names(&self) -> Ids {
        let start = Ids { whole: self.more.is_none() && self.default.is_some(), ..Ids::default() };
        self.default.iter().chain(&self.list).fold(start, |names, one| names.join(one.names.clone()))
    }

    /// What CloudFront makes of it if it sends `sent` in the handshake and accepts a certificate for any of `accepted`.
    ///
    /// The list is searched first, and of several that fit Elastic Load Balancing takes the one that suits the client
    /// best; the default certificate is shown where none of the list fits.
    pub(crate) fn answer(&self, sent: &str, accepted: &[&str]) -> Answer {
        if let Some(why) = &self.more {
            return Answer::Open(why.clone());
        }
        let fits = |wanted: Option<bool>| self.list.iter().filter(move |one| one.covers(sent) == wanted);
        let mut shown: Vec<&Certificate> = fits(Some(true)).collect();
        let certain = !shown.is_empty();
        shown.extend(fits(None));
        if !certain {
            let Some(default) = &self.default else {
                return Answer::Open("it was not sent which certificate is the listener's default".to_owned());
            };
            shown.push(default);
        }
        let answers: Vec<Answer> = shown.iter().map(|one| one.accepted(accepted)).collect();
        let is_yes = |answer: &Answer| *answer == Answer::Yes;
        let is_no = |answer: &Answer| matches!(answer, Answer::No(_));
        let open = answers.iter().find(|answer| !is_yes(answer) && !is_no(answer));
        match (answers.iter().all(is_yes), answers.iter().all(is_no), answers.first(), open) {
            (true, _, _, _) => Answer::Yes,
            (_, true, Some(no), _) => no.clone(),
            (_, _, _, Some(open)) => open.clone(),
            (_, _, _, None) => Answer::Open(format!("it is not known which of several certificates {sent} selects")),
        }
    }
}

impl Certificate {
    fn of(region_index: &RegionIndex<'_>, arn: &str) -> Self {
        let Some(found) = region_index.by_id.certificates.get(arn) else {
            let in_iam = arn.contains(":server-certificate/");
            let why = if in_iam { "stands in IAM, where its names are not read" } else { "was not seen" };
            let standing = Standing::Open(format!("certificate {arn} {why}"));
            return Self { arn: arn.to_owned(), names: Ids::default(), standing };
        };
        let sent = &found.item.body;
        let all = sent.subject_alternative_names.as_ref();
        let mut names = Ids::of(all.map(|names| names.iter().map(Some)));
        names.known.extend(sent.domain_name.clone());
        names.known = names.known.iter().map(|name| normal(name)).collect();
        Self { arn: arn.to_owned(), names, standing: standing(found, region_index.seen.began()) }
    }

    /// Whether it stands for a host.
    fn covers(&self, host: &str) -> Option<bool> {
        let known = self.names.known.iter().any(|pattern| covers(pattern, host));
        (known || self.names.whole).then_some(known)
    }

    fn accepted(&self, hosts: &[&str]) -> Answer {
        let named = super::known::any(hosts.iter().map(|host| self.covers(host)));
        match (named, &self.standing) {
            (Some(true), Standing::Good) => Answer::Yes,
            (Some(false), _) | (_, Standing::Bad(_)) => Answer::No(self.in_words()),
            (_, Standing::Open(why)) => Answer::Open(why.clone()),
            (None, Standing::Good) => Answer::Open(format!("the names of certificate {} were not all sent", self.arn)),
        }
    }

    fn in_words(&self) -> String {
        let names: Vec<&str> = self.names.known.iter().map(String::as_str).collect();
        let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
        match &self.standing {
            Standing::Bad(why) => format!("a certificate for {names} that {why}"),
            Standing::Good | Standing::Open(_) => format!("a certificate for {names}"),
        }
    }
}

/// Whether it is issued, in time, and of a CA that CloudFront believes: it keeps to Mozilla's list, and ACM's own
/// public certificates are of a CA on it.
fn standing(found: &Supplemented<acm::Certificate, acm::CertificatePem>, now: Option<Timestamp>) -> Standing {
    let (sent, arn) = (&found.item.body, &found.item.arn);
    let mut open = None;
    let mut unsaid = |what: String| open = open.take().or(Some(what));
    match sent.status.as_deref() {
        Some("ISSUED") => {}
        Some(state) if DEAD.contains(&state) => return Standing::Bad(format!("is in the state {state}")),
        Some(state) => unsaid(format!("what the state {state} of certificate {arn} means is not known")),
        None => unsaid(format!("the state of certificate {arn} was not sent")),
    }
    match (sent.not_after, now) {
        (Some(end), Some(now)) if end <= now => return Standing::Bad(format!("expired on {end}")),
        (Some(_), Some(_)) => {}
        (None, _) | (_, None) => unsaid(format!("it is not known whether certificate {arn} has expired")),
    }
    // One that was imported may begin later; where nothing is said, the state says that it is in use.
    if let Some((start, now)) = sent.not_before.zip(now)
        && start > now
    {
        return Standing::Bad(format!("is not valid before {start}"));
    }
    match sent.kind.as_deref() {
        Some("AMAZON_ISSUED") => {}
        Some("PRIVATE") => return Standing::Bad("is issued by a private CA".to_owned()),
        Some("IMPORTED") => match found.supplement.as_ref().zip(now).map(|(imported, now)| vouched(imported, now)) {
            Some(Vouched::Publicly) => {}
            Some(Vouched::ByItself) => return Standing::Bad("is signed by itself".to_owned()),
            Some(Vouched::Unknown(why)) => unsaid(format!("certificate {arn} was imported, and {why}")),
            None if signed_by_itself(sent) => return Standing::Bad("is signed by itself".to_owned()),
            None => unsaid(format!("certificate {arn} was imported, and its chain was not read")),
        },
        Some(_) | None => unsaid(format!("it is not known whether certificate {arn} is publicly trusted")),
    }
    open.map_or(Standing::Good, Standing::Open)
}

/// ACM tells an issuer by its common name or whole.
fn signed_by_itself(sent: &acm::Certificate) -> bool {
    let (Some(issuer), Some(subject)) = (&sent.issuer, &sent.subject) else { return false };
    let name = |whole: &str| {
        let part = whole.split(',').find_map(|part| part.trim().strip_prefix("CN=").map(str::to_owned));
        part.unwrap_or_else(|| whole.to_owned()).to_ascii_lowercase()
    };
    issuer == subject || name(issuer) == name(subject)
}

/// Whether a certificate's name stands for a host: a wildcard stands for one label.
fn covers(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(rest) => host.split_once('.').is_some_and(|(first, tail)| !first.is_empty() && tail == rest),
        None => pattern == host,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::world::Item;
    use super::*;

    fn certificate(names: &[&str], standing: Standing) -> Certificate {
        let known = names.iter().map(|&name| name.to_owned()).collect();
        Certificate { arn: names.join("+"), names: Ids { known, whole: true }, standing }
    }

    fn good(names: &[&str]) -> Certificate {
        certificate(names, Standing::Good)
    }

    fn listener(default: Certificate, list: Vec<Certificate>) -> Certificates {
        Certificates { default: Some(default), list, more: None }
    }

    const HOST: &str = "a.example.com";

    #[test]
    fn a_wildcard_stands_for_one_label() {
        assert!(covers("*.example.com", "a.example.com"));
        assert!(covers("*.example.com", "*.example.com"));
        assert!(covers("a.example.com", "a.example.com"));
        assert!(!covers("*.example.com", "a.b.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(!covers("a.example.com", "*.example.com"));
    }

    #[test]
    fn the_list_is_searched_before_the_default() {
        let private = || certificate(&[HOST], Standing::Bad("is issued by a private CA".to_owned()));
        assert_eq!(listener(private(), vec![good(&["*.example.com"])]).answer(HOST, &[HOST]), Answer::Yes);
        let no = Answer::No("a certificate for a.example.com that is issued by a private CA".to_owned());
        assert_eq!(listener(good(&[HOST]), vec![private()]).answer(HOST, &[HOST]), no);
        let both = listener(good(&["x.org"]), vec![good(&[HOST]), private()]);
        assert!(matches!(both.answer(HOST, &[HOST]), Answer::Open(why) if why.contains("which of several")));
    }

    #[test]
    fn the_default_is_shown_where_no_other_fits() {
        let one = listener(good(&["x.org"]), vec![good(&["y.org"])]);
        assert_eq!(one.answer(HOST, &[HOST]), Answer::No("a certificate for x.org".to_owned()));
        assert_eq!(one.answer(HOST, &[HOST, "x.org"]), Answer::Yes);
        let none = Certificates { default: None, ..one };
        assert!(matches!(none.answer(HOST, &[HOST]), Answer::Open(_)));
        assert_eq!(none.answer("y.org", &["y.org"]), Answer::Yes);
    }

    #[test]
    fn what_may_be_shown_too_leaves_it_open() {
        let nameless = Certificate { names: Ids::default(), ..good(&[]) };
        let perhaps = listener(good(&["x.org"]), vec![nameless]);
        assert!(matches!(perhaps.answer(HOST, &[HOST]), Answer::Open(why) if why.contains("not all sent")));
        let more = Certificates { more: Some("unread".to_owned()), ..listener(good(&[HOST]), Vec::new()) };
        assert_eq!(more.answer(HOST, &[HOST]), Answer::Open("unread".to_owned()));
        assert!(!more.names().whole);
    }

    fn stands(changes: &Value) -> Standing {
        let mut body = json!({"Status": "ISSUED", "Type": "AMAZON_ISSUED", "NotAfter": "2027-01-01T00:00:00Z"});
        for (key, value) in changes.as_object().expect("changes") {
            body[key] = value.clone();
        }
        let supplement = body.get("imported").map(|imported| serde_json::from_value(imported.clone()).expect("PEM"));
        let body = serde_json::from_value(body).expect("certificate");
        let item = Item { arn: "c".to_owned(), resource_id: "c".to_owned(), tags: None, body };
        standing(&Supplemented { item, supplement }, Some("2026-11-28T12:00:00Z".parse().expect("time")))
    }

    #[test]
    fn only_what_is_issued_trusted_and_in_time_is_good() {
        assert_eq!(stands(&json!({})), Standing::Good);
        for (changes, why) in [
            (json!({"Status": "PENDING_VALIDATION"}), "is in the state PENDING_VALIDATION"),
            (json!({"Status": "EXPIRED"}), "is in the state EXPIRED"),
            (json!({"NotAfter": "2026-11-28T12:00:00Z"}), "expired on 2026-11-28T12:00:00Z"),
            (json!({"Type": "PRIVATE"}), "is issued by a private CA"),
            (json!({"Type": "IMPORTED", "Issuer": "o.example", "Subject": "CN=O.example,O=x"}), "is signed by itself"),
            (json!({"Type": "IMPORTED", "Issuer": "O=x, CN=o", "Subject": "CN=o,O=x"}), "is signed by itself"),
        ] {
            assert_eq!(stands(&changes), Standing::Bad(why.to_owned()), "{changes}");
        }
        for changes in [
            json!({"Status": null}),
            json!({"Status": "SUSPENDED"}),
            json!({"NotAfter": null}),
            json!({"Type": null}),
            json!({"Type": "LEASED"}),
            json!({"Type": "IMPORTED", "Issuer": "DigiCert", "Subject": "CN=o.example"}),
            json!({"Type": "IMPORTED"}),
        ] {
            assert!(matches!(stands(&changes), Standing::Open(_)), "{changes}");
        }
    }

    #[test]
    fn of_an_imported_one_the_chain_decides() {
        let chains: Value = serde_json::from_str(include_str!("testdata/chains.json")).expect("chains");
        let with = |leaf: &str, chain: &str| {
            let imported = json!({"Certificate": chains[leaf], "CertificateChain": chains[chain]});
            // ACM's words alone would decide nothing.
            stands(
                &json!({"Type": "IMPORTED", "Issuer": "Example", "Subject": "CN=a.example.com", "imported": imported}),
            )
        };
        assert_eq!(with("alone", "ca"), Standing::Bad("is signed by itself".to_owned()));
        let Standing::Open(why) = with("leaf", "ca") else { panic!("a root of one's own") };
        assert_eq!(
            why,
            "certificate c was imported, and does not lead to a root of Mozilla's list by the signatures of its chain"
        );
        let Standing::Open(why) = stands(&json!({"Type": "IMPORTED"})) else { panic!("unread") };
        assert_eq!(why, "certificate c was imported, and its chain was not read");
    }
}

//! Who vouches for a certificate that was imported: by the signatures of its chain, and nothing that anybody may write.
//! Knows nothing of who shows it, and under which names.
//!
//! The roots are those of Mozilla's list, to which CloudFront keeps; `webpki-roots` carries it, so that it is as old as
//! this program. A root that came later leaves it open; so does one that CloudFront knows and the list does not.

use std::time::Duration;

use jiff::Timestamp;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage};

use crate::model::acm::CertificatePem;

/// Who vouches for a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Vouched {
    /// A CA that the public trusts.
    Publicly,
    /// Nobody but the certificate.
    ByItself,
    /// That is not known, and why, as the end of a sentence about the certificate.
    Unknown(String),
}

/// Who vouches for it at a time.
pub(crate) fn vouched(imported: &CertificatePem, at: Timestamp) -> Vouched {
    by_roots(imported, at, webpki_roots::TLS_SERVER_ROOTS)
}

fn by_roots(imported: &CertificatePem, at: Timestamp, roots: &[TrustAnchor<'_>]) -> Vouched {
    let unknown = |why: &str| Vouched::Unknown(why.to_owned());
    let Some(own) = &imported.certificate else { return unknown("was not sent") };
    let Ok(own) = CertificateDer::from_pem_slice(own.as_bytes()) else { return unknown("is in no form that is read") };
    let Ok(leaf) = EndEntityCert::try_from(&own) else { return unknown("is in no form that is read") };
    let chain = imported.certificate_chain.as_deref().unwrap_or_default();
    let Ok(chain) = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>() else {
        return unknown("has a chain in no form that is read");
    };
    let seconds = u64::try_from(at.as_second()).unwrap_or_default();
    let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let usage = KeyUsage::server_auth();
    match leaf.verify_for_usage(ALL_VERIFICATION_ALGS, roots, &chain, at, usage, None, None) {
        Ok(_) => Vouched::Publicly,
        Err(_) if leaf.issuer() == leaf.subject() => Vouched::ByItself,
        Err(Error::CertExpired { .. }) => unknown("has a chain in which a certificate has expired"),
        Err(_) => unknown("does not lead to a root of Mozilla's list by the signatures of its chain"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Made for this test: a root, a CA below it, a certificate for `a.example.com` of each, and one signed by itself.
    /// All end in 2036, but for one of a CA that ended in January 2026.
    const CHAINS: &str = include_str!("testdata/chains.json");

    fn pem(name: &str) -> String {
        let all: Value = serde_json::from_str(CHAINS).expect("chains");
        all[name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned()
    }

    fn told(certificate: &str, chain: &[&str]) -> Vouched {
        let root = CertificateDer::from_pem_slice(pem("root").as_bytes()).expect("PEM");
        let roots = [webpki::anchor_from_trusted_cert(&root).expect("root")];
        let chain = (!chain.is_empty()).then(|| chain.iter().map(|name| pem(name)).collect());
        let imported = CertificatePem { certificate: Some(pem(certificate)), certificate_chain: chain };
        by_roots(&imported, now(), &roots)
    }

    fn now() -> Timestamp {
        "2026-11-28T12:00:00Z".parse().expect("time")
    }

    fn is_open(vouched: &Vouched, why: &str) -> bool {
        matches!(vouched, Vouched::Unknown(told) if told.contains(why))
    }

    #[test]
    fn signatures_lead_to_a_root_of_the_list() {
        assert_eq!(told("leaf", &["ca"]), Vouched::Publicly);
        assert_eq!(told("leaf", &["ca", "root"]), Vouched::Publicly, "the root itself may be there");
        assert_eq!(told("leaf", &["alone", "ca"]), Vouched::Publicly, "in whatever order, and with strangers");
    }

    #[test]
    fn what_signs_itself_is_vouched_for_by_nobody() {
        assert_eq!(told("alone", &[]), Vouched::ByItself);
        assert_eq!(told("alone", &["ca", "root"]), Vouched::ByItself, "whatever it is shown with");
    }

    #[test]
    fn a_chain_that_leads_nowhere_known_leaves_it_open() {
        assert!(is_open(&told("leaf", &[]), "Mozilla"), "without its CA");
        assert!(is_open(&told("forged", &["forger"]), "Mozilla"), "a CA that only calls itself like the root");
        assert!(is_open(&told("late", &["ended"]), "expired"), "{:?}", told("late", &["ended"]));
        let broken = CertificatePem { certificate: Some("-----BEGIN".to_owned()), certificate_chain: None };
        assert!(is_open(&by_roots(&broken, now(), &[]), "no form"));
        let cut =
            CertificatePem { certificate: Some(pem("leaf")), certificate_chain: Some(pem("ca").replace('M', "!")) };
        assert!(is_open(&by_roots(&cut, now(), &[]), "chain in no form"));
        assert!(is_open(&by_roots(&CertificatePem::default(), now(), &[]), "not sent"));
    }

    #[test]
    fn a_root_of_ones_own_is_not_on_the_list() {
        let read = |certificate: &str, chain: &str| -> CertificatePem {
            serde_json::from_value(json!({"Certificate": pem(certificate), "CertificateChain": pem(chain)}))
                .expect("read")
        };
        assert!(is_open(&vouched(&read("leaf", "ca"), now()), "Mozilla"));
        let names = webpki_roots::TLS_SERVER_ROOTS.iter().map(|root| String::from_utf8_lossy(&root.subject));
        assert!(names.into_iter().any(|name| name.contains("Amazon Root CA 1")), "the list that is built in");
    }
}

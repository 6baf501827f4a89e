//! KA-CF-013: load balancers hear that the viewer came over HTTPS. Knows the custom headers of origins; every other
//! header stays.

use serde_json::json;

use super::distribution::{self, append, at, items, set};
use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::{Class, Edit};
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy =
    Remedy { id: "cloudfront.forwarded_proto", class: Class::A, actions: distribution::ACTIONS, propose };

const HEADER: &str = "X-Forwarded-Proto";

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let mut edits: Vec<Edit> = Vec::new();
    let mut names = Vec::new();
    for (path, origin) in items(subject, "/Origins") {
        let Some(id) = origin["Id"].as_str() else { continue };
        let place = format!("DistributionConfig.Origins.Items[{id}].CustomHeaders.");
        if !finding.violations.iter().any(|violation| violation.path.starts_with(&place)) {
            continue;
        }
        names.push(id);
        let list = format!("{path}/CustomHeaders");
        let is_it = |name: &str| name.eq_ignore_ascii_case(HEADER);
        let held = items(subject, &list).find(|(_, header)| header["HeaderName"].as_str().is_some_and(is_it));
        match held {
            Some((header, _)) => edits.extend(set(subject, format!("{header}/HeaderValue"), json!("https"))),
            None if at(subject, &list).is_some() => {
                edits.extend(append(subject, &list, vec![json!({"HeaderName": HEADER, "HeaderValue": "https"})]));
            }
            None => {}
        }
    }
    if edits.is_empty() {
        return Proposal::default();
    }
    let title = format!("Add {HEADER}: https to what {} sends to {}", subject.id, names.join(", "));
    Proposal::step(distribution::step(&REMEDY, subject, title, edits))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::cloudfront::testdata::{balancer, drifted};
    use crate::proof::World;

    fn edits(headers: Value) -> Vec<Edit> {
        let distribution = drifted(|config| {
            config["Origins"]["Items"][0]["DomainName"] = json!("konecta-erp-1.us-east-1.elb.amazonaws.com");
            config["Origins"]["Items"][0]["CustomHeaders"] = headers;
        });
        let world = World::of(json!([distribution, balancer("konecta-erp-1.us-east-1.elb.amazonaws.com")]));
        world.mended("KA-CF-013", "/E1").remove(0).call.amend.expect("amend").edits
    }

    #[test]
    fn the_header_comes_to_the_others() {
        let secret = json!({"HeaderName": "X-Origin-Verify", "HeaderValue": "sha256:1"});
        let found = edits(json!({"Quantity": 1, "Items": [secret]}));
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].path, "/Origins/Items/0/CustomHeaders/Items/1");
        assert_eq!(edits(json!({"Quantity": 0})).len(), 2);
    }

    #[test]
    fn a_wrong_value_is_put_right_in_place() {
        let wrong = json!({"HeaderName": "x-forwarded-proto", "HeaderValue": "http"});
        let found = edits(json!({"Quantity": 1, "Items": [wrong]}));
        assert_eq!((found.len(), found[0].path.as_str()), (1, "/Origins/Items/0/CustomHeaders/Items/0/HeaderValue"));
    }
}

//! KA-CF-001: behaviors that answer over HTTP send viewers to HTTPS. Knows the viewer protocol of behaviors only.

use serde_json::json;

use super::behaviors::behaviors;
use super::distribution;
use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy =
    Remedy { id: "cloudfront.viewer_https", class: Class::B, actions: distribution::ACTIONS, propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let open = behaviors(subject).filter(|behavior| behavior.config["ViewerProtocolPolicy"] == "allow-all");
    let (names, edits): (Vec<_>, Vec<_>) = open
        .filter_map(|behavior| {
            let path = format!("{}/ViewerProtocolPolicy", behavior.path);
            Some((behavior.pattern.to_owned(), distribution::set(subject, path, json!("redirect-to-https"))?))
        })
        .unzip();
    if edits.is_empty() {
        return Proposal::default();
    }
    let title = format!("Send viewers of {} to HTTPS on {}", names.join(", "), subject.id);
    let mut step = distribution::step(&REMEDY, subject, title, edits);
    step.consequences = vec!["clients that speak only HTTP or do not follow redirects are turned away".to_owned()];
    Proposal::step(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudfront::testdata::drifted;
    use crate::proof::World;

    #[test]
    fn only_the_behavior_that_answers_over_http_is_changed() {
        let open = drifted(|config| {
            config["CacheBehaviors"]["Items"][0]["ViewerProtocolPolicy"] = json!("allow-all");
            config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] = json!("https-only");
        });
        let step = World::of(json!([open])).mended("KA-CF-001", "/E1").remove(0);
        let edits = step.call.amend.expect("amend").edits;
        assert_eq!(edits.len(), 1);
        assert_eq!(edits[0].path, "/CacheBehaviors/Items/0/ViewerProtocolPolicy");
        assert_eq!(edits[0].after, Some(json!("redirect-to-https")));
        assert!(step.title.contains("/api/*"));
    }
}

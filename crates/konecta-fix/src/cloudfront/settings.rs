//! KA-CF-006, KA-CF-035 and KA-CF-042: settings of a distribution as a whole get their declared values. Knows the settings and the
//! blueprint only.

use serde_json::json;

use super::distribution::{self, at, replace, set};
use crate::registry::{Proposal, Remedy};
use crate::step::{Class, Edit, Step};
use crate::{RemedyContext, View};
use konecta_base::finding::Finding;

pub(super) const HTTP_VERSIONS: Remedy =
    Remedy { id: "cloudfront.http_versions", class: Class::A, actions: distribution::ACTIONS, propose: http_versions };

pub(super) const ROOT_OBJECT: Remedy = Remedy {
    id: "cloudfront.default_root_object",
    class: Class::A,
    actions: distribution::ACTIONS,
    propose: default_root_object,
};

pub(super) const GEO: Remedy = Remedy {
    id: "cloudfront.geo_restriction",
    class: Class::B,
    actions: distribution::ACTIONS,
    propose: geo_restriction,
};

fn http_versions(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let wanted = &context.blueprint.cloudfront.http_version;
    let edit = set(subject, "/HttpVersion", json!(wanted));
    proposal(
        &HTTP_VERSIONS,
        subject,
        format!("Offer {wanted} to the viewers of {}", subject.id),
        edit.into_iter().collect(),
    )
}

fn default_root_object(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let page = &context.blueprint.cloudfront.default_root_object;
    let edit = set(subject, "/DefaultRootObject", json!(page));
    proposal(
        &ROOT_OBJECT,
        subject,
        format!("Answer for the root of {} with {page}", subject.id),
        edit.into_iter().collect(),
    )
}

fn geo_restriction(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let blueprint = &context.blueprint.cloudfront;
    let list = "/Restrictions/GeoRestriction";
    let mut edits: Vec<Edit> =
        set(subject, format!("{list}/RestrictionType"), json!(blueprint.geo_restriction)).into_iter().collect();
    if !blueprint.geo_countries.is_empty() {
        edits.extend(replace(subject, list, blueprint.geo_countries.iter().map(|country| json!(country)).collect()));
    } else if let Some(before) = at(subject, &format!("{list}/Items")) {
        edits.extend(set(subject, format!("{list}/Quantity"), json!(0)));
        edits.push(Edit::new(format!("{list}/Items"), Some(before.clone()), None));
    }
    let title = format!("Restrict the viewers of {} by country as declared: {}", subject.id, blueprint.geo_restriction);
    let mut proposal = proposal(&GEO, subject, title, edits);
    for step in &mut proposal.steps {
        step.consequences = vec!["viewers in other countries than before are let in or turned away".to_owned()];
    }
    proposal
}

fn proposal(remedy: &Remedy, subject: &View, title: String, edits: Vec<Edit>) -> Proposal {
    if edits.is_empty() {
        return Proposal::default();
    }
    let step: Step = distribution::step(remedy, subject, title, edits);
    Proposal::step(step)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::cloudfront::testdata::drifted;
    use crate::proof::World;

    fn edits(world: &World, control: &str) -> Vec<(String, Option<Value>)> {
        let step = world.mended(control, "/E1").remove(0);
        step.call.amend.expect("amend").edits.into_iter().map(|edit| (edit.path, edit.after)).collect()
    }

    #[test]
    fn one_setting_gets_its_value() {
        let world = World::of(json!([drifted(|config| config["HttpVersion"] = json!("http2"))]));
        assert_eq!(edits(&world, "KA-CF-006"), [("/HttpVersion".to_owned(), Some(json!("http2and3")))]);
        let world = World::of(json!([drifted(|config| {
            config["DefaultRootObject"] = json!("");
            config["Origins"] = json!({"Quantity": 1, "Items": [{"Id": "alb", "DomainName": "b.s3.amazonaws.com", "S3OriginConfig": {}}]});
        })]));
        assert_eq!(edits(&world, "KA-CF-035"), [("/DefaultRootObject".to_owned(), Some(json!("index.html")))]);
    }

    #[test]
    fn a_list_of_countries_goes_or_is_replaced() {
        let restricted = drifted(|config| {
            config["Restrictions"]["GeoRestriction"] =
                json!({"RestrictionType": "whitelist", "Quantity": 1, "Items": ["US"]});
        });
        let mut world = World::of(json!([restricted]));
        assert_eq!(edits(&world, "KA-CF-042").len(), 3);
        world.blueprint.cloudfront.geo_restriction = "whitelist".to_owned();
        world.blueprint.cloudfront.geo_countries = vec!["EG".to_owned()];
        let list = "/Restrictions/GeoRestriction/Items".to_owned();
        assert_eq!(edits(&world, "KA-CF-042"), [(list, Some(json!(["EG"])))]);
    }
}

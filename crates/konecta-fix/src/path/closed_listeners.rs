//! KA-ALB-018 and KA-X-002: the load balancer forwards only what shows our own distribution's secret.
//! Knows findings; how a listener is closed is in `doors`.

use super::listeners;
use super::origins::fronts;
use crate::RemedyContext;
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::Class;
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;

const ACTIONS: &[&str] = &[
    changes::CLOUDFRONT_UPDATE_DISTRIBUTION,
    changes::CLOUDFRONT_GET_DISTRIBUTION_CONFIG,
    calls::CLOUDFRONT_GET_DISTRIBUTION,
    changes::ELASTICLOADBALANCING_MODIFY_LISTENER,
    changes::ELASTICLOADBALANCING_MODIFY_RULE,
    changes::ELASTICLOADBALANCING_CREATE_RULE,
    changes::ELASTICLOADBALANCING_DELETE_RULE,
    calls::ELASTICLOADBALANCING_DESCRIBE_RULES,
    calls::ELASTICLOADBALANCING_DESCRIBE_TARGET_HEALTH,
];

pub(super) const DEFAULT_DENIES: Remedy =
    Remedy { id: "alb.default_denies", class: Class::B, actions: ACTIONS, propose: default_denies };
pub(super) const SECRET_HEADER: Remedy =
    Remedy { id: "path.secret_header", class: Class::B, actions: ACTIONS, propose: secret_header };

fn default_denies(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    propose(&DEFAULT_DENIES, finding, context, false)
}

fn secret_header(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    propose(&SECRET_HEADER, finding, context, true)
}

fn propose(remedy: &Remedy, finding: &Finding, context: &RemedyContext<'_>, strict: bool) -> Proposal {
    let arn = finding.resource.arn.as_str();
    let Some(fronts) = fronts(context, arn).filter(|fronts| !fronts.is_empty()) else {
        let reason =
            "it is not known which distributions come to it, so it cannot be told what they would have to show";
        return Proposal::refuse(finding, Class::B, reason, &["run `konecta-audit scan` again with all permissions"]);
    };
    let closing = listeners::close(context, remedy, arn, &fronts, strict);
    let procedure =
        ["aws elbv2 describe-rules --listener-arn <listener>", "change it by hand, or delete it if nobody needs it"];
    let refuse = |why: String| Refusal::new(finding, Class::N, why, &procedure);
    Proposal { steps: closing.steps, refusals: closing.obstacles.into_iter().map(refuse).collect() }
}

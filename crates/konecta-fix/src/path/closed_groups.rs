//! KA-SG-004 and KA-X-001: security groups let in only CloudFront. Knows findings; how a gate is closed is in `gates`.

use super::security_groups;
use crate::RemedyContext;
use crate::ec2::rules;
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Class, Step};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;

const ACTIONS: &[&str] = &[
    changes::EC2_AUTHORIZE_SECURITY_GROUP_INGRESS,
    changes::EC2_REVOKE_SECURITY_GROUP_INGRESS,
    calls::EC2_DESCRIBE_SECURITY_GROUP_RULES,
    changes::EC2_CREATE_TAGS,
    changes::CLOUDFRONT_GET_DISTRIBUTION_CONFIG,
];

pub(super) const BALANCER_INGRESS: Remedy =
    Remedy { id: "path.balancer_ingress", class: Class::B, actions: ACTIONS, propose: balancer_ingress };
pub(super) const ONLY_CLOUDFRONT: Remedy =
    Remedy { id: "path.only_cloudfront", class: Class::B, actions: ACTIONS, propose: only_cloudfront };

fn balancer_ingress(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    propose(&BALANCER_INGRESS, finding, context)
}

fn only_cloudfront(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let named = |path: &str| finding.violations.iter().any(|violation| violation.path == path);
    if named("Scheme") {
        let procedure = [
            "put a CloudFront distribution in front of it, or",
            "if nobody needs it: aws elbv2 delete-load-balancer --load-balancer-arn <its ARN>",
        ];
        return Proposal::refuse(
            finding,
            Class::N,
            "no distribution has it as an origin, so there is nothing to let in",
            &procedure,
        );
    }
    if named("SecurityGroups") {
        let procedure = [
            "aws ec2 create-security-group --group-name <name> --description \"CloudFront only\" --vpc-id <its VPC>",
            "aws elbv2 set-security-groups --load-balancer-arn <its ARN> --security-groups <group>",
            "then run `konecta-audit fix` again",
        ];
        return Proposal::refuse(finding, Class::B, "it has no security group, so AWS lets everyone in", &procedure);
    }
    propose(&ONLY_CLOUDFRONT, finding, context)
}

fn propose(remedy: &Remedy, finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let mut proposal = Proposal::default();
    let mut opened: Vec<Step> = Vec::new();
    for violation in &finding.violations {
        let rule = security_groups::rule_of(&violation.path).and_then(|id| rules::find(context, &id));
        let Some(rule) = rule else { continue };
        let group = rule.text("/configuration/GroupId").unwrap_or_default();
        match close(context, remedy, group, rule) {
            Ok((opening, step)) => {
                opened.extend(opening);
                proposal.steps.push(step);
            }
            Err(why) => {
                let refused = refusal(finding, &format!("{}: {why}", rules::named(rule)));
                proposal.refusals.push(refused.blocking([rules::close_key(&rule.id)]));
            }
        }
    }
    opened.sort_by(|a, b| a.key.cmp(&b.key));
    opened.dedup_by(|a, b| a.key == b.key);
    proposal.steps.splice(0..0, opened);
    proposal
}

/// The rule goes once CloudFront is let in at every load balancer that carries the group.
fn close(
    context: &RemedyContext<'_>,
    remedy: &Remedy,
    group: &str,
    rule: &crate::View,
) -> Result<(Vec<Step>, Step), String> {
    let mut opening = Vec::new();
    for balancer in security_groups::carriers(context, group) {
        opening.extend(security_groups::open(context, remedy, balancer.reference.arn.as_str())?);
    }
    let step = rules::close(context, rule, remedy, Class::B)
        .ok_or("what it says is not fully known, so it could not be restored")?;
    let mut step = step;
    step.consequences.push("whoever came in by it is turned away".to_owned());
    for other in &opening {
        step.needs.push(other.key.clone());
        step.needs.extend(other.needs.iter().cloned());
    }
    step.needs.sort();
    step.needs.dedup();
    Ok((opening, step))
}

fn refusal(finding: &Finding, why: &str) -> Refusal {
    let procedure = [
        "aws service-quotas request-service-quota-increase --service-code vpc --quota-code L-0EA8095F --desired-value 200",
        "aws ec2 authorize-security-group-ingress --group-id <group> --ip-permissions 'IpProtocol=tcp,FromPort=443,ToPort=443,PrefixListIds=[{PrefixListId=<CloudFront list>}]'",
        "check that the site answers through CloudFront; then:",
        "aws ec2 revoke-security-group-ingress --group-id <group> --security-group-rule-ids <rule>",
    ];
    let procedure = if why.contains("weighs") { &procedure[..] } else { &procedure[1..] };
    Refusal::new(finding, Class::B, why, procedure)
}

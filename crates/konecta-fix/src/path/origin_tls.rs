//! KA-X-003: a certificate that names the origin. It has to be proven to ACM who owns the name, which only a person can.

use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy { id: "path.origin_tls", class: Class::N, actions: &[], propose };

fn propose(finding: &Finding, _: &RemedyContext<'_>) -> Proposal {
    let reason = "a certificate is issued only to who proves to own the origin's name; for a name under elb.amazonaws.com nobody can";
    let procedure = [
        "give the load balancer a name of yours in Route 53: an alias record to its DNS name",
        "aws acm request-certificate --domain-name <origin name> --validation-method DNS",
        "make the CNAME record that `aws acm describe-certificate` shows, and wait until the certificate is ISSUED",
        "aws elbv2 add-listener-certificates --listener-arn <HTTPS listener> --certificates CertificateArn=<certificate>",
        "make that name the origin's domain in the distribution",
        "once KA-X-003 passes, `konecta-audit fix` brings the origin to HTTPS",
    ];
    Proposal::refuse(finding, Class::N, reason, &procedure)
}

//! KA-CF-040: a distribution writes its access logs into the bucket that the blueprint names. Knows standard logging (v1) only, and
//! nothing of what the bucket lets itself be told: CloudFront looks that up itself.

use serde_json::json;

use super::distribution::{self, at, set};
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use crate::{RemedyContext, action};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy {
    id: "cloudfront.access_logs",
    class: Class::A,
    actions: &[
        changes::CLOUDFRONT_UPDATE_DISTRIBUTION,
        changes::CLOUDFRONT_GET_DISTRIBUTION_CONFIG,
        calls::CLOUDFRONT_GET_DISTRIBUTION,
        changes::S3_GET_BUCKET_ACL,
        changes::S3_PUT_BUCKET_ACL,
    ],
    propose,
};

/// Only into a bucket that somebody has named: where logs are kept, and for how long, is not for a program to say.
fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let blueprint = &context.blueprint.cloudfront;
    if blueprint.log_bucket.is_empty() {
        let procedure = [
            "make a bucket that is not public and allows ACLs (object ownership: bucket owner preferred):",
            "  https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html",
            "name it in konecta-audit.toml: [cloudfront] log_bucket = \"<bucket>\"; then run `konecta-audit fix` again",
            "or have CloudWatch Logs deliver them: put-delivery-source, put-delivery-destination and create-delivery in us-east-1",
        ];
        return Proposal::refuse(finding, Class::A, "the blueprint names no bucket for access logs", &procedure);
    }
    // Cookies may be told to a delivery too, so that choice stays where it was made.
    let cookies = at(subject, "/Logging/IncludeCookies").cloned().unwrap_or(json!(false));
    let wanted = [
        ("/Logging/Enabled", json!(true)),
        ("/Logging/IncludeCookies", cookies),
        ("/Logging/Bucket", json!(domain(&blueprint.log_bucket))),
        ("/Logging/Prefix", json!(blueprint.log_prefix)),
    ];
    let edits: Vec<_> = wanted.into_iter().filter_map(|(path, value)| set(subject, path, value)).collect();
    if edits.is_empty() {
        return Proposal::default();
    }
    let title = format!("Write access logs of {} into {}", subject.id, blueprint.log_bucket);
    let mut step = distribution::step(&REMEDY, subject, title, edits);
    // CloudFront lets its log delivery into the bucket in the name of whoever asks.
    step.actions.extend([changes::S3_GET_BUCKET_ACL, changes::S3_PUT_BUCKET_ACL].map(action));
    step.consequences = vec![
        "requests are stored, and storage is charged; AWS refuses the call if the bucket is not there or allows no ACLs"
            .to_owned(),
        "CloudFront adds a grant for its log delivery to the ACL of the bucket, and the way back leaves it there"
            .to_owned(),
    ];
    Proposal::step(step)
}

/// The bucket as CloudFront names it.
fn domain(bucket: &str) -> String {
    if bucket.contains(".s3.") { bucket.to_owned() } else { format!("{bucket}.s3.amazonaws.com") }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::cloudfront::testdata::drifted;
    use crate::proof::World;

    fn off(cookies: bool) -> World {
        World::of(json!([drifted(|config| {
            config["Logging"] = json!({"Enabled": false, "IncludeCookies": cookies, "Bucket": "", "Prefix": ""});
        })]))
    }

    fn named(bucket: &str, cookies: bool) -> Vec<(String, Option<Value>)> {
        let world = off(cookies).with(|blueprint| blueprint.cloudfront.log_bucket = bucket.to_owned());
        let step = world.mended("KA-CF-040", "/E1").remove(0);
        assert_eq!(step.inverse[0].amend.as_ref().expect("amend").edits.len(), 3);
        step.call.amend.expect("amend").edits.into_iter().map(|edit| (edit.path, edit.after)).collect()
    }

    #[test]
    fn a_named_bucket_is_written_to_and_cookies_stay_as_they_were() {
        for (bucket, cookies) in [("logs", false), ("logs.s3.amazonaws.com", true)] {
            let expected = [
                ("/Logging/Enabled".to_owned(), Some(json!(true))),
                ("/Logging/Bucket".to_owned(), Some(json!("logs.s3.amazonaws.com"))),
                ("/Logging/Prefix".to_owned(), Some(json!("cloudfront/"))),
            ];
            assert_eq!(named(bucket, cookies), expected);
        }
    }

    #[test]
    fn without_one_it_is_refused_with_what_to_do() {
        let refused = off(false).proposed("KA-CF-040", "/E1");
        assert!(refused.steps.is_empty());
        assert!(refused.refusals[0].reason.contains("no bucket"));
        assert!(refused.refusals[0].procedure.iter().any(|line| line.contains("log_bucket")));
    }
}

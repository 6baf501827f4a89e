//! Partitions, roles and regions of a session, without a call.

use super::*;

#[test]
fn what_cannot_be_a_region_is_refused() {
    for (name, good) in [
        ("us-east-1", true),
        ("us-gov-west-1", true),
        ("ap-southeast-12", true),
        ("us-east", false),
        ("useast1", false),
        ("global", false),
        ("us--1", false),
    ] {
        let region: Region = name.parse().expect(name);
        assert_eq!(check_region(&region).is_ok(), good, "{name}");
    }
}

/// Whoever STS says we are decides what ARNs begin with, the roles of other accounts included, and where global services are asked.
#[tokio::test]
async fn an_identity_of_another_partition_stays_in_it() {
    for (partition, region, home) in [
        ("aws", "eu-west-1", "us-east-1"),
        ("aws-us-gov", "us-gov-east-1", "us-gov-west-1"),
        ("aws-cn", "cn-north-1", "cn-northwest-1"),
    ] {
        let arn = format!("arn:{partition}:sts::123456789012:assumed-role/auditor/me");
        let own = Identity { account: "123456789012".parse().expect("an account"), arn: arn.clone() };
        let config = SdkConfig::builder().build();
        let region: Region = region.parse().expect("a region");
        let account = settle(own, config, &RegionChoice::Named(vec![region.clone()])).await.expect("settled");
        assert_eq!((account.partition(), account.caller()), (partition, arn.as_str()));
        assert_eq!(region.partition(), partition);
        let asked = |region: &Region| account.sdk(region).region().map(|region| region.as_ref().to_owned());
        assert_eq!(asked(&Region::global()).as_deref(), Some(home));
        assert_eq!(asked(&region).as_deref(), Some(region.as_str()));
        let other = "222222222222".parse().expect("an account");
        let role = role_arn(partition_of(&arn), &other, "/konecta-audit-scan");
        assert_eq!(role, format!("arn:{partition}:iam::222222222222:role/konecta-audit-scan"));
        assert_eq!(account_of(&role).expect("of an account"), other);
    }
}

#[test]
fn an_endpoint_is_a_url() {
    assert!(check_endpoint("http://127.0.0.1:5555").is_ok());
    for bad in ["127.0.0.1:5555", "http://", "ftp://x", "http://a b"] {
        assert!(check_endpoint(bad).is_err(), "{bad}");
    }
}

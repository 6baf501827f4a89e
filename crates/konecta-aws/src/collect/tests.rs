//! What the collectors ask for is held against the catalogue of reads, both ways.

use std::collections::BTreeSet;

use konecta_base::id::ResourceType;
use konecta_base::reads::reads;
use konecta_base::{calls, listed_type, resource_types};

use super::*;

const SOURCES: [&str; 14] = [
    include_str!("acm.rs"),
    include_str!("autoscaling.rs"),
    include_str!("cloudfront.rs"),
    include_str!("ec2.rs"),
    include_str!("ecr.rs"),
    include_str!("eks.rs"),
    include_str!("elb.rs"),
    include_str!("elbv2.rs"),
    include_str!("iam.rs"),
    include_str!("logs.rs"),
    include_str!("organizations.rs"),
    include_str!("rds.rs"),
    include_str!("route53.rs"),
    include_str!("wafv2.rs"),
];

/// All names in the collectors, those of constants among them.
fn words() -> BTreeSet<&'static str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    SOURCES.iter().flat_map(|source| source.split(move |letter| !is_part(letter))).collect()
}

#[test]
fn collectors_name_calls_and_types_by_their_constants() {
    let literals = SOURCES.iter().flat_map(|source| source.split('"').skip(1).step_by(2));
    let spelled: Vec<&str> =
        literals.filter(|text| text.parse::<Action>().is_ok() || text.parse::<ResourceType>().is_ok()).collect();
    assert_eq!(spelled, Vec::<&str>::new(), "a constant would not compile if it were misspelt");
}

#[test]
fn every_call_of_the_tables_is_made_and_every_type_is_collected() {
    let words = words();
    for (constant, resource_type) in resource_types::ALL.iter().filter(|(_, name)| name.starts_with("AWS::")) {
        assert!(words.contains(constant), "no collector brings {resource_type}");
    }
    let listed = |call: &str| listed_type::ALL.iter().any(|listed| listed.call == call);
    for (constant, call) in calls::ALL {
        assert!(words.contains(constant) || listed(call), "no collector makes {call}");
    }
}

#[test]
fn every_action_is_made_by_one_service() {
    for (action, _) in reads().iter() {
        let makers = SERVICES.iter().filter(|service| service.prefixes.contains(&action.service())).count();
        assert_eq!(makers, 1, "{action}");
    }
}

#[test]
fn reads_are_made_where_they_belong() {
    let catalogue = reads();
    let wanted: BTreeSet<Action> = ["iam:ListOpenIDConnectProviders", "wafv2:ListWebACLs", "ecr:DescribeRepositories"]
        .iter()
        .map(|name| name.parse().expect(name))
        .collect();
    let names = |region: &str| -> Vec<String> {
        let region = region.parse().expect("region");
        made_in(&region, catalogue, &wanted).iter().map(ToString::to_string).collect()
    };
    assert_eq!(names("global"), ["iam:ListOpenIDConnectProviders", "wafv2:ListWebACLs"]);
    assert_eq!(names("us-east-1"), ["ecr:DescribeRepositories", "wafv2:ListWebACLs"]);
}

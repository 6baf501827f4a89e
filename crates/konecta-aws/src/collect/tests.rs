//! What the collectors ask for is held against the catalogue of reads, both ways.

use std::collections::BTreeSet;

use konecta_base::reads::reads;

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

/// All string literals of the collectors.
fn literals() -> BTreeSet<&'static str> {
    SOURCES.iter().flat_map(|source| source.split('"').skip(1).step_by(2)).collect()
}

#[test]
fn collectors_and_catalogue_name_the_same_actions() {
    let catalogue = reads();
    let named: BTreeSet<Action> = literals().iter().filter_map(|literal| literal.parse().ok()).collect();
    let known: BTreeSet<Action> = catalogue.iter().map(|(action, _)| action.clone()).collect();
    assert_eq!(named.difference(&known).collect::<Vec<_>>(), Vec::<&Action>::new(), "no read of the catalogue");
    assert_eq!(known.difference(&named).collect::<Vec<_>>(), Vec::<&Action>::new(), "made by no collector");
}

#[test]
fn every_type_of_the_catalogue_is_collected() {
    let literals = literals();
    for (action, read) in reads().iter() {
        for kind in &read.lists {
            assert!(literals.contains(kind.as_str()), "{action} should bring {kind}");
        }
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

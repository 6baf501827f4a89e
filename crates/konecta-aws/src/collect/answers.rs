//! Collectors against answers in the form of the API references: pages, refusals, and what is not asked.

use serde_json::{Value, json};

use super::*;
use crate::scripted::Scripted;
use konecta_base::calls;
use konecta_base::resource_types;

const ERP: &str = "arn:aws:eks:us-east-1:123456789012:cluster/erp";

/// What a scan that wants these reads keeps, and what it sent.
async fn scan(wanted: &[&str], answers: &[(u16, &str)]) -> (Snapshot, Vec<String>) {
    let scripted = Scripted::new(answers);
    let account = "123456789012".parse().expect("account");
    let regions = vec!["us-east-1".parse().expect("region")];
    let session = Session::of(vec![Account::played(account, regions, scripted.sdk())]);
    let wanted = wanted.iter().map(|name| name.parse().expect(name)).collect();
    let catalogue = konecta_base::reads::reads();
    let snapshot = collect(&session, catalogue, &wanted, &CollectOptions::default(), &Progress::new()).await;
    let sent = scripted.sent().into_iter().map(|sent| format!("{} {}", sent.uri, sent.body));
    (snapshot, sent.collect())
}

/// Id, configuration and supplement of everything of a type.
fn kept(snapshot: &Snapshot, kind: &str) -> Vec<(String, Value, Value)> {
    let of_kind = snapshot.resources.iter().filter(|resource| resource.resource_type.as_str() == kind);
    let all = of_kind.map(|resource| serde_json::to_value(resource).expect("JSON"));
    all.map(|one| {
        (one["resourceId"].as_str().expect("id").to_owned(), one["configuration"].clone(), one["supplement"].clone())
    })
    .collect()
}

fn gaps(snapshot: &Snapshot) -> Vec<String> {
    let told = |gap: &konecta_base::gap::Gap| {
        let about = gap.resource.as_ref().map_or_else(String::new, |arn| format!(" {arn}"));
        format!("{} {}{about}", gap.action, gap.kind)
    };
    snapshot.gaps.iter().map(told).collect()
}

const CLUSTERS: (u16, &str) = (200, r#"{"clusters": ["erp"]}"#);
const DENIED: (u16, &str) =
    (403, r#"{"__type": "AccessDeniedException", "message": "not authorized to perform this"}"#);

#[tokio::test]
async fn fargate_profiles_are_listed_to_the_end_and_described() {
    let one = r#"{"fargateProfile": {"fargateProfileName": "batch", "fargateProfileArn":
        "arn:aws:eks:us-east-1:123456789012:fargateprofile/erp/batch/11", "clusterName": "erp", "podExecutionRoleArn":
        "arn:aws:iam::123456789012:role/fargate", "subnets": ["subnet-1"], "tags": {"team": "erp"}}}"#;
    let answers = [
        CLUSTERS,
        (200, r#"{"fargateProfileNames": ["batch"], "nextToken": "more"}"#),
        (200, r#"{"fargateProfileNames": ["jobs"]}"#),
        (200, one),
        DENIED,
    ];
    let (snapshot, sent) = scan(&[calls::EKS_DESCRIBE_FARGATE_PROFILE], &answers).await;
    assert!(sent[2].contains("/clusters/erp/fargate-profiles?nextToken=more"), "{sent:?}");
    assert!(sent[3].contains("/clusters/erp/fargate-profiles/batch"), "{sent:?}");
    let profiles = kept(&snapshot, resource_types::EKS_FARGATE_PROFILE);
    assert_eq!(profiles[0].1["podExecutionRoleArn"], json!("arn:aws:iam::123456789012:role/fargate"));
    assert_eq!((profiles[0].0.as_str(), profiles[1].0.as_str(), &profiles[1].1), ("erp/batch", "erp/jobs", &json!({})));
    let jobs = "arn:aws:eks:us-east-1:123456789012:fargateprofile/erp/jobs";
    assert_eq!(gaps(&snapshot), [format!("eks:DescribeFargateProfile denied {jobs}")]);
}

#[tokio::test]
async fn associations_of_pod_identity_tell_both_roles() {
    let association = |id: &str| {
        let arn = format!("arn:aws:eks:us-east-1:123456789012:podidentityassociation/erp/{id}");
        json!({"clusterName": "erp", "namespace": "hr", "serviceAccount": "hr", "associationArn": arn, "associationId": id})
    };
    let page = |id: &str, next: Value| json!({"associations": [association(id)], "nextToken": next}).to_string();
    let described = |id: &str, target: Value| {
        let mut whole = association(id);
        whole["roleArn"] = json!("arn:aws:iam::123456789012:role/first");
        if !target.is_null() {
            whole["targetRoleArn"] = target;
        }
        json!({"association": whole}).to_string()
    };
    let target = json!("arn:aws:iam::210987654321:role/target");
    let bodies = [
        page("a-1", json!("more")),
        page("a-2", Value::Null),
        described("a-1", target.clone()),
        described("a-2", Value::Null),
    ];
    let answers: Vec<(u16, &str)> =
        [CLUSTERS].into_iter().chain(bodies.iter().map(|body| (200, body.as_str()))).collect();
    let (snapshot, sent) = scan(&[calls::EKS_DESCRIBE_POD_IDENTITY_ASSOCIATION], &answers).await;
    assert!(sent[2].contains("/clusters/erp/pod-identity-associations?nextToken=more"), "{sent:?}");
    let found = kept(&snapshot, resource_types::EKS_POD_IDENTITY_ASSOCIATION);
    assert_eq!((found[0].0.as_str(), &found[0].1["targetRoleArn"]), ("erp/a-1", &target));
    // Silence says that there is none.
    assert_eq!((found[1].0.as_str(), found[1].1.get("targetRoleArn")), ("erp/a-2", Some(&Value::Null)));
    assert_eq!(gaps(&snapshot), [""; 0]);

    let (snapshot, _) = scan(&[calls::EKS_DESCRIBE_POD_IDENTITY_ASSOCIATION], &[CLUSTERS, DENIED]).await;
    let not_made = "eks:DescribePodIdentityAssociation not_made".to_owned();
    assert_eq!(gaps(&snapshot), [not_made, format!("eks:ListPodIdentityAssociations denied {ERP}")]);
}

#[tokio::test]
async fn a_cluster_without_access_entries_is_not_asked_for_them() {
    let wanted = [calls::EKS_DESCRIBE_ACCESS_ENTRY, calls::EKS_DESCRIBE_CLUSTER];
    let cluster =
        |mode: &str| json!({"cluster": {"name": "erp", "accessConfig": {"authenticationMode": mode}}}).to_string();
    let (closed, open) = (cluster("CONFIG_MAP"), cluster("API"));
    let (snapshot, sent) = scan(&wanted, &[CLUSTERS, (200, &closed)]).await;
    assert_eq!((sent.len(), gaps(&snapshot).len()), (2, 0));
    let entries =
        snapshot.reads.iter().find(|read| read.action.as_str() == calls::EKS_LIST_ACCESS_ENTRIES).expect("recorded");
    assert_eq!((entries.calls, entries.complete), (0, true));
    let (_, sent) = scan(&wanted, &[CLUSTERS, (200, &open), (200, r#"{"accessEntries": []}"#)]).await;
    assert!(sent[2].contains("/clusters/erp/access-entries"), "{sent:?}");
}

#[tokio::test]
async fn an_account_in_no_organization_has_said_so() {
    let wanted = [calls::ORGANIZATIONS_DESCRIBE_ORGANIZATION];
    let none = r#"{"__type": "AWSOrganizationsNotInUseException", "Message": "not a member of an organization"}"#;
    let (snapshot, _) = scan(&wanted, &[(400, none)]).await;
    assert_eq!((snapshot.resources.len(), gaps(&snapshot).len()), (0, 0));
    let read = snapshot.reads.first().expect("recorded");
    assert_eq!((read.calls, read.complete, read.region.is_global()), (1, true, true));

    let own = r#"{"Organization": {"Id": "o-a1b2c3d4e5", "Arn": "arn:aws:organizations::999999999999:organization/o-a1b2c3d4e5",
        "FeatureSet": "ALL", "MasterAccountId": "999999999999", "MasterAccountEmail": "somebody@example.com"}}"#;
    let (snapshot, _) = scan(&wanted, &[(200, own)]).await;
    let found = kept(&snapshot, resource_types::ORGANIZATIONS_ORGANIZATION);
    assert_eq!((found[0].0.as_str(), &found[0].1["Id"]), ("o-a1b2c3d4e5", &json!("o-a1b2c3d4e5")));
    assert_eq!(found[0].1["MasterAccountEmail"], json!("<redacted>"), "nobody's business here");

    let (snapshot, _) = scan(&wanted, &[DENIED]).await;
    assert_eq!(gaps(&snapshot), ["organizations:DescribeOrganization denied"]);
}

#[tokio::test]
async fn classic_load_balancers_are_asked_for_by_their_own_api() {
    let page = |name: &str, next: &str| {
        format!(
            "<DescribeLoadBalancersResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/\">\
             <DescribeLoadBalancersResult><LoadBalancerDescriptions><member><LoadBalancerName>{name}</LoadBalancerName>\
             <Scheme>internal</Scheme><VPCId>vpc-1</VPCId><SecurityGroups><member>sg-1</member></SecurityGroups>\
             <Subnets><member>subnet-1</member></Subnets><Instances><member><InstanceId>i-1</InstanceId></member></Instances>\
             </member></LoadBalancerDescriptions>{next}</DescribeLoadBalancersResult></DescribeLoadBalancersResponse>"
        )
    };
    let (one, two) = (page("old", "<NextMarker>more</NextMarker>"), page("older", ""));
    let (snapshot, sent) = scan(&[calls::ELB_DESCRIBE_LOAD_BALANCERS], &[(200, &one), (200, &two)]).await;
    assert!(sent.iter().all(|sent| sent.contains("Version=2012-06-01")), "{sent:?}");
    assert!(sent[1].contains("Marker=more"), "{sent:?}");
    let found = kept(&snapshot, resource_types::ELASTIC_LOAD_BALANCING_LOAD_BALANCER);
    let old = json!({"LoadBalancerName": "old", "Scheme": "internal", "VPCId": "vpc-1", "SecurityGroups": ["sg-1"],
        "Subnets": ["subnet-1"], "Instances": [{"InstanceId": "i-1"}]});
    assert_eq!((found.len(), &found[0].1), (2, &old));
    let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/old";
    assert!(snapshot.resources.iter().any(|resource| resource.arn.as_str() == arn));
    assert_eq!(gaps(&snapshot), [""; 0]);
}

#[tokio::test]
async fn only_what_was_imported_is_asked_for_whole() {
    let arn = "arn:aws:acm:us-east-1:123456789012:certificate/1";
    let listed = |kind: &str| json!({"CertificateSummaryList": [{"CertificateArn": arn, "Type": kind}]}).to_string();
    let described = |kind: &str| json!({"Certificate": {"CertificateArn": arn, "Type": kind}}).to_string();
    let whole = json!({"Certificate": "-----BEGIN", "CertificateChain": "-----BEGIN"});
    let body = whole.to_string();
    let kind = resource_types::CERTIFICATE_MANAGER_CERTIFICATE;
    for (told, asked) in [("IMPORTED", true), ("AMAZON_ISSUED", false), ("PRIVATE", false)] {
        let (listed, described) = (listed(told), described(told));
        let answers = [(200, listed.as_str()), (200, described.as_str()), (200, body.as_str())];
        let (snapshot, sent) = scan(&[calls::ACM_GET_CERTIFICATE], &answers).await;
        assert_eq!(sent.len(), if asked { 3 } else { 2 }, "{told}");
        let imported = kept(&snapshot, kind)[0].2.get("imported").cloned();
        assert_eq!(imported, asked.then(|| whole.clone()), "{told}");
    }
    let (listed, described) = (listed("IMPORTED"), described("IMPORTED"));
    let denied = [(200, listed.as_str()), (200, described.as_str()), (400, DENIED.1)];
    let (snapshot, _) = scan(&[calls::ACM_GET_CERTIFICATE], &denied).await;
    assert_eq!(kept(&snapshot, kind)[0].2.get("imported"), None);
    assert_eq!(gaps(&snapshot), [format!("acm:GetCertificate denied {arn}")]);
}

/// A distribution that names a cache policy, as it is listed.
const DISTRIBUTIONS: &str = "<DistributionList xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Marker></Marker>\
    <MaxItems>100</MaxItems><IsTruncated>false</IsTruncated><Quantity>1</Quantity><Items><DistributionSummary><Id>E1</Id>\
    <ARN>arn:aws:cloudfront::123456789012:distribution/E1</ARN><Status>Deployed</Status><DomainName>d1.cloudfront.net\
    </DomainName><DefaultCacheBehavior><CachePolicyId>c-1</CachePolicyId></DefaultCacheBehavior><HttpVersion>HTTP2\
    </HttpVersion></DistributionSummary></Items></DistributionList>";

#[tokio::test]
async fn a_listed_distribution_stands_as_if_it_was_asked_for_without_what_the_listing_lacks() {
    let policy = "<CachePolicy xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Id>c-1</Id></CachePolicy>";
    let (snapshot, sent) = scan(&[calls::CLOUDFRONT_GET_CACHE_POLICY], &[(200, DISTRIBUTIONS), (200, policy)]).await;
    assert!(sent[1].contains("/cache-policy/c-1"), "{sent:?}");
    let listed = kept(&snapshot, resource_types::CLOUDFRONT_DISTRIBUTION);
    assert_eq!(listed[0].1["DomainName"], json!("d1.cloudfront.net"));
    let behavior = json!({"CachePolicyId": "c-1", "ForwardedValues": null, "OriginRequestPolicyId": null,
        "ResponseHeadersPolicyId": null});
    assert_eq!(listed[0].1["DistributionConfig"], json!({"DefaultCacheBehavior": behavior}));
    assert_eq!(gaps(&snapshot), [""; 0]);

    let (snapshot, _) = scan(&[calls::CLOUDFRONT_GET_DISTRIBUTION], &[(200, DISTRIBUTIONS), DENIED]).await;
    assert_eq!(kept(&snapshot, resource_types::CLOUDFRONT_DISTRIBUTION), listed, "denied, it stands as it was listed");
    assert_eq!(gaps(&snapshot), ["cloudfront:GetDistribution denied arn:aws:cloudfront::123456789012:distribution/E1"]);
}

//! Answers in the wire formats of the services, after the examples of the AWS API references.
//! What an account says in which there is nothing: every list is there, complete and empty.

use serde_json::{Value, json};

use super::reply::Reply;

/// Whose account the server plays, unless a test says otherwise.
pub(crate) const ACCOUNT: &str = "123456789012";

/// The lists of JSON services, by action and key.
const JSON: &[(&str, &str)] = &[
    ("acm:ListCertificates", "CertificateSummaryList"),
    ("ecr:DescribeRepositories", "repositories"),
    ("eks:DescribeClusterVersions", "clusterVersions"),
    ("eks:ListClusters", "clusters"),
    ("logs:DescribeDeliverySources", "deliverySources"),
    ("logs:DescribeDeliveries", "deliveries"),
    ("wafv2:ListWebACLs", "WebACLs"),
];

/// The lists of EC2, by operation and element.
const EC2: &[(&str, &str)] = &[
    ("DescribeFlowLogs", "flowLogSet"),
    ("DescribeInstances", "reservationSet"),
    ("DescribeInternetGateways", "internetGatewaySet"),
    ("DescribeLaunchTemplateVersions", "launchTemplateVersionSet"),
    ("DescribeManagedPrefixLists", "prefixListSet"),
    ("DescribeNatGateways", "natGatewaySet"),
    ("DescribeNetworkAcls", "networkAclSet"),
    ("DescribeNetworkInterfaces", "networkInterfaceSet"),
    ("DescribeRouteTables", "routeTableSet"),
    ("DescribeSecurityGroupRules", "securityGroupRuleSet"),
    ("DescribeSecurityGroups", "securityGroupInfo"),
    ("DescribeSubnets", "subnetSet"),
    ("DescribeVolumes", "volumeSet"),
    ("DescribeVpcs", "vpcSet"),
];

/// The lists of query services, by action and elements of the result.
const QUERY: &[(&str, &str)] = &[
    ("autoscaling:DescribeAutoScalingGroups", "<AutoScalingGroups/>"),
    // Both APIs have an operation of this name, each with a list of its own.
    ("elasticloadbalancing:DescribeLoadBalancers", "<LoadBalancers/><LoadBalancerDescriptions/>"),
    ("elasticloadbalancing:DescribeSSLPolicies", "<SslPolicies/>"),
    ("elasticloadbalancing:DescribeTargetGroups", "<TargetGroups/>"),
    (
        "iam:GetAccountAuthorizationDetails",
        "<IsTruncated>false</IsTruncated><UserDetailList/><GroupDetailList/><RoleDetailList/><Policies/>",
    ),
    ("iam:ListOpenIDConnectProviders", "<OpenIDConnectProviderList/>"),
    ("rds:DescribeDBClusters", "<DBClusters/>"),
    ("rds:DescribeDBClusterParameterGroups", "<DBClusterParameterGroups/>"),
    ("rds:DescribeDBEngineVersions", "<DBEngineVersions/>"),
    ("rds:DescribeDBInstances", "<DBInstances/>"),
    ("rds:DescribeDBMajorEngineVersions", "<DBMajorEngineVersions/>"),
    ("rds:DescribeDBParameterGroups", "<DBParameterGroups/>"),
    ("rds:DescribeDBSnapshots", "<DBSnapshots/>"),
    ("rds:DescribeDBSubnetGroups", "<DBSubnetGroups/>"),
];

/// The answer to an action, or an error where nobody wrote one: a test would then see a gap.
pub(super) fn of_an_empty_account(action: &str) -> Reply {
    let find = |table: &[(&str, &'static str)], key: &str| {
        table.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    };
    let (service, operation) = action.split_once(':').unwrap_or_default();
    if let Some(key) = find(JSON, action) {
        return Reply::json(&Value::Object([(key.to_owned(), json!([]))].into_iter().collect()));
    }
    if let Some(element) = find(EC2, operation).filter(|_| service == "ec2") {
        return Reply::xml(&format!("<{operation}Response><requestId>r</requestId><{element}/></{operation}Response>"));
    }
    if let Some(elements) = find(QUERY, action) {
        return query(operation, elements);
    }
    match action {
        "sts:GetCallerIdentity" => identity(ACCOUNT, &format!("arn:aws:iam::{ACCOUNT}:user/auditor")),
        "ecr:GetRegistryScanningConfiguration" => {
            Reply::json(&json!({"registryId": ACCOUNT, "scanningConfiguration": {"scanType": "BASIC", "rules": []}}))
        }
        "ecr:GetRegistryPolicy" => Reply::error(action, 400, "RegistryPolicyNotFoundException"),
        "organizations:DescribeOrganization" => Reply::error(action, 400, "AWSOrganizationsNotInUseException"),
        "ec2:GetEbsEncryptionByDefault" => Reply::xml(
            "<GetEbsEncryptionByDefaultResponse><requestId>r</requestId><ebsEncryptionByDefault>false</ebsEncryptionByDefault>\
             </GetEbsEncryptionByDefaultResponse>",
        ),
        "iam:GetAccountPasswordPolicy" => Reply::error(action, 404, "NoSuchEntity"),
        "cloudfront:ListDistributions" => Reply::xml(
            "<DistributionList xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Marker></Marker>\
             <MaxItems>100</MaxItems><IsTruncated>false</IsTruncated><Quantity>0</Quantity></DistributionList>",
        ),
        "route53:ListHostedZones" => Reply::xml(
            "<ListHostedZonesResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><HostedZones/>\
             <IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>",
        ),
        _ => Reply::error(action, 400, "NotScripted"),
    }
}

/// An answer of a query service.
pub(crate) fn query(operation: &str, result: &str) -> Reply {
    Reply::xml(&format!(
        "<{operation}Response><{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{operation}Response>"
    ))
}

/// `sts:GetCallerIdentity`.
pub(crate) fn identity(account: &str, arn: &str) -> Reply {
    query("GetCallerIdentity", &format!("<Arn>{arn}</Arn><UserId>AIDAEXAMPLE</UserId><Account>{account}</Account>"))
}

/// `sts:AssumeRole`, with credentials of this access key.
pub(crate) fn assumed_role(access_key: &str, arn: &str) -> Reply {
    query(
        "AssumeRole",
        &format!(
            "<Credentials><AccessKeyId>{access_key}</AccessKeyId><SecretAccessKey>scripted</SecretAccessKey>\
             <SessionToken>scripted</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
             <AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:konecta-audit</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>"
        ),
    )
}

/// One page of `ecr:DescribeRepositories`; `next` is the token of the page after it.
pub(crate) fn repositories(repositories: &[Value], next: Option<&str>) -> Reply {
    let mut page = json!({"repositories": repositories});
    if let Some(next) = next {
        page["nextToken"] = json!(next);
    }
    Reply::json(&page)
}

/// A repository as ECR describes it, encrypted as promised.
pub(crate) fn repository(region: &str, name: &str) -> Value {
    json!({
        "repositoryArn": format!("arn:aws:ecr:{region}:{ACCOUNT}:repository/{name}"),
        "registryId": ACCOUNT,
        "repositoryName": name,
        "repositoryUri": format!("{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/{name}"),
        "createdAt": 1_760_000_000.0,
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": true},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    })
}

/// `rds:DescribeDBInstances` with one encrypted instance.
pub(crate) fn db_instance(region: &str, name: &str) -> Reply {
    query(
        "DescribeDBInstances",
        &format!(
            "<DBInstances><DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier><Engine>postgres</Engine>\
             <DBInstanceArn>arn:aws:rds:{region}:{ACCOUNT}:db:{name}</DBInstanceArn>\
             <StorageEncrypted>true</StorageEncrypted></DBInstance></DBInstances>"
        ),
    )
}

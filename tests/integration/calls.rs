//! How many calls a scan makes: ten common checks of an account with N of each resource, call by call.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::server::{ACCOUNT, Reply, Request, Server, query, repositories, repository};
use crate::world::{program, report};

const CHECKS: &str =
    "KA-CF-001,KA-CF-002,KA-RDS-001,KA-RDS-003,KA-ECR-002,KA-ECR-004,KA-EKS-001,KA-ALB-003,KA-SG-001,KA-VPC-004";

/// Calls beyond the least that a script would make by hand, and the verdict that hangs on each.
const BEYOND: [(&str, &str); 7] = [
    ("rds:DescribeDBClusters", "a member of a cluster is backed up and encrypted as its cluster is"),
    ("ecr:GetRegistryScanningConfiguration", "the rules of the registry scan, and not only the repository's flag"),
    ("ecr:BatchGetRepositoryScanningConfiguration", "what ECR says of a repository decides; 25 a call"),
    ("elasticloadbalancing:DescribeSSLPolicies", "which versions of TLS a policy allows is told by its name to nobody"),
    ("ec2:DescribeSecurityGroupRules", "a finding names the rule by its id, and a fix takes just that one away"),
    ("ec2:DescribeManagedPrefixLists", "a rule may open a port to a list"),
    ("ec2:GetManagedPrefixListEntries", "the list that a rule names may be the whole internet"),
];

fn distribution(number: usize) -> String {
    let id = format!("E{number:05}");
    format!(
        "<DistributionSummary><Id>{id}</Id><ARN>arn:aws:cloudfront::{ACCOUNT}:distribution/{id}</ARN>\
         <Status>Deployed</Status><LastModifiedTime>2026-11-01T00:00:00Z</LastModifiedTime>\
         <DomainName>d{number}.cloudfront.net</DomainName><Aliases><Quantity>1</Quantity><Items><CNAME>erp.example.com</CNAME>\
         </Items></Aliases><DefaultCacheBehavior><TargetOriginId>o</TargetOriginId>\
         <ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy></DefaultCacheBehavior><CacheBehaviors>\
         <Quantity>0</Quantity></CacheBehaviors><ViewerCertificate><CloudFrontDefaultCertificate>false\
         </CloudFrontDefaultCertificate><ACMCertificateArn>arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1\
         </ACMCertificateArn><MinimumProtocolVersion>TLSv1.2_2021</MinimumProtocolVersion><SSLSupportMethod>sni-only\
         </SSLSupportMethod><CertificateSource>acm</CertificateSource></ViewerCertificate></DistributionSummary>"
    )
}

fn instance(number: usize) -> String {
    format!(
        "<DBInstance><DBInstanceIdentifier>db-{number}</DBInstanceIdentifier><Engine>postgres</Engine>\
         <DBInstanceArn>arn:aws:rds:us-east-1:{ACCOUNT}:db:db-{number}</DBInstanceArn><StorageEncrypted>true</StorageEncrypted>\
         </DBInstance>"
    )
}

fn balancer_arn(number: usize) -> String {
    format!("arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/b{number}/{number:016x}")
}

fn balancer(number: usize) -> String {
    format!(
        "<member><LoadBalancerArn>{}</LoadBalancerArn><LoadBalancerName>b{number}</LoadBalancerName><Type>application</Type>\
         <Scheme>internet-facing</Scheme></member>",
        balancer_arn(number)
    )
}

/// Two listeners of the load balancer that is asked about.
fn listeners(request: &Request) -> Reply {
    let arn = request.body.split('&').find_map(|pair| pair.strip_prefix("LoadBalancerArn=")).expect("an ARN");
    let of = arn.replace("%3A", ":").replace("%2F", "/").replace(":loadbalancer/", ":listener/");
    let one = |number: usize, rest: &str| {
        format!("<member><ListenerArn>{of}/{number:016x}</ListenerArn><Port>443</Port>{rest}</member>")
    };
    let tls = "<Protocol>HTTPS</Protocol><SslPolicy>ELBSecurityPolicy-TLS13-1-2-2021-06</SslPolicy>";
    query(
        "DescribeListeners",
        &format!("<Listeners>{}{}</Listeners>", one(1, tls), one(2, "<Protocol>HTTP</Protocol>")),
    )
}

/// One page of a hundred, as the request names it.
fn page<'a>(all: &'a [String], request: &Request, marker: &str) -> (&'a [String], Option<usize>) {
    let asked = [request.body.as_str(), request.target.split_once('?').map_or("", |(_, query)| query)];
    let pairs = asked.iter().flat_map(|text| text.split('&'));
    let from = pairs.filter_map(|pair| pair.strip_prefix(marker)).find_map(|text| text.parse().ok()).unwrap_or(0);
    let to = all.len().min(from + 100);
    (&all[from..to], (to < all.len()).then_some(to))
}

/// An account with so many of each, three clusters, and three of AWS's own prefix lists, one of which a rule names.
fn account(many: usize) -> Server {
    let server = Server::start();
    let distributions: Vec<String> = (0..many).map(distribution).collect();
    server.on_each("cloudfront:ListDistributions", move |request| {
        let (items, next) = page(&distributions, request, "Marker=");
        let more = next.map_or_else(String::new, |next| format!("<NextMarker>{next}</NextMarker>"));
        Reply::xml(&format!(
            "<DistributionList xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Marker></Marker>{more}\
             <MaxItems>100</MaxItems><IsTruncated>{}</IsTruncated><Quantity>{}</Quantity><Items>{}</Items></DistributionList>",
            next.is_some(),
            items.len(),
            items.concat()
        ))
    });
    let instances: Vec<String> = (0..many).map(instance).collect();
    server.on_each("rds:DescribeDBInstances", move |request| {
        let (items, next) = page(&instances, request, "Marker=");
        let more = next.map_or_else(String::new, |next| format!("<Marker>{next}</Marker>"));
        query("DescribeDBInstances", &format!("<DBInstances>{}</DBInstances>{more}", items.concat()))
    });
    let all: Vec<Value> = (0..many).map(|number| repository("us-east-1", &format!("erp/r{number}"))).collect();
    server.on("ecr:DescribeRepositories", [repositories(&all, None)]);
    server.on_each("ecr:BatchGetRepositoryScanningConfiguration", |request| {
        let asked: Value = serde_json::from_str(&request.body).expect("JSON");
        let names = asked["repositoryNames"].as_array().expect("names").iter();
        let all: Vec<Value> =
            names.map(|name| json!({"repositoryName": name, "scanFrequency": "SCAN_ON_PUSH"})).collect();
        Reply::json(&json!({"scanningConfigurations": all, "failures": []}))
    });
    server.on("ecr:GetLifecyclePolicy", [Reply::error("ecr:", 400, "LifecyclePolicyNotFoundException")]);
    server.on("eks:ListClusters", [Reply::json(&json!({"clusters": ["a", "b", "c"]}))]);
    server.on_each("eks:DescribeCluster", |request| {
        let name = request.target.rsplit('/').next().expect("a name");
        let arn = format!("arn:aws:eks:us-east-1:{ACCOUNT}:cluster/{name}");
        let config = json!({"endpointPublicAccess": false, "endpointPrivateAccess": true});
        Reply::json(&json!({"cluster": {"name": name, "arn": arn, "resourcesVpcConfig": config}}))
    });
    let balancers: String = (0..many).map(balancer).collect();
    let balancers = format!("<LoadBalancers>{balancers}</LoadBalancers>");
    server.on("elasticloadbalancing:DescribeLoadBalancers", [query("DescribeLoadBalancers", &balancers)]);
    server.on_each("elasticloadbalancing:DescribeListeners", listeners);
    let groups = (0..many).map(|number| {
        format!("<item><groupId>sg-{number}</groupId><groupName>g</groupName><ownerId>{ACCOUNT}</ownerId><ipPermissions/></item>")
    });
    let groups: String = groups.collect();
    server.on("ec2:DescribeSecurityGroups", [ec2("DescribeSecurityGroups", "securityGroupInfo", &groups)]);
    let rule = format!(
        "<item><securityGroupRuleId>sgr-1</securityGroupRuleId><groupId>sg-1</groupId><groupOwnerId>{ACCOUNT}</groupOwnerId>\
         <isEgress>false</isEgress><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort>\
         <prefixListId>pl-1</prefixListId></item>"
    );
    server.on("ec2:DescribeSecurityGroupRules", [ec2("DescribeSecurityGroupRules", "securityGroupRuleSet", &rule)]);
    let lists = [1, 2, 3].map(|number| {
        format!(
            "<item><prefixListId>pl-{number}</prefixListId><prefixListName>com.amazonaws.us-east-1.s{number}</prefixListName>\
             <prefixListArn>arn:aws:ec2:us-east-1:aws:prefix-list/pl-{number}</prefixListArn><ownerId>AWS</ownerId></item>"
        )
    });
    let lists = lists.concat();
    server.on("ec2:DescribeManagedPrefixLists", [ec2("DescribeManagedPrefixLists", "prefixListSet", &lists)]);
    let entry = "<item><cidr>3.5.0.0/19</cidr></item>";
    server.on("ec2:GetManagedPrefixListEntries", [ec2("GetManagedPrefixListEntries", "entrySet", entry)]);
    server
}

fn ec2(operation: &str, element: &str, items: &str) -> Reply {
    Reply::xml(&format!(
        "<{operation}Response><requestId>r</requestId><{element}>{items}</{element}></{operation}Response>"
    ))
}

/// The calls that ten checks make of an account with so many of each, by action.
fn calls(many: usize) -> BTreeMap<String, usize> {
    let server = account(many);
    let mut command = program();
    command.env("AWS_ACCESS_KEY_ID", "AKIDSCRIPTED").env("AWS_SECRET_ACCESS_KEY", "scripted");
    command.args(["scan", "--format", "json", "--region", "us-east-1", "--control", CHECKS, "--endpoint-url"]);
    let output = command.arg(server.url()).output().expect("runs");
    let report = report(&output);
    assert_eq!(report["gaps"], json!([]));
    let passes = |id: &str| {
        let findings = report["findings"].as_array().expect("findings").iter();
        findings.filter(|finding| finding["control"] == id && finding["status"] == "pass").count()
    };
    for id in ["KA-CF-001", "KA-CF-002", "KA-ECR-002", "KA-RDS-003"] {
        assert_eq!(passes(id), many, "{id} passes by what was read");
    }
    let mut counted = BTreeMap::new();
    for request in server.requests() {
        *counted.entry(request.action).or_default() += 1;
    }
    counted
}

/// A page of a hundred distributions and instances, a call for each lifecycle policy and for the listeners of each load
/// balancer, one for each cluster, and one for each other list: what a script would make by hand.
fn by_hand(many: usize) -> usize {
    let pages = many.div_ceil(100);
    let lists = ["identity", "repositories", "clusters", "load balancers", "security groups", "subnets"];
    2 * pages + 2 * many + 3 + lists.len()
}

#[test]
fn ten_checks_make_the_calls_that_their_verdicts_hang_on_and_no_others() {
    assert_eq!([10, 100].map(by_hand), [31, 211]);
    for many in [10, 100] {
        let counted = calls(many);
        let beyond: BTreeMap<&str, usize> = BEYOND.iter().map(|(action, _)| (*action, counted[*action])).collect();
        let scanned = many.div_ceil(25);
        let one_each =
            beyond.iter().filter(|(action, _)| !action.starts_with("ecr:Batch")).all(|(_, calls)| *calls == 1);
        assert!(one_each && beyond["ecr:BatchGetRepositoryScanningConfiguration"] == scanned, "{beyond:?}");
        let all: usize = counted.values().sum();
        assert_eq!(all - beyond.values().sum::<usize>(), by_hand(many), "{counted:#?}");
        assert_eq!(counted.get("cloudfront:GetDistribution"), None);
    }
}

#[test]
fn a_control_that_looks_at_what_the_listing_lacks_has_each_distribution_asked_for() {
    let server = account(3);
    server.on_each("cloudfront:GetDistribution", |request| {
        let id = request.target.rsplit('/').next().expect("an id");
        Reply::xml(&format!(
            "<Distribution xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Id>{id}</Id>\
             <ARN>arn:aws:cloudfront::{ACCOUNT}:distribution/{id}</ARN><DistributionConfig><HttpVersion>http2and3</HttpVersion>\
             </DistributionConfig></Distribution>"
        ))
    });
    let mut command = program();
    command.env("AWS_ACCESS_KEY_ID", "AKIDSCRIPTED").env("AWS_SECRET_ACCESS_KEY", "scripted");
    command.args(["scan", "--format", "json", "--region", "us-east-1", "--control", "cloudfront.http_versions"]);
    let output = command.args(["--endpoint-url", &server.url()]).output().expect("runs");
    let statuses: Vec<Value> =
        report(&output)["findings"].as_array().expect("findings").iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses, ["pass"; 3]);
    assert_eq!(server.requests_for("cloudfront:GetDistribution").len(), 3);
}

//! Calls against AWS emulators: what is written is understood, and what is read back is what was written.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::json;

use super::*;
use crate::lock::{LockClaim, LockError, S3Lock};
use crate::s3::Store;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn python() -> Command {
    let python = root().join(".venv/bin/python");
    assert!(python.exists(), "no {}: run `make test`, which makes it", python.display());
    Command::new(python)
}

/// Emulators that end with the test: they stop when their standard input closes.
struct Emulators {
    child: Child,
    moto: SdkConfig,
    ministack: SdkConfig,
    seeded: Value,
}

impl Drop for Emulators {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

const SEED: &str = r#"
import boto3, json, sys
moto, ministack = sys.argv[1:]
def client(name, url=moto):
    return boto3.client(name, endpoint_url=url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
ec2, elb, rds, eks, s3 = map(client, ("ec2", "elbv2", "rds", "eks", "s3"))
vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone="us-east-1" + "ab"[n])["Subnet"]["SubnetId"] for n in range(2)]
group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
    {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]} for port in (22, 443)])
lb = elb.create_load_balancer(Name="lb", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
tg = elb.create_target_group(Name="tg", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
listener = elb.create_listener(LoadBalancerArn=lb, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": tg}])["Listeners"][0]["ListenerArn"]
rds.create_db_instance(DBInstanceIdentifier="db", DBInstanceClass="db.t3.micro", Engine="postgres", MasterUsername="u", MasterUserPassword="password1", AllocatedStorage=20)
eks.create_cluster(name="prod", roleArn="arn:aws:iam::123456789012:role/eks", resourcesVpcConfig={"subnetIds": subnets})
for there in (s3, client("s3", ministack)):
    there.create_bucket(Bucket="state")
distribution = client("cloudfront", ministack).create_distribution(DistributionConfig={
    "CallerReference": "c", "Comment": "before", "Enabled": True,
    "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "o.example", "CustomHeaders": {"Quantity": 1, "Items": [
        {"HeaderName": "x-origin", "HeaderValue": "s3cr3t-s3cr3t"}]}, "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}}]},
    "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}})["Distribution"]["Id"]
print(json.dumps({"group": group, "subnets": subnets, "listener": listener, "distribution": distribution}))
"#;

fn start() -> Emulators {
    let mut child = python()
        .arg(root().join("tests/emulator/emulators.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("emulators.py starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("emulators.py answers");
    let told: Value = serde_json::from_str(&line).expect("endpoints");
    let [moto, ministack] = ["moto", "ministack"].map(|name| told[name].as_str().expect("an endpoint"));
    let seeded = python().args(["-c", SEED, moto, ministack]).output().expect("the seed runs");
    assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));
    let seeded = serde_json::from_slice(&seeded.stdout).expect("ids");
    Emulators { child, moto: sdk(moto), ministack: sdk(ministack), seeded }
}

fn sdk(endpoint: &str) -> SdkConfig {
    let keys = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_types::region::Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .endpoint_url(endpoint)
        .build()
}

impl Emulators {
    async fn call(&self, service: &str, operation: &str, parameters: Value) -> Result<Value, CallFailure> {
        let sdk = if service == "cloudfront" { &self.ministack } else { &self.moto };
        perform_with(sdk, service, operation, &parameters).await
    }

    async fn done(&self, service: &str, operation: &str, parameters: Value) -> Value {
        let outcome = self.call(service, operation, parameters).await;
        outcome.unwrap_or_else(|failure| panic!("{service} {operation}: {failure} ({:?})", failure.kind))
    }
}

#[tokio::test]
async fn what_is_written_is_what_is_read_back() {
    let aws = start();
    distribution(&aws).await;
    network(&aws).await;
    data(&aws).await;
    firewall(&aws).await;
    lock(&aws).await;
    for sdk in [&aws.moto, &aws.ministack] {
        crate::journal::emulated::proof(sdk, sdk.endpoint_url().expect("an endpoint")).await;
    }
}

async fn distribution(aws: &Emulators) {
    let id = &aws.seeded["distribution"];
    let read = aws.done("cloudfront", "GetDistributionConfig", json!({"Id": id})).await;
    let mut config = read["DistributionConfig"].clone();
    config["Comment"] = json!("after <&> \u{e9}");
    let update = json!({"Id": id, "IfMatch": read["ETag"], "DistributionConfig": config});
    let answer = aws.done("cloudfront", "UpdateDistribution", update.clone()).await;
    assert_ne!(answer["ETag"], read["ETag"]);
    let again = aws.done("cloudfront", "GetDistributionConfig", json!({"Id": id})).await;
    assert_eq!(again["DistributionConfig"], config, "the rest has changed too");
    let stale = aws.call("cloudfront", "UpdateDistribution", update).await.expect_err("stale");
    assert!(stale.is_stale() && stale.kind == CallFailureKind::Refused, "{stale}");
    assert!(!format!("{stale:?}").contains("s3cr3t"));
    let policies = aws.done("cloudfront", "ListResponseHeadersPolicies", json!({"Type": "managed"})).await;
    assert!(policies["ResponseHeadersPolicyList"]["Items"].as_array().is_some_and(|list| !list.is_empty()));
    let policy = json!({"ResponseHeadersPolicyConfig": {"Name": "p", "SecurityHeadersConfig": {
        "ContentTypeOptions": {"Override": true}, "StrictTransportSecurity": {"Override": true, "AccessControlMaxAgeSec": 31_536_000}}}});
    let made = aws.done("cloudfront", "CreateResponseHeadersPolicy", policy.clone()).await;
    let made_id = &made["ResponseHeadersPolicy"]["Id"];
    let read = aws.done("cloudfront", "GetResponseHeadersPolicyConfig", json!({"Id": made_id})).await;
    assert_eq!(
        read["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"],
        policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    );
    let gone = json!({"Id": made_id, "IfMatch": read["ETag"]});
    assert_eq!(aws.done("cloudfront", "DeleteResponseHeadersPolicy", gone).await, json!({}));
}

async fn network(aws: &Emulators) {
    let group = &aws.seeded["group"];
    let filter = json!({"Filters": [{"Name": "group-id", "Values": [group]}]});
    let rules = async || {
        let answer = aws.done("ec2", "DescribeSecurityGroupRules", filter.clone()).await;
        let rules = answer["SecurityGroupRules"].as_array().expect("rules").clone();
        rules.into_iter().filter(|rule| rule["IsEgress"] == false).collect::<Vec<_>>()
    };
    let before = rules().await;
    let ssh = before.iter().find(|rule| rule["FromPort"] == 22).expect("the rule");
    let revoke = json!({"GroupId": group, "SecurityGroupRuleIds": [ssh["SecurityGroupRuleId"]]});
    assert_eq!(aws.done("ec2", "RevokeSecurityGroupIngress", revoke).await["Return"], true);
    let after = rules().await;
    assert_eq!(after.iter().map(|rule| &rule["FromPort"]).collect::<Vec<_>>(), [443]);
    let unknown = json!({"GroupId": "sg-0123456789abcdef0", "SecurityGroupRuleIds": ["sgr-0123456789abcdef0"]});
    let failure = aws.call("ec2", "RevokeSecurityGroupIngress", unknown).await.expect_err("there is none");
    assert_eq!(failure.kind, CallFailureKind::Refused, "{failure}");
    let subnet = &aws.seeded["subnets"][0];
    let public = json!({"SubnetId": subnet, "MapPublicIpOnLaunch": {"Value": true}});
    assert_eq!(aws.done("ec2", "ModifySubnetAttribute", public).await, json!({}));
    let answer = aws.done("ec2", "DescribeSubnets", json!({"SubnetIds": [subnet]})).await;
    assert_eq!(answer["Subnets"][0]["MapPublicIpOnLaunch"], true);

    let listener = &aws.seeded["listener"];
    let action =
        json!([{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}]);
    aws.done("elbv2", "ModifyListener", json!({"ListenerArn": listener, "DefaultActions": action})).await;
    let answer = aws.done("elbv2", "DescribeListeners", json!({"ListenerArns": [listener]})).await;
    assert_eq!(answer["Listeners"][0]["DefaultActions"][0]["RedirectConfig"]["StatusCode"], "HTTP_301");
}

async fn data(aws: &Emulators) {
    let name = json!({"repositoryName": "app"});
    aws.done("ecr", "CreateRepository", name.clone()).await;
    let policy = r#"{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":5},"action":{"type":"expire"}}]}"#;
    aws.done("ecr", "PutLifecyclePolicy", json!({"repositoryName": "app", "lifecyclePolicyText": policy})).await;
    let answer = aws.done("ecr", "GetLifecyclePolicy", name.clone()).await;
    let found: Value = serde_json::from_str(answer["lifecyclePolicyText"].as_str().expect("text")).expect("JSON");
    assert_eq!(found, serde_json::from_str::<Value>(policy).expect("JSON"));
    aws.done("ecr", "DeleteLifecyclePolicy", name.clone()).await;
    assert_eq!(
        aws.call("ecr", "GetLifecyclePolicy", name).await.expect_err("gone").code,
        "LifecyclePolicyNotFoundException"
    );

    let change = json!({"DBInstanceIdentifier": "db", "DeletionProtection": true, "BackupRetentionPeriod": 7, "ApplyImmediately": true});
    aws.done("rds", "ModifyDBInstance", change).await;
    let answer = aws.done("rds", "DescribeDBInstances", json!({"DBInstanceIdentifier": "db"})).await;
    let found = &answer["DBInstances"][0];
    assert_eq!((&found["DeletionProtection"], &found["BackupRetentionPeriod"]), (&json!(true), &json!(7)));

    let access =
        json!({"endpointPublicAccess": false, "endpointPrivateAccess": true, "subnetIds": aws.seeded["subnets"]});
    aws.done("eks", "UpdateClusterConfig", json!({"name": "prod", "resourcesVpcConfig": access})).await;
    let answer = aws.done("eks", "DescribeCluster", json!({"name": "prod"})).await;
    assert_eq!(answer["cluster"]["resourcesVpcConfig"]["endpointPublicAccess"], false);
}

async fn firewall(aws: &Emulators) {
    let shown =
        |name: &str| json!({"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": name});
    let rule = json!({"Name": "r", "Priority": 0, "OverrideAction": {"None": {}}, "VisibilityConfig": shown("r"),
        "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}});
    let named = json!({"Name": "acl", "Scope": "CLOUDFRONT", "DefaultAction": {"Allow": {}}, "VisibilityConfig": shown("acl"), "Rules": [rule]});
    let made = aws.done("wafv2", "CreateWebACL", named.clone()).await;
    let one = json!({"Name": "acl", "Scope": "CLOUDFRONT", "Id": made["Summary"]["Id"]});
    let read = aws.done("wafv2", "GetWebACL", one.clone()).await;
    assert_eq!(read["WebACL"]["Rules"], named["Rules"]);
    let mut update = named;
    update["Id"] = one["Id"].clone();
    update["LockToken"] = read["LockToken"].clone();
    update["Rules"][0]["Priority"] = json!(5);
    aws.done("wafv2", "UpdateWebACL", update.clone()).await;
    let stale = aws.call("wafv2", "UpdateWebACL", update).await.expect_err("stale");
    assert!(stale.is_stale() && stale.kind == CallFailureKind::Refused, "{stale}");
    let answer = aws.done("wafv2", "GetWebACL", one).await;
    assert_eq!(answer["WebACL"]["Rules"][0]["Priority"], 5);
}

async fn lock(aws: &Emulators) {
    let account = "123456789012".parse().expect("an account");
    let now = "2026-11-23T12:30:00Z".parse().expect("a time");
    let store = |place: &str| Store::new(&aws.moto, place.parse().expect("a place"), None);
    let take = async |holder: &str| {
        S3Lock::acquire(store("s3://state/konecta"), &account, holder, now, None, LockClaim::default()).await
    };
    let first = take("alice, run 1").await.expect("free");
    assert_eq!(first.location(), "s3://state/konecta/123456789012/lock");
    let told = take("bob, run 2").await.expect_err("held").to_string();
    assert_eq!(
        told,
        "alice, run 1 is changing this account since 2026-11-23T12:30:00Z; wait for it, or, if it is surely dead: \
         aws s3 rm s3://state/konecta/123456789012/lock"
    );
    first.release().await.expect("ours");
    let second = take("bob, run 2").await.expect("free again");
    // Somebody breaks it and takes it: neither may the first owner give it back.
    let client =
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&aws.moto).force_path_style(true).build());
    client.delete_object().bucket("state").key("konecta/123456789012/lock").send().await.expect("broken");
    let third = take("carol, run 3").await.expect("free");
    assert!(matches!(second.release().await, Err(LockError::Lost(_))));
    third.release().await.expect("ours");
    let nowhere = S3Lock::acquire(store("s3://no-such-bucket"), &account, "a", now, None, LockClaim::default()).await;
    assert!(matches!(nowhere, Err(LockError::Store(_))), "{nowhere:?}");
    // A function that was stopped gives nothing back; when its time is over, the next one may.
    let lease = async |holder: &str, from: &str, until: &str| {
        let time = |text: &str| text.parse().expect("a time");
        let until = Some(time(until));
        S3Lock::acquire(store("s3://state/leased"), &account, holder, time(from), until, LockClaim::default()).await
    };
    let stopped = lease("function 1", "2026-11-23T12:30:00Z", "2026-11-23T12:45:00Z").await.expect("free");
    let early = lease("function 2", "2026-11-23T12:44:59Z", "2026-11-23T13:00:00Z").await;
    assert!(matches!(early, Err(LockError::Held { .. })), "{early:?}");
    let next = lease("function 2", "2026-11-23T12:45:01Z", "2026-11-23T13:00:00Z").await.expect("its time is over");
    assert!(matches!(stopped.release().await, Err(LockError::Lost(_))));
    next.release().await.expect("ours");
    // A run that was killed goes on where its dead process is known; no other run does, and no other process.
    let claimed = async |run: &str, token: &str, dead: Option<&str>| {
        let claim = LockClaim {
            run: Some(run.to_owned()),
            token: Some(token.to_owned()),
            dead: dead.map(str::to_owned).into_iter().collect(),
        };
        S3Lock::acquire(store("s3://state/claimed"), &account, run, now, None, claim).await
    };
    let killed = claimed("run 1", "first", None).await.expect("free");
    for (run, dead) in [("run 1", None), ("run 1", Some("another")), ("run 2", Some("first"))] {
        let held = claimed(run, "second", dead).await;
        assert!(matches!(held, Err(LockError::Held { .. })), "{run} {dead:?}: {held:?}");
    }
    let resumed = claimed("run 1", "second", Some("first")).await.expect("its own");
    assert!(matches!(killed.release().await, Err(LockError::Lost(_))));
    resumed.release().await.expect("ours");
}

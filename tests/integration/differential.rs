//! For every resource type that both print, our `configuration` is the `aws` CLI's JSON of the same object, key for key.
//!
//! Three differences are meant, and nothing else is let through: where the tables say (`silence`) that AWS's silence means
//! none we write `null`; a point in time is compared as an instant; a secret is compared with its stand-in.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use jiff::Timestamp;
use konecta_base::resource::Resource;
use konecta_base::silence;
use konecta_base::snapshot::{Snapshot, SnapshotFile};
use serde_json::Value;

use crate::world::{World, python};

/// How each type is asked for with the CLI; every type of which the good world holds something, and no other.
///
/// Type, command, where the objects stand in what it prints, and the member that tells which of them is the resource
/// (nothing where there is only one). In a command, `{id}`, `{arn}` and `{a.b}` stand for the resource's id, its ARN
/// and a member of its configuration. In a place, `[]` goes through a list, and nothing is the whole.
const SAME: &str = "
AWS::AutoScaling::AutoScalingGroup | autoscaling describe-auto-scaling-groups | AutoScalingGroups[] | AutoScalingGroupARN
AWS::CertificateManager::Certificate | acm describe-certificate --certificate-arn {arn} | Certificate |
AWS::CloudFront::CachePolicy | cloudfront get-cache-policy --id {id} | CachePolicy |
AWS::CloudFront::Distribution | cloudfront get-distribution --id {id} | Distribution |
AWS::CloudFront::OriginRequestPolicy | cloudfront get-origin-request-policy --id {id} | OriginRequestPolicy |
AWS::CloudFront::ResponseHeadersPolicy | cloudfront get-response-headers-policy --id {id} | ResponseHeadersPolicy |
AWS::EC2::FlowLog | ec2 describe-flow-logs | FlowLogs[] | FlowLogId
AWS::EC2::Instance | ec2 describe-instances | Reservations[].Instances[] | InstanceId
AWS::EC2::InternetGateway | ec2 describe-internet-gateways | InternetGateways[] | InternetGatewayId
AWS::EC2::LaunchTemplateVersion | ec2 describe-launch-template-versions --versions $Latest $Default | LaunchTemplateVersions[] | LaunchTemplateId
AWS::EC2::NatGateway | ec2 describe-nat-gateways | NatGateways[] | NatGatewayId
AWS::EC2::NetworkAcl | ec2 describe-network-acls | NetworkAcls[] | NetworkAclId
AWS::EC2::NetworkInterface | ec2 describe-network-interfaces | NetworkInterfaces[] | NetworkInterfaceId
AWS::EC2::PrefixList | ec2 describe-managed-prefix-lists | PrefixLists[] | PrefixListId
AWS::EC2::RouteTable | ec2 describe-route-tables | RouteTables[] | RouteTableId
AWS::EC2::SecurityGroup | ec2 describe-security-groups | SecurityGroups[] | GroupId
AWS::EC2::SecurityGroupRule | ec2 describe-security-group-rules | SecurityGroupRules[] | SecurityGroupRuleId
AWS::EC2::Subnet | ec2 describe-subnets | Subnets[] | SubnetId
AWS::EC2::VPC | ec2 describe-vpcs | Vpcs[] | VpcId
AWS::EC2::Volume | ec2 describe-volumes | Volumes[] | VolumeId
AWS::IAM::AccountPasswordPolicy | iam get-account-password-policy |  |
AWS::EC2::EbsEncryptionByDefault | ec2 get-ebs-encryption-by-default |  |
AWS::ECR::RegistryPolicy | ecr get-registry-policy |  |
AWS::ECR::RegistryScanningConfiguration | ecr get-registry-scanning-configuration |  |
AWS::ECR::Repository | ecr describe-repositories | repositories[] | repositoryArn
AWS::EKS::AccessEntry | eks describe-access-entry --cluster-name {clusterName} --principal-arn {principalArn} | accessEntry |
AWS::EKS::Cluster | eks describe-cluster --name {id} | cluster |
AWS::EKS::ClusterVersion | eks describe-cluster-versions --include-all | clusterVersions[] | clusterVersion
AWS::EKS::Nodegroup | eks describe-nodegroup --cluster-name {clusterName} --nodegroup-name {nodegroupName} | nodegroup |
AWS::ElasticLoadBalancingV2::Listener | elbv2 describe-listeners --load-balancer-arn {LoadBalancerArn} | Listeners[] | ListenerArn
AWS::ElasticLoadBalancingV2::ListenerRule | elbv2 describe-rules --rule-arns {arn} | Rules[] | RuleArn
AWS::ElasticLoadBalancingV2::LoadBalancer | elbv2 describe-load-balancers | LoadBalancers[] | LoadBalancerArn
AWS::ElasticLoadBalancingV2::SslPolicy | elbv2 describe-ssl-policies | SslPolicies[] | Name
AWS::ElasticLoadBalancingV2::TargetGroup | elbv2 describe-target-groups | TargetGroups[] | TargetGroupArn
AWS::IAM::ManagedPolicy | iam get-account-authorization-details | Policies[] | Arn
AWS::IAM::Role | iam get-account-authorization-details | RoleDetailList[] | Arn
AWS::KMS::Key | kms describe-key --key-id {id} | KeyMetadata |
AWS::RDS::DBEngineVersion | rds describe-db-engine-versions --include-all | DBEngineVersions[] | EngineVersion
AWS::RDS::DBInstance | rds describe-db-instances | DBInstances[] | DBInstanceArn
AWS::RDS::DBMajorEngineVersion | rds describe-db-major-engine-versions | DBMajorEngineVersions[] | MajorEngineVersion
AWS::RDS::DBParameterGroup | rds describe-db-parameter-groups | DBParameterGroups[] | DBParameterGroupArn
AWS::RDS::DBSnapshot | rds describe-db-snapshots | DBSnapshots[] | DBSnapshotArn
AWS::RDS::DBSubnetGroup | rds describe-db-subnet-groups | DBSubnetGroups[] | DBSubnetGroupArn
AWS::Route53::HostedZone | route53 list-hosted-zones | HostedZones[] | Id
AWS::WAFv2::WebACL | wafv2 get-web-acl --scope CLOUDFRONT --name {id} --id {Id} | WebACL |
";

/// One line of [`SAME`].
struct Row {
    kind: &'static str,
    command: &'static str,
    path: &'static str,
    key: &'static str,
}

fn rows() -> Vec<Row> {
    let row = |line: &'static str| {
        let mut parts = line.split('|').map(str::trim);
        let mut part = || parts.next().unwrap_or_else(|| panic!("not four parts: {line}"));
        Row { kind: part(), command: part(), path: part(), key: part() }
    };
    SAME.trim().lines().map(row).collect()
}

/// What a snapshot holds instead of what the CLI prints: type, path as [`Difference`] writes it, and how it begins.
const STAND_INS: &[(&str, &str, &str)] = &[
    (
        "AWS::CloudFront::Distribution",
        "DistributionConfig.Origins.Items[].CustomHeaders.Items[].HeaderValue",
        "sha256:",
    ),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "Conditions[].HttpHeaderConfig.Values[]", "sha256:"),
    ("AWS::EC2::LaunchTemplateVersion", "LaunchTemplateData.UserData", "<redacted>"),
];

/// What is another at every asking: type, path, and why.
const MOVING: &[(&str, &str, &str)] =
    &[("AWS::RDS::DBInstance", "LatestRestorableTime", "moto answers the moment of asking")];

/// Services keep no more than milliseconds of a time that they send as a number, and neither do we.
const A_MILLISECOND: i64 = 1_000_000;

/// The `aws` CLI of the project's venv, pointed at a world; each command is run once.
struct Cli {
    world: World,
    folder: tempfile::TempDir,
    printed: BTreeMap<String, Value>,
}

impl Cli {
    fn before(world: World) -> Self {
        let folder = tempfile::tempdir().expect("dir");
        // The first version of the CLI prints times as they come over the wire unless it is told otherwise.
        std::fs::write(folder.path().join("config"), "[default]\ncli_timestamp_format = iso8601\n").expect("written");
        Self { world, folder, printed: BTreeMap::new() }
    }

    /// What a command prints. `aws rds` takes no endpoint from the environment, so it is always named.
    fn print(&mut self, command: &str) -> &Value {
        if !self.printed.contains_key(command) {
            let printed = self.run(command);
            self.printed.insert(command.to_owned(), printed);
        }
        &self.printed[command]
    }

    fn run(&self, command: &str) -> Value {
        let server = if command.starts_with("cloudfront ") { "ministack" } else { "moto" };
        let mut aws = Command::new(python().with_file_name("aws"));
        aws.env_clear().env("HOME", "/nonexistent").env("PATH", "/usr/bin:/bin").env("NO_PROXY", "127.0.0.1");
        for (name, value) in self.world.told["env"].as_object().expect("env") {
            aws.env(name, value.as_str().expect("text"));
        }
        aws.env("AWS_CONFIG_FILE", self.folder.path().join("config"));
        aws.args(["--output", "json", "--endpoint-url", self.world.told[server].as_str().expect("endpoint")]);
        let output = aws.args(command.split(' ')).output().expect("aws runs");
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("aws {command}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// The text at a dotted path.
fn member<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    path.split('.').try_fold(value, |value, step| value.get(step)).and_then(Value::as_str)
}

/// A command with the resource put in.
fn filled(command: &str, resource: &Resource, configuration: &Value) -> String {
    let mut filled = String::new();
    for (number, part) in command.split(['{', '}']).enumerate() {
        filled.push_str(match (number % 2, part) {
            (0, text) => text,
            (_, "id") => &resource.resource_id,
            (_, "arn") => resource.arn.as_str(),
            (_, path) => member(configuration, path).unwrap_or_else(|| panic!("{} has no {path}", resource.arn)),
        });
    }
    filled
}

/// Everything that stands at a path.
fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    path.split('.').filter(|step| !step.is_empty()).fold(vec![value], |values, step| {
        let name = step.trim_end_matches("[]");
        let members = values.into_iter().filter_map(|value| value.get(name));
        if name.len() == step.len() {
            members.collect()
        } else {
            members.filter_map(Value::as_array).flatten().collect()
        }
    })
}

/// One place where the two do not say the same.
struct Difference {
    /// With `[]` for every index.
    path: String,
    place: String,
    ours: Option<Value>,
    theirs: Option<Value>,
}

fn compare(path: &str, place: &str, ours: &Value, theirs: &Value, found: &mut Vec<Difference>) {
    let joined = |path: &str, key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for key in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
                let (path, place) = (joined(path, key), joined(place, key));
                match (ours.get(key), theirs.get(key)) {
                    (Some(ours), Some(theirs)) => compare(&path, &place, ours, theirs, found),
                    (ours, theirs) => {
                        found.push(Difference { path, place, ours: ours.cloned(), theirs: theirs.cloned() });
                    }
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (number, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                compare(&format!("{path}[]"), &format!("{place}[{number}]"), ours, theirs, found);
            }
        }
        (ours, theirs) if is_same(ours, theirs) => {}
        (ours, theirs) => found.push(Difference {
            path: path.to_owned(),
            place: place.to_owned(),
            ours: Some(ours.clone()),
            theirs: Some(theirs.clone()),
        }),
    }
}

/// Whether two values that are neither objects nor lists say the same.
fn is_same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::String(ours), Value::String(theirs)) if ours != theirs => is_same_instant(ours, theirs),
        (Value::Number(ours), Value::Number(theirs)) => ours.as_f64() == theirs.as_f64(),
        (ours, theirs) => ours == theirs,
    }
}

fn is_same_instant(ours: &str, theirs: &str) -> bool {
    let (Ok(ours), Ok(theirs)) = (ours.parse::<Timestamp>(), theirs.parse::<Timestamp>()) else { return false };
    let apart = ours.as_nanosecond() - theirs.as_nanosecond();
    apart.unsigned_abs() < u128::from(A_MILLISECOND.unsigned_abs())
}

/// What is different about a resource and not meant to be.
fn differences(kind: &str, ours: &Value, mut theirs: Value, stood_in: &mut BTreeSet<&'static str>) -> Vec<String> {
    silence::fill(&kind.parse().expect("type"), &mut theirs);
    let mut found = Vec::new();
    compare("", "", ours, &theirs, &mut found);
    found.retain(|difference| {
        if MOVING.iter().any(|(moving, path, _)| *moving == kind && *path == difference.path) {
            return difference.ours.is_none() || difference.theirs.is_none();
        }
        let rule = STAND_INS.iter().find(|(secret, path, _)| *secret == kind && *path == difference.path);
        let Some((_, path, begins)) = rule else { return true };
        stood_in.insert(path);
        !difference.ours.as_ref().and_then(Value::as_str).is_some_and(|text| text.starts_with(begins))
    });
    let shown = |value: Option<Value>| value.map_or_else(|| "nothing".to_owned(), |value| value.to_string());
    let told = |difference: Difference| {
        format!("{}: we say {}, the CLI says {}", difference.place, shown(difference.ours), shown(difference.theirs))
    };
    found.into_iter().map(told).collect()
}

/// Whether this is what the resource is called in an answer.
fn is_called(resource: &Resource, name: &str) -> bool {
    let id = resource.resource_id.as_str();
    // A hosted zone is listed with a path, a template's version by its template, an engine's by its number.
    [id, resource.arn.as_str(), &format!("/hostedzone/{id}")].contains(&name)
        || id.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'))
        || id.strip_suffix(name).is_some_and(|rest| rest.ends_with('/'))
}

/// Everything in the good world, with a snapshot of it.
fn snapshot(world: &World) -> Snapshot {
    let dir = tempfile::tempdir().expect("dir");
    let kept = dir.path().join("kept.snap");
    let mut command = world.command();
    let output = command.args(["scan", "--read-all", "--save-snapshot"]).arg(&kept).output().expect("runs");
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
    SnapshotFile::open(&kept).and_then(|file| file.load()).expect("snapshot")
}

#[test]
fn every_configuration_is_what_the_aws_cli_prints() {
    let world = World::up("good");
    let snapshot = snapshot(&world);
    let rows = rows();
    let held: BTreeSet<&str> = snapshot.resources.iter().map(|resource| resource.resource_type.as_str()).collect();
    let compared: BTreeSet<&str> = rows.iter().map(|row| row.kind).collect();
    assert_eq!(compared, held, "the types that are compared, and those that the good world holds");

    let mut cli = Cli::before(world);
    let mut stood_in = BTreeSet::new();
    let mut wrong = Vec::new();
    for row in &rows {
        let resources: Vec<&Resource> =
            snapshot.resources.iter().filter(|resource| resource.resource_type.as_str() == row.kind).collect();
        for resource in &resources {
            let about = wrong_about(row, resource, &mut cli, &mut stood_in);
            wrong.extend(about.into_iter().map(|text| format!("{} {text}", resource.arn)));
        }
        wrong.extend(miscounted(row, resources.len(), &mut cli));
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    let secrets: BTreeSet<&str> = STAND_INS.iter().map(|(_, path, _)| *path).collect();
    assert_eq!(stood_in, secrets, "the secrets that the good world holds, and their stand-ins");
}

/// What is different about one resource.
fn wrong_about(row: &Row, resource: &Resource, cli: &mut Cli, stood_in: &mut BTreeSet<&'static str>) -> Vec<String> {
    let ours: Value = resource.read().expect("JSON");
    let printed = at(cli.print(&filled(row.command, resource, &ours)), row.path);
    let called =
        |one: &&Value| row.key.is_empty() || member(one, row.key).is_some_and(|name| is_called(resource, name));
    match printed.into_iter().rfind(called) {
        Some(theirs) => differences(row.kind, &ours, theirs.clone(), stood_in),
        None => vec![format!("is not in what `aws {}` prints", row.command)],
    }
}

/// Whether a list of the CLI is longer or shorter than ours.
fn miscounted(row: &Row, held: usize, cli: &mut Cli) -> Option<String> {
    // What is asked for one by one is printed one by one, and policies of AWS's that nobody uses are left out.
    if row.command.contains('{') || row.kind == "AWS::IAM::ManagedPolicy" {
        return None;
    }
    // A version that is both the latest and the default is printed twice.
    let printed: BTreeSet<String> = at(cli.print(row.command), row.path).into_iter().map(Value::to_string).collect();
    (printed.len() != held).then(|| format!("{}: we hold {held}, the CLI prints {}", row.kind, printed.len()))
}

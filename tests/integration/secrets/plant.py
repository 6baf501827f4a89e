"""Plants a secret in every place of an account where people put them, and prints them all."""

import base64, json, boto3

secrets = {}


def secret(place):
    secrets[place] = f"planted-{place}-4c1d9e7a3b5f"
    return secrets[place]


account = boto3.client("sts").get_caller_identity()["Account"]
iam = boto3.client("iam")
trust = lambda condition: json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Condition": condition,
            }
        ],
    }
)
iam.create_role(
    RoleName="vendor",
    AssumeRolePolicyDocument=trust(
        {"StringEquals": {"sts:ExternalId": [secret("external-id"), secret("second-external-id")]}}
    ),
)
iam.put_role_policy(
    RoleName="vendor",
    PolicyName="inline",
    PolicyDocument=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "*",
                    "Resource": "*",
                    "Condition": {
                        "StringLike": {
                            "aws:Referer": secret("referer-condition"),
                            "aws:UserAgent": secret("agent-condition"),
                        }
                    },
                }
            ],
        }
    ),
)
ecr = boto3.client("ecr")
ecr.set_repository_policy(
    repositoryName=ecr.describe_repositories()["repositories"][0]["repositoryName"],
    policyText=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "s",
                    "Effect": "Allow",
                    "Action": "ecr:BatchGetImage",
                    "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
                    "Condition": {"StringEquals": {"aws:UserAgent": secret("ecr-condition")}},
                }
            ],
        }
    ),
)
route53 = boto3.client("route53")
zone = route53.list_hosted_zones()["HostedZones"][0]
route53.change_resource_record_sets(
    HostedZoneId=zone["Id"],
    ChangeBatch={
        "Changes": [
            {
                "Action": "CREATE",
                "ResourceRecordSet": {
                    "Name": "_token." + zone["Name"],
                    "Type": "TXT",
                    "TTL": 60,
                    "ResourceRecords": [{"Value": '"' + secret("text-record") + '"'}],
                },
            }
        ]
    },
)
elbv2 = boto3.client("elbv2")
balancer = elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
listeners = elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
group = elbv2.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
listener = next(one for one in listeners if one["Protocol"] == "HTTPS")["ListenerArn"]
fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}]
header = lambda name, value: {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": [value]}}
elbv2.create_rule(ListenerArn=listener, Priority=901, Actions=fixed, Conditions=[header("Referer", secret("referer"))])
elbv2.create_rule(
    ListenerArn=listener, Priority=902, Actions=fixed, Conditions=[header("User-Agent", secret("user-agent"))]
)
elbv2.create_rule(
    ListenerArn=listener,
    Priority=903,
    Actions=fixed,
    Conditions=[
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "token", "Value": secret("query-string")}]}}
    ],
)
elbv2.create_rule(
    ListenerArn=listener,
    Priority=904,
    Conditions=[{"Field": "path-pattern", "Values": ["/moved"]}],
    Actions=[
        {
            "Type": "redirect",
            "RedirectConfig": {
                "Protocol": "HTTPS",
                "Port": "443",
                "StatusCode": "HTTP_302",
                "Query": "#{query}&key=" + secret("redirect"),
            },
        }
    ],
)
elbv2.create_rule(
    ListenerArn=listener,
    Priority=905,
    Conditions=[{"Field": "path-pattern", "Values": ["/login"]}],
    Actions=[
        {
            "Type": "authenticate-oidc",
            "Order": 1,
            "AuthenticateOidcConfig": {
                "Issuer": "https://id.example.com",
                "AuthorizationEndpoint": "https://id.example.com/a",
                "TokenEndpoint": "https://id.example.com/t",
                "UserInfoEndpoint": "https://id.example.com/u",
                "ClientId": "erp",
                "ClientSecret": secret("client-secret"),
                "AuthenticationRequestExtraParams": {"key": secret("extra-parameter")},
            },
        },
        {"Type": "forward", "Order": 2, "TargetGroupArn": group},
    ],
)
waf = boto3.client("wafv2")
none = [{"Priority": 0, "Type": "NONE"}]
seen = lambda name: {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": name}


def rule(at, statement, action):
    return {
        "Name": f"r{at}",
        "Priority": at,
        "Statement": statement,
        "Action": action,
        "VisibilityConfig": seen(f"r{at}"),
    }


search = lambda field, value: {
    "ByteMatchStatement": {
        "SearchString": value.encode(),
        "FieldToMatch": field,
        "TextTransformations": none,
        "PositionalConstraint": "EXACTLY",
    }
}
waf.create_web_acl(
    Name="planted",
    Scope="CLOUDFRONT",
    DefaultAction={"Allow": {}},
    VisibilityConfig=seen("planted"),
    Rules=[
        rule(0, search({"SingleHeader": {"Name": "x-origin-verify"}}, secret("waf-header")), {"Block": {}}),
        rule(1, search({"SingleQueryArgument": {"Name": "key"}}, secret("waf-argument")), {"Block": {}}),
        rule(2, search({"UriPath": {}}, "/" + secret("waf-path")), {"Block": {}}),
        rule(3, search({"Body": {}}, secret("waf-body")), {"Block": {}}),
        rule(
            4,
            {
                "RegexMatchStatement": {
                    "RegexString": "^" + secret("waf-regex"),
                    "FieldToMatch": {"QueryString": {}},
                    "TextTransformations": none,
                }
            },
            {"Block": {}},
        ),
        rule(
            5,
            search({"QueryString": {}}, "a"),
            {
                "Allow": {
                    "CustomRequestHandling": {
                        "InsertHeaders": [{"Name": "x-inserted", "Value": secret("waf-inserted")}]
                    }
                }
            },
        ),
    ],
)
ec2 = boto3.client("ec2")
ec2.create_launch_template(
    LaunchTemplateName="planted",
    LaunchTemplateData={"UserData": base64.b64encode(("password=" + secret("user-data")).encode()).decode()},
)
rds = boto3.client("rds")
rds.modify_db_instance(
    DBInstanceIdentifier=rds.describe_db_instances()["DBInstances"][0]["DBInstanceIdentifier"],
    MasterUserPassword=secret("rds-password"),
)
print(json.dumps(list(secrets.values())))

//! Each rule of the table on a resource that it means and on one that it does not, and states that are none.

use serde_json::{Value, json};

use super::*;
use crate::proof::World;
use konecta_core::facts;

/// Who owns the first of these resources, by the name of the owner and of what it owns.
fn owned(resources: &Value, managed: &BTreeMap<String, Owner>) -> Option<String> {
    let world = World::of(resources.clone());
    let facts = facts::derive(&world.snapshot, &world.blueprint).expect("facts");
    let context = RemedyContext::new(&world.snapshot, &facts, &[], &world.blueprint);
    let view = context.get(resources[0]["arn"].as_str().expect("arn")).expect("there");
    owner(view, &context, managed).map(|owner| owner.to_string())
}

fn thing(kind: &str, tags: &Value, configuration: &Value) -> Value {
    json!({"resourceType": kind, "resourceId": "r-1", "region": "us-east-1", "tags": tags, "configuration": configuration,
        "arn": "arn:aws:ec2:us-east-1:123456789012:thing/r-1"})
}

fn tagged(kind: &str, key: &str, value: &str) -> Option<String> {
    owned(&json!([thing(kind, &json!({key: value}), &json!({}))]), &BTreeMap::new())
}

const GROUP: &str = "AWS::EC2::SecurityGroup";
const RULE: &str = "AWS::EC2::SecurityGroupRule";
const INSTANCE: &str = "AWS::EC2::Instance";
const VOLUME: &str = "AWS::EC2::Volume";
const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const TARGETS: &str = "AWS::ElasticLoadBalancingV2::TargetGroup";

#[test]
fn a_tag_that_only_the_owner_sets_names_it() {
    for (kind, key, value, told) in [
        (GROUP, "aws:cloudformation:stack-name", "net", "CloudFormation (stack net)"),
        (INSTANCE, "aws:autoscaling:groupName", "web", "Auto Scaling (group web)"),
        (INSTANCE, "eks:nodegroup-name", "n1", "Amazon EKS (node group n1)"),
        (GROUP, "eks:nodegroup-name", "n1", "Amazon EKS (node group n1)"),
        (INSTANCE, "eks:cluster-name", "erp", "Amazon EKS (cluster erp)"),
        (GROUP, "aws:eks:cluster-name", "erp", "Amazon EKS (cluster erp)"),
        (GROUP, "elbv2.k8s.aws/cluster", "erp", "the AWS Load Balancer Controller (cluster erp)"),
        (GROUP, "elbv2.k8s.aws/resource", "backend-sg", "the AWS Load Balancer Controller (resource backend-sg)"),
        (GROUP, "ingress.k8s.aws/stack", "erp", "the AWS Load Balancer Controller (Ingress erp)"),
        (BALANCER, "service.k8s.aws/stack", "shop/web", "the AWS Load Balancer Controller (Service shop/web)"),
        (GROUP, "ingress.eks.amazonaws.com/stack", "erp", "Amazon EKS Auto Mode (Ingress erp)"),
        (BALANCER, "service.eks.amazonaws.com/stack", "shop/web", "Amazon EKS Auto Mode (Service shop/web)"),
        (BALANCER, "gateway.eks.amazonaws.com.alb/stack", "erp", "Amazon EKS Auto Mode (Gateway erp)"),
        (INSTANCE, "karpenter.sh/managed-by", "erp", "Karpenter (cluster erp)"),
        (INSTANCE, "karpenter.sh/nodeclaim", "general-1a2b", "Karpenter (node claim general-1a2b)"),
        (INSTANCE, "karpenter.sh/provisioner-name", "default", "Karpenter (provisioner default)"),
        (INSTANCE, "karpenter.sh/nodepool", "general", "Karpenter (node pool general)"),
        (VOLUME, "karpenter.k8s.aws/ec2nodeclass", "general", "Karpenter (EC2NodeClass general)"),
        ("AWS::EC2::LaunchTemplate", "karpenter.k8s.aws/cluster", "erp", "Karpenter (cluster erp)"),
        (INSTANCE, "eks:eks-cluster-name", "erp", "Amazon EKS Auto Mode (cluster erp)"),
        (RULE, "eks:eks-cluster-name", "erp", "Amazon EKS Auto Mode (cluster erp)"),
        (GROUP, "eks:eks-capability-arn", "arn:c", "an EKS capability (arn:c)"),
        (GROUP, "sigs.k8s.io/cluster-api-provider-aws/cluster/erp", "owned", "Cluster API (cluster erp)"),
        (BALANCER, "kubernetes.io/service-name", "shop/web", "Kubernetes (Service shop/web)"),
        (TARGETS, "kubernetes.io/cluster/erp", "owned", "Kubernetes (cluster erp)"),
        (GROUP, "kubernetes.io/cluster/erp", "owned", "Kubernetes (cluster erp)"),
        (VOLUME, "kubernetes.io/created-for/pvc/name", "data-0", "Kubernetes (claim data-0)"),
        (VOLUME, "ebs.csi.aws.com/cluster", "true", "the EBS CSI driver (a volume of its cluster)"),
        (GROUP, "crossplane-name", "db", "Crossplane (db)"),
        (GROUP, "services.k8s.aws/namespace", "shop", "AWS Controllers for Kubernetes (namespace shop)"),
        (GROUP, "services.k8s.aws/controller-version", "rds-1", "AWS Controllers for Kubernetes (controller rds-1)"),
        ("AWS::RDS::DBSnapshot", "aws:backup:source-resource", "arn:y", "AWS Backup (source-resource arn:y)"),
        (GROUP, "aws:servicecatalog:provisionedProductArn", "arn:x", "AWS Service Catalog (arn:x)"),
    ] {
        assert_eq!(tagged(kind, key, value).as_deref(), Some(told));
        assert_eq!(tagged(kind, &format!("my-{key}"), value), None);
    }
    assert_eq!((TABLE.tags.len(), NAMES.len(), PARTS.len()), (30, 11, 2), "a new rule wants its line here");
}

#[test]
fn a_tag_counts_with_its_value_and_on_its_types_only() {
    assert_eq!(tagged(TARGETS, "kubernetes.io/cluster/erp", "shared"), None, "a shared thing is the account's own");
    let of_two = json!({"kubernetes.io/cluster/erp": "shared", "kubernetes.io/cluster/shop": "owned"});
    let owner = owned(&json!([thing(TARGETS, &of_two, &json!({}))]), &BTreeMap::new());
    assert_eq!(owner.as_deref(), Some("Kubernetes (cluster shop)"));
    assert_eq!(tagged(VOLUME, "ebs.csi.aws.com/cluster", "false"), None);
    for (kind, key, value, why) in [
        ("AWS::EC2::Subnet", "kubernetes.io/cluster/erp", "owned", "people set it, for load balancers to find"),
        ("AWS::EC2::Subnet", "karpenter.sh/discovery", "erp", "people set it, for Karpenter to find"),
        ("AWS::EC2::Subnet", "karpenter.k8s.aws/cluster", "erp", "people set it, for Karpenter to find"),
        (GROUP, "karpenter.k8s.aws/cluster", "erp", "people set it, for Karpenter to find"),
        (
            "AWS::EC2::Image",
            "karpenter.k8s.aws/instance-gpu-manufacturer",
            "nvidia",
            "people set it, for Karpenter to choose",
        ),
        (INSTANCE, "aws:eks:cluster-name", "erp", "a self-managed node has it too, for the bill"),
        ("AWS::IAM::Role", "eks:cluster-name", "erp", "people set it on the roles of their nodes"),
        ("AWS::EKS::Nodegroup", "eks:nodegroup-name", "n1", "people set it on their node groups"),
        (TARGETS, "eks:eks-cluster-name", "erp", "people set it, to lend Auto Mode their own group"),
        (GROUP, "eks:eks-cluster-name", "erp", "people set it, for Auto Mode to open their own group"),
        ("AWS::RDS::DBInstance", "aws:backup:source-resource", "arn:y", "what was restored is the account's own"),
    ] {
        assert_eq!(tagged(kind, key, value), None, "{kind} {key}: {why}");
    }
}

#[test]
fn karpenter_comes_before_auto_mode_and_a_controller_before_the_cloud_provider() {
    let with = |kind: &str, tags: Value| owned(&json!([thing(kind, &tags, &json!({}))]), &BTreeMap::new());
    let node = json!({"eks:eks-cluster-name": "erp", "karpenter.sh/nodepool": "general", "kubernetes.io/cluster/erp": "owned"});
    assert_eq!(with(INSTANCE, node).as_deref(), Some("Karpenter (node pool general)"));
    let taken_over = json!({"elbv2.k8s.aws/cluster": "erp", "kubernetes.io/service-name": "web"});
    assert_eq!(with(TARGETS, taken_over).as_deref(), Some("the AWS Load Balancer Controller (cluster erp)"));
}

#[test]
fn a_name_that_only_the_owner_gives_names_it() {
    let named =
        |kind: &str, configuration: Value| owned(&json!([thing(kind, &json!({}), &configuration)]), &BTreeMap::new());
    let told = Some("AWS Firewall Manager (its policy)".to_owned());
    let acl = "AWS::WAFv2::WebACL";
    assert_eq!(named(GROUP, json!({"GroupName": "FMManagedSecurityGroup-1"})), told);
    assert_eq!(named(GROUP, json!({"GroupName": "web-FMManagedSecurityGroup"})), None);
    assert_eq!(named(GROUP, json!({"GroupName": null})), None);
    assert_eq!(named(acl, json!({"Name": "FMManagedWebACLV2-1"})), told);
    for (kind, key, name, told) in [
        (GROUP, "GroupName", "k8s-elb-a1b2", "Kubernetes (the Service of its load balancer)"),
        (RULE, "Description", "kubernetes.io/rule/nlb/client=a1b2", "Kubernetes (the Service of its load balancer)"),
        (
            RULE,
            "Description",
            "elbv2.k8s.aws/targetGroupBinding=shared",
            "the AWS Load Balancer Controller (the TargetGroupBindings of its cluster)",
        ),
        ("AWS::IAM::Role", "Path", "/aws-service-role/eks.amazonaws.com/", "an AWS service (its service-linked role)"),
        (
            "AWS::IAM::Role",
            "Path",
            "/aws-reserved/sso.amazonaws.com/eu-west-1/",
            "IAM Identity Center (its permission set)",
        ),
    ] {
        assert_eq!(named(kind, json!({key: name})).as_deref(), Some(told));
        assert_eq!(named(kind, json!({key: format!("/my{name}")})), None);
    }
    assert_eq!(named("AWS::IAM::Role", json!({"Path": "/service-role/"})), None, "a service role is the account's own");
}

#[test]
fn a_web_acl_is_firewall_managers_where_the_api_says_so() {
    let own = json!({"Name": "erp", "ManagedByFirewallManager": false, "RetrofittedByFirewallManager": false,
        "PreProcessFirewallManagerRuleGroups": [], "PostProcessFirewallManagerRuleGroups": null, "Rules": [{"Name": "r"}]});
    let with = |key: &str, value: Value| {
        let mut acl = own.clone();
        acl[key] = value;
        owned(&json!([thing("AWS::WAFv2::WebACL", &json!({}), &acl)]), &BTreeMap::new())
    };
    assert_eq!(with("Name", json!("erp")), None);
    let told = Some("AWS Firewall Manager (its policy)".to_owned());
    assert_eq!(with("ManagedByFirewallManager", json!(true)), told);
    assert_eq!(
        with("RetrofittedByFirewallManager", json!(true)).as_deref(),
        Some("AWS Firewall Manager (its policy, which took it over)")
    );
    for groups in ["PreProcessFirewallManagerRuleGroups", "PostProcessFirewallManagerRuleGroups"] {
        assert_eq!(with(groups, json!([{"Name": "fm"}])), told, "{groups}");
    }
    assert_eq!(with("Rules", json!([])), None, "its own rules are the account's");
}

fn balancer(tags: &Value) -> Value {
    json!({"resourceType": "AWS::ElasticLoadBalancingV2::LoadBalancer", "resourceId": "lb", "region": "us-east-1", "tags": tags,
        "arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/lb/1", "configuration": {}})
}

fn listener() -> Value {
    json!({"resourceType": "AWS::ElasticLoadBalancingV2::Listener", "resourceId": "l", "region": "us-east-1", "tags": {},
        "arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/lb/1/2",
        "configuration": {"LoadBalancerArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/lb/1"}})
}

#[test]
fn a_part_belongs_to_whom_the_whole_belongs_to() {
    let nobody = BTreeMap::new();
    let stack = json!({"aws:cloudformation:stack-name": "net"});
    let told = Some("CloudFormation (stack net)".to_owned());
    let rule = json!({"resourceType": "AWS::ElasticLoadBalancingV2::ListenerRule", "resourceId": "r", "region": "us-east-1",
        "tags": {}, "arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/lb/1/2/3", "configuration": {}});
    assert_eq!(owned(&json!([listener(), balancer(&stack)]), &nobody), told);
    assert_eq!(owned(&json!([listener(), balancer(&json!({}))]), &nobody), None);
    assert_eq!(
        owned(&json!([rule, listener(), balancer(&stack)]), &nobody),
        told,
        "a rule's listener, and its balancer"
    );
    assert_eq!(owned(&json!([rule]), &nobody), None, "what was not seen owns nothing");
    let group = |region: &str, tags: &Value| {
        json!({"resourceType": GROUP, "resourceId": "sg-1", "region": region, "tags": tags, "configuration": {},
            "arn": format!("arn:aws:ec2:{region}:123456789012:security-group/sg-1")})
    };
    let entry = thing("AWS::EC2::SecurityGroupRule", &json!({}), &json!({"GroupId": "sg-1"}));
    assert_eq!(owned(&json!([entry, group("us-east-1", &stack)]), &nobody), told);
    assert_eq!(
        owned(&json!([entry, group("eu-west-1", &stack)]), &nobody),
        None,
        "an id means something in its region only"
    );
}

fn state(resources: &Value) -> Result<BTreeMap<String, Owner>, TerraformStateError> {
    terraform_state(&json!({"version": 4, "resources": resources}).to_string())
}

#[test]
fn a_state_names_what_it_manages_by_arn_or_by_an_id_of_one_thing_only() {
    let instances = |attributes: &Value| json!([{"index_key": "a", "attributes": attributes}]);
    let of = |mode: &str, attributes: &Value| json!([{"mode": mode, "module": "module.m", "type": "aws_x", "name": "n", "instances": instances(attributes)}]);
    let managed = state(&of("managed", &json!({"id": "sg-0123456789abcdef0"}))).expect("state");
    let told = managed.get("sg-0123456789abcdef0").map(Owner::to_string);
    assert_eq!(told.as_deref(), Some("Terraform (module.m.aws_x.n[\"a\"])"));
    for nothing in [
        of("data", &json!({"arn": "arn:aws:x:::y"})),
        of("managed", &json!({"id": "erp-web"})),
        of("managed", &json!({})),
    ] {
        assert_eq!(state(&nothing).expect("state"), BTreeMap::new(), "{nothing}");
    }
    let whole = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/lb/1";
    let managed = state(&of("managed", &json!({"arn": whole, "id": whole}))).expect("state");
    assert!(
        owned(&json!([listener(), balancer(&json!({}))]), &managed).is_some_and(|told| told.starts_with("Terraform"))
    );
}

#[test]
fn what_is_no_state_is_told_with_what_writes_one() {
    for text in ["", "{", "[]", "{}", r#"{"version": "4"}"#, r#"{"version": 4}"#, r#"{"version": 4, "resources": {}}"#]
    {
        let told = terraform_state(text).expect_err(text).to_string();
        assert!(
            told.starts_with("this is not a Terraform state: ") && told.contains("terraform state pull"),
            "{text}: {told}"
        );
    }
    let unnamed = state(&json!([{"mode": "managed", "type": "aws_x"}])).expect_err("unnamed").to_string();
    assert!(unnamed.contains("a resource has no type or no name"), "{unnamed}");
    let old = terraform_state(r#"{"version": 3, "modules": []}"#).expect_err("old");
    assert_eq!(old, TerraformStateError::Version(3));
    assert!(old.to_string().contains("format 3") && old.to_string().contains("0.12"), "{old}");
}

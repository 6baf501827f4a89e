//! What hangs on a cluster besides its node groups, and load balancers of the older API: what follows from each, and
//! that nothing follows where they could not be read.

use serde_json::{Value, json};

use super::super::Facts;
use super::carriers::{carriers, clients, cluster, ec2, group, instance, interface, only, own, resource, role, rule};
use super::{facts_of, snapshot};
use konecta_base::snapshot::Snapshot;

const FARGATE: [&str; 2] = ["eks:ListFargateProfiles", "eks:DescribeFargateProfile"];
const PODS: [&str; 2] = ["eks:ListPodIdentityAssociations", "eks:DescribePodIdentityAssociation"];
const ENTRIES: [&str; 2] = ["eks:ListAccessEntries", "eks:DescribeAccessEntry"];
const CLASSIC: &str = "elb:DescribeLoadBalancers";

fn whole(resources: Vec<Value>) -> Snapshot {
    snapshot(serde_json::from_value(json!(resources)).expect("world"))
}

/// What is known where one read has no whole answer.
fn cut_short(resources: Vec<Value>, action: &str) -> Facts {
    let mut snapshot = whole(resources);
    for read in snapshot.reads.iter_mut().filter(|read| read.action.as_str() == action) {
        read.complete = false;
    }
    facts_of(&snapshot)
}

/// What is known of a scan of a version that did not know some reads.
fn never_asked(resources: Vec<Value>, actions: &[&str]) -> Facts {
    let mut snapshot = whole(resources);
    snapshot.reads.retain(|read| !actions.contains(&read.action.as_str()));
    facts_of(&snapshot)
}

fn account(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

fn profile(cluster: &str) -> Value {
    let sent = json!({
        "fargateProfileName": "batch", "clusterName": cluster, "podExecutionRoleArn": account("fargate"), "subnets": ["subnet-1"],
    });
    resource("EKS::FargateProfile", &format!("eks:us-east-1:123456789012:fargateprofile/{cluster}/batch"), "1", sent)
}

fn association(role: &str, target: Value) -> Value {
    let sent = json!({"clusterName": "erp", "roleArn": account(role), "targetRoleArn": target});
    resource("EKS::PodIdentityAssociation", "eks:us-east-1:123456789012:podidentityassociation/erp", "a-1", sent)
}

fn subnet() -> Value {
    ec2("Subnet", "subnet-1", json!({"SubnetId": "subnet-1", "VpcId": "vpc-1", "AvailabilityZone": "us-east-1a"}))
}

fn classic(scheme: &str) -> Value {
    let sent =
        json!({"LoadBalancerName": "old", "Scheme": scheme, "SecurityGroups": ["sg-1"], "Subnets": ["subnet-1"]});
    let place = "elasticloadbalancing:us-east-1:123456789012:loadbalancer";
    resource("ElasticLoadBalancing::LoadBalancer", place, "old", sent)
}

#[test]
fn a_fargate_profile_has_the_role_and_the_subnets_of_nodes() {
    let trust = json!({"Service": "eks-fargate-pods.amazonaws.com"});
    let world = || vec![cluster("erp"), role("fargate", trust.clone()), subnet()];
    let with = facts_of(&whole([world(), vec![profile("erp")]].concat()));
    assert_eq!(with.get("role/fargate", "parts"), json!(["node"]));
    assert_eq!(with.get("/subnet-1", "parts"), json!(["node"]));
    let private = json!({"role": "private", "proof": ["Fargate profile batch uses it"]});
    assert_eq!(with.get("/subnet-1", "subnet_role"), private);
    assert_eq!(with.get(":konecta-erp", "inventory")["nodes"], json!(true));

    let without = facts_of(&whole(world()));
    assert_eq!(without.get("role/fargate", "parts"), json!([]));
    assert_eq!(without.get("/subnet-1", "subnet_role")["role"], Value::Null);
    assert_eq!(without.get("/subnet-1", "subnet_role")["proof"].as_array().map(Vec::len), Some(1));

    for action in FARGATE {
        let denied = cut_short(world(), action);
        for (arn, fact) in [("role/fargate", "parts"), ("/subnet-1", "parts"), ("/subnet-1", "subnet_role")] {
            assert_eq!(denied.get(arn, fact), Value::Null, "{fact} of {arn} without {action}");
        }
        let why = json!(["not all Fargate profiles were read, and one may start pods by it"]);
        assert_eq!(denied.get("role/fargate", "why")["parts"], why, "{action}");
    }
    let older = never_asked(world(), &FARGATE);
    assert_eq!(older.get("role/fargate", "parts"), json!([]), "it is judged by what was asked then");
}

#[test]
fn roles_that_pods_get_by_pod_identity_are_roles_of_the_stack() {
    let service = || role("first", json!({"Service": "pods.eks.amazonaws.com"}));
    let target = || role("target", json!({"AWS": account("first")}));
    let machine = || role("machine", json!({"Service": "ec2.amazonaws.com"}));
    let world = |more: Vec<Value>| [vec![cluster("erp"), service(), target(), machine()], more].concat();
    let parts = |facts: &Facts| ["first", "target", "machine"].map(|name| facts.get(&format!("role/{name}"), "parts"));

    let over = vec![association("first", json!(account("target")))];
    assert_eq!(parts(&facts_of(&whole(world(over)))), [json!(["pod"]), json!(["pod"]), json!([])]);
    let alone = vec![association("first", Value::Null)];
    assert_eq!(parts(&facts_of(&whole(world(alone)))), [json!(["pod"]), json!([]), json!([])]);

    // Only a role that lets in others of an account can be the second one.
    let open = [json!(["pod"]), Value::Null, json!([])];
    for action in PODS {
        assert_eq!(parts(&cut_short(world(vec![]), action)), open, "{action}");
    }
    let mut untold = association("first", Value::Null);
    untold["configuration"].as_object_mut().expect("association").remove("targetRoleArn");
    assert_eq!(parts(&facts_of(&whole(world(vec![untold])))), open, "a target that was not sent");
    assert_eq!(parts(&never_asked(world(vec![]), &PODS)), [json!(["pod"]), json!([]), json!([])]);
}

#[test]
fn access_entries_that_were_not_read_leave_it_open_whose_node_a_machine_is() {
    let tags = json!({"kubernetes.io/cluster/closed": "owned"});
    let machine = role("i-1", json!({"Service": "ec2.amazonaws.com"}));
    let world = || vec![cluster("closed"), group("sg-1"), instance("i-1", "sg-1", tags.clone()), machine.clone()];
    let seen = facts_of(&whole(world()));
    assert_eq!((seen.get("/i-1", "parts"), seen.get("role/i-1", "parts")), (json!([]), json!([])));
    for action in ENTRIES {
        let denied = cut_short(world(), action);
        assert_eq!(
            (denied.get("/i-1", "parts"), denied.get("role/i-1", "parts")),
            (Value::Null, Value::Null),
            "{action}"
        );
        let carrier = &denied.index["group_carriers"]["sg-1"][0];
        let why = "tags call it a node, and not all access entries of the cluster were read";
        assert_eq!((&carrier["kind"], &carrier["why"]), (&json!("unknown"), &json!(why)), "{action}");
    }
    // What a role is known to be, it is; and nobody gives machines the credentials of a role that lets in another service.
    let service = role("service", json!({"Service": "vpc-flow-logs.amazonaws.com"}));
    let control = role("cluster", json!({"Service": ["eks.amazonaws.com", "ec2.amazonaws.com"]}));
    let denied = cut_short([world(), vec![service, control]].concat(), ENTRIES[0]);
    assert_eq!(denied.get("role/service", "parts"), json!([]));
    let both = denied.get("role/cluster", "parts");
    assert_eq!((&both[0], &both[1]["kind"]), (&json!("cluster"), &json!("unknown")), "{both}");
    let older = never_asked(world(), &ENTRIES);
    assert_eq!(older.get("/i-1", "parts"), json!(["node"]), "by its tags, as ever");
}

#[test]
fn a_classic_load_balancer_is_a_stranger_that_carries_its_groups() {
    let elb = || {
        interface("eni-1", "sg-1", json!({"Description": "ELB old", "Attachment": {"InstanceOwnerId": "amazon-elb"}}))
    };
    assert_eq!(carriers(vec![group("sg-1"), classic("internal")], "sg-1"), only("other", json!([])));
    let both = facts_of(&whole(vec![group("sg-1"), classic("internal"), elb()]));
    assert_eq!(both.index["group_carriers"]["sg-1"][0]["names"], json!(["classic load balancer old"]), "said once");

    let database = |more: Vec<Value>| clients([vec![group("sg-1"), rule("sgr-1", own("sg-1"))], more].concat());
    assert_eq!(database(vec![classic("internal")]), [(json!("interface"), json!("old"))]);

    let mut untold = classic("internal");
    untold["configuration"].as_object_mut().expect("balancer").remove("SecurityGroups");
    assert_eq!(carriers(vec![group("sg-1"), untold], "sg-1"), only("unknown", Value::Null));
    let denied = cut_short(vec![group("sg-1")], CLASSIC);
    let why = "the classic load balancers were not listed to their end";
    assert_eq!(denied.index["group_carriers"]["sg-1"][0]["why"], json!(why));
    assert_eq!(never_asked(vec![group("sg-1")], &[CLASSIC]).index["group_carriers"]["sg-1"], json!([]));
}

#[test]
fn where_a_classic_load_balancer_faces_the_internet_a_subnet_is_public() {
    let role = |more: Vec<Value>| facts_of(&whole([vec![subnet()], more].concat())).get("/subnet-1", "subnet_role");
    let public = json!({"role": "public", "proof": ["internet-facing classic load balancer old stands in it"]});
    assert_eq!(role(vec![classic("internet-facing")]), public);
    assert_eq!(role(vec![classic("internal")])["role"], Value::Null);
    assert_eq!(role(vec![classic("elsewhere")]), Value::Null, "a scheme that nobody knows");
    assert_eq!(cut_short(vec![subnet()], CLASSIC).get("/subnet-1", "subnet_role"), Value::Null);
}

//! KA-EKS-001: the API's public endpoint is closed, or narrowed to the declared ranges; private access comes first, so
//! that the nodes never lose their way. That the private name resolves inside of the VPC is asked right before each change;
//! that security groups let the nodes in at the private endpoint is seen in the plan, or nothing is done.

use serde_json::{Value, json};

use super::cluster::{Setting, update};
use crate::plan::last_way;
use crate::registry::{Proposal, Remedy};
use crate::step::{Class, Edit, Wait};
use crate::{RemedyContext, View, action};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;
use konecta_base::resource_types;
use konecta_core::facts;

pub(super) const REMEDY: Remedy = Remedy {
    id: "eks.api_endpoint",
    class: Class::B,
    actions: &[
        changes::EKS_UPDATE_CLUSTER_CONFIG,
        calls::EKS_DESCRIBE_CLUSTER,
        changes::EC2_DESCRIBE_VPC_ATTRIBUTE,
        changes::EC2_DESCRIBE_DHCP_OPTIONS,
    ],
    propose,
};

const CONFIG: &str = "/configuration/resourcesVpcConfig";

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(cluster) = context.subject(finding) else { return Proposal::default() };
    let declared = &context.blueprint.eks.api_cidrs;
    if facts::is_most_of_the_internet(declared) {
        let reason = "the ranges that the blueprint declares for the API are themselves of internet size";
        return Proposal::refuse(
            finding,
            Class::N,
            reason,
            &["narrow `api_cidrs` in the section [eks] of konecta-audit.toml"],
        );
    }
    let private = cluster.at(&format!("{CONFIG}/endpointPrivateAccess")).and_then(Value::as_bool);
    let Some(private) = private else {
        let reason = "whether private access is on was not told, and without it the nodes lose their way to the API";
        return Proposal::refuse(finding, Class::B, reason, &["allow eks:DescribeCluster and run it again"]);
    };
    let (resolves, let_in) = match inside(context, cluster) {
        Ok(inside) => inside,
        Err(reason) => {
            let procedure = [
                "let the nodes in on 443 at the cluster's security group, and give the VPC DNS support and DNS hostnames:",
                "  aws ec2 authorize-security-group-ingress --group-id <cluster's group> --protocol tcp --port 443 --source-group <nodes' group>",
                "  aws ec2 modify-vpc-attribute --vpc-id <vpc> --enable-dns-hostnames",
                "then run `konecta-audit fix` again",
            ];
            return Proposal::refuse(finding, Class::B, reason, &procedure);
        }
    };
    let cidrs = cluster.at(&format!("{CONFIG}/publicAccessCidrs")).cloned();
    let mut steps = Vec::new();
    if !private {
        let mut open = update(&REMEDY, cluster, private_access());
        open.consequences.push("from inside of the VPC the API's name then resolves to private addresses".to_owned());
        steps.push(open);
    }
    let mut close =
        update(&REMEDY, cluster, if declared.is_empty() { closed(cidrs) } else { narrowed(cidrs, declared) });
    let who = if declared.is_empty() { "outside of the VPC" } else { "outside of the VPC and of the declared ranges" };
    close.consequences.push(format!("whoever operates the cluster from {who} does not reach its API any more"));
    close.needs = steps.iter().map(|step| step.key.clone()).collect();
    steps.push(close);
    for step in &mut steps {
        step.requires.extend(resolves.iter().cloned());
        step.proven.extend(let_in.iter().cloned());
        step.actions.extend([changes::EC2_DESCRIBE_VPC_ATTRIBUTE, changes::EC2_DESCRIBE_DHCP_OPTIONS].map(action));
    }
    Proposal { steps, refusals: Vec::new() }
}

/// What must hold so that the nodes come to the API from inside: that its name resolves to its private addresses; and the
/// rules that let them in there.
/// <https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html>: `enableDnsHostnames` and `enableDnsSupport` are
/// on, and the DHCP options have `AmazonProvidedDNS` among the domain name servers.
///
/// # Errors
/// With the reason why the nodes would lose their way, or may.
fn inside(context: &RemedyContext<'_>, cluster: &View) -> Result<(Vec<Wait>, Vec<String>), String> {
    let let_in = last_way::to_private_api(context, cluster).map_err(|node| {
        format!(
            "no security group is seen to let node {} in on 443 of the API's private endpoint: it would lose its way",
            node.id
        )
    })?;
    let vpc = cluster.text(&format!("{CONFIG}/vpcId"));
    let seen = vpc.and_then(|vpc| context.all(resource_types::EC2_VPC).find(|view| view.id == vpc));
    let (vpc, options) = seen
        .and_then(|view| Some((view.id.as_str(), view.text("/configuration/DhcpOptionsId")?)))
        .ok_or("the cluster's VPC or its DHCP options were not seen, so it is not known whether nodes find the private endpoint")?;
    let ask = |what: String, operation: &str, parameters: Value, path: &str, until: Value| Wait {
        what,
        service: "ec2".to_owned(),
        operation: operation.to_owned(),
        parameters,
        path: path.to_owned(),
        until: vec![until],
        failed: Vec::new(),
        changes: None,
        after_seconds: 0,
        timeout_seconds: 60,
    };
    let on = |name: &str, member: &str| {
        let parameters = json!({"VpcId": vpc, "Attribute": name});
        let path = format!("/{member}/Value");
        ask(format!("{vpc} has {name}"), "DescribeVpcAttribute", parameters, &path, json!(true))
    };
    let mut all = vec![on("enableDnsSupport", "EnableDnsSupport"), on("enableDnsHostnames", "EnableDnsHostnames")];
    // `default` stands for no options at all: AWS's own resolver answers.
    if options != "default" {
        let filter = |name: &str, value: &str| json!({"Name": name, "Values": [value]});
        let parameters = json!({"Filters": [
            filter("dhcp-options-id", options), filter("key", "domain-name-servers"), filter("value", "AmazonProvidedDNS"),
        ]});
        let what = format!("the DHCP options {options} of {vpc} name AmazonProvidedDNS");
        all.push(ask(what, "DescribeDhcpOptions", parameters, "/DhcpOptions/*/DhcpOptionsId", json!(options)));
    }
    Ok((all, let_in))
}

fn private_access() -> Setting {
    let set = |on: bool| json!({"resourcesVpcConfig": {"endpointPrivateAccess": on}});
    Setting {
        part: ".private",
        title: "Turn on private access to the API".to_owned(),
        there: set(true),
        back: set(false),
        edits: vec![Edit::new("/resourcesVpcConfig/endpointPrivateAccess", Some(json!(false)), Some(json!(true)))],
        changes: "/cluster/resourcesVpcConfig/endpointPrivateAccess",
        seen: ("/cluster/resourcesVpcConfig/endpointPrivateAccess", vec![json!(true)]),
    }
}

fn closed(cidrs: Option<Value>) -> Setting {
    Setting {
        part: ".public",
        title: "Close public access to the API".to_owned(),
        there: json!({"resourcesVpcConfig": {"endpointPublicAccess": false}}),
        back: json!({"resourcesVpcConfig": {"endpointPublicAccess": true, "publicAccessCidrs": cidrs}}),
        edits: vec![Edit::new("/resourcesVpcConfig/endpointPublicAccess", Some(json!(true)), Some(json!(false)))],
        changes: "/cluster/resourcesVpcConfig/endpointPublicAccess",
        seen: ("/cluster/resourcesVpcConfig/endpointPublicAccess", vec![json!(false)]),
    }
}

fn narrowed(cidrs: Option<Value>, declared: &[String]) -> Setting {
    Setting {
        part: ".public",
        title: "Narrow public access to the API".to_owned(),
        there: json!({"resourcesVpcConfig": {"publicAccessCidrs": declared}}),
        back: json!({"resourcesVpcConfig": {"publicAccessCidrs": cidrs}}),
        edits: vec![Edit::new("/resourcesVpcConfig/publicAccessCidrs", cidrs, Some(json!(declared)))],
        changes: "/cluster/resourcesVpcConfig/publicAccessCidrs",
        seen: ("/cluster/resourcesVpcConfig/publicAccessCidrs/*", declared.iter().map(|cidr| json!(cidr)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eks::testdata::{cluster, vpc};
    use crate::proof::World;

    fn world(private: bool, declared: &[&str]) -> World {
        let declared: Vec<String> = declared.iter().map(|&cidr| cidr.to_owned()).collect();
        World::of(json!([vpc("dopt-1"), cluster(json!({"resourcesVpcConfig": {
            "subnetIds": ["subnet-1"], "endpointPublicAccess": true, "endpointPrivateAccess": private,
            "publicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/1"], "vpcId": "vpc-1", "clusterSecurityGroupId": "sg-cluster",
        }}))]))
        .with(|blueprint| blueprint.eks.api_cidrs = declared)
    }

    #[test]
    fn that_the_private_name_resolves_is_asked_before_each_change() {
        for step in world(false, &[]).mended("KA-EKS-001", "cluster/erp") {
            let asked: Vec<&str> = step.requires.iter().map(|wait| wait.operation.as_str()).collect();
            let ours = ["DescribeVpcAttribute", "DescribeVpcAttribute", "DescribeDhcpOptions"];
            assert_eq!(asked[asked.len() - 3..], ours, "{asked:?}");
            assert_eq!(step.class, Class::B);
        }
        let own = World::of(json!([
            vpc("default"),
            cluster(json!({"resourcesVpcConfig": {
                "endpointPublicAccess": true, "endpointPrivateAccess": true, "publicAccessCidrs": ["0.0.0.0/0"], "vpcId": "vpc-1",
            }}))
        ]));
        let step = own.mended("KA-EKS-001", "cluster/erp").remove(0);
        assert!(step.requires.iter().all(|wait| wait.operation != "DescribeDhcpOptions"));
    }

    #[test]
    fn nodes_that_no_rule_lets_in_at_the_private_endpoint_keep_the_public_one() {
        let mut world = world(true, &[]);
        let mut node = crate::ec2::testdata::instance("i-node", "subnet-1", "sg-nodes");
        node["tags"] = json!({"eks:cluster-name": "konecta-erp-prod", "aws:eks:cluster-name": "konecta-erp-prod"});
        world.snapshot.resources.extend(World::of(json!([node])).snapshot.resources);
        world.snapshot.sort();
        let refused = world.proposed("KA-EKS-001", "cluster/erp");
        assert!(refused.steps.is_empty() && refused.refusals[0].reason.contains("i-node"), "{refused:?}");
    }

    #[test]
    fn the_rule_that_lets_the_nodes_in_is_shown() {
        use crate::ec2::testdata::{instance, member, rule};
        let mut world = world(true, &[]);
        let mut node = instance("i-node", "subnet-1", "sg-nodes");
        node["tags"] = json!({"eks:cluster-name": "konecta-erp-prod", "aws:eks:cluster-name": "konecta-erp-prod"});
        let own = world.snapshot.resources.iter_mut().find(|one| one.resource_type.as_str() == "AWS::EKS::Cluster");
        let own = own.expect("cluster");
        let mut body: Value = serde_json::from_str(own.configuration.get()).expect("JSON");
        body["resourcesVpcConfig"]["clusterSecurityGroupId"] = json!("sg-api");
        own.configuration = serde_json::value::to_raw_value(&body).expect("JSON");
        let let_in = rule("sgr-api", "sg-api", (443, 443), member("sg-nodes"));
        world.snapshot.resources.extend(World::of(json!([node, let_in])).snapshot.resources);
        world.snapshot.sort();
        let step = world.mended("KA-EKS-001", "cluster/erp").remove(0);
        let proof = "rule sgr-api lets nodes such as i-node in at the API of cluster ";
        assert!(step.proven.len() == 1 && step.proven[0].starts_with(proof), "{:?}", step.proven);
    }

    #[test]
    fn nothing_is_closed_in_a_vpc_that_was_not_seen() {
        let mut world = world(true, &[]);
        world.snapshot.resources.retain(|one| one.resource_type.as_str() != "AWS::EC2::VPC");
        let refused = world.proposed("KA-EKS-001", "cluster/erp");
        assert!(refused.steps.is_empty() && refused.refusals[0].reason.contains("not seen"), "{refused:?}");
    }

    #[test]
    fn private_access_is_on_before_public_access_goes() {
        let steps = world(false, &[]).mended("KA-EKS-001", "cluster/erp");
        let [open, close] = &steps[..] else { panic!("{steps:?}") };
        assert_eq!(open.call.parameters["resourcesVpcConfig"], json!({"endpointPrivateAccess": true}));
        assert_eq!(close.call.parameters["resourcesVpcConfig"], json!({"endpointPublicAccess": false}));
        assert_eq!(close.needs, std::slice::from_ref(&open.key));
        let back = json!({"endpointPublicAccess": true, "publicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/1"]});
        assert_eq!(close.inverse[0].parameters["resourcesVpcConfig"], back);
    }

    #[test]
    fn declared_ranges_keep_their_way_in() {
        let step = world(true, &["203.0.113.0/24"]).mended("KA-EKS-001", "cluster/erp").remove(0);
        assert_eq!(step.call.parameters["resourcesVpcConfig"], json!({"publicAccessCidrs": ["203.0.113.0/24"]}));
        assert!(step.needs.is_empty());
        assert_eq!(step.class, Class::B);
    }

    #[test]
    fn ranges_of_internet_size_cannot_be_declared_away() {
        let proposal = world(true, &["0.0.0.0/1", "128.0.0.0/1"]).proposed("KA-EKS-001", "cluster/erp");
        assert!(proposal.steps.is_empty());
        assert_eq!(proposal.refusals[0].class, Class::N);
    }

    #[test]
    fn nothing_is_closed_while_private_access_is_not_known() {
        let config = json!({"resourcesVpcConfig": {"endpointPublicAccess": true, "publicAccessCidrs": ["0.0.0.0/0"]}});
        let proposal = World::of(json!([cluster(config)])).proposed("KA-EKS-001", "cluster/erp");
        assert!(proposal.steps.is_empty(), "{proposal:?}");
    }
}

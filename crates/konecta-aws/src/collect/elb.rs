//! Elastic Load Balancing by its older API: classic load balancers. `elb` is what the AWS CLI calls it; IAM knows one
//! prefix for both.

use aws_sdk_elasticloadbalancing::Client;

use super::client;
use crate::call::Caller;
use crate::draft::Draft;

const BALANCERS: &str = "elb:DescribeLoadBalancers";

pub(super) async fn collect([caller]: [Caller; 1]) {
    let client: Client = client!(aws_sdk_elasticloadbalancing, &caller);
    let listing = caller
        .pages(BALANCERS, None, |token, tap| {
            let call = client.describe_load_balancers().page_size(400).set_marker(token.one());
            call.customize().interceptor(tap).send()
        })
        .await;
    for heard in listing.items {
        let Some(name) = caller.text(BALANCERS, &heard.value, "LoadBalancerName") else { continue };
        // The answer has no ARN; IAM's reference of resource types says how it is made.
        let place = caller.place();
        let tail = format!("elasticloadbalancing:{}:{}:loadbalancer/{name}", place.region, place.account);
        let Some(arn) = caller.build_arn(BALANCERS, &tail) else { continue };
        caller.keep(BALANCERS, Draft::new("AWS::ElasticLoadBalancing::LoadBalancer", arn, name, heard));
    }
}
